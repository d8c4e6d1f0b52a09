#pragma once

#include "query/value.h"

#include <random>

namespace driftless::query {

/// Values of all types that lie close to each other: equal numbers of different types, neighbours
/// of 2^53, decimals with scales, texts that differ in case, documents with absent and null
/// members.
Value randomValue(std::mt19937 &random, int depth = 0);

/// A number of any type and size.
Value randomNumber(std::mt19937 &random);

} // namespace driftless::query
