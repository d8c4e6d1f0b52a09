#pragma once

#include "core/result.h"
#include "query/ast.h"

namespace driftless::query {

/// Nested parentheses, literals, calls and filters.
inline constexpr int kQueryDepthMax = 100;
/// Text of one statement.
inline constexpr qsizetype kQueryBytesMax = 1'000'000;

/// One statement, perhaps with a `;` behind it. All static rules of the language are checked here;
/// errors as in query/syntax_error.h. Any thread.
Result<Statement> parseStatement(QByteArrayView text);

/// One expression and nothing behind it.
Result<ExpressionPointer> parseExpression(QByteArrayView text);

/// A JSON value in the language's own spelling: names without quotes, either quote, comments;
/// missing and trailing commas are forgiven. A document whose first name is one of extended JSON
/// (`$date`, `$numberDecimal`, …) is that value, and an error if its text is none.
Result<Value> parseJson(QByteArrayView text);

} // namespace driftless::query
