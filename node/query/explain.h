#pragma once

#include "query/matches.h"

namespace driftless::query {

/// EXPLAIN: how a SELECT would run. The first row is one sentence ("Reads 12 of 40000 documents
/// with index customer."), the others are the steps in their order, each with what it is about.
/// Looks at the entries of an index, but not at documents.
Result<Array> explain(const Select &select, const Search &search, const Context &context);

} // namespace driftless::query
