#include "query/operators.h"

#include "core/assert.h"

namespace driftless::query {

int levelOf(Operator op, Quantifier quantifier)
{
    constexpr int kForms = 14; // levels of the plain operators before AND
    switch (op) {
    case Operator::And:
        return kNotLevel + 1;
    case Operator::Or:
        return kNotLevel + 2;
    default:
        return static_cast<int>(op) + static_cast<int>(quantifier) * kForms;
    }
}

const char *spellingOf(Operator op)
{
    switch (op) {
    case Operator::Remainder:
        return "%";
    case Operator::Divide:
        return "/";
    case Operator::Multiply:
        return "*";
    case Operator::Add:
        return "+";
    case Operator::Subtract:
        return "-";
    case Operator::Like:
        return " LIKE ";
    case Operator::Between:
        return " BETWEEN ";
    case Operator::In:
        return " IN ";
    case Operator::Greater:
        return ">";
    case Operator::GreaterOrEqual:
        return ">=";
    case Operator::Less:
        return "<";
    case Operator::LessOrEqual:
        return "<=";
    case Operator::NotEqual:
        return "!=";
    case Operator::Equal:
        return "=";
    case Operator::And:
        return " AND ";
    case Operator::Or:
        return " OR ";
    }
    DRIFTLESS_ASSERT(false);
    return "";
}

} // namespace driftless::query
