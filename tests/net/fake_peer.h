#pragma once

#include <QHostAddress>
#include <QTcpServer>
#include <QTcpSocket>

#include <deque>
#include <functional>
#include <vector>

namespace driftless::test {

/// A peer that does what the test says with each request (complete, without a body beyond
/// Content-Length); by default it never answers.
class FakePeer final : public QObject
{
public:
    using OnRequest = std::function<void(QTcpSocket &socket, const QByteArray &head)>;

    explicit FakePeer(OnRequest onRequest = [](QTcpSocket &, const QByteArray &) {})
        : m_onRequest(std::move(onRequest))
    {
        connect(&m_server, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *socket = m_server.nextPendingConnection();
            ++connectionCount;
            sockets.push_back(socket);
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                if (const QByteArray head = socket->peek(1 << 20); head.contains("\r\n\r\n")) {
                    socket->readAll();
                    heads.push_back(head);
                    m_onRequest(*socket, head);
                }
            });
        });
        m_server.listen(QHostAddress(QHostAddress::LocalHost), 0);
    }

    [[nodiscard]] QByteArray url() const
    {
        return "http://127.0.0.1:" + QByteArray::number(m_server.serverPort());
    }
    [[nodiscard]] quint16 port() const { return m_server.serverPort(); }
    void closeAll()
    {
        for (QTcpSocket *socket : sockets) {
            socket->disconnectFromHost();
        }
        sockets.clear();
    }
    void stopListening() { m_server.close(); }

    int connectionCount = 0;
    std::vector<QTcpSocket *> sockets;
    std::vector<QByteArray> heads;

private:
    OnRequest m_onRequest;
    QTcpServer m_server;
};

inline void answerOk(QTcpSocket &socket, const QByteArray & /*head*/)
{
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

} // namespace driftless::test
