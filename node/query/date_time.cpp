#include "query/date_time.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace driftless::query {

namespace {

/// Reads a text of digits and marks from the left.
class Reader
{
public:
    explicit Reader(QByteArrayView text)
        : m_at(text.begin())
        , m_end(text.end())
    {
    }

    [[nodiscard]] bool isAtEnd() const { return m_at == m_end; }
    bool take(char mark)
    {
        if (isAtEnd() || *m_at != mark) {
            return false;
        }
        ++m_at;
        return true;
    }
    void skipBlanks()
    {
        while (take(' ')) { }
    }
    /// A number of so many digits; reads none where there are fewer.
    std::optional<int> number(int digitsMin, int digitsMax)
    {
        int value = 0;
        int count = 0;
        const char *at = m_at;
        while (count < digitsMax && at != m_end && *at >= '0' && *at <= '9') {
            value = value * 10 + (*at++ - '0');
            ++count;
        }
        if (count < digitsMin) {
            return std::nullopt;
        }
        m_at = at;
        return value;
    }
    /// Digits behind a point as milliseconds.
    int fraction()
    {
        int ms = 0;
        int weight = 100;
        while (!isAtEnd() && *m_at >= '0' && *m_at <= '9') {
            ms += (*m_at++ - '0') * weight;
            weight /= 10;
        }
        return ms;
    }

private:
    const char *m_at;
    const char *m_end;
};

bool readDate(Reader &reader, DateParts &parts)
{
    const auto year4 = reader.number(4, 4); // also one below 32
    const auto first = year4 ? year4 : reader.number(1, 3);
    if (!first) {
        return false;
    }
    const char mark = reader.take('-') ? '-' : reader.take('/') ? '/' : '\0';
    const auto second = mark != '\0' ? reader.number(1, 2) : std::nullopt;
    if (!second) {
        return false;
    }
    if (year4 || *first > 31) { // year, month and perhaps a day
        const auto day = reader.take(mark) ? reader.number(1, 2) : std::optional(1);
        parts.year = *first;
        parts.month = *second;
        parts.day = day.value_or(0);
        return day.has_value();
    }
    const auto year = reader.take(mark) ? reader.number(4, 4) : std::nullopt;
    parts.month = *first;
    parts.day = *second;
    parts.year = year.value_or(0);
    return year.has_value();
}

bool readTime(Reader &reader, DateParts &parts)
{
    const auto hour = reader.number(1, 2);
    const auto minute = hour && reader.take(':') ? reader.number(2, 2) : std::nullopt;
    if (!minute) {
        return false;
    }
    parts.hour = *hour;
    parts.minute = *minute;
    if (reader.take(':')) {
        const auto second = reader.number(2, 2);
        if (!second) {
            return false;
        }
        parts.second = *second;
        if (reader.take('.')) {
            parts.millisecond = reader.fraction();
        }
    }
    return true;
}

/// Minutes east of Greenwich.
std::optional<int> readZone(Reader &reader)
{
    reader.skipBlanks();
    if (reader.isAtEnd() || reader.take('Z') || reader.take('z')) {
        return 0;
    }
    const int sign = reader.take('+') ? 1 : reader.take('-') ? -1 : 0;
    const auto hours = sign != 0 ? reader.number(2, 2) : std::nullopt;
    const bool hasMinutes = hours && (reader.take(':') || !reader.isAtEnd());
    const auto minutes = hasMinutes ? reader.number(2, 2) : std::optional(0);
    if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 14 * 60) {
        return std::nullopt;
    }
    return sign * (*hours * 60 + *minutes);
}

} // namespace

DateParts partsOf(std::int64_t ms)
{
    const std::chrono::sys_time<std::chrono::milliseconds> time {std::chrono::milliseconds(ms)};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date {day};
    auto rest = static_cast<int>((time - day).count());
    DateParts parts;
    parts.year = static_cast<int>(date.year());
    parts.month = static_cast<int>(static_cast<unsigned>(date.month()));
    parts.day = static_cast<int>(static_cast<unsigned>(date.day()));
    parts.millisecond = rest % 1000;
    rest /= 1000;
    parts.second = rest % 60;
    parts.minute = rest / 60 % 60;
    parts.hour = rest / 3600;
    return parts;
}

std::optional<std::int64_t> msOf(const DateParts &parts)
{
    const auto isWithin
        = [](int number, int min, int max) { return number >= min && number <= max; };
    if (!isWithin(parts.year, 1, 9999) || !isWithin(parts.month, 1, 12) || parts.day < 1
        || parts.day > daysInMonth(parts.year, parts.month) || !isWithin(parts.hour, 0, 23)
        || !isWithin(parts.minute, 0, 59) || !isWithin(parts.second, 0, 59)) {
        return std::nullopt;
    }
    const std::chrono::sys_days day {std::chrono::year(parts.year)
        / std::chrono::month(static_cast<unsigned>(parts.month))
        / std::chrono::day(static_cast<unsigned>(parts.day))};
    const std::int64_t seconds = (parts.hour * 60 + parts.minute) * 60 + parts.second;
    return day.time_since_epoch().count() * kMsPerDay + seconds * 1000 + parts.millisecond;
}

int daysInMonth(int year, int month)
{
    const auto last = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month))
        / std::chrono::last;
    return static_cast<int>(static_cast<unsigned>(std::chrono::year_month_day_last(last).day()));
}

std::optional<std::int64_t> parseDateTime(QByteArrayView text)
{
    Reader reader(text.trimmed());
    DateParts parts;
    if (!readDate(reader, parts)) {
        return std::nullopt;
    }
    if (reader.take('T') || reader.take(' ')) {
        reader.skipBlanks();
        if (!readTime(reader, parts)) {
            return std::nullopt;
        }
    }
    const auto zone = readZone(reader);
    const auto ms = zone && reader.isAtEnd() ? msOf(parts) : std::nullopt;
    if (!ms) {
        return std::nullopt;
    }
    const std::int64_t moved = *ms - std::int64_t {*zone} * 60'000;
    return moved >= kDateTimeMsMin && moved <= kDateTimeMsMax ? std::optional(moved) : std::nullopt;
}

QByteArray toSevenDecimals(std::int64_t ms)
{
    const DateParts parts = partsOf(ms);
    std::array<char, 96> text {};
    const int length = std::snprintf(text.data(),
        text.size(),
        "%04d-%02d-%02dT%02d:%02d:%02d.%03d0000Z",
        parts.year,
        parts.month,
        parts.day,
        parts.hour,
        parts.minute,
        parts.second,
        parts.millisecond);
    return {text.data(), length};
}

} // namespace driftless::query
