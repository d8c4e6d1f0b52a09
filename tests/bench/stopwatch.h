#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace driftless::bench {

using Nanoseconds = std::chrono::nanoseconds;

/// What a piece of work took: by the clock on the wall, and of the processor's time. The second
/// tells the truth also while other programs want the processor.
struct Cost
{
    Nanoseconds wall {0};
    Nanoseconds cpu {0};

    Cost &operator+=(const Cost &other)
    {
        wall += other.wall;
        cpu += other.cpu;
        return *this;
    }
};

/// Never goes back; from an arbitrary beginning.
Nanoseconds now();

/// Measures the calling thread from its construction on.
class Stopwatch
{
public:
    Stopwatch();
    [[nodiscard]] Cost elapsed() const;

private:
    Cost m_begin;
};

/// A sample of durations. Percentiles are exact, for every duration is kept.
class Latencies
{
public:
    void add(Nanoseconds duration) { m_samples.push_back(duration); }
    void add(const Latencies &other)
    {
        m_samples.insert(m_samples.end(), other.m_samples.begin(), other.m_samples.end());
    }
    [[nodiscard]] std::size_t count() const { return m_samples.size(); }
    /// `share` from 0 to 1; 0 ns of an empty sample.
    Nanoseconds percentile(double share);

private:
    std::vector<Nanoseconds> m_samples;
};

} // namespace driftless::bench
