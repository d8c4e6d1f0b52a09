#pragma once

#include "core/clock.h"
#include "core/limits.h"
#include "replication/transport.h"

#include <QHash>
#include <QObject>
#include <QSslConfiguration>
#include <QTimer>

#include <chrono>
#include <optional>

namespace driftless::net {

class PeerPool;

/// The bounds of the client. Peers do not share them: each base URL has its own.
struct HttpClientLimits
{
    int connectionsPerPeerMax
        = replication::kTransfersAtOnceMax + 1; ///< one is free for heartbeats
    std::size_t waitingPerPeerMax = 256; ///< calls that have no connection yet (Busy)
    qsizetype headerBytesMax = qsizetype {32} * 1024; ///< of an answer (Unreachable)
    qsizetype responseBytesMax = kTransferBytesMax; ///< of its body (Unreachable)
    std::chrono::milliseconds connectTimeout {
        5'000}; ///< then another attempt may do better than the kernel's
    std::chrono::milliseconds idleTimeout {
        60'000}; ///< of a kept connection; below the 120 s of our server
    /// What moves at least as fast moves a call's time-out on with it: a slow line may need minutes
    /// for a transfer, and would else be sent it again for ever.
    qsizetype bytesPerSecondMin = 16'384;
};

/// A small HTTP/1.1 client for calls between nodes: kept connections, TCP_NODELAY, one call at a
/// time on each connection. (QNetworkAccessManager 6.4 never sets TCP_NODELAY: 44 ms for each
/// larger body.)
///
/// A call that died on a kept connection before a byte of its answer came is sent once more, on a
/// new connection: the peer had closed the kept one meanwhile. So calls must bear being carried out
/// twice, as all of replication does.
///
/// Lives on the net thread.
class HttpClient final : public QObject
{
    Q_OBJECT

public:
    using Request = replication::TransportRequest;
    using Completion = replication::Transport::Completion;

    /// `tls`: for https peers; the machine's default certificates without it.
    HttpClient(const HttpClientLimits &limits,
        const Clock &clock,
        std::optional<QSslConfiguration> tls = std::nullopt,
        QObject *parent = nullptr);
    /// What is under way completes with Unreachable.
    ~HttpClient() override;

    /// Calls `completion` once, later or at once. Errors as replication::Transport says.
    void send(Request request, Completion completion);

    /// Connections to all peers, idle ones included.
    [[nodiscard]] int connectionCount() const;

private:
    friend class PeerPool;

    void armFor(Instant deadline);
    void onTimer();

    const HttpClientLimits m_limits;
    const Clock &m_clock;
    const std::optional<QSslConfiguration> m_tls;
    QHash<QByteArray, PeerPool *> m_pools; ///< by base URL; children
    QTimer m_timer;
    Instant m_armedFor = Instant::max();
};

} // namespace driftless::net
