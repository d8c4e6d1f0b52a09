#pragma once

#include "api/handler.h"
#include "core/clock.h"
#include "net/http_limits.h"
#include "net/ws_frames.h"

#include <QObject>

#include <deque>
#include <memory>
#include <unordered_map>

class QTcpSocket;

namespace driftless::net {

class HttpServer;

/// The WebSockets of the server (`/ws/replication`, RFC 6455): each text message goes to the
/// handler, one at a time, and its answer goes back. Binary messages are ignored, pings answered, a
/// close frame is answered at once with 1000 "closing"; who breaks the protocol is told so and
/// closed, who answers no ping, or takes no answers, is cut off. Owned by the HttpServer; net
/// thread.
class WsHints final : public QObject
{
    Q_OBJECT

public:
    explicit WsHints(HttpServer &server);
    ~WsHints() override;

    /// Takes over a socket whose request for an upgrade with the key `webSocketKey` has been let
    /// through, and answers it.
    void adopt(QTcpSocket *socket, const QByteArray &webSocketKey, QByteArray remoteAddress);

    /// Sends pings that are due and cuts off who did not answer.
    void checkDeadlines(Instant now);
    /// Closes all with 1001.
    void closeAll();
    void abortAll();
    int count() const { return static_cast<int>(m_peers.size()); }

private:
    struct Peer
    {
        explicit Peer(qsizetype messageBytesMax)
            : reader(messageBytesMax)
        {
        }

        WsFrameReader reader;
        QByteArray remoteAddress;
        Instant deadline {}; ///< of the next ping; of a closing one, when it is cut off
        int unansweredPings = 0;
        bool isClosing = false; ///< told why; what still comes is thrown away
        qsizetype drainedBytes = 0;
        bool isBusy = false; ///< a message is with the handler
        std::deque<QByteArray> waiting;
    };

    void onReadyRead(QTcpSocket *socket);
    void onDisconnected(QTcpSocket *socket);
    bool handleFrame(QTcpSocket *socket, Peer &peer);
    bool handleText(QTcpSocket *socket, Peer &peer);
    void handleNext(QTcpSocket *socket);
    bool send(QTcpSocket *socket, const QByteArray &frame);
    void refuse(QTcpSocket *socket, quint16 code, QByteArrayView reason);
    void drain(QTcpSocket *socket, Peer &peer);
    std::vector<QTcpSocket *> sockets() const;

    HttpServer &m_server;
    std::unordered_map<QTcpSocket *, std::unique_ptr<Peer>> m_peers; ///< the sockets are children
};

} // namespace driftless::net
