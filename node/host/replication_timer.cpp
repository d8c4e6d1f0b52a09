#include "host/replication_timer.h"

#include <algorithm>

namespace driftless::host {

ReplicationTimer::ReplicationTimer(Executor &store, Executor &front, const Clock &clock, Task tick)
    : m_store(store)
    , m_front(front)
    , m_clock(clock)
    , m_tick(std::move(tick))
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &ReplicationTimer::onTimeout);
}

void ReplicationTimer::due(Instant instant)
{
    if (instant >= m_told) {
        return; // it fires before, and is set anew then
    }
    // Where the front is closed the node is stopping: nobody waits for a tick any more.
    if (m_front.postUnbounded([this, instant] { schedule(instant); })) {
        m_told = instant;
    }
}

void ReplicationTimer::schedule(Instant instant)
{
    constexpr std::chrono::milliseconds kLongest {
        60'000}; // a tick too many costs nothing, an overflow of the timer would
    const auto wait
        = std::clamp(instant - m_clock.instant(), std::chrono::milliseconds {0}, kLongest);
    m_timer.start(wait);
}

void ReplicationTimer::onTimeout()
{
    [[maybe_unused]] const bool isTaken = m_store.postUnbounded([this] {
        m_told = Instant::max();
        m_tick();
    });
}

} // namespace driftless::host
