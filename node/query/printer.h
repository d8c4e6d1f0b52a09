#pragma once

#include "query/ast.h"

namespace driftless::query {

/// The canonical text: paths spelled from `$` or `@`, functions in upper case, blanks only around
/// words, strings as JSON, as few parentheses as it takes. Reading it again gives the same tree, so
/// equal texts mean equal expressions.
QByteArray print(const Expression &expression);
QByteArray print(const Statement &statement);

} // namespace driftless::query
