#pragma once

#include "stopwatch.h"

#include <QByteArray>

#include <optional>
#include <utility>
#include <vector>

namespace driftless::bench {

/// One line of the table.
struct Measurement
{
    QByteArray row; ///< stable name: of --rows and of the block for machines
    QByteArray what; ///< for people
    double value = 0;
    QByteArray unit; ///< "/s", "ms", "us" or "MB"
    std::optional<double>
        ratio; ///< time here / time of plain SQLite, by the wall; above 1 is slower
    std::optional<double> cpuRatio; ///< the same of the processor's time
    QByteArray wanted; ///< what the row is meant to reach; empty: it is there to explain others
    std::vector<std::pair<QByteArray, double>>
        more; ///< further numbers, each with its unit in its name: "p99Ms"
};

/// Prints each measurement as soon as it is there, and at the end all of them once more as JSON.
class Report
{
public:
    void begin(const QByteArray &machine);
    void add(Measurement measurement);
    /// A row that could not be measured.
    void fail(const QByteArray &row, const QByteArray &why);
    void end() const;
    [[nodiscard]] bool hasFailed() const { return m_hasFailed; }

    static double milliseconds(Nanoseconds duration)
    {
        return static_cast<double>(duration.count()) / 1e6;
    }
    static double seconds(Nanoseconds duration)
    {
        return static_cast<double>(duration.count()) / 1e9;
    }
    static double ratio(Nanoseconds here, Nanoseconds plain)
    {
        return static_cast<double>(here.count()) / static_cast<double>(plain.count());
    }

private:
    std::vector<Measurement> m_measurements;
    bool m_hasFailed = false;
};

} // namespace driftless::bench
