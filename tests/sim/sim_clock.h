#pragma once

#include "manual_clock.h"
#include "sim_timeline.h"

namespace driftless::sim {

/// A node's clock in simulated time: the instant is everybody's, the wall is off by what the node's
/// owner made of it.
class SimClock final : public Clock
{
public:
    explicit SimClock(const support::SimTimeline &timeline)
        : m_timeline(timeline)
    {
    }

    [[nodiscard]] WallTime wallTime() const override
    {
        return support::ManualClock::kStart + m_timeline.now() + m_offset;
    }
    [[nodiscard]] Instant instant() const override
    {
        return Instant(std::chrono::seconds(1)) + m_timeline.now();
    }

    void jump(std::chrono::milliseconds by) { m_offset += by; }

private:
    const support::SimTimeline &m_timeline;
    std::chrono::milliseconds m_offset {0};
};

} // namespace driftless::sim
