#pragma once

#include "query/value.h"

namespace driftless::query {

/// The one order of all values, used wherever two are compared: types in their order, numbers by
/// value (a double counts as what its shortest text says; NaN lowest), strings by folded case
/// and then by code point, arrays by element and then by length, documents by the values under
/// their names in the order of the folded names (an absent member is null), then by the number of
/// members. Total and transitive, so that sorting, grouping and indexes agree. Any thread.
std::weak_ordering compareValues(const Value &a, const Value &b);

inline bool areEqual(const Value &a, const Value &b)
{
    return std::is_eq(compareValues(a, b));
}

/// What sets (DISTINCT, UNION, EXCEPT) go by: as `areEqual`, but numbers of different types differ.
bool areSame(const Value &a, const Value &b);

} // namespace driftless::query
