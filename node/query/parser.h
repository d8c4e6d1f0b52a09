#pragma once

#include "core/result.h"
#include "query/ast.h"

namespace driftless::query {

/// Nested parentheses, literals, calls and filters.
inline constexpr int kQueryDepthMax = 100;
/// Text of one statement.
inline constexpr qsizetype kQueryBytesMax = 1'000'000;
/// Nodes of the trees of one statement; an element of a literal array is one, too.
inline constexpr int kQueryNodesMax = 100'000;
/// Members of the document that one expression names: each is compared with all others.
inline constexpr std::size_t kQueryFieldsMax = 256;

/// One statement, perhaps with a `;` behind it. All static rules of the language are checked here;
/// errors as in query/syntax_error.h. Any thread.
Result<Statement> parseStatement(QByteArrayView text);

/// One expression and nothing behind it.
Result<ExpressionPointer> parseExpression(QByteArrayView text);

/// A JSON value in the language's own spelling: names without quotes, either quote, comments;
/// missing and trailing commas are forgiven. TooLarge beyond kQueryBytesMax. A document whose first
/// name is one of extended JSON
/// (`$date`, `$numberDecimal`, …) is that value, and an error if its text is none (InvalidJson, as
/// JSON() tells it from a syntax error).
Result<Value> parseJson(QByteArrayView text);

/// The JSON value that the text begins with, whatever stands behind it.
Result<Value> parseJsonPrefix(QByteArrayView text);

} // namespace driftless::query
