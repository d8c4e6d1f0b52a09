#pragma once

#include "api/handler.h"
#include "core/clock.h"
#include "net/http_limits.h"

#include <QObject>
#include <QWebSocketProtocol>
#include <QWebSocketServer>

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>

class QTcpSocket;
class QWebSocket;

namespace driftless::net {

class HttpServer;

/// The WebSockets of the server (`/ws/replication`): each text message goes to the handler, one at
/// a time, and its answer goes back. Binary messages are ignored, pings answered, a close frame is
/// answered at once with 1000 "closing", and who answers no ping is cut off. Owned by the
/// HttpServer; net thread.
class WsHints final : public QObject
{
    Q_OBJECT

public:
    explicit WsHints(HttpServer &server);
    ~WsHints() override;

    /// Takes over a socket whose request for an upgrade has been let through; `head`, the request
    /// as it was read, is put back in front of what the socket will read.
    void adopt(QTcpSocket *socket, const QByteArray &head, QByteArray remoteAddress, bool isSecure);

    /// Sends pings that are due and cuts off who did not answer.
    void checkDeadlines(Instant now);
    /// Closes all with 1001.
    void closeAll();
    void abortAll();
    int count() const { return static_cast<int>(m_sockets.size()); }

private:
    struct Peer
    {
        Instant nextPing {};
        int unansweredPings = 0;
        bool isClosing = false;
        QTcpSocket *tcp = nullptr; ///< below it; valid while it is in m_sockets
        bool isBusy = false; ///< a message is with the handler
        std::deque<QByteArray> waiting;
    };

    QWebSocketServer &handshakesFor(bool isSecure);
    void serve(QWebSocketServer &handshakes);
    void onNewConnection(QWebSocketServer &handshakes);
    QTcpSocket *findTcpSocket(const QWebSocket &socket) const;
    void onTextMessage(QWebSocket *socket, const QString &message);
    void handleNext(QWebSocket *socket);
    void close(QWebSocket *socket, QWebSocketProtocol::CloseCode code, const QString &reason);

    HttpServer &m_server;
    std::unordered_set<QTcpSocket *> m_sockets; ///< owned by what Qt makes of them
    std::unordered_map<QWebSocket *, Peer> m_peers; ///< children
    QWebSocketServer m_plainHandshakes;
    std::unique_ptr<QWebSocketServer>
        m_secureHandshakes; ///< made with the first TLS socket: it loads OpenSSL
};

} // namespace driftless::net
