#include "core/clock.h"

#include <cstdio>

namespace driftless {

WallTime SystemClock::wallTime() const
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

Instant SystemClock::instant() const
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now());
}

QByteArray toIsoUtc(WallTime time)
{
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    char text[40];
    int size = std::snprintf(text,
        sizeof text,
        "%04d-%02u-%02uT%02d:%02d:%02d.%03d",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    while (text[size - 1] == '0') {
        --size;
    }
    if (text[size - 1] == '.') {
        --size;
    }
    QByteArray result(text, size);
    result.append('Z');
    return result;
}

} // namespace driftless
