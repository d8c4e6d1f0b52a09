#include "core/executor.h"

#include "core/assert.h"

#include <iterator>
#include <pthread.h>
#include <utility>

namespace driftless {

ThreadExecutor::ThreadExecutor(
    std::string name, std::size_t queueMax, std::size_t batchMax, Task afterBatch)
    : m_name(std::move(name))
    , m_queueMax(queueMax)
    , m_batchMax(batchMax)
    , m_afterBatch(std::move(afterBatch))
{
    m_thread = std::thread([this] { run(); });
}

ThreadExecutor::~ThreadExecutor()
{
    drainAndStop();
}

bool ThreadExecutor::post(Task task)
{
    return enqueue(std::move(task), m_queueMax);
}

bool ThreadExecutor::postUnbounded(Task task)
{
    return enqueue(std::move(task), static_cast<std::size_t>(-1));
}

bool ThreadExecutor::enqueue(Task task, std::size_t bound)
{
    bool wake = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed || m_queue.size() >= bound) {
            return false;
        }
        m_queue.push_back(std::move(task));
        // Waking a thread that is awake costs a system call for nothing.
        wake = std::exchange(m_sleeping, false);
    }
    if (wake) {
        m_wake.notify_one();
    }
    return true;
}

void ThreadExecutor::drainAndStop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_closed = true;
        m_sleeping = false;
    }
    m_wake.notify_one();
    if (m_thread.joinable()) {
        DRIFTLESS_ASSERT(m_thread.get_id() != std::this_thread::get_id());
        m_thread.join();
    }
}

void ThreadExecutor::run()
{
    pthread_setname_np(pthread_self(), m_name.substr(0, 15).c_str());
    std::deque<Task> batch;
    for (;;) {
        {
            std::unique_lock lock(m_mutex);
            while (m_queue.empty() && !m_closed) {
                m_sleeping = true;
                m_wake.wait(lock);
            }
            m_sleeping = false;
            if (m_queue.empty()) {
                return;
            }
            if (m_queue.size() <= m_batchMax) {
                batch.swap(m_queue);
            } else {
                const auto end = m_queue.begin() + static_cast<std::ptrdiff_t>(m_batchMax);
                batch.assign(
                    std::make_move_iterator(m_queue.begin()), std::make_move_iterator(end));
                m_queue.erase(m_queue.begin(), end);
            }
        }
        for (Task &task : batch) {
            task();
            task = nullptr; // what it carries is released before the commit, not after the batch
        }
        batch.clear();
        if (m_afterBatch) {
            m_afterBatch();
        }
    }
}

} // namespace driftless
