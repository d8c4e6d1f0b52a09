#include "query/ast.h"

#include "query/extended_json.h"

#include <algorithm>

namespace driftless::query {

namespace {

bool areEqualPointers(const ExpressionPointer &a, const ExpressionPointer &b)
{
    return a == b || (a && b && areEqual(*a, *b));
}

bool areEqualSteps(const PathStep &a, const PathStep &b)
{
    return a.kind == b.kind && a.name == b.name && a.index == b.index
        && areEqualPointers(a.filter, b.filter);
}

} // namespace

bool areEqual(const Expression &a, const Expression &b)
{
    // The text of a literal tells its type and all of its digits.
    return a.kind == b.kind && a.literal.type() == b.literal.type()
        && toExtendedJson(a.literal) == toExtendedJson(b.literal) && a.name == b.name
        && a.function == b.function && a.names == b.names && a.root == b.root && a.op == b.op
        && a.quantifier == b.quantifier
        && std::equal(a.operands.begin(),
            a.operands.end(),
            b.operands.begin(),
            b.operands.end(),
            areEqualPointers)
        && std::equal(
            a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(), areEqualSteps);
}

} // namespace driftless::query
