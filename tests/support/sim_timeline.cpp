#include "sim_timeline.h"

namespace driftless::support {

void SimTimeline::after(Duration delay, Task task)
{
    m_tasks.emplace(std::pair(m_now + delay, m_arranged++), std::move(task));
}

void SimTimeline::runUntil(Duration moment)
{
    while (!m_tasks.empty() && m_tasks.begin()->first.first <= moment) {
        const auto first = m_tasks.begin();
        m_now = std::max(m_now, first->first.first);
        const Task task = std::move(first->second);
        m_tasks.erase(first);
        task();
    }
    m_now = std::max(m_now, moment);
}

} // namespace driftless::support
