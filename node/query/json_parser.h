#pragma once

#include "query/token_stream.h"
#include "query/value.h"

namespace driftless::query {

/// Reads one JSON value (query/parser.h, parseJson) from the stream and leaves what follows.
Result<Value> readJson(TokenStream &stream);

/// The number at the stream: digits, or a minus that touches them. Asks `isNumberNext` before.
Result<Value> readNumber(TokenStream &stream);
bool isNumberNext(const TokenStream &stream);

} // namespace driftless::query
