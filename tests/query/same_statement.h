#pragma once

#include "query/ast.h"

namespace driftless::query {

/// True for two trees that say the same, with the same facts known of every expression.
bool areSameStatements(const Statement &a, const Statement &b);
bool areSameExpressions(const Expression &a, const Expression &b);

} // namespace driftless::query
