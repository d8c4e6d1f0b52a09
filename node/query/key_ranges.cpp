#include "query/key_ranges.h"

#include "core/case_fold.h"
#include "query/function_table.h"
#include "query/value_order.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Above the keys of all values but those that an index could not work out.
const KeyRange &everything()
{
    static const KeyRange range {QByteArray(), QByteArray()};
    return range;
}

KeyRange rangeOf(const Value &value)
{
    return rangeOfPrefix(keyOf(value));
}

Constraint pointsOf(const Array &values)
{
    std::vector<std::pair<QByteArray, std::size_t>> keyed; // with its place in `values`
    for (const Value &value : values) {
        keyed.emplace_back(keyOf(value), keyed.size());
    }
    std::sort(keyed.begin(), keyed.end());
    Constraint made;
    made.isPoints = true;
    for (const auto &[key, place] : keyed) {
        if (made.ranges.empty() || made.ranges.back().from != key) {
            made.ranges.push_back(rangeOfPrefix(key));
            made.points.push_back(values[place]);
        }
    }
    made.lowest = made.points.empty() ? Value::maxValue() : made.points.front();
    return made;
}

Constraint oneRange(KeyRange range, Value lowest)
{
    Constraint made;
    if (!range.isEmpty()) {
        made.ranges.push_back(std::move(range));
    }
    made.lowest = std::move(lowest);
    return made;
}

/// The text before the first wildcard, or all of it.
std::optional<Constraint> likeOf(const Value &pattern)
{
    if (!pattern.isString()) {
        return oneRange({"a", "a"}, Value::maxValue()); // holds for nothing
    }
    const QByteArray &text = pattern.bytes();
    const auto end
        = std::find_if(text.begin(), text.end(), [](char c) { return c == '%' || c == '_'; });
    if (end == text.end()) {
        return pointsOf({pattern});
    }
    const QByteArray prefix = text.left(end - text.begin());
    if (prefix.isEmpty()) {
        return std::nullopt;
    }
    return oneRange(rangeOfPrefix(keyOfPrefix(prefix)), Value::string(prefix));
}

bool areSameAt(const Expression &a, const Expression &b, bool isTop);

bool areSamePointers(const ExpressionPointer &a, const ExpressionPointer &b, bool isTop)
{
    return a == b || (a && b && areSameAt(*a, *b, isTop));
}

bool areSameSteps(const std::vector<PathStep> &a, const std::vector<PathStep> &b)
{
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(), [](const PathStep &x, const PathStep &y) {
            return x.kind == y.kind && equalFolded(x.name, y.name) && x.index == y.index
                && areSamePointers(x.filter, y.filter, false);
        });
}

/// At the top `@` is the document as `$` is.
bool areSameAt(const Expression &a, const Expression &b, bool isTop)
{
    const bool areAlike = a.kind == b.kind && a.function == b.function && a.op == b.op
        && a.quantifier == b.quantifier && a.names == b.names && equalFolded(a.name, b.name)
        && a.operands.size() == b.operands.size() && (isTop || a.root == b.root);
    if (!areAlike || !areSameSteps(a.steps, b.steps)) {
        return false;
    }
    if (a.kind == ExpressionKind::Literal) {
        return areEqual(a, b);
    }
    for (std::size_t i = 0; i < a.operands.size(); ++i) {
        const bool isBody = a.kind == ExpressionKind::Lambda && i == 1;
        if (!areSamePointers(a.operands[i], b.operands[i], isTop && !isBody)) {
            return false;
        }
    }
    return true;
}

} // namespace

bool isStatementConstant(const Expression &expression)
{
    switch (expression.kind) {
    case ExpressionKind::Source:
    case ExpressionKind::Path:
    case ExpressionKind::Lambda:
    case ExpressionKind::Gathered:
        return false;
    default:
        break;
    }
    const bool isVolatile = expression.kind == ExpressionKind::Call
        && expression.function->volatility == Volatility::Volatile;
    return !isVolatile && !expression.facts.isSequence
        && std::all_of(expression.operands.begin(),
            expression.operands.end(),
            [](const ExpressionPointer &operand) { return isStatementConstant(*operand); });
}

std::optional<Constraint> constraintOf(Operator op, const Value &value, const Value &high)
{
    switch (op) {
    case Operator::Equal:
        return pointsOf({value});
    case Operator::In:
        if (value.isArray() && value.toArray().size() > kLookupsMax) {
            return std::nullopt;
        }
        return pointsOf(value.isArray() ? value.toArray() : Array {value});
    case Operator::Like:
        return likeOf(value);
    case Operator::Between:
        return oneRange({keyOf(value), rangeOf(high).to}, value);
    case Operator::Greater:
        return oneRange({rangeOf(value).to, everything().to}, value);
    case Operator::GreaterOrEqual:
        return oneRange({keyOf(value), everything().to}, value);
    case Operator::Less:
        return oneRange({everything().from, keyOf(value)}, Value::minValue());
    case Operator::LessOrEqual:
        return oneRange({everything().from, rangeOf(value).to}, Value::minValue());
    default:
        return std::nullopt;
    }
}

Constraint intersected(const Constraint &a, const Constraint &b)
{
    Constraint both;
    both.isPoints = a.isPoints || b.isPoints;
    both.lowest = std::is_lt(compareValues(a.lowest, b.lowest)) ? b.lowest : a.lowest;
    for (std::size_t i = 0, j = 0; i < a.ranges.size() && j < b.ranges.size();) {
        const KeyRange &left = a.ranges[i];
        const KeyRange &right = b.ranges[j];
        const bool isLeftShorter = !left.to.isEmpty() && (right.to.isEmpty() || left.to < right.to);
        KeyRange common {std::max(left.from, right.from), isLeftShorter ? left.to : right.to};
        if (!common.isEmpty()) {
            both.ranges.push_back(std::move(common));
            if (both.isPoints) { // what is common with a point is all of it
                both.points.push_back(a.isPoints ? a.points[i] : b.points[j]);
            }
        }
        (isLeftShorter ? i : j) += 1;
    }
    return both;
}

bool isSameExpression(const Expression &a, const Expression &b)
{
    return areSameAt(a, b, true);
}

} // namespace driftless::query
