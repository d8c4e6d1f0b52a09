#include "net/peer_pool.h"

#include "net/client_connection.h"

#include <QUrl>

#include <algorithm>

namespace driftless::net {

Result<PeerAddress> PeerAddress::parse(const QByteArray &baseUrl)
{
    constexpr int kHttpPort = 80;
    constexpr int kHttpsPort = 443;
    const QUrl url = QUrl::fromEncoded(baseUrl, QUrl::StrictMode);
    const QString scheme = url.scheme(); // lower case
    const bool isSecure = scheme == QLatin1String("https");
    if (!url.isValid() || url.host().isEmpty() || (!isSecure && scheme != QLatin1String("http"))
        || !url.userInfo().isEmpty() || url.hasQuery() || url.hasFragment()) {
        return Error {ErrorCode::InvalidArgument,
            "A peer's address is http://host:port or https://host:port.",
            {}};
    }
    PeerAddress address;
    address.isSecure = isSecure;
    address.host = url.host();
    address.port = static_cast<quint16>(url.port(isSecure ? kHttpsPort : kHttpPort));
    QByteArray host = url.host(QUrl::FullyEncoded).toLatin1();
    if (host.contains(':')) {
        host = "[" + host + "]";
    }
    address.hostHeader = url.port() < 0 ? host : host + ":" + QByteArray::number(address.port);
    address.pathPrefix = url.path(QUrl::FullyEncoded).toLatin1();
    while (address.pathPrefix.endsWith('/')) {
        address.pathPrefix.chop(1);
    }
    return address;
}

PeerPool::PeerPool(HttpClient &client, PeerAddress address)
    : QObject(&client)
    , m_client(client)
    , m_address(std::move(address))
{
}

PeerPool::~PeerPool()
{
    std::vector<Call> calls;
    for (ClientConnection *connection : m_connections) {
        if (std::optional<Call> call = connection->abandon()) {
            calls.push_back(std::move(*call));
        }
    }
    std::move(m_waiting.begin(), m_waiting.end(), std::back_inserter(calls));
    for (const Call &call : calls) {
        call.completion(Error {ErrorCode::Unreachable, "This node is stopping.", {}});
    }
}

void PeerPool::send(Call call)
{
    if (m_waiting.size() >= m_client.m_limits.waitingPerPeerMax) {
        call.completion(Error {ErrorCode::Busy, "Too many calls wait for this peer.", {}});
        return;
    }
    m_waiting.push_back(std::move(call));
    pump();
}

/// Gives waiting calls to idle connections, oldest first, and opens as many more connections as
/// calls are left.
void PeerPool::pump()
{
    while (!m_waiting.empty()) {
        const auto idle = std::find_if(m_connections.begin(),
            m_connections.end(),
            [](const ClientConnection *connection) { return connection->isIdle(); });
        if (idle == m_connections.end()) {
            break;
        }
        Call call = std::move(m_waiting.front());
        m_waiting.pop_front();
        (*idle)->start(std::move(call));
    }
    const auto connecting = std::count_if(m_connections.begin(),
        m_connections.end(),
        [](const ClientConnection *connection) { return connection->isConnecting(); });
    auto missing = static_cast<std::ptrdiff_t>(m_waiting.size()) - connecting;
    while (missing-- > 0 && connectionCount() < m_client.m_limits.connectionsPerPeerMax) {
        m_connections.push_back(
            new ClientConnection(*this, m_address, m_client.m_limits, m_client.m_tls, now()));
    }
    m_client.armFor(nextDeadline());
}

void PeerPool::onConnectFailed(ClientConnection &connection, const Error &error)
{
    std::optional<Call> call;
    if (!m_waiting.empty()) {
        call = std::move(m_waiting.front());
        m_waiting.pop_front();
    }
    onDied(connection, std::move(call), error);
}

void PeerPool::onStale(ClientConnection &connection, Call call)
{
    remove(connection);
    // The other idle ones have very likely ended too.
    std::vector<ClientConnection *> idle;
    std::copy_if(m_connections.begin(),
        m_connections.end(),
        std::back_inserter(idle),
        [](const ClientConnection *other) { return other->isIdle(); });
    for (ClientConnection *other : idle) {
        other->abandon();
        remove(*other);
    }
    m_waiting.push_front(std::move(call));
    pump();
}

void PeerPool::onDied(ClientConnection &connection, std::optional<Call> call, const Error &error)
{
    remove(connection);
    pump();
    if (call) {
        call->completion(error);
    }
}

void PeerPool::remove(ClientConnection &connection)
{
    std::erase(m_connections, &connection);
    connection.deleteLater(); // it is in the middle of something
}

void PeerPool::expire(Instant now)
{
    // A connection in use ends with its call.
    const std::vector<ClientConnection *> connections = m_connections;
    for (ClientConnection *connection : connections) {
        connection->expire(now);
    }
    std::vector<Call> late;
    for (auto at = m_waiting.begin(); at != m_waiting.end();) {
        if (at->deadline <= now) {
            late.push_back(std::move(*at));
            at = m_waiting.erase(at);
        } else {
            ++at;
        }
    }
    for (const Call &call : late) {
        call.completion(Error {ErrorCode::Timeout, "The peer did not answer in time.", {}});
    }
}

Instant PeerPool::nextDeadline() const
{
    Instant next = Instant::max();
    for (const ClientConnection *connection : m_connections) {
        next = std::min(next, connection->deadline());
    }
    for (const Call &call : m_waiting) {
        next = std::min(next, call.deadline);
    }
    return next;
}

} // namespace driftless::net
