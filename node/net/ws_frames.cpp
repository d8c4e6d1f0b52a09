#include "net/ws_frames.h"

#include "core/utf8.h"

#include <QCryptographicHash>
#include <QtEndian>

namespace driftless::net {

namespace {

constexpr int kMaskBytes = 4;
constexpr quint64 kControlBytesMax = 125;

/// The codes that may stand in a close frame (RFC 6455 7.4).
bool isCloseCode(quint16 code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006)
        || (code >= 3000 && code <= 4999);
}

} // namespace

WsFrameReader::Kind WsFrameReader::next()
{
    m_payload.clear();
    while (!m_hasFailed) {
        if (const std::optional<Kind> kind = readFrame()) {
            if (*kind == Kind::NeedMore) {
                m_input.remove(0, m_at);
                m_at = 0;
            }
            return *kind;
        }
    }
    return Kind::Failed;
}

/// What the next frame brings; nothing where it is a part of a message that goes on, or a failure.
std::optional<WsFrameReader::Kind> WsFrameReader::readFrame()
{
    Frame frame;
    if (!readHead(frame) || (frame.headBytes > 0 && !checkHead(frame))) {
        return std::nullopt;
    }
    if (frame.headBytes == 0
        || static_cast<quint64>(m_input.size() - m_at)
            < static_cast<quint64>(frame.headBytes) + frame.payloadBytes) {
        return Kind::NeedMore;
    }
    return take(frame);
}

/// False: failed.
bool WsFrameReader::readHead(Frame &frame)
{
    const QByteArrayView rest = QByteArrayView(m_input).sliced(m_at);
    if (rest.size() < 2) {
        return true;
    }
    const auto first = static_cast<unsigned char>(rest[0]);
    const auto second = static_cast<unsigned char>(rest[1]);
    frame.isFinal = (first & 0x80U) != 0;
    frame.opcode = static_cast<int>(first & 0x0fU);
    if ((first & 0x70U) != 0) {
        return fail(ws_close::kProtocolError, "no-extensions-here");
    }
    if ((second & 0x80U) == 0) {
        return fail(ws_close::kProtocolError, "unmasked-frame");
    }
    const unsigned shortLength = second & 0x7fU;
    const qsizetype lengthBytes = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
    if (rest.size() < 2 + lengthBytes) {
        return true;
    }
    frame.payloadBytes = lengthBytes == 0 ? shortLength
        : lengthBytes == 2                ? qFromBigEndian<quint16>(rest.data() + 2)
                                          : qFromBigEndian<quint64>(rest.data() + 2);
    frame.headBytes = 2 + lengthBytes + kMaskBytes;
    return true;
}

/// Judges a frame before its content is waited for.
bool WsFrameReader::checkHead(const Frame &frame)
{
    switch (frame.opcode) {
    case ws_opcode::kContinuation:
        if (m_messageOpcode == 0) {
            return fail(ws_close::kProtocolError, "nothing-to-continue");
        }
        break;
    case ws_opcode::kText:
    case ws_opcode::kBinary:
        if (m_messageOpcode != 0) {
            return fail(ws_close::kProtocolError, "message-unfinished");
        }
        break;
    case ws_opcode::kClose:
    case ws_opcode::kPing:
    case ws_opcode::kPong:
        return (frame.isFinal && frame.payloadBytes <= kControlBytesMax)
            || fail(ws_close::kProtocolError, "control-frame-malformed");
    default:
        return fail(ws_close::kProtocolError, "unknown-opcode");
    }
    const auto room = static_cast<quint64>(m_messageBytesMax - m_message.size());
    return frame.payloadBytes <= room || fail(ws_close::kTooBig, "message-too-big");
}

std::optional<WsFrameReader::Kind> WsFrameReader::take(const Frame &frame)
{
    const auto size = static_cast<qsizetype>(frame.payloadBytes);
    const char *const mask = m_input.constData() + m_at + frame.headBytes - kMaskBytes;
    QByteArray payload = m_input.sliced(m_at + frame.headBytes, size);
    for (qsizetype i = 0; i < size; ++i) {
        payload[i] = static_cast<char>(payload[i] ^ mask[i % kMaskBytes]);
    }
    m_at += frame.headBytes + size;
    if (frame.opcode >= ws_opcode::kClose) {
        return takeControl(frame, std::move(payload));
    }
    if (frame.opcode != ws_opcode::kContinuation) {
        m_messageOpcode = frame.opcode;
    }
    m_message.append(payload);
    if (!frame.isFinal) {
        return std::nullopt;
    }
    m_payload = std::exchange(m_message, QByteArray());
    if (std::exchange(m_messageOpcode, 0) == ws_opcode::kBinary) {
        return Kind::Binary;
    }
    if (!isWellFormedUtf8(m_payload)) {
        fail(ws_close::kNotUtf8, "text-is-not-utf-8");
        return std::nullopt;
    }
    return Kind::Text;
}

std::optional<WsFrameReader::Kind> WsFrameReader::takeControl(
    const Frame &frame, QByteArray payload)
{
    m_payload = std::move(payload);
    if (frame.opcode != ws_opcode::kClose) {
        return frame.opcode == ws_opcode::kPing ? Kind::Ping : Kind::Pong;
    }
    const bool isWellFormed = m_payload.isEmpty()
        || (m_payload.size() >= 2 && isCloseCode(qFromBigEndian<quint16>(m_payload.constData()))
            && isWellFormedUtf8(QByteArrayView(m_payload).sliced(2)));
    if (!isWellFormed) {
        fail(ws_close::kProtocolError, "close-frame-malformed");
        return std::nullopt;
    }
    return Kind::Close;
}

bool WsFrameReader::fail(quint16 code, QByteArrayView reason)
{
    m_hasFailed = true;
    m_closeCode = code;
    m_closeReason = reason;
    m_input = QByteArray();
    m_message = QByteArray();
    m_payload = QByteArray();
    m_at = 0;
    return false;
}

QByteArray wsFrame(int opcode, QByteArrayView payload)
{
    QByteArray frame;
    frame.reserve(payload.size() + 10);
    frame.append(static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        frame.append(static_cast<char>(payload.size()));
    } else if (payload.size() <= 0xffff) {
        char length[2];
        qToBigEndian(static_cast<quint16>(payload.size()), length);
        frame.append(char(126)).append(length, sizeof length);
    } else {
        char length[8];
        qToBigEndian(static_cast<quint64>(payload.size()), length);
        frame.append(char(127)).append(length, sizeof length);
    }
    return frame.append(payload);
}

QByteArray wsCloseFrame(quint16 code, QByteArrayView reason)
{
    char bytes[2];
    qToBigEndian(code, bytes);
    return wsFrame(ws_opcode::kClose, QByteArray(bytes, sizeof bytes).append(reason));
}

QByteArray wsAcceptOf(const QByteArray &key)
{
    return QCryptographicHash::hash(
        key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", QCryptographicHash::Sha1)
        .toBase64();
}

} // namespace driftless::net
