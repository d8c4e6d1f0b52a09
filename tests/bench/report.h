#pragma once

#include "stopwatch.h"

#include <QByteArray>

#include <optional>
#include <utility>
#include <vector>

namespace driftless::bench {

/// One number that a row is judged by, and what it must reach.
struct Bound
{
    enum class Side { NotAbove, NotBelow };

    Side side = Side::NotAbove;
    double value = 0;
    double atLeast = 0;
    double aim = 0;

    static Bound notAbove(double value, double atLeast, double aim)
    {
        return {Side::NotAbove, value, atLeast, aim};
    }
    static Bound notBelow(double value, double atLeast, double aim)
    {
        return {Side::NotBelow, value, atLeast, aim};
    }
};

/// What a row is meant to reach; it reaches what all of its bounds reach.
struct Goal
{
    QByteArray atLeast; ///< for people; empty: the row is there to explain others
    QByteArray aim;
    std::vector<Bound> bounds;

    /// "aim", "at least" or "missed"; empty where nothing is bound.
    [[nodiscard]] QByteArray verdict() const;
};

/// One line of the table.
struct Measurement
{
    QByteArray row; ///< stable name: of --rows and of the block for machines
    QByteArray what; ///< for people
    double value = 0;
    QByteArray unit; ///< "/s", "ms", "x", "%" or "MB"
    std::optional<double>
        ratio; ///< time here / time of plain SQLite, by the wall; above 1 is slower
    std::optional<double> cpuRatio; ///< the same of the processor's time
    Goal goal;
    std::vector<std::pair<QByteArray, double>>
        more; ///< further numbers, each with its unit in its name: "p99Ms"
};

/// Prints each measurement as soon as it is there as a line of a Markdown table, and at the end all
/// of them once more as JSON.
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

    /// "25,310"
    static QByteArray thousands(std::uint64_t count);

private:
    std::vector<Measurement> m_measurements;
    bool m_hasFailed = false;
};

} // namespace driftless::bench
