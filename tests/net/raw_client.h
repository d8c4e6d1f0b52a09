#pragma once

#include <QHostAddress>
#include <QTcpSocket>

#include <sys/socket.h>
#include <vector>

namespace driftless::test {

struct RawResponse
{
    int status = 0;
    QByteArray head;
    QByteArray body;
};

/// A client that sends bytes as they are and cuts what comes into answers.
class RawClient final : public QObject
{
public:
    explicit RawClient(quint16 port,
        qint64 readBufferBytes = 0,
        const QHostAddress &own = QHostAddress(QHostAddress::LocalHost))
    {
        connect(&socket, &QTcpSocket::readyRead, this, [this] {
            if (isReading) {
                received += socket.readAll();
            }
        });
        socket.setReadBufferSize(readBufferBytes);
        socket.bind(own);
        socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
    }

    void send(const QByteArray &bytes) { socket.write(bytes); }

    /// Ends this side (a half-close); what was sent must have left. Answers still come.
    void endInput() { ::shutdown(static_cast<int>(socket.socketDescriptor()), SHUT_WR); }

    /// Dies as a program that crashes with unread answers: the peer's next step is an error.
    void reset()
    {
        const linger atOnce {1, 0};
        ::setsockopt(static_cast<int>(socket.socketDescriptor()),
            SOL_SOCKET,
            SO_LINGER,
            &atOnce,
            sizeof atOnce);
        socket.abort();
    }

    [[nodiscard]] bool isClosed() const
    {
        return socket.state() == QAbstractSocket::UnconnectedState;
    }

    /// The complete answers so far. `isHead`: none has a body.
    [[nodiscard]] std::vector<RawResponse> responses(bool isHead = false) const
    {
        std::vector<RawResponse> found;
        QByteArrayView rest = received;
        for (;;) {
            const qsizetype end = rest.indexOf("\r\n\r\n");
            if (end < 0) {
                return found;
            }
            RawResponse response;
            response.head = rest.first(end + 2).toByteArray();
            response.status = response.head.mid(9, 3).toInt();
            const qsizetype at = response.head.toLower().indexOf("\r\ncontent-length: ");
            qsizetype bodyBytes = 0;
            if (at >= 0 && !isHead) {
                const qsizetype from = at + 18;
                bodyBytes = response.head.mid(from, response.head.indexOf('\r', from) - from)
                                .toLongLong();
            }
            if (rest.size() < end + 4 + bodyBytes) {
                return found;
            }
            response.body = rest.sliced(end + 4, bodyBytes).toByteArray();
            rest = rest.sliced(end + 4 + bodyBytes);
            found.push_back(response);
        }
    }

    QTcpSocket socket;
    QByteArray received;
    bool isReading = true;
};

} // namespace driftless::test
