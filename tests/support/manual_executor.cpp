#include "manual_executor.h"

namespace driftless::support {

bool ManualExecutor::post(Task task)
{
    return m_queue.size() < m_queueMax && postUnbounded(std::move(task));
}

bool ManualExecutor::postUnbounded(Task task)
{
    if (m_closed) {
        return false;
    }
    m_queue.push_back(std::move(task));
    return true;
}

bool ManualExecutor::runBatch(std::size_t countMax)
{
    if (m_queue.empty()) {
        return false;
    }
    // Tasks that the batch itself posts belong to the next one.
    for (std::size_t left = std::min(countMax, m_queue.size()); left > 0 && !m_queue.empty();
         --left) {
        const Task task = std::move(m_queue.front());
        m_queue.pop_front();
        task();
    }
    if (m_afterBatch && !m_closed) {
        m_afterBatch();
    }
    return true;
}

void ManualExecutor::runUntilIdle()
{
    while (runBatch()) { }
}

void ManualExecutor::kill()
{
    m_closed = true;
    m_queue.clear();
}

} // namespace driftless::support
