#pragma once

#include <QByteArray>

#include <cstdint>
#include <optional>

namespace driftless::query {

/// The parts of an instant in UTC, on the Gregorian calendar of the years 1 to 9999.
struct DateParts
{
    int year = 1;
    int month = 1; ///< 1 to 12
    int day = 1; ///< 1 to 31
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};

/// 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z, in ms since 1970.
inline constexpr std::int64_t kDateTimeMsMin = -62'135'596'800'000;
inline constexpr std::int64_t kDateTimeMsMax = 253'402'300'799'999;
inline constexpr std::int64_t kMsPerDay = 86'400'000;

DateParts partsOf(std::int64_t ms);
/// Nothing for a date that does not exist (30 February, year 0).
std::optional<std::int64_t> msOf(const DateParts &parts);
int daysInMonth(int year, int month);

/// ISO 8601 (`2024-02-29`, with `T` or a blank and `13:45[:50[.678]]`, `Z` or `+01:00` behind) and
/// month/day/year with the same times. Without a zone it is UTC. Digits behind the millisecond are
/// cut off. Nothing if the text is something else or no such date exists.
std::optional<std::int64_t> parseDateTime(QByteArrayView text);

/// "2024-02-29T13:45:50.6780000Z", as the reference writes it in `$date`.
QByteArray toSevenDecimals(std::int64_t ms);

} // namespace driftless::query
