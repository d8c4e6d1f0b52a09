#pragma once

#include "net/peer_pool.h"
#include "net/response_parser.h"

#include <QObject>
#include <QTcpSocket>

#include <optional>

namespace driftless::net {

/// One connection to a peer: one call at a time. A child of its PeerPool, to which it reports; net
/// thread.
class ClientConnection final : public QObject
{
    Q_OBJECT

public:
    /// Begins to connect.
    ClientConnection(PeerPool &pool,
        const PeerAddress &address,
        const HttpClientLimits &limits,
        const std::optional<QSslConfiguration> &tls,
        Instant now);

    [[nodiscard]] bool isConnecting() const { return m_state == State::Connecting; }
    [[nodiscard]] bool isIdle() const { return m_state == State::Idle; }
    /// When it is over its time, whatever it does.
    [[nodiscard]] Instant deadline() const { return m_deadline; }

    /// Sends `call`; idle before.
    void start(Call call);
    /// Ends the connection; its call, if any, is the caller's again.
    std::optional<Call> abandon();
    void expire(Instant now);

private:
    enum class State { Connecting, Idle, Busy, Closed };

    void onConnected();
    void onReadyRead();
    /// Bytes of the call went, or came.
    void earn(qint64 bytes);
    void onEnded();
    void complete();
    void die(const Error &error, bool mayTryAgain);
    [[nodiscard]] QByteArray requestHead(const HttpClient::Request &request) const;

    PeerPool &m_pool;
    const PeerAddress &m_address;
    const HttpClientLimits &m_limits;
    QTcpSocket *m_socket; ///< a child
    State m_state = State::Connecting;
    Instant m_deadline;
    std::optional<Call> m_call;
    qint64 m_movedBytes = 0; ///< of the call
    std::optional<ResponseParser> m_parser;
    int m_answeredCount = 0;
};

} // namespace driftless::net
