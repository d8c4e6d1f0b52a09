#pragma once

#include "core/result.h"
#include "query/operators.h"
#include "query/value.h"

#include <optional>

namespace driftless::query {

/// `a op b` for the five operators of arithmetic. Mixed numbers are calculated as decimals and
/// answered in the wider type (`%`: as doubles); Int32 grows into Int64, whose overflow is an
/// error; a string on either side of `+` joins texts; a date and a number add or subtract ticks of
/// 100 ns; everything else is null.
Result<Value> calculate(Operator op, const Value &a, const Value &b);

/// What STRING() makes of a value: the text of a string, number, date or flag, nothing for null,
/// and extended JSON for the rest.
QByteArray textOf(const Value &value);

/// A number rounded half to even to a whole one; nothing for what is no number, or does not fit.
std::optional<std::int64_t> roundedToInt64(const Value &number);
Result<Decimal96> toDecimal(const Value &number);
double toDouble(const Value &number);
/// Int32 if it fits, else Int64.
Value wholeNumber(std::int64_t number);

} // namespace driftless::query
