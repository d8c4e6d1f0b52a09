// What a connection says: answers in the order of the requests, streams piece by piece.

#include "core/assert.h"
#include "net/address_account.h"
#include "net/http_connection.h"
#include "net/http_server.h"

#include <QSslSocket>
#include <QThread>

#include <algorithm>
#include <utility>

namespace driftless::net {

namespace {

constexpr qsizetype kCopiedBodyBytesMax
    = qsizetype {16} * 1024; // larger ones are written as they are, without a copy
constexpr qsizetype kKeptOutputBytesMax = qsizetype {32} * 1024;
constexpr qsizetype kPiecesAheadBytes
    = qsizetype {64} * 1024; // of a stream, said but not taken; then no further piece is made

} // namespace

void HttpConnection::writeAnswered()
{
    while (!m_stream && !m_isBrokenOff && !m_slots.empty() && m_slots.front().response) {
        Slot &slot = m_slots.front();
        if (m_state == State::Last && m_slots.size() == 1 && !m_heldRequest) {
            slot.frame.isKeptAlive = false; // also where the end was decided after the request came
        }
        if (slot.response->stream && slot.frame.isHttp10) {
            slot.frame.isKeptAlive = false;
            m_state = m_state == State::Open ? State::Last : m_state;
        }
        appendResponse(*slot.response, slot.frame);
        if (slot.response->stream && isBodySent(*slot.response, slot.frame)) {
            m_stream = std::move(slot.response->stream);
            m_stream->whenBroken([connection = QPointer<HttpConnection>(this)](Error error) {
                if (connection) {
                    connection->takePiece(std::move(error));
                }
            });
            pullPieces();
        } else {
            endAnswer();
        }
    }
}

/// The answer in front has been said.
void HttpConnection::endAnswer()
{
    m_heldBytes -= m_slots.front().heldBytes;
    m_dispatchedBytes -= m_slots.front().bodyBytes;
    m_slots.pop_front();
    ++m_firstSlot;
    if (m_slots.empty()) {
        m_isWriteUnderWay = false;
    }
}

/// Asks for pieces as long as the client takes them.
void HttpConnection::pullPieces()
{
    if (m_isPulling) {
        return; // a piece that came at once; the loop below goes on
    }
    m_isPulling = true;
    while (m_stream && !m_isPieceAwaited && outputBytes() < kPiecesAheadBytes) {
        m_isPieceAwaited = true;
        const std::shared_ptr<api::BodyStream> stream = m_stream; // its last piece ends it
        stream->next([connection = QPointer<HttpConnection>(this)](Result<QByteArray> piece) {
            if (connection) {
                connection->takePiece(std::move(piece));
            }
        });
    }
    m_isPulling = false;
}

void HttpConnection::takePiece(Result<QByteArray> piece)
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    m_isPieceAwaited = false;
    if (m_state == State::Closed) {
        return;
    }
    if (!piece) {
        m_stream.reset();
        m_isBrokenOff = true;
        if (!m_isInTurn) {
            endTurn();
        }
        return;
    }
    const bool isChunked = !m_slots.front().frame.isHttp10;
    if (piece->isEmpty()) {
        m_output.append(isChunked ? kLastChunk : "");
        m_stream.reset();
        endAnswer();
        if (!m_isInTurn) {
            m_server.resumeLater(*this);
        }
        return;
    }
    m_account->spend(piece->size() / kAnswerShare);
    if (isChunked) {
        appendChunk(m_output, *piece);
    } else {
        m_output.append(*piece);
    }
    if (!m_isInTurn) {
        flush();
        pullPieces();
        updateDeadline();
    }
}

void HttpConnection::appendResponse(const api::Response &response, const ResponseFrame &frame)
{
    if (m_output.isEmpty()) {
        m_output.swap(m_server.m_spareOutput);
    }
    appendResponseHead(m_output, response, frame, m_server.m_date);
    if (!isBodySent(response, frame)) {
        return;
    }
    if (response.body.size() <= kCopiedBodyBytesMax) {
        m_output.append(response.body);
        return;
    }
    m_socket->write(m_output.constData(), m_output.size());
    m_output.resize(0);
    m_socket->write(response.body);
}

void HttpConnection::flush()
{
    if (!m_output.isEmpty()) {
        m_socket->write(m_output.constData(), m_output.size());
        m_output.resize(0); // its room is kept for whoever comes next, but not that of an exception
        QByteArray room = std::exchange(m_output, {});
        if (room.capacity() <= kKeptOutputBytesMax) {
            m_server.m_spareOutput = std::move(room);
        }
    }
    if (unsentBytes() > 0) {
        m_socket->flush();
    }
}

qsizetype HttpConnection::outputBytes() const
{
    return m_output.size() + m_heldBytes + static_cast<qsizetype>(unsentBytes());
}

qint64 HttpConnection::unsentBytes() const
{
    const qint64 encryptedBytes
        = m_isSecure ? static_cast<const QSslSocket *>(m_socket)->encryptedBytesToWrite() : 0;
    return m_socket->bytesToWrite() + encryptedBytes;
}

void HttpConnection::onBytesWritten()
{
    if (m_isInTurn || m_state == State::Closed) {
        return;
    }
    pullPieces();
    if (m_state == State::Closed) {
        return;
    }
    const bool hasRoomAgain = m_isStalled
        && outputBytes() <= std::min(untakenBytesMax(), m_server.m_limits.outputBytesMax / 2);
    const bool hasSaidAll = (m_state == State::Last || m_isInputEnded) && unsentBytes() == 0;
    if (hasRoomAgain || hasSaidAll) {
        m_server.resumeLater(*this);
    }
    updateDeadline();
}

/// Of answers that this client does not take, while too much is held for its address.
qsizetype HttpConnection::untakenBytesMax() const
{
    return m_account->connectionCount < kManyConnections ? kUntakenBytesMax : kUntakenBytesMax / 4;
}

} // namespace driftless::net
