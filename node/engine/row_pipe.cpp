#include "engine/row_pipe.h"

#include "core/assert.h"

#include <utility>

namespace driftless::engine {

namespace {

constexpr std::chrono::milliseconds kLook {50}; ///< between two looks whether it was cancelled

Error stalled()
{
    return {ErrorCode::Timeout,
        "The rows were not taken for longer than Node:Limits:QueryStallSeconds allows. Take them "
        "as "
        "they come, or ask for fewer.",
        {},
        Limit::QueryStallSeconds};
}

} // namespace

RowPipe::RowPipe(
    Executor &front, std::shared_ptr<storage::ReadToken> token, std::chrono::milliseconds stallMax)
    : m_front(front)
    , m_token(std::move(token))
    , m_stallMax(stallMax)
{
}

Result<void> RowPipe::write(const QByteArray &rows)
{
    for (qsizetype at = 0; at < rows.size(); at += kPieceBytes) {
        DRIFTLESS_TRY(writePiece(rows.mid(at, kPieceBytes)));
    }
    return {};
}

Result<void> RowPipe::writePiece(QByteArray piece)
{
    const Instant begin = SystemClock().instant();
    while (!m_room.try_acquire_for(kLook)) {
        if (m_token->isCancelled()) {
            return m_token->error();
        }
        if (SystemClock().instant() - begin > m_stallMax) {
            return stalled();
        }
    }
    m_token->extend(SystemClock().instant() - begin);
    const bool isPosted
        = m_front.postUnbounded([self = shared_from_this(), piece = std::move(piece)]() mutable {
              self->arrived(std::move(piece));
          });
    return isPosted ? Result<void>()
                    : Result<void>(Error {ErrorCode::ShuttingDown, "The node is stopping.", {}});
}

void RowPipe::finish(Result<qint64> rows)
{
    static_cast<void>(
        m_front.postUnbounded([self = shared_from_this(), rows = std::move(rows)]() mutable {
            self->ended(std::move(rows));
        }));
}

void RowPipe::arrived(QByteArray piece)
{
    m_pieces.push_back(std::move(piece));
    if (m_take) {
        std::exchange(m_take, {})(std::move(*taken()));
    }
}

void RowPipe::ended(Result<qint64> rows)
{
    m_end.emplace(std::move(rows));
    if (m_take) {
        std::exchange(m_take, {})(std::move(*taken()));
    } else if (!*m_end && m_broken) {
        std::exchange(m_broken, {})(m_end->error());
    }
}

std::optional<RowPipe::Taken> RowPipe::taken()
{
    if (m_end && !*m_end) {
        return Taken(m_end->error());
    }
    if (!m_pieces.empty()) {
        Taken piece(std::move(m_pieces.front()));
        m_pieces.pop_front();
        m_room.release();
        return piece;
    }
    return m_end ? std::optional(Taken(std::nullopt)) : std::nullopt;
}

void RowPipe::next(Take take)
{
    DRIFTLESS_ASSERT(!m_take);
    if (auto found = taken()) {
        take(std::move(*found));
    } else {
        m_take = std::move(take);
    }
}

void RowPipe::abandon()
{
    m_token->cancel();
    m_take = {};
    m_broken = {};
}

} // namespace driftless::engine
