#pragma once

#include "core/clock.h"

#include <chrono>
#include <deque>
#include <optional>

namespace driftless::replication {

inline constexpr std::chrono::milliseconds kClockSkewMax {120'000};

/// Estimates how far a peer's clock is from ours, from the four times of an exchange (as NTP, RFC
/// 5905 section 8), the sample with the shortest round trip of the last few counting. A jump of
/// either clock shows with the next exchange. The store thread.
class ClockOffset
{
public:
    /// `sent`, `received`: our monotonic clock around the exchange; `wallNow`: our wall clock at
    /// `received`; `peerReceived`, `peerSent`: the peer's wall clock.
    void add(
        Instant sent, Instant received, WallTime wallNow, WallTime peerReceived, WallTime peerSent);

    /// The peer's clock less ours; nothing before the first exchange.
    [[nodiscard]] std::optional<std::chrono::milliseconds> offset() const;
    [[nodiscard]] bool isSkewed() const;
    [[nodiscard]] std::chrono::milliseconds roundTrip() const
    {
        return m_roundTrip;
    } ///< the last one

private:
    struct Sample
    {
        std::chrono::milliseconds peerLessInstant; ///< the peer's wall clock less our monotonic
                                                   ///< one: blind to jumps of our wall clock
        std::chrono::milliseconds roundTrip;
    };

    std::deque<Sample> m_samples;
    std::chrono::milliseconds m_wallLessInstant {};
    std::chrono::milliseconds m_roundTrip {};
};

} // namespace driftless::replication
