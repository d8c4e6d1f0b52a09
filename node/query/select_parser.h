#pragma once

#include "query/ast.h"
#include "query/token_stream.h"

namespace driftless::query {

/// Reads a SELECT (with EXPLAIN before it, if there is one) from the stream.
Result<Select> readSelect(TokenStream &stream);

/// The condition behind a WHERE, the keyword included; null if there is no WHERE. It is a
/// comparison, NOT, OR, or ANDs of these, over one document.
Result<ExpressionPointer> readWhere(TokenStream &stream);

/// The name of a collection that may be written: a word without a `$` before it.
Result<QByteArray> readCollection(TokenStream &stream);

} // namespace driftless::query
