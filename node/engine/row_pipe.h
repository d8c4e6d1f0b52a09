#pragma once

#include "core/executor.h"
#include "core/result.h"
#include "storage/read_token.h"

#include <QByteArray>

#include <deque>
#include <functional>
#include <memory>
#include <semaphore>

namespace driftless::engine {

/// The rows of a large answer on their way from the thread of the statement to the front thread, a
/// few pieces at a time. The statement waits until they are taken, but not for ever: its snapshot
/// keeps the WAL from being copied back.
class RowPipe final : public std::enable_shared_from_this<RowPipe>
{
public:
    static constexpr std::ptrdiff_t kPiecesMax = 4; ///< that wait to be taken
    static constexpr qsizetype kPieceBytes = 64'000;

    /// `front` outlives the pipe. `stallMax`: so long nothing may be taken.
    RowPipe(Executor &front,
        std::shared_ptr<storage::ReadToken> token,
        std::chrono::milliseconds stallMax);

    // The statement's thread.
    /// Of any size: goes in pieces of kPieceBytes at most. Waits for room for each; that time does
    /// not count as the statement's. Errors: Timeout
    /// (Node:Limits:QueryStallSeconds), and those of the token where it is cancelled.
    Result<void> write(const QByteArray &rows);
    /// The end: how many rows there were in all, or why they are not all there.
    void finish(Result<qint64> rows);

    // The front thread.
    /// What comes next: a piece, or nothing at the end, when `rows()` is known. Errors: as given to
    /// `finish`. Once, now or later; not called again before it has come.
    using Take = std::function<void(Result<std::optional<QByteArray>>)>;
    void next(Take take);
    /// Called once, on the front thread, if it ends with an error while nothing is asked for.
    void whenBroken(std::function<void(Error)> broken) { m_broken = std::move(broken); }
    /// Nobody takes any more; the statement ends soon.
    void abandon();
    [[nodiscard]] qint64 rows() const { return m_end && *m_end ? **m_end : 0; }

private:
    using Taken = Result<std::optional<QByteArray>>;

    Result<void> writePiece(QByteArray piece);

    // The front thread.
    void arrived(QByteArray piece);
    void ended(Result<qint64> rows);
    /// What may be had now; an error before anything else.
    [[nodiscard]] std::optional<Taken> taken();

    Executor &m_front;
    const std::shared_ptr<storage::ReadToken> m_token;
    const std::chrono::milliseconds m_stallMax;
    std::counting_semaphore<kPiecesMax> m_room {kPiecesMax}; ///< for pieces; the only thing that
                                                             ///< both threads touch
    // The front thread.
    std::deque<QByteArray> m_pieces;
    std::optional<Result<qint64>> m_end;
    Take m_take; ///< who waits
    std::function<void(Error)> m_broken;
};

} // namespace driftless::engine
