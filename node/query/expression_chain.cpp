// Operators between single values, grouped by precedence; what is known of the outcome.
#include "core/case_fold.h"
#include "query/expression_parser.h"
#include "query/parser.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Levels of the tree: a chain of operators is one level each, and everything that walks the tree
/// recurses.
constexpr int kHeightMax = 1'000;

void addFields(std::vector<QByteArray> &fields, const std::vector<QByteArray> &more)
{
    if (fields.empty()) { // of one expression, so that none is there twice
        fields = more;
        return;
    }
    for (const QByteArray &field : more) {
        const bool isKnown = std::any_of(fields.begin(),
            fields.end(),
            [&field](const QByteArray &known) { return equalFolded(known, field); });
        if (!isKnown) {
            fields.push_back(field);
        }
    }
}

struct Symbol
{
    const char *text;
    Operator op;
};

constexpr Symbol kSymbols[] = {{"+", Operator::Add},
    {"-", Operator::Subtract},
    {"*", Operator::Multiply},
    {"/", Operator::Divide},
    {"%", Operator::Remainder},
    {"=", Operator::Equal},
    {"!=", Operator::NotEqual},
    {">", Operator::Greater},
    {">=", Operator::GreaterOrEqual},
    {"<", Operator::Less},
    {"<=", Operator::LessOrEqual}};

constexpr Symbol kWords[] = {{"like", Operator::Like},
    {"in", Operator::In},
    {"between", Operator::Between},
    {"and", Operator::And},
    {"or", Operator::Or}};

std::optional<Operator> operatorOf(const Token &token)
{
    for (const Symbol &symbol : kSymbols) {
        if (token.isSymbol(symbol.text)) {
            return symbol.op;
        }
    }
    for (const Symbol &word : kWords) {
        if (token.isWord(word.text)) {
            return word.op;
        }
    }
    return std::nullopt;
}

} // namespace

/// An operator that waits for its right side to be complete.
struct ExpressionParser::Pending
{
    Operator op = Operator::Equal;
    Quantifier quantifier = Quantifier::None;
    bool isNegated = false; ///< NOT LIKE, NOT IN, NOT BETWEEN

    Place place;
    ExpressionPointer high; ///< of BETWEEN
};

Result<ExpressionPointer> ExpressionParser::finish(Expression expression) const
{
    const bool isLambda = expression.kind == ExpressionKind::Lambda;
    Facts &facts = expression.facts;
    const auto gather = [&](const Expression &part, bool isBody) {
        facts.usesSource = facts.usesSource || (part.facts.usesSource && !isBody);
        facts.usesRoot = facts.usesRoot || part.facts.usesRoot;
        facts.isImmutable = facts.isImmutable && part.facts.isImmutable;
        expression.height = std::max(expression.height, part.height + 1);
        addFields(facts.fields, part.facts.fields);
    };
    for (std::size_t i = 0; i < expression.operands.size(); ++i) {
        gather(*expression.operands[i], isLambda && i == 1);
        if (facts.fields.size() > kQueryFieldsMax) {
            return m_stream.fail(expression.operands[i]->place,
                QByteArrayLiteral("The expression names too many members."));
        }
    }
    for (const PathStep &step : expression.steps) {
        if (step.filter) {
            gather(*step.filter, true);
        }
    }
    if (m_stream.countNode() > kQueryNodesMax) {
        return m_stream.fail(
            expression.place, QByteArrayLiteral("The statement consists of too many parts."));
    }
    facts.isSequence = facts.isSequence || isLambda;
    if (expression.height > kHeightMax) {
        return m_stream.fail(expression.place,
            QByteArrayLiteral("The expression is too long; a list behind IN may say the same."));
    }
    return std::make_shared<const Expression>(std::move(expression));
}

Result<ExpressionPointer> ExpressionParser::expression(Scope scope)
{
    return chain(scope, false);
}

Result<ExpressionPointer> ExpressionParser::scalar(const char *what)
{
    DRIFTLESS_TRY_ASSIGN(auto parsed, expression());
    if (parsed->facts.isSequence) {
        return m_stream.fail(parsed->place,
            QByteArray(what) + QByteArrayLiteral(" wants a single value, not many."));
    }
    return parsed;
}

/// Shunting yard: an operator waits until one of a lower or the same precedence follows.
Result<ExpressionPointer> ExpressionParser::chain(Scope scope, bool stopsAtLogical)
{
    std::vector<ExpressionPointer> operands;
    std::vector<Pending> operators;
    DRIFTLESS_TRY_ASSIGN(auto first, operand(scope));
    operands.push_back(std::move(first));
    for (;;) {
        Pending next;
        DRIFTLESS_TRY_ASSIGN(const bool isThere, readOperator(next, stopsAtLogical));
        if (!isThere) {
            break;
        }
        const int level = levelOf(next.op, next.quantifier);
        while (!operators.empty()
            && levelOf(operators.back().op, operators.back().quantifier) <= level) {
            DRIFTLESS_TRY(reduce(operands, operators));
        }
        if (!operators.empty() && operators.back().op == Operator::Between) {
            return m_stream.fail(next.place,
                QByteArrayLiteral("The bounds of BETWEEN are single values: use parentheses."));
        }
        DRIFTLESS_TRY(readRightSide(next, scope, operands));
        operators.push_back(std::move(next));
    }
    while (!operators.empty()) {
        DRIFTLESS_TRY(reduce(operands, operators));
    }
    return operands.front();
}

Result<ExpressionPointer> ExpressionParser::operand(Scope scope)
{
    if (!isPrefix("not")) {
        return single(scope);
    }
    const TokenStream::Level level(m_stream);
    if (m_stream.depth() > kQueryDepthMax) {
        return m_stream.fail(QByteArrayLiteral("The expression is nested too deeply."));
    }
    Expression made;
    made.kind = ExpressionKind::Not;
    made.place = m_stream.take().place;
    DRIFTLESS_TRY_ASSIGN(auto inner, chain(scope, true));
    if (inner->facts.isSequence) {
        return m_stream.fail(inner->place, QByteArrayLiteral("NOT wants a single value."));
    }
    made.operands.push_back(std::move(inner));
    return finish(std::move(made));
}

/// False where no operator stands.
Result<bool> ExpressionParser::readOperator(Pending &pending, bool stopsAtLogical)
{
    pending.place = m_stream.peek().place;
    if (m_stream.peek().isWord("is")
        && (m_stream.peek(1).isWord("null")
            || (m_stream.peek(1).isWord("not") && m_stream.peek(2).isWord("null")))) {
        m_stream.take();
        pending.op = m_stream.takeWord("not") ? Operator::NotEqual : Operator::Equal;
        return true;
    }
    const Token &next = m_stream.peek();
    const bool isNegated = next.isWord("not")
        && (m_stream.peek(1).isWord("like") || m_stream.peek(1).isWord("in")
            || m_stream.peek(1).isWord("between"));
    if (isNegated) {
        m_stream.take();
        pending.isNegated = true;
    } else if ((next.isWord("any") || next.isWord("all"))) {
        pending.quantifier = next.isWord("any") ? Quantifier::Any : Quantifier::All;
        m_stream.take();
    }
    const auto op = operatorOf(m_stream.peek());
    if (pending.quantifier != Quantifier::None && (!op || !isComparison(*op))) {
        return m_stream.fail(QByteArrayLiteral("ANY and ALL stand before a comparison."));
    }
    if (!op || (stopsAtLogical && isLogical(*op))) {
        return false;
    }
    // `=>` belongs to the lambda around.
    if (*op == Operator::Equal && m_stream.isSymbolAt(1, ">") && !m_stream.peek(1).isBehindSpace) {
        return false;
    }
    m_stream.take();
    pending.op = *op;
    return true;
}

Result<void> ExpressionParser::readRightSide(
    Pending &pending, Scope scope, std::vector<ExpressionPointer> &out)
{
    if (pending.op == Operator::Between) {
        DRIFTLESS_TRY_ASSIGN(auto low, single(scope));
        DRIFTLESS_TRY(m_stream.expectWord("and"));
        DRIFTLESS_TRY_ASSIGN(pending.high, single(scope));
        out.push_back(std::move(low));
        return {};
    }
    DRIFTLESS_TRY_ASSIGN(auto right,
        pending.op == Operator::In && m_stream.isSymbolAt(0, "(") ? listOrGroup(scope)
                                                                  : operand(scope));
    out.push_back(std::move(right));
    return {};
}

/// Behind IN: `(a, b)` is the array of both, `(a)` is a.
Result<ExpressionPointer> ExpressionParser::listOrGroup(Scope scope)
{
    const TokenStream::Level level(m_stream);
    Expression list;
    list.kind = ExpressionKind::ArrayForm;
    list.place = m_stream.take().place;
    do {
        DRIFTLESS_TRY_ASSIGN(auto element, expression(scope));
        list.operands.push_back(std::move(element));
    } while (m_stream.takeSymbol(","));
    DRIFTLESS_TRY(m_stream.expectSymbol(")"));
    if (list.operands.size() == 1) {
        return list.operands.front();
    }
    return finish(std::move(list));
}

/// Makes the last operator and its operands into one operand.
Result<void> ExpressionParser::reduce(
    std::vector<ExpressionPointer> &operands, std::vector<Pending> &operators)
{
    Pending pending = std::move(operators.back());
    operators.pop_back();
    Expression made;
    made.kind = ExpressionKind::Binary;
    made.place = pending.place;
    made.op = pending.op;
    made.quantifier = pending.quantifier;
    auto right = std::move(operands.back());
    operands.pop_back();
    auto left = std::move(operands.back());
    operands.pop_back();
    if (right->facts.isSequence || (pending.high && pending.high->facts.isSequence)) {
        return m_stream.fail(
            right->place, QByteArrayLiteral("The right side of an operator is a single value."));
    }
    if (left->facts.isSequence && pending.quantifier == Quantifier::None) {
        return m_stream.fail(left->place,
            QByteArrayLiteral("Many values on the left side of an operator: say ANY or ALL."));
    }
    made.operands = {std::move(left), std::move(right)};
    if (pending.high) {
        made.operands.push_back(std::move(pending.high));
    }
    DRIFTLESS_TRY_ASSIGN(auto done, finish(std::move(made)));
    if (pending.isNegated) {
        Expression negated;
        negated.kind = ExpressionKind::Not;
        negated.place = pending.place;
        negated.operands.push_back(std::move(done));
        DRIFTLESS_TRY_ASSIGN(done, finish(std::move(negated)));
    }
    operands.push_back(std::move(done));
    return {};
}

} // namespace driftless::query
