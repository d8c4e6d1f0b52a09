#include "net/ws_hints.h"

#include "net/http_server.h"
#include "net/server_socket.h"

#include <QPointer>
#include <QTcpSocket>

namespace driftless::net {

namespace {

constexpr int kUnansweredPingsMax = 2;
constexpr std::size_t kWaitingMessagesMax = 64;
constexpr qint64 kReadBufferBytes = qint64 {64} * 1024;
} // namespace

WsHints::WsHints(HttpServer &server)
    : m_server(server)
{
}

WsHints::~WsHints()
{
    abortAll();
}

void WsHints::adopt(QTcpSocket *socket, const QByteArray &webSocketKey, QByteArray remoteAddress)
{
    socket->setParent(this);
    socket->setReadBufferSize(kReadBufferBytes);
    auto peer = std::make_unique<Peer>(m_server.m_limits.hintBytesMax);
    peer->remoteAddress = std::move(remoteAddress);
    peer->deadline = m_server.m_clock.instant() + m_server.m_limits.pingInterval;
    m_peers.emplace(socket, std::move(peer));
    connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onReadyRead(socket); });
    connect(socket, &QTcpSocket::bytesWritten, this, [this, socket] {
        if (const auto found = m_peers.find(socket);
            found != m_peers.end() && found->second->isClosing) {
            shutdownWriting(*socket); // the client sees that there is no more, as soon as it is so
        }
    });
    connect(socket, &QTcpSocket::disconnected, this, [this, socket] { onDisconnected(socket); });
    socket->write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: "
        + wsAcceptOf(webSocketKey) + "\r\n\r\n");
}

void WsHints::onDisconnected(QTcpSocket *socket)
{
    const auto found = m_peers.find(socket);
    if (found == m_peers.end()) {
        return;
    }
    m_server.releaseAddress(found->second->remoteAddress);
    m_peers.erase(found);
    socket->deleteLater();
    m_server.reportIfStopped();
}

void WsHints::onReadyRead(QTcpSocket *socket)
{
    Peer &peer = *m_peers.at(socket);
    if (peer.isClosing) {
        drain(socket, peer);
        return;
    }
    peer.reader.append(socket->readAll());
    while (handleFrame(socket, peer)) { }
}

/// False where there is no further one, or `peer` may be gone.
bool WsHints::handleFrame(QTcpSocket *socket, Peer &peer)
{
    switch (peer.reader.next()) {
    case WsFrameReader::Kind::NeedMore:
        return false;
    case WsFrameReader::Kind::Text:
        return handleText(socket, peer);
    case WsFrameReader::Kind::Binary:
        return true;
    case WsFrameReader::Kind::Ping:
        return send(socket, wsFrame(ws_opcode::kPong, peer.reader.takePayload()));
    case WsFrameReader::Kind::Pong:
        peer.unansweredPings = 0;
        return true;
    case WsFrameReader::Kind::Close:
        peer.isClosing = true;
        if (send(
                socket, wsCloseFrame(ws_close::kNormal, "closing"))) { // what the reference answers
            socket->disconnectFromHost();
        }
        return false;
    case WsFrameReader::Kind::Failed:
        refuse(socket, peer.reader.closeCode(), peer.reader.closeReason());
        return false;
    }
    return false;
}

bool WsHints::handleText(QTcpSocket *socket, Peer &peer)
{
    peer.unansweredPings = 0;
    if (peer.waiting.size() >= kWaitingMessagesMax) {
        refuse(socket, ws_close::kPolicyViolated, "too-many-messages");
        return false;
    }
    peer.waiting.push_back(peer.reader.takePayload());
    if (!peer.isBusy) {
        handleNext(socket);
    }
    const auto found = m_peers.find(socket);
    return found != m_peers.end() && !found->second->isClosing;
}

/// One message at a time, so that answers keep the order of messages.
void WsHints::handleNext(QTcpSocket *socket)
{
    const auto found = m_peers.find(socket);
    if (found == m_peers.end() || found->second->waiting.empty() || found->second->isClosing) {
        return;
    }
    Peer &peer = *found->second;
    peer.isBusy = true;
    QByteArray message = std::move(peer.waiting.front());
    peer.waiting.pop_front();
    ++m_server.m_counters.hints;
    m_server.m_handler.handleHint(std::move(message),
        [this, target = QPointer<QTcpSocket>(socket)](const QByteArray &answer) {
            // A socket of ours never outlives us.
            const auto answered = target ? m_peers.find(target.data()) : m_peers.end();
            if (answered == m_peers.end() || answered->second->isClosing) {
                return;
            }
            answered->second->isBusy = false;
            if (send(target.data(), wsFrame(ws_opcode::kText, answer))) {
                handleNext(target.data());
            }
        });
}

/// False, and the connection is cut off, where the client does not take what it asks for.
bool WsHints::send(QTcpSocket *socket, const QByteArray &frame)
{
    if (socket->bytesToWrite() + frame.size() > m_server.m_limits.outputBytesMax) {
        m_server.m_handler.noteLimit(Limit::OutputBytes);
        socket->abort();
        return false;
    }
    socket->write(frame);
    return true;
}

/// Says why and ends; reads on for a while so that the client sees it.
void WsHints::refuse(QTcpSocket *socket, quint16 code, QByteArrayView reason)
{
    Peer &peer = *m_peers.at(socket);
    if (code == ws_close::kTooBig) {
        ++m_server.m_counters.hintsTooLarge;
        m_server.m_handler.noteLimit(Limit::HintBytes);
    }
    peer.isClosing = true;
    peer.waiting.clear();
    peer.deadline = m_server.m_clock.instant() + m_server.m_limits.drainTimeout;
    send(socket, wsCloseFrame(code, reason));
}

void WsHints::drain(QTcpSocket *socket, Peer &peer)
{
    peer.drainedBytes += socket->readAll().size();
    if (peer.drainedBytes > m_server.m_limits.drainBytesMax) {
        m_server.m_handler.noteLimit(Limit::DrainBytes);
        socket->abort();
    }
}

void WsHints::checkDeadlines(Instant now)
{
    for (QTcpSocket *socket : sockets()) {
        const auto found = m_peers.find(socket);
        if (found == m_peers.end() || now < found->second->deadline) {
            continue;
        }
        Peer &peer = *found->second;
        peer.deadline = now + m_server.m_limits.pingInterval;
        if (peer.isClosing) {
            m_server.m_handler.noteLimit(Limit::DrainSeconds);
            socket->abort();
        } else if (++peer.unansweredPings > kUnansweredPingsMax) {
            m_server.m_handler.noteLimit(Limit::PingSeconds);
            socket->abort();
        } else {
            send(socket, wsFrame(ws_opcode::kPing, {}));
        }
    }
}

void WsHints::closeAll()
{
    for (QTcpSocket *socket : sockets()) {
        const auto found = m_peers.find(socket);
        if (found != m_peers.end() && !std::exchange(found->second->isClosing, true)
            && send(socket, wsCloseFrame(ws_close::kGoingAway, "closing"))) {
            socket->disconnectFromHost();
        }
    }
}

void WsHints::abortAll()
{
    for (QTcpSocket *socket : sockets()) {
        if (m_peers.contains(socket)) {
            socket->abort();
        }
    }
}

/// Of now: what happens to one may end others.
std::vector<QTcpSocket *> WsHints::sockets() const
{
    std::vector<QTcpSocket *> all;
    all.reserve(m_peers.size());
    for (const auto &[socket, peer] : m_peers) {
        all.push_back(socket);
    }
    return all;
}

} // namespace driftless::net
