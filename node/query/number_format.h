#pragma once

#include "core/result.h"
#include "query/value.h"

namespace driftless::query {

/// FORMAT(): what .NET's composite format makes of a number or date, without a culture ('.' for the
/// point, ',' between thousands, English names). For numbers the standard formats D, X, F, N, P and
/// patterns of `0 # . , %`; for dates `o`, `s`, `d` and patterns of y M d H h m s f t. Strings
/// stand as they are, null is empty, other values are their text. Errors: a format that is none of
/// these.
Result<QByteArray> formatValue(const Value &value, const QByteArray &format);

} // namespace driftless::query
