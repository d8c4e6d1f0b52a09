#include "http_clients.h"

#include <QString>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace driftless::bench {

namespace {

constexpr std::size_t kScratchBytes = 262'144;
constexpr Nanoseconds kCallMax = std::chrono::seconds(30);

Error failed(const char *what)
{
    return {ErrorCode::Unreachable,
        QByteArray("The node cannot be reached: ") + what + ": " + qt_error_string(errno).toUtf8()
            + '.',
        {}};
}

Error malformed(const char *what)
{
    return {
        ErrorCode::Malformed, QByteArray("The node's answer is not understood: ") + what + '.', {}};
}

} // namespace

HttpClients::HttpClients(int epoll, Bodies bodies)
    : m_epoll(epoll)
    , m_bodies(bodies)
    , m_scratch(kScratchBytes)
{
}

HttpClients::~HttpClients()
{
    for (const Connection &connection : m_connections) {
        close(connection.socket);
    }
    close(m_epoll);
}

Result<std::unique_ptr<HttpClients>> HttpClients::open(std::uint16_t port, int count, Bodies bodies)
{
    return open(std::vector<std::uint16_t>(static_cast<std::size_t>(count), port), bodies);
}

Result<std::unique_ptr<HttpClients>> HttpClients::open(
    std::span<const std::uint16_t> ports, Bodies bodies)
{
    std::unique_ptr<HttpClients> clients(new HttpClients(epoll_create1(EPOLL_CLOEXEC), bodies));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (const std::uint16_t port : ports) {
        address.sin_port = htons(port);
        Connection connection;
        connection.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        clients->m_connections.push_back(connection);
        sockaddr generic {};
        std::memcpy(&generic, &address, sizeof address);
        const int one = 1;
        if (connect(connection.socket, &generic, sizeof address) != 0
            || setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) {
            return failed("connect");
        }
        epoll_event event {};
        event.events = EPOLLIN;
        event.data.u32 = static_cast<std::uint32_t>(clients->m_connections.size() - 1);
        if (epoll_ctl(clients->m_epoll, EPOLL_CTL_ADD, connection.socket, &event) != 0) {
            return failed("epoll");
        }
    }
    return clients;
}

Result<void> HttpClients::send(int connection, QByteArrayView request)
{
    Connection &to = m_connections[static_cast<std::size_t>(connection)];
    DRIFTLESS_ASSERT(!to.isBusy);
    to.isBusy = true;
    to.in.resize(0);
    to.headerBytes = 0;
    to.begin = now();
    const ssize_t sent = ::send(to.socket,
        request.data(),
        static_cast<std::size_t>(request.size()),
        MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == request.size()) {
        return {};
    }
    if (sent < 0 && errno != EAGAIN) {
        return failed("send");
    }
    to.out = request.sliced(sent < 0 ? 0 : sent).toByteArray();
    to.sent = 0;
    return watch(connection, true);
}

Result<void> HttpClients::watch(int connection, bool forRoom)
{
    Connection &watched = m_connections[static_cast<std::size_t>(connection)];
    watched.waitsForRoom = forRoom;
    epoll_event event {};
    event.events = forRoom ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(connection);
    return epoll_ctl(m_epoll, EPOLL_CTL_MOD, watched.socket, &event) == 0
        ? Result<void>()
        : Result<void>(failed("epoll"));
}

Result<void> HttpClients::flush(int connection)
{
    Connection &to = m_connections[static_cast<std::size_t>(connection)];
    const QByteArrayView rest = QByteArrayView(to.out).sliced(to.sent);
    const ssize_t sent = ::send(
        to.socket, rest.data(), static_cast<std::size_t>(rest.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        return errno == EAGAIN ? Result<void>() : Result<void>(failed("send"));
    }
    to.sent += sent;
    return to.sent == to.out.size() ? watch(connection, false) : Result<void>();
}

Result<void> HttpClients::wait(Nanoseconds timeout, const OnAnswer &onAnswer)
{
    std::array<epoll_event, 64> events {};
    const Nanoseconds positive = std::max(timeout, Nanoseconds(0));
    const timespec limit {static_cast<time_t>(positive.count() / 1'000'000'000),
        static_cast<long>(positive.count() % 1'000'000'000)};
    const int count
        = epoll_pwait2(m_epoll, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    if (count < 0 && errno != EINTR) {
        return failed("epoll");
    }
    for (int i = 0; i < count; ++i) {
        const auto connection = static_cast<int>(events[static_cast<std::size_t>(i)].data.u32);
        const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
        if ((what & EPOLLOUT) != 0
            && m_connections[static_cast<std::size_t>(connection)].waitsForRoom) {
            DRIFTLESS_TRY(flush(connection));
        }
        if ((what & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
            DRIFTLESS_TRY(read(connection, onAnswer));
        }
    }
    return {};
}

Result<void> HttpClients::read(int connection, const OnAnswer &onAnswer)
{
    Connection &from = m_connections[static_cast<std::size_t>(connection)];
    const ssize_t received = recv(from.socket, m_scratch.data(), m_scratch.size(), MSG_DONTWAIT);
    if (received < 0) {
        return errno == EAGAIN ? Result<void>() : Result<void>(failed("receive"));
    }
    if (received == 0 || !from.isBusy) {
        return malformed(received == 0 ? "it closed the connection" : "nothing was asked");
    }
    DRIFTLESS_TRY_ASSIGN(const bool isComplete, take(from, {m_scratch.data(), received}));
    if (!isComplete) {
        return {};
    }
    from.isBusy = false;
    // The handler may send again on this connection, which empties the buffer: the body stands in
    // one of its own meanwhile.
    QByteArray kept;
    kept.swap(from.in);
    const QByteArrayView body = m_bodies == Bodies::Keep
        ? QByteArrayView(kept).sliced(from.headerBytes)
        : QByteArrayView();
    auto handled = onAnswer({connection, from.status, body, from.bodyBytes, now() - from.begin});
    if (from.in.isEmpty()) {
        from.in.swap(kept); // its memory serves the next answer
        from.in.resize(0);
    }
    return handled;
}

/// True: the answer is complete.
Result<bool> HttpClients::take(Connection &connection, QByteArrayView bytes) const
{
    if (connection.headerBytes > 0) {
        connection.bodyMissing -= bytes.size();
        if (m_bodies == Bodies::Keep) {
            connection.in.append(bytes);
        }
    } else {
        connection.in.append(bytes);
        DRIFTLESS_TRY_ASSIGN(const bool hasHeaders, takeHeaders(connection));
        if (!hasHeaders) {
            return false;
        }
    }
    if (connection.bodyMissing < 0) {
        return malformed("more came than it announced");
    }
    return connection.bodyMissing == 0;
}

Result<bool> HttpClients::takeHeaders(Connection &connection)
{
    const QByteArrayView in = connection.in;
    const qsizetype end = in.indexOf("\r\n\r\n");
    if (end < 0) {
        return false;
    }
    connection.headerBytes = end + 4;
    if (end < 12 || !in.startsWith("HTTP/1.1 ")) {
        return malformed("it is no HTTP/1.1");
    }
    connection.status = in.sliced(9, 3).toInt();
    connection.bodyBytes = 0;
    constexpr QByteArrayView name = "content-length:";
    for (qsizetype line = in.indexOf("\r\n"); line < end; line = in.indexOf("\r\n", line + 2)) {
        const QByteArrayView header = in.sliced(line + 2);
        if (header.size() > name.size()
            && qstrnicmp(header.data(), name.size(), name.data(), name.size()) == 0) {
            connection.bodyBytes = header.sliced(name.size(), header.indexOf("\r\n") - name.size())
                                       .trimmed()
                                       .toLongLong();
        }
    }
    connection.bodyMissing = connection.bodyBytes - (in.size() - connection.headerBytes);
    return true;
}

Result<HttpClients::Reply> HttpClients::call(QByteArrayView request)
{
    DRIFTLESS_ASSERT(m_bodies == Bodies::Keep);
    DRIFTLESS_TRY(send(0, request));
    Reply reply;
    const Nanoseconds end = now() + kCallMax;
    while (isBusy(0)) {
        if (now() > end) {
            return Error {ErrorCode::Timeout, "The node did not answer within half a minute.", {}};
        }
        DRIFTLESS_TRY(wait(end - now(), [&reply](const HttpAnswer &answer) -> Result<void> {
            reply = {answer.status, answer.body.toByteArray()};
            return {};
        }));
    }
    return reply;
}

} // namespace driftless::bench
