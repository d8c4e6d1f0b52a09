#pragma once

#include "core/task.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace driftless {

/// The only place where threads meet. A task is posted from any thread and runs on the executor's
/// own.
class Executor
{
public:
    Executor() = default;
    virtual ~Executor() = default;
    Executor(const Executor &) = delete;
    Executor &operator=(const Executor &) = delete;

    /// False if the queue is full or closed: the task was not taken and will not run.
    [[nodiscard]] virtual bool post(Task task) = 0;

    /// As post, beyond the bound of the queue: for work that ends something already begun (answers,
    /// commits of others, timers), so that its amount is bounded by what was taken before.
    [[nodiscard]] virtual bool postUnbounded(Task task) = 0;
};

/// A thread with a bounded queue. It takes whatever waits as one batch, runs it in order, and calls
/// `afterBatch` on its own thread; that is where a group commit happens.
class ThreadExecutor final : public Executor
{
public:
    /// `name`: at most 15 bytes, shown by debuggers. `queueMax`: tasks waiting at once. `batchMax`:
    /// tasks run between two calls of `afterBatch`.
    ThreadExecutor(std::string name, std::size_t queueMax, std::size_t batchMax, Task afterBatch);
    ~ThreadExecutor() override;

    [[nodiscard]] bool post(Task task) override;
    [[nodiscard]] bool postUnbounded(Task task) override;

    /// Runs what was taken, then ends the thread. Later posts answer false. Idempotent; any thread
    /// but its own.
    void drainAndStop();

private:
    bool enqueue(Task task, std::size_t bound);
    void run();

    const std::string m_name;
    const std::size_t m_queueMax;
    const std::size_t m_batchMax;
    const Task m_afterBatch;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Task> m_queue;
    bool m_closed = false;
    bool m_sleeping = false;
    std::thread m_thread;
};

} // namespace driftless
