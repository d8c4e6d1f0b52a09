#include "core/case_fold.h"
#include "query/arithmetic.h"
#include "query/program_node.h"
#include "query/syntax_error.h"
#include "query/value_order.h"

#include <QString>

#include <algorithm>

namespace driftless::query {

namespace {

using Node = Program::Node;

class ArithmeticNode final : public Node
{
public:
    explicit ArithmeticNode(const Expression &binary)
        : m_op(binary.op)
        , m_left(compileNode(*binary.operands[0]))
        , m_right(compileNode(*binary.operands[1]))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        Value leftRoom;
        Value rightRoom;
        DRIFTLESS_TRY_ASSIGN(const Value *left, m_left->view(row, leftRoom));
        DRIFTLESS_TRY_ASSIGN(const Value *right, m_right->view(row, rightRoom));
        DRIFTLESS_TRY(spend(row, 1 + stepsOf(*left) + stepsOf(*right)));
        return calculate(m_op, *left, *right);
    }

private:
    Operator m_op;
    NodePointer m_left;
    NodePointer m_right;
};

Result<bool> truth(const Node &operand, const Row &row, const char *op)
{
    Value room;
    DRIFTLESS_TRY_ASSIGN(const Value *value, operand.view(row, room));
    if (value->type() != Type::Boolean) {
        return evaluationError(
            QByteArray(op) + QByteArrayLiteral(" wants true or false on its sides."));
    }
    return value->toBool();
}

/// AND and OR leave the right side alone where the left one decides.
class LogicalNode final : public Node
{
public:
    explicit LogicalNode(const Expression &binary)
        : m_isAnd(binary.op == Operator::And)
        , m_left(compileNode(*binary.operands[0]))
        , m_right(compileNode(*binary.operands[1]))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        const char *name = m_isAnd ? "AND" : "OR";
        DRIFTLESS_TRY_ASSIGN(const bool left, truth(*m_left, row, name));
        if (left != m_isAnd) {
            return Value::boolean(left);
        }
        DRIFTLESS_TRY_ASSIGN(const bool right, truth(*m_right, row, name));
        return Value::boolean(right);
    }

private:
    bool m_isAnd;
    NodePointer m_left;
    NodePointer m_right;
};

class NotNode final : public Node
{
public:
    explicit NotNode(const Expression &negation)
        : m_operand(compileNode(*negation.operands[0]))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        DRIFTLESS_TRY_ASSIGN(const bool value, truth(*m_operand, row, "NOT"));
        return Value::boolean(!value);
    }

private:
    NodePointer m_operand;
};

bool isIn(const Value &value, const Value &list)
{
    if (!list.isArray()) {
        return areEqual(value, list);
    }
    return std::any_of(list.toArray().begin(),
        list.toArray().end(),
        [&value](const Value &element) { return areEqual(value, element); });
}

bool compares(Operator op, const Value &left, const Value &right, const Value &high)
{
    switch (op) {
    case Operator::Like:
        return left.isString() && right.isString() && isLike(left.bytes(), right.bytes());
    case Operator::Between:
        return std::is_gteq(compareValues(left, right)) && std::is_lteq(compareValues(left, high));
    case Operator::In:
        return isIn(left, right);
    case Operator::Greater:
        return std::is_gt(compareValues(left, right));
    case Operator::GreaterOrEqual:
        return std::is_gteq(compareValues(left, right));
    case Operator::Less:
        return std::is_lt(compareValues(left, right));
    case Operator::LessOrEqual:
        return std::is_lteq(compareValues(left, right));
    case Operator::NotEqual:
        return std::is_neq(compareValues(left, right));
    default:
        return std::is_eq(compareValues(left, right));
    }
}

/// The steps that one comparison takes at most.
std::int64_t costOf(Operator op, const Value &left, const Value &right, const Value &high)
{
    if (op == Operator::Like && left.isString() && right.isString()) {
        constexpr std::int64_t kCharactersInAStep = 64;
        // Behind a `%` the pattern is tried at every place of the text.
        const std::int64_t tries = right.bytes().contains('%') ? right.bytes().size() : 1;
        return 1 + left.bytes().size() * tries / kCharactersInAStep;
    }
    const std::int64_t once = 1 + stepsOf(left) + stepsOf(right) + stepsOf(high);
    const bool isRepeated = op == Operator::In && right.isArray() && left.isDocument();
    return isRepeated ? once * static_cast<std::int64_t>(1 + right.toArray().size()) : once;
}

class ComparisonNode final : public Node
{
public:
    explicit ComparisonNode(const Expression &binary)
        : m_op(binary.op)
        , m_quantifier(binary.quantifier)
        , m_left(compileNode(*binary.operands[0]))
        , m_right(compileNode(*binary.operands[1]))
        , m_high(binary.operands.size() > 2 ? compileNode(*binary.operands[2]) : nullptr)
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        Value leftRoom;
        Value rightRoom;
        Value highRoom;
        DRIFTLESS_TRY_ASSIGN(const Value *left, m_left->view(row, leftRoom));
        DRIFTLESS_TRY_ASSIGN(const Value *right, m_right->view(row, rightRoom));
        const Value *high = &highRoom;
        if (m_high) {
            DRIFTLESS_TRY_ASSIGN(high, m_high->view(row, highRoom));
        }
        if (m_quantifier == Quantifier::None) {
            DRIFTLESS_TRY(spend(row, costOf(m_op, *left, *right, *high)));
            return Value::boolean(compares(m_op, *left, *right, *high));
        }
        const bool isAny = m_quantifier == Quantifier::Any;
        DRIFTLESS_TRY_ASSIGN(const Value elements, spread(*left));
        for (const Value &element : elements.toArray()) {
            DRIFTLESS_TRY(spend(row, costOf(m_op, element, *right, *high)));
            if (compares(m_op, element, *right, *high) == isAny) {
                return Value::boolean(isAny);
            }
        }
        return Value::boolean(!isAny);
    }

private:
    Operator m_op;
    Quantifier m_quantifier;
    NodePointer m_left;
    NodePointer m_right;
    NodePointer m_high;
};

bool isAscii(QByteArrayView text)
{
    return std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80U; });
}

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool isUnit(char unit, char c)
{
    return unit == c;
}

bool isUnit(QChar unit, char c)
{
    return unit == QLatin1Char(c);
}

/// LIKE over units that are equal where what `folded` makes of them is.
template <typename View, typename Fold> bool matches(View text, View pattern, Fold folded)
{
    const auto isAt = [&pattern](qsizetype place, char wildcard) {
        return place < pattern.size() && isUnit(pattern[place], wildcard);
    };
    qsizetype at = 0;
    qsizetype atPattern = 0;
    qsizetype behindRun = -1; // of the pattern, behind the last `%`
    qsizetype retry = 0; // of the text, where that run may end next
    while (at < text.size()) {
        if (isAt(atPattern, '%')) {
            behindRun = ++atPattern;
            retry = at;
        } else if (isAt(atPattern, '_')
            || (atPattern < pattern.size() && folded(pattern[atPattern]) == folded(text[at]))) {
            ++atPattern;
            ++at;
        } else if (behindRun >= 0) {
            atPattern = behindRun;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (isAt(atPattern, '%')) {
        ++atPattern;
    }
    return atPattern == pattern.size();
}

} // namespace

bool isLike(const QByteArray &text, const QByteArray &pattern)
{
    if (isAscii(text) && isAscii(pattern)) { // a byte is a UTF-16 unit
        return matches(QByteArrayView(text), QByteArrayView(pattern), lowered);
    }
    return matches(QStringView(QString::fromUtf8(foldCase(text))),
        QStringView(QString::fromUtf8(foldCase(pattern))),
        [](QChar unit) { return unit; });
}

NodePointer compileOperator(const Expression &binary)
{
    if (binary.kind == ExpressionKind::Not) {
        return std::make_unique<NotNode>(binary);
    }
    if (isArithmetic(binary.op)) {
        return std::make_unique<ArithmeticNode>(binary);
    }
    if (isLogical(binary.op)) {
        return std::make_unique<LogicalNode>(binary);
    }
    return std::make_unique<ComparisonNode>(binary);
}

} // namespace driftless::query
