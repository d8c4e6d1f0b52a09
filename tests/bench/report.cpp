#include "report.h"

#include <cmath>
#include <cstdio>

namespace driftless::bench {

namespace {

/// Three digits that matter, thousands apart: "25,310", "0.125", "3.2".
QByteArray number(double value)
{
    if (std::abs(value) >= 1'000) {
        QByteArray text = QByteArray::number(value, 'f', 0);
        for (qsizetype at = text.size() - 3; at > (text.startsWith('-') ? 1 : 0); at -= 3) {
            text.insert(at, ',');
        }
        return text;
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
    return ratio ? QByteArray::number(*ratio, 'f', 2) + "x" : QByteArray("-");
}

QByteArray json(const QByteArray &text)
{
    return '"' + QByteArray(text).replace('\\', "\\\\").replace('"', "\\\"") + '"';
}

void printLine(const QByteArray &what,
    const QByteArray &value,
    const QByteArray &ratio,
    const QByteArray &cpuRatio,
    const QByteArray &rest)
{
    std::printf("%-58s %16s %9s %9s  %s\n",
        what.constData(),
        value.constData(),
        ratio.constData(),
        cpuRatio.constData(),
        rest.constData());
    std::fflush(stdout);
}

} // namespace

void Report::begin(const QByteArray &machine)
{
    std::printf("%s\nRatios: time here / time of plain SQLite in the same run, by the wall clock "
                "and by the processor's.\n\n",
        machine.constData());
    printLine("", "measured", "ratio", "cpu ratio", "more; wanted");
}

void Report::add(Measurement measurement)
{
    QByteArray rest;
    for (const auto &[name, value] : measurement.more) {
        rest += name + ' ' + number(value) + "  ";
    }
    if (!measurement.wanted.isEmpty()) {
        rest += "[" + measurement.wanted + "]";
    }
    const QByteArray unit
        = measurement.unit.startsWith('/') ? measurement.unit : ' ' + measurement.unit;
    printLine(measurement.what,
        number(measurement.value) + unit,
        ratioText(measurement.ratio),
        ratioText(measurement.cpuRatio),
        rest);
    m_measurements.push_back(std::move(measurement));
}

void Report::fail(const QByteArray &row, const QByteArray &why)
{
    m_hasFailed = true;
    printLine(row, "failed", "-", "-", why);
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
        for (const auto &[name, value] : measurement.more) {
            text += ',' + json(name) + ':' + QByteArray::number(value, 'g', 6);
        }
        text += '}';
    }
    std::printf("\n%s\n]\n", text.constData());
}

} // namespace driftless::bench
