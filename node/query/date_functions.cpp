// Dates are instants; their parts are those of UTC, on every node.
#include "core/clock.h"
#include "query/arithmetic.h"
#include "query/date_time.h"
#include "query/function_table.h"
#include "query/syntax_error.h"

#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

using Call = Arguments;

constexpr std::int64_t kMsPerSecond = 1'000;

Error noSuchDate()
{
    return evaluationError(QByteArrayLiteral("There is no such date in the years 1 to 9999."));
}

template <int DateParts::*part> Result<Value> partOf(Call call, const Services & /*services*/)
{
    return call[0].isDateTime() ? Value::int32(partsOf(call[0].toMs()).*part) : Value();
}

Result<Value> parseDate(Call call, const Services & /*services*/)
{
    if (call[0].isDateTime()) {
        return call[0];
    }
    const auto ms = call[0].isString() ? parseDateTime(call[0].bytes()) : std::nullopt;
    return ms ? Value::dateTime(*ms) : Value();
}

Result<Value> makeDate(Call call, const Services & /*services*/)
{
    DateParts parts;
    int *const targets[] = {&parts.year, &parts.month, &parts.day};
    for (std::size_t i = 0; i < 3; ++i) {
        if (!call[i].isNumber()) {
            return Value();
        }
        const std::int64_t number = roundedToInt64(call[i]).value_or(0);
        *targets[i] = number < 1 || number > 9999 ? 0 : static_cast<int>(number);
    }
    const auto ms = msOf(parts);
    if (!ms) {
        return noSuchDate();
    }
    return Value::dateTime(*ms);
}

Result<Value> now(Call /*call*/, const Services &services)
{
    return Value::dateTime(services.clock.wallTime().time_since_epoch().count());
}

Result<Value> today(Call /*call*/, const Services &services)
{
    const std::int64_t ms = services.clock.wallTime().time_since_epoch().count();
    return Value::dateTime(ms - ((ms % kMsPerDay) + kMsPerDay) % kMsPerDay);
}

enum class Unit { None, Year, Month, Day, Hour, Minute, Second };

Unit unitOf(const Value &name)
{
    if (!name.isString()) {
        return Unit::None;
    }
    // Only the M and the m differ in case.
    if (name.bytes() == "M") {
        return Unit::Month;
    }
    const QByteArray text = name.bytes().toLower();
    struct Row
    {
        const char *letter;
        const char *word;
        Unit unit;
    };
    for (const Row &row : {Row {"y", "year", Unit::Year},
             Row {"", "month", Unit::Month},
             Row {"d", "day", Unit::Day},
             Row {"h", "hour", Unit::Hour},
             Row {"m", "minute", Unit::Minute},
             Row {"s", "second", Unit::Second}}) {
        if ((*row.letter != '\0' && text == row.letter) || text == row.word) {
            return row.unit;
        }
    }
    return Unit::None;
}

/// Of the units of a fixed length.
std::int64_t msPer(Unit unit)
{
    switch (unit) {
    case Unit::Day:
        return kMsPerDay;
    case Unit::Hour:
        return 3'600 * kMsPerSecond;
    case Unit::Minute:
        return 60 * kMsPerSecond;
    default:
        return kMsPerSecond;
    }
}

Result<Value> addMonths(std::int64_t ms, std::int64_t months)
{
    DateParts parts = partsOf(ms);
    const std::int64_t total = std::int64_t {parts.year} * 12 + parts.month - 1 + months;
    if (total < 12 || total >= std::int64_t {10'000} * 12) {
        return noSuchDate();
    }
    parts.year = static_cast<int>(total / 12);
    parts.month = static_cast<int>(total % 12) + 1;
    parts.day = std::min(parts.day, daysInMonth(parts.year, parts.month));
    return Value::dateTime(msOf(parts).value_or(0));
}

Result<Value> addToDate(Call call, const Services & /*services*/)
{
    const Unit unit = unitOf(call[0]);
    if (unit == Unit::None || !call[1].isNumber() || !call[2].isDateTime()) {
        return Value();
    }
    const auto count = roundedToInt64(call[1]);
    if (!count || *count > std::numeric_limits<std::int32_t>::max()
        || *count < std::numeric_limits<std::int32_t>::min()) {
        return evaluationError(QByteArrayLiteral("DATEADD: the number is too large for 32 bits."));
    }
    if (unit == Unit::Year || unit == Unit::Month) {
        return addMonths(call[2].toMs(), unit == Unit::Year ? *count * 12 : *count);
    }
    const std::int64_t moved = call[2].toMs() + *count * msPer(unit);
    if (moved < kDateTimeMsMin || moved > kDateTimeMsMax) {
        return noSuchDate();
    }
    return Value::dateTime(moved);
}

std::int64_t yearsBetween(const DateParts &from, const DateParts &to)
{
    const bool isIncomplete
        = to.month < from.month || (to.month == from.month && to.day < from.day);
    return to.year - from.year - (isIncomplete ? 1 : 0);
}

std::int64_t monthsBetween(const DateParts &from, const DateParts &to)
{
    const double fraction = static_cast<double>(to.day - from.day) / daysInMonth(to.year, to.month);
    return static_cast<std::int64_t>(
        std::trunc((to.year - from.year) * 12 + to.month - from.month + fraction));
}

Result<Value> dateDifference(Call call, const Services & /*services*/)
{
    const Unit unit = unitOf(call[0]);
    if (unit == Unit::None || !call[1].isDateTime() || !call[2].isDateTime()) {
        return Value();
    }
    const std::int64_t from = call[1].toMs();
    const std::int64_t to = call[2].toMs();
    std::int64_t difference = 0;
    if (unit == Unit::Year) {
        difference = yearsBetween(partsOf(from), partsOf(to));
    } else if (unit == Unit::Month) {
        difference = monthsBetween(partsOf(from), partsOf(to));
    } else {
        difference = (to - from) / msPer(unit);
    }
    if (difference > std::numeric_limits<std::int32_t>::max()
        || difference < std::numeric_limits<std::int32_t>::min()) {
        return evaluationError(QByteArrayLiteral("DATEDIFF: the number is too large for 32 bits."));
    }
    return Value::int32(static_cast<std::int32_t>(difference));
}

Result<Value> sameInstant(Call call, const Services & /*services*/)
{
    return call[0].isDateTime() ? call[0] : Value();
}

Result<Value> creationTime(Call call, const Services & /*services*/)
{
    if (call[0].type() != Type::ObjectId) {
        return Value();
    }
    const auto seconds
        = static_cast<std::int32_t>(call[0].bytes().left(4).toHex().toUInt(nullptr, 16));
    return Value::dateTime(seconds * kMsPerSecond);
}

constexpr Function kFunctions[] = {
    {"YEAR", "s", partOf<&DateParts::year>},
    {"MONTH", "s", partOf<&DateParts::month>},
    {"DAY", "s", partOf<&DateParts::day>},
    {"HOUR", "s", partOf<&DateParts::hour>},
    {"MINUTE", "s", partOf<&DateParts::minute>},
    {"SECOND", "s", partOf<&DateParts::second>},
    {"DATETIME", "s", parseDate},
    {"DATETIME", "ss", parseDate},
    {"DATETIME", "sss", makeDate},
    {"DATE", "s", parseDate},
    {"DATE", "ss", parseDate},
    {"DATE", "sss", makeDate},
    {"DATETIME_UTC", "s", parseDate},
    {"DATETIME_UTC", "ss", parseDate},
    {"DATETIME_UTC", "sss", makeDate},
    {"DATE_UTC", "s", parseDate},
    {"DATE_UTC", "ss", parseDate},
    {"DATE_UTC", "sss", makeDate},
    {"NOW", "", now, Shape::Scalar, Volatility::Volatile},
    {"NOW_UTC", "", now, Shape::Scalar, Volatility::Volatile},
    {"TODAY", "", today, Shape::Scalar, Volatility::Volatile},
    {"DATEADD", "sss", addToDate},
    {"DATEDIFF", "sss", dateDifference},
    {"TO_LOCAL", "s", sameInstant},
    {"TO_UTC", "s", sameInstant},
    {"OID_CREATIONTIME", "s", creationTime},
};

} // namespace

std::span<const Function> dateFunctions()
{
    return kFunctions;
}

} // namespace driftless::query
