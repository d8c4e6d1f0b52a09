#pragma once

#include "net/http_client.h"

#include <QObject>

#include <deque>
#include <optional>
#include <vector>

namespace driftless::net {

class ClientConnection;

/// A peer's base URL, taken apart.
struct PeerAddress
{
    bool isSecure = false;
    QString host;
    quint16 port = 0;
    QByteArray hostHeader; ///< "host" or "host:port"
    QByteArray pathPrefix; ///< without a trailing '/'

    /// Takes http and https without user, query and fragment. Error: InvalidArgument.
    static Result<PeerAddress> parse(const QByteArray &baseUrl);
};

/// A call on its way.
struct Call
{
    HttpClient::Request request;
    HttpClient::Completion completion;
    Instant deadline;
    bool isSecondTry = false;
};

/// Connections to one peer, and the calls that wait for one, in order. A child of the HttpClient;
/// net thread.
class PeerPool final : public QObject
{
    Q_OBJECT

public:
    PeerPool(HttpClient &client, PeerAddress address);
    ~PeerPool() override;

    void send(Call call);
    /// Ends what is over its time.
    void expire(Instant now);
    /// When expire() has something to do next; Instant::max() if never.
    [[nodiscard]] Instant nextDeadline() const;
    [[nodiscard]] bool isUnused() const { return m_connections.empty() && m_waiting.empty(); }
    [[nodiscard]] int connectionCount() const { return static_cast<int>(m_connections.size()); }

    // From the connections:
    [[nodiscard]] Instant now() const { return m_client.m_clock.instant(); }
    /// One is idle.
    void onReady() { pump(); }
    /// It could not connect: the oldest call that waits has its answer.
    void onConnectFailed(ClientConnection &connection, const Error &error);
    /// A kept one had died before `call`, which is tried once more.
    void onStale(ClientConnection &connection, Call call);
    /// It is of no more use; `call`, if any, ends with `error`.
    void onDied(ClientConnection &connection, std::optional<Call> call, const Error &error);

private:
    void pump();
    void remove(ClientConnection &connection);

    HttpClient &m_client;
    const PeerAddress m_address;
    std::deque<Call> m_waiting;
    std::vector<ClientConnection *> m_connections; ///< children
};

} // namespace driftless::net
