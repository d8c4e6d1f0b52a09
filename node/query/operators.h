#pragma once

#include <QByteArray>

#include <span>

namespace driftless::query {

enum class Operator : std::uint8_t {
    Remainder,
    Divide,
    Multiply,
    Add,
    Subtract,
    Like,
    Between,
    In,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    NotEqual,
    Equal,
    And,
    Or,
};

enum class Quantifier : std::uint8_t { None, Any, All };

/// The precedence of an operator, 0 highest: in the reference each has a level of its own, equal
/// ones group left to right. ANY forms come behind all plain ones, then ALL forms, NOT, AND, OR.
int levelOf(Operator op, Quantifier quantifier);
inline constexpr int kNotLevel = 42;

inline bool isArithmetic(Operator op)
{
    return op <= Operator::Subtract;
}
inline bool isLogical(Operator op)
{
    return op >= Operator::And;
}
inline bool isComparison(Operator op)
{
    return !isArithmetic(op) && !isLogical(op);
}

/// As the canonical text spells it: "+", " LIKE ".
const char *spellingOf(Operator op);

} // namespace driftless::query
