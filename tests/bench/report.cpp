#include "report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace driftless::bench {

namespace {

/// Three digits that matter, thousands apart: "25,310", "0.125", "3.20".
QByteArray number(double value)
{
    if (value >= 1'000) {
        return Report::thousands(static_cast<std::uint64_t>(std::llround(value)));
    }
    return QByteArray::number(value,
        'f',
        std::abs(value) >= 100      ? 0
            : std::abs(value) >= 10 ? 1
            : std::abs(value) >= 1  ? 2
                                    : 3);
}

QByteArray ratioText(const std::optional<double> &ratio)
{
    return ratio ? QByteArray::number(*ratio, 'f', 2) + "x" : QByteArray();
}

QByteArray json(const QByteArray &text)
{
    return '"' + QByteArray(text).replace('\\', "\\\\").replace('"', "\\\"") + '"';
}

bool isReached(const Bound &bound, double wanted)
{
    return bound.side == Bound::Side::NotAbove ? bound.value <= wanted : bound.value >= wanted;
}

/// Measured, ratio, ratio of processor time, at least, aim, verdict.
using Cells = std::array<QByteArray, 6>;

void printLine(const QByteArray &what, const Cells &cells, const QByteArray &more)
{
    std::printf("| %-70s | %11s | %6s | %6s | %-22s | %-22s | %-8s | %s |\n",
        what.constData(),
        cells[0].constData(),
        cells[1].constData(),
        cells[2].constData(),
        cells[3].constData(),
        cells[4].constData(),
        cells[5].constData(),
        more.constData());
    std::fflush(stdout);
}

} // namespace

QByteArray Goal::verdict() const
{
    if (bounds.empty()) {
        return {};
    }
    if (std::all_of(bounds.begin(), bounds.end(), [](const Bound &bound) {
            return isReached(bound, bound.aim);
        })) {
        return "aim";
    }
    return std::all_of(bounds.begin(),
               bounds.end(),
               [](const Bound &bound) { return isReached(bound, bound.atLeast); })
        ? "at least"
        : "missed";
}

QByteArray Report::thousands(std::uint64_t count)
{
    QByteArray text = QByteArray::number(quint64 {count});
    for (qsizetype at = text.size() - 3; at > 0; at -= 3) {
        text.insert(at, ',');
    }
    return text;
}

void Report::begin(const QByteArray &machine)
{
    std::printf("%s\nRatios: time here / time of plain SQLite in the same run, by the wall clock "
                "and by the processor's. Absolute numbers hold where a plain commit takes about "
                "0.1 ms.\n\n",
        machine.constData());
    printLine("work", {"measured", "ratio", "of cpu", "at least", "aim", "verdict"}, "more");
    printLine("---", {"---:", "---:", "---:", "---", "---", "---"}, "---");
}

void Report::add(Measurement measurement)
{
    QByteArray more;
    for (const auto &[name, value] : measurement.more) {
        more += (more.isEmpty() ? "" : ", ") + name + ' ' + number(value);
    }
    const QByteArray unit
        = measurement.unit.startsWith('/') ? measurement.unit : ' ' + measurement.unit;
    printLine(measurement.what,
        {number(measurement.value) + unit,
            ratioText(measurement.ratio),
            ratioText(measurement.cpuRatio),
            measurement.goal.atLeast,
            measurement.goal.aim,
            measurement.goal.verdict()},
        more);
    m_measurements.push_back(std::move(measurement));
}

void Report::fail(const QByteArray &row, const QByteArray &why)
{
    m_hasFailed = true;
    printLine(row, {"failed"}, QByteArray(why).replace('\n', ' '));
}

void Report::end() const
{
    QByteArray text = "[";
    for (const Measurement &measurement : m_measurements) {
        text += text.size() > 1 ? ",\n" : "\n";
        text += "{\"Row\":" + json(measurement.row) + ",\"Value\":"
            + QByteArray::number(measurement.value, 'g', 6) + ",\"Unit\":" + json(measurement.unit);
        text += ",\"Ratio\":"
            + (measurement.ratio ? QByteArray::number(*measurement.ratio, 'g', 4)
                                 : QByteArray("null"));
        text += ",\"CpuRatio\":"
            + (measurement.cpuRatio ? QByteArray::number(*measurement.cpuRatio, 'g', 4)
                                    : QByteArray("null"));
        text += ",\"AtLeast\":" + json(measurement.goal.atLeast) + ",\"Aim\":"
            + json(measurement.goal.aim) + ",\"Verdict\":" + json(measurement.goal.verdict());
        for (const auto &[name, value] : measurement.more) {
            text += ',' + json(name) + ':' + QByteArray::number(value, 'g', 6);
        }
        text += '}';
    }
    std::printf("\n%s\n]\n", text.constData());
}

} // namespace driftless::bench
