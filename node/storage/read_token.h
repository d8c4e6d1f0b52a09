#pragma once

#include "core/clock.h"
#include "core/error.h"

#include <atomic>
#include <chrono>

namespace driftless::storage {

/// What ends a read before its end: its time is over, or nobody waits for it any more. The thread
/// that reads asks; any thread may cancel.
class ReadToken
{
public:
    /// The time begins now.
    explicit ReadToken(std::chrono::milliseconds timeMax)
        : m_deadline(SystemClock().instant() + timeMax)
    {
    }
    ReadToken(const ReadToken &) = delete;
    ReadToken &operator=(const ReadToken &) = delete;

    void cancel() { m_isCancelled.store(true, std::memory_order_relaxed); }
    /// Begins the time anew: a read that has waited for its turn.
    void restart(std::chrono::milliseconds timeMax)
    {
        m_deadline = SystemClock().instant() + timeMax;
    }
    /// More time: as long as it waited for somebody else.
    void extend(std::chrono::milliseconds waited) { m_deadline += waited; }
    [[nodiscard]] bool isCancelled() const { return m_isCancelled.load(std::memory_order_relaxed); }
    [[nodiscard]] bool isOver() const
    {
        return isCancelled() || SystemClock().instant() > m_deadline;
    }
    /// Why it is over: Timeout (Node:Limits:QuerySeconds), or ShuttingDown where it was cancelled.
    [[nodiscard]] Error error() const
    {
        if (isCancelled()) {
            return {ErrorCode::ShuttingDown, "The query was ended: nobody waits for it.", {}};
        }
        return {ErrorCode::Timeout,
            "The query took longer than Node:Limits:QuerySeconds allows. Ask for less, or name the "
            "documents by their ids.",
            {},
            Limit::QuerySeconds};
    }

private:
    Instant m_deadline;
    std::atomic<bool> m_isCancelled = false;
};

} // namespace driftless::storage
