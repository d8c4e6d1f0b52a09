#pragma once

#include <QSslSocket>
#include <QTcpSocket>

#include <utility>

namespace driftless::net {

/// Writes behind this are lost; reading goes on, and the peer sees the end (a half-close, which Qt
/// lacks). All that was written must have been sent. False where it cannot be done (TLS, error).
bool shutdownWriting(QTcpSocket &socket);

/// What a socket of the server can do beyond Qt's.
class CloseAnswering
{
public:
    virtual ~CloseAnswering() = default;
    /// From now on a WebSocket close frame with 1000 or 1001 that is written leaves as `frame`.
    /// Null: no longer.
    virtual void setCloseAnswer(QByteArray frame) = 0;
};

/// QWebSocket answers a close frame with an echo, and asks nobody; the reference says 1000
/// "closing". So the frame is exchanged on its way out.
template <typename Socket> class ServerSocket final : public Socket, public CloseAnswering
{
public:
    using Socket::Socket;
    void setCloseAnswer(QByteArray frame) override { m_closeAnswer = std::move(frame); }

protected:
    qint64 writeData(const char *data, qint64 size) override
    {
        // QWebSocket writes a close frame in one piece: 0x88, length, code, reason.
        constexpr qint64 kHeadBytes = 4;
        const bool isClose = !m_closeAnswer.isNull() && size >= kHeadBytes && data[0] == '\x88'
            && data[1] == static_cast<char>(size - 2) && data[2] == '\x03'
            && (data[3] == '\xe8' || data[3] == '\xe9');
        if (!isClose) {
            return Socket::writeData(data, size);
        }
        const QByteArray answer = std::exchange(m_closeAnswer, QByteArray());
        return Socket::writeData(answer.constData(), answer.size()) < 0 ? -1 : size;
    }

private:
    QByteArray m_closeAnswer;
};

} // namespace driftless::net
