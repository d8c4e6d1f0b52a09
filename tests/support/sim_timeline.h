#pragma once

#include "core/clock.h"
#include "core/task.h"

#include <map>
#include <utility>

namespace driftless::support {

/// What will happen and when, in simulated time: of two things at one moment the one that was
/// arranged first comes first. One thread.
class SimTimeline
{
public:
    using Duration = std::chrono::milliseconds;

    /// Since the beginning.
    [[nodiscard]] Duration now() const { return m_now; }
    void after(Duration delay, Task task);

    [[nodiscard]] bool isEmpty() const { return m_tasks.empty(); }
    /// When the next thing happens; `isEmpty` must be false.
    [[nodiscard]] Duration next() const { return m_tasks.begin()->first.first; }
    /// Runs what is due until then, with `now` at its moment; `now` is `moment` afterwards.
    void runUntil(Duration moment);

private:
    Duration m_now {0};
    std::uint64_t m_arranged = 0;
    std::map<std::pair<Duration, std::uint64_t>, Task> m_tasks;
};

} // namespace driftless::support
