#include "stopwatch.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace driftless::bench {

namespace {

Nanoseconds readClock(clockid_t clock)
{
    timespec time {};
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

} // namespace

Nanoseconds now()
{
    return readClock(CLOCK_MONOTONIC);
}

Stopwatch::Stopwatch()
    : m_begin {now(), readClock(CLOCK_THREAD_CPUTIME_ID)}
{
}

Cost Stopwatch::elapsed() const
{
    return {now() - m_begin.wall, readClock(CLOCK_THREAD_CPUTIME_ID) - m_begin.cpu};
}

Nanoseconds Latencies::percentile(double share)
{
    if (m_samples.empty()) {
        return Nanoseconds(0);
    }
    const auto rank
        = static_cast<std::size_t>(std::ceil(share * static_cast<double>(m_samples.size())));
    const auto place = m_samples.begin()
        + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, m_samples.size()) - 1);
    std::nth_element(m_samples.begin(), place, m_samples.end());
    return *place;
}

} // namespace driftless::bench
