#pragma once

#include "core/clock.h"

namespace driftless::support {

/// A clock that stands still until it is moved. The wall may be set, skewed and put back; the
/// instant only goes forward. One thread.
class ManualClock final : public Clock
{
public:
    /// 1 March 2026; far from every border of a calendar that a test does not mean.
    static constexpr WallTime kStart {std::chrono::milliseconds {1'772'323'200'000}};

    explicit ManualClock(WallTime wall = kStart)
        : m_wall(wall)
    {
    }

    [[nodiscard]] WallTime wallTime() const override { return m_wall; }
    [[nodiscard]] Instant instant() const override { return m_instant; }

    /// Time passes.
    void advance(std::chrono::milliseconds by)
    {
        m_wall += by;
        m_instant += by;
    }
    /// Somebody sets the clock, forwards or backwards; no time passes.
    void jump(std::chrono::milliseconds by) { m_wall += by; }
    void setWallTime(WallTime wall) { m_wall = wall; }

private:
    WallTime m_wall;
    Instant m_instant {std::chrono::milliseconds {1'000}};
};

} // namespace driftless::support
