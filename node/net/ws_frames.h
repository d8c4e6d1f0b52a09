#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <optional>
#include <utility>

namespace driftless::net {

/// Opcodes of frames (RFC 6455, 5.2).
namespace ws_opcode {
inline constexpr int kContinuation = 0;
inline constexpr int kText = 1;
inline constexpr int kBinary = 2;
inline constexpr int kClose = 8;
inline constexpr int kPing = 9;
inline constexpr int kPong = 10;
} // namespace ws_opcode

/// Codes of close frames (RFC 6455, 7.4).
namespace ws_close {
inline constexpr quint16 kNormal = 1000;
inline constexpr quint16 kGoingAway = 1001;
inline constexpr quint16 kProtocolError = 1002;
inline constexpr quint16 kNotUtf8 = 1007;
inline constexpr quint16 kPolicyViolated = 1008;
inline constexpr quint16 kTooBig = 1009;
} // namespace ws_close

/// Cuts the bytes that a WebSocket client sends into messages (RFC 6455, 5), without extensions; no
/// I/O. Keeps no more than what append() brought at once and one message. Thread: its owner's.
class WsFrameReader
{
public:
    enum class Kind {
        NeedMore, ///< the rest is an unfinished frame
        Text, ///< a whole message, in UTF-8
        Binary,
        Ping,
        Pong,
        Close, ///< the client has said all
        Failed, ///< close with closeCode() and closeReason(); final
    };

    /// `messageBytesMax`: of one message, however it is cut into frames.
    explicit WsFrameReader(qsizetype messageBytesMax)
        : m_messageBytesMax(messageBytesMax)
    {
    }

    void append(QByteArrayView bytes) { m_input.append(bytes); }
    /// What comes next; its content is takePayload().
    Kind next();
    QByteArray takePayload() { return std::exchange(m_payload, QByteArray()); }

    [[nodiscard]] quint16 closeCode() const { return m_closeCode; }
    [[nodiscard]] QByteArrayView closeReason() const { return m_closeReason; }

private:
    struct Frame
    {
        bool isFinal = false;
        int opcode = 0;
        qsizetype headBytes = 0; ///< 0: it is not whole yet
        quint64 payloadBytes = 0;
    };

    std::optional<Kind> readFrame();
    bool readHead(Frame &frame);
    bool checkHead(const Frame &frame);
    std::optional<Kind> take(const Frame &frame);
    std::optional<Kind> takeControl(const Frame &frame, QByteArray payload);
    bool fail(quint16 code, QByteArrayView reason);

    const qsizetype m_messageBytesMax;
    QByteArray m_input;
    qsizetype m_at = 0; ///< of m_input, done with
    QByteArray m_payload;
    QByteArray m_message; ///< frames so far of an unfinished one
    int m_messageOpcode = 0; ///< 0: none is unfinished
    bool m_hasFailed = false;
    quint16 m_closeCode = 0;
    QByteArrayView m_closeReason; ///< with static life
};

/// One unmasked frame, as a server sends it.
QByteArray wsFrame(int opcode, QByteArrayView payload);
/// A close frame; `reason` of at most 123 bytes.
QByteArray wsCloseFrame(quint16 code, QByteArrayView reason);
/// The value of Sec-WebSocket-Accept that answers a Sec-WebSocket-Key.
QByteArray wsAcceptOf(const QByteArray &key);

} // namespace driftless::net
