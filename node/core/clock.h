#pragma once

#include <QByteArray>

#include <chrono>

namespace driftless {

/// UTC wall clock in milliseconds since 1970. May jump either way.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// Time that only goes forward, for time-outs and timers.
using Instant = std::chrono::time_point<std::chrono::steady_clock, std::chrono::milliseconds>;

/// The only source of time; tests and the simulator bring their own. Any thread.
class Clock
{
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual WallTime wallTime() const = 0;
    [[nodiscard]] virtual Instant instant() const = 0;
};

class SystemClock final : public Clock
{
public:
    [[nodiscard]] WallTime wallTime() const override;
    [[nodiscard]] Instant instant() const override;
};

/// ISO 8601 in UTC with milliseconds, trailing zeros of the fraction trimmed as the reference does:
/// "2026-11-21T08:16:58.589Z", "2026-11-21T08:16:58Z".
QByteArray toIsoUtc(WallTime time);

} // namespace driftless
