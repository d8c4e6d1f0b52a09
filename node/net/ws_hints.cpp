#include "net/ws_hints.h"

#include "core/task.h"
#include "net/http_server.h"
#include "net/server_socket.h"

#include <QPointer>
#include <QWebSocket>

namespace driftless::net {

namespace {

// Above the bound of a message, so that we see the message that is too big and can say so.
constexpr quint64 kFrameBytesMax = 1 << 20;
constexpr int kUnansweredPingsMax = 2;
constexpr std::size_t kWaitingMessagesMax = 64;

// FIN and close, 9 bytes, 1000, "closing": what the reference answers.
QByteArray closingFrame()
{
    return QByteArrayLiteral("\x88\x09\x03\xe8"
                             "closing");
}

void setCloseAnswer(QTcpSocket *socket, const QByteArray &frame)
{
    if (auto *answering = dynamic_cast<CloseAnswering *>(socket); answering != nullptr) {
        answering->setCloseAnswer(frame);
    }
}

/// A child of a socket, that says when the socket is gone. (QWebSocket drops all connections to its
/// socket's signals, destroyed() among them.)
class EndNotice final : public QObject
{
public:
    EndNotice(QTcpSocket &socket, Task onEnd)
        : QObject(&socket)
        , m_onEnd(std::move(onEnd))
    {
    }
    ~EndNotice() override { m_onEnd(); }

private:
    const Task m_onEnd;
};

} // namespace

WsHints::WsHints(HttpServer &server)
    : m_server(server)
    , m_plainHandshakes(QStringLiteral("Driftless"), QWebSocketServer::NonSecureMode)
{
    serve(m_plainHandshakes);
}

WsHints::~WsHints()
{
    abortAll();
}

void WsHints::adopt(
    QTcpSocket *socket, const QByteArray &head, QByteArray remoteAddress, bool isSecure)
{
    m_sockets.insert(socket);
    new EndNotice(*socket,
        [hints = QPointer<WsHints>(this), socket, remoteAddress = std::move(remoteAddress)] {
            if (hints) {
                hints->m_sockets.erase(socket);
                hints->m_server.releaseAddress(remoteAddress);
                hints->m_server.reportIfStopped();
            }
        });
    for (qsizetype at = head.size(); at > 0; --at) {
        socket->ungetChar(head[at - 1]);
    }
    setCloseAnswer(socket, closingFrame());
    handshakesFor(isSecure).handleConnection(socket);
}

QWebSocketServer &WsHints::handshakesFor(bool isSecure)
{
    if (!isSecure) {
        return m_plainHandshakes;
    }
    if (!m_secureHandshakes) {
        m_secureHandshakes = std::make_unique<QWebSocketServer>(
            QStringLiteral("Driftless"), QWebSocketServer::SecureMode);
        serve(*m_secureHandshakes);
    }
    return *m_secureHandshakes;
}

void WsHints::serve(QWebSocketServer &handshakes)
{
    connect(&handshakes, &QWebSocketServer::newConnection, this, [this, &handshakes] {
        onNewConnection(handshakes);
    });
}

void WsHints::onNewConnection(QWebSocketServer &handshakes)
{
    while (QWebSocket *socket = handshakes.nextPendingConnection()) {
        socket->setParent(this);
        socket->setMaxAllowedIncomingFrameSize(kFrameBytesMax);
        socket->setMaxAllowedIncomingMessageSize(kFrameBytesMax);
        Peer &peer = m_peers[socket];
        peer.nextPing = m_server.m_clock.instant() + m_server.m_limits.pingInterval;
        peer.tcp = findTcpSocket(*socket);
        connect(
            socket, &QWebSocket::textMessageReceived, this, [this, socket](const QString &message) {
                onTextMessage(socket, message);
            });
        connect(socket, &QWebSocket::pong, this, [this, socket] {
            m_peers[socket].unansweredPings = 0;
        });
        connect(socket, &QWebSocket::disconnected, this, [this, socket] {
            m_peers.erase(socket);
            socket->deleteLater();
        });
    }
}

QTcpSocket *WsHints::findTcpSocket(const QWebSocket &socket) const
{
    for (QTcpSocket *tcp : m_sockets) {
        if (tcp->peerPort() == socket.peerPort() && tcp->localPort() == socket.localPort()
            && tcp->peerAddress() == socket.peerAddress()
            && tcp->localAddress() == socket.localAddress()) {
            return tcp;
        }
    }
    return nullptr;
}

void WsHints::onTextMessage(QWebSocket *socket, const QString &message)
{
    const auto found = m_peers.find(socket);
    if (found == m_peers.end() || found->second.isClosing) {
        return;
    }
    Peer &peer = found->second;
    peer.unansweredPings = 0;
    QByteArray text = message.toUtf8();
    if (text.size() > m_server.m_limits.hintBytesMax) {
        ++m_server.m_counters.hintsTooLarge;
        close(socket, QWebSocketProtocol::CloseCodeTooMuchData, QStringLiteral("message-too-big"));
        return;
    }
    if (peer.waiting.size() >= kWaitingMessagesMax) {
        close(socket,
            QWebSocketProtocol::CloseCodePolicyViolated,
            QStringLiteral("too-many-messages"));
        return;
    }
    peer.waiting.push_back(std::move(text));
    if (!peer.isBusy) {
        handleNext(socket);
    }
}

/// One message at a time, so that answers keep the order of messages.
void WsHints::handleNext(QWebSocket *socket)
{
    const auto found = m_peers.find(socket);
    if (found == m_peers.end() || found->second.waiting.empty() || found->second.isClosing) {
        return;
    }
    Peer &peer = found->second;
    peer.isBusy = true;
    QByteArray message = std::move(peer.waiting.front());
    peer.waiting.pop_front();
    ++m_server.m_counters.hints;
    m_server.m_handler.handleHint(
        std::move(message), [this, target = QPointer<QWebSocket>(socket)](QByteArray answer) {
            // A QWebSocket of ours never outlives us.
            const auto answered = target ? m_peers.find(target.data()) : m_peers.end();
            if (answered == m_peers.end() || answered->second.isClosing) {
                return;
            }
            answered->second.isBusy = false;
            target->sendTextMessage(QString::fromUtf8(answer));
            handleNext(target.data());
        });
}

void WsHints::close(QWebSocket *socket, QWebSocketProtocol::CloseCode code, const QString &reason)
{
    Peer &peer = m_peers[socket];
    if (!peer.isClosing) {
        peer.isClosing = true;
        if (m_sockets.contains(peer.tcp)) {
            setCloseAnswer(peer.tcp, QByteArray()); // this one is no answer
        }
        socket->close(code, reason);
    }
}

void WsHints::checkDeadlines(Instant now)
{
    std::vector<QWebSocket *> silent;
    for (auto &[socket, peer] : m_peers) {
        if (now < peer.nextPing) {
            continue;
        }
        peer.nextPing = now + m_server.m_limits.pingInterval;
        if (peer.isClosing || ++peer.unansweredPings > kUnansweredPingsMax) {
            silent.push_back(socket);
        } else {
            socket->ping();
        }
    }
    for (QWebSocket *socket : silent) {
        socket->abort();
    }
}

void WsHints::closeAll()
{
    std::vector<QWebSocket *> sockets;
    for (const auto &[socket, peer] : m_peers) {
        sockets.push_back(socket);
    }
    for (QWebSocket *socket : sockets) {
        if (m_peers.contains(socket)) {
            close(socket, QWebSocketProtocol::CloseCodeGoingAway, QStringLiteral("closing"));
        }
    }
}

void WsHints::abortAll()
{
    const std::unordered_set<QTcpSocket *> sockets = m_sockets;
    for (QTcpSocket *socket : sockets) {
        if (m_sockets.contains(socket)) {
            socket->abort();
        }
    }
}

} // namespace driftless::net
