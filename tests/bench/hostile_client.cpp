#include "hostile_client.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace driftless::bench {

namespace {

constexpr std::size_t kScratchBytes = 65'536;
constexpr int kPauseMs = 5; // after each round: what was sent keeps the node busy for longer
constexpr std::uint32_t kOwnAddress = 0x7f000002;

sockaddr_in addressOf(std::uint32_t host, std::uint16_t port)
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons(port);
    return address;
}

} // namespace

HostileClient::HostileClient(std::uint16_t port, Attack attack)
    : m_port(port)
    , m_attack(std::move(attack))
    , m_thread([this] { run(); })
{
}

HostileClient::~HostileClient()
{
    m_isEnding = true;
    m_thread.join();
}

void HostileClient::run()
{
    // Of this thread alone. Who is merely nice keeps the processor for some milliseconds when
    // somebody else wakes.
    const sched_param none {};
    static_cast<void>(sched_setscheduler(0, SCHED_IDLE, &none));
    std::vector<Connection> connections(static_cast<std::size_t>(m_attack.connections));
    for (Connection &connection : connections) {
        open(connection);
    }
    std::vector<char> scratch(kScratchBytes);
    while (!m_isEnding) {
        for (Connection &connection : connections) {
            step(connection, scratch);
        }
        poll(nullptr, 0, kPauseMs);
    }
    for (Connection &connection : connections) {
        end(connection);
    }
}

void HostileClient::open(Connection &connection) const
{
    connection = {};
    connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in own = addressOf(kOwnAddress, 0);
    const sockaddr_in node = addressOf(INADDR_LOOPBACK, m_port);
    sockaddr generic {};
    std::memcpy(&generic, &own, sizeof own);
    if (bind(connection.socket, &generic, sizeof own) != 0) {
        end(connection);
        return;
    }
    std::memcpy(&generic, &node, sizeof node);
    if (connect(connection.socket, &generic, sizeof node) != 0 && errno != EINPROGRESS) {
        end(connection);
    }
}

void HostileClient::end(Connection &connection)
{
    if (connection.socket >= 0) {
        close(connection.socket);
    }
    connection.socket = -1;
}

/// Sends and takes what it can without waiting.
void HostileClient::step(Connection &connection, std::vector<char> &scratch) const
{
    if (connection.socket < 0) {
        open(connection);
        return;
    }
    if (m_attack.isReading) {
        const ssize_t taken = recv(connection.socket, scratch.data(), scratch.size(), 0);
        if (taken == 0 || (taken < 0 && errno != EAGAIN && errno != ENOTCONN)) {
            end(connection);
            return;
        }
    }
    const QByteArray &bytes = connection.isOpened ? m_attack.repeated : m_attack.opening;
    if (bytes.isEmpty()) {
        connection.isOpened = true;
        return;
    }
    const auto size = static_cast<std::size_t>(bytes.size());
    const ssize_t sent = send(connection.socket,
        bytes.constData() + connection.sent,
        size - connection.sent,
        MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) {
            end(connection);
        }
        return;
    }
    connection.sent += static_cast<std::size_t>(sent);
    if (connection.sent == size) {
        connection.sent = 0;
        connection.isOpened = true;
    }
}

} // namespace driftless::bench
