#pragma once

#include "core/executor.h"

#include <deque>

namespace driftless::support {

/// An executor whose tasks run when the test says so, on the test's thread, with the batches of
/// ThreadExecutor.
class ManualExecutor final : public Executor
{
public:
    explicit ManualExecutor(std::size_t queueMax = 20'000)
        : m_queueMax(queueMax)
    {
    }

    [[nodiscard]] bool post(Task task) override;
    [[nodiscard]] bool postUnbounded(Task task) override;

    /// Called behind each batch: where a group commit happens.
    void setAfterBatch(Task afterBatch) { m_afterBatch = std::move(afterBatch); }
    [[nodiscard]] bool isIdle() const { return m_queue.empty(); }
    [[nodiscard]] std::size_t waiting() const { return m_queue.size(); }

    /// Runs the oldest `countMax` of what waits now as one batch, then `afterBatch`. False, and
    /// nothing is called, if nothing waits.
    bool runBatch(std::size_t countMax = 1'000);
    void runUntilIdle();
    /// Tasks that wait are dropped and later ones refused, as when the process is killed.
    void kill();

private:
    const std::size_t m_queueMax;
    std::deque<Task> m_queue;
    Task m_afterBatch;
    bool m_closed = false;
};

} // namespace driftless::support
