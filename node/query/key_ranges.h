#pragma once

#include "query/program.h"
#include "query/value_key.h"

namespace driftless::query {

/// What a comparison with a constant allows its other side to be.
struct Constraint
{
    std::vector<KeyRange> ranges; ///< of keys; ascending, none overlaps another one
    Array points; ///< the values, where each range is one; in the order of the ranges
    bool isPoints = false;
    Value lowest; ///< no value below it is allowed; MinValue: any
};

/// Values that a plan looks up one by one.
inline constexpr std::size_t kLookupsMax = 10'000;

/// True for what has one value for the whole statement: no part of the document, nothing volatile.
bool isStatementConstant(const Expression &expression);

/// The keys that `x op value` (BETWEEN: `x BETWEEN value AND high`) can hold for, or more; nothing
/// where that is hardly less than all.
std::optional<Constraint> constraintOf(Operator op, const Value &value, const Value &high);

/// What both allow.
Constraint intersected(const Constraint &a, const Constraint &b);

/// The same expression but for the case of names, both over a document.
bool isSameExpression(const Expression &a, const Expression &b);

} // namespace driftless::query
