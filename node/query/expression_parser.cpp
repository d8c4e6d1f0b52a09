#include "query/expression_parser.h"

#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/json_parser.h"
#include "query/parser.h"

#include <limits>

namespace driftless::query {

namespace {

Expression node(ExpressionKind kind, Place place)
{
    Expression made;
    made.kind = kind;
    made.place = place;
    return made;
}

} // namespace

bool ExpressionParser::startsOperand(std::size_t ahead) const
{
    const Token &token = m_stream.peek(ahead);
    switch (token.kind) {
    case TokenKind::End:
        return false;
    case TokenKind::Symbol:
        return QByteArrayView("($@{*-").contains(token.text.at(0));
    case TokenKind::Word:
        for (const char *taken :
            {"and", "or", "like", "in", "between", "is", "from", "as", "any", "all", "into"}) {
            if (token.isWord(taken)) {
                return m_stream.isSymbolAt(ahead + 1, "(") && !token.isWord("in");
            }
        }
        return true;
    default:
        return true;
    }
}

/// Keywords are not reserved: NOT and DISTINCT are ones only before an operand. `NOT (` is the
/// operator, since there is no such function.
bool ExpressionParser::isPrefix(const char *keyword) const
{
    return m_stream.peek().isWord(keyword) && startsOperand(1) && !m_stream.isSymbolAt(1, "*")
        && !m_stream.isSymbolAt(1, "-");
}

Result<ExpressionPointer> ExpressionParser::single(Scope scope)
{
    const TokenStream::Level level(m_stream);
    if (m_stream.depth() > kQueryDepthMax) {
        return m_stream.fail(QByteArrayLiteral("The expression is nested too deeply."));
    }
    const Token &next = m_stream.peek();
    if (isNumberNext(m_stream)) {
        Expression literal = node(ExpressionKind::Literal, next.place);
        DRIFTLESS_TRY_ASSIGN(literal.literal, readNumber(m_stream));
        return finish(std::move(literal));
    }
    if (next.kind == TokenKind::String) {
        Expression literal = node(ExpressionKind::Literal, next.place);
        literal.literal = Value::string(m_stream.take().text);
        return finish(std::move(literal));
    }
    if (next.kind == TokenKind::Word) {
        return word(scope);
    }
    if (next.isSymbol("*")) {
        return star();
    }
    if (next.isSymbol("{")) {
        return document(scope);
    }
    if (next.isSymbol("[")) {
        return array(scope);
    }
    if (next.isSymbol("(")) {
        m_stream.take();
        DRIFTLESS_TRY_ASSIGN(auto inner, expression(scope));
        DRIFTLESS_TRY(m_stream.expectSymbol(")"));
        return inner;
    }
    if (next.isSymbol("@")) {
        const Token &behind = m_stream.peek(1);
        const bool isNamed = behind.kind == TokenKind::Word || behind.kind == TokenKind::Integer;
        return isNamed && !behind.isBehindSpace ? parameter() : path(scope);
    }
    if (next.isSymbol("$")) {
        return path(scope);
    }
    return m_stream.fail(QByteArrayLiteral("Expected an expression."));
}

Result<ExpressionPointer> ExpressionParser::word(Scope scope)
{
    const Token &next = m_stream.peek();
    const bool isTrue = next.isWord("true");
    if (isTrue || next.isWord("false") || next.isWord("null")) {
        Expression literal = node(ExpressionKind::Literal, next.place);
        literal.literal = next.isWord("null") ? Value() : Value::boolean(isTrue);
        m_stream.take();
        return finish(std::move(literal));
    }
    if (!m_stream.isSymbolAt(1, "(")) {
        return path(scope);
    }
    const bool isLambda = next.isWord("map") || next.isWord("filter") || next.isWord("sort");
    return isLambda ? lambda(scope) : call(scope);
}

Result<ExpressionPointer> ExpressionParser::star()
{
    Expression made = node(ExpressionKind::Source, m_stream.take().place);
    made.facts.isSequence = true;
    made.facts.usesSource = true;
    DRIFTLESS_TRY_ASSIGN(auto source, finish(std::move(made)));
    if (m_stream.isSymbolAt(0, ".")) {
        return mapped(std::move(source), Scope::SourceElement);
    }
    return source;
}

/// At the dot behind a sequence: `lines[*].sku` is MAP(lines[*] => @.sku).
Result<ExpressionPointer> ExpressionParser::mapped(ExpressionPointer source, Scope bodyScope)
{
    m_stream.take();
    Expression made = node(ExpressionKind::Lambda, source->place);
    made.name = QByteArrayLiteral("MAP");
    DRIFTLESS_TRY_ASSIGN(auto body, single(bodyScope));
    made.operands = {std::move(source), std::move(body)};
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::document(Scope scope)
{
    Expression made = node(ExpressionKind::DocumentForm, m_stream.take().place);
    while (!m_stream.takeSymbol("}")) {
        if (!made.names.empty()) {
            DRIFTLESS_TRY(m_stream.expectSymbol(","));
        }
        const Token name = m_stream.take();
        const bool isName = name.kind == TokenKind::Word || name.kind == TokenKind::String
            || name.kind == TokenKind::Integer;
        if (!isName || name.text.isEmpty()) {
            return m_stream.fail(name.place, QByteArrayLiteral("Expected the name of a member."));
        }
        made.names.push_back(name.text);
        if (m_stream.takeSymbol(":")) {
            DRIFTLESS_TRY_ASSIGN(auto value, expression(scope));
            made.operands.push_back(std::move(value));
        } else { // {a} is {a: $.a}, wherever it stands
            Expression path = node(ExpressionKind::Path, name.place);
            path.steps.push_back({StepKind::Member, name.text, 0, nullptr});
            path.facts.usesRoot = true;
            path.facts.fields = {name.text};
            DRIFTLESS_TRY_ASSIGN(auto value, finish(std::move(path)));
            made.operands.push_back(std::move(value));
        }
    }
    const bool isExtended = made.names.size() == 1 && isExtendedName(made.names.front())
        && made.operands.front()->kind == ExpressionKind::Literal
        && made.operands.front()->literal.isString();
    if (isExtended) { // what cannot be read is null here, not an error
        Expression literal = node(ExpressionKind::Literal, made.place);
        literal.literal = fromExtended(made.names.front(), made.operands.front()->literal.bytes())
                              .value_or(Value());
        return finish(std::move(literal));
    }
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::array(Scope scope)
{
    Expression made = node(ExpressionKind::ArrayForm, m_stream.take().place);
    while (!m_stream.takeSymbol("]")) {
        if (!made.operands.empty()) {
            DRIFTLESS_TRY(m_stream.expectSymbol(","));
        }
        DRIFTLESS_TRY_ASSIGN(auto element, expression(scope));
        made.operands.push_back(std::move(element));
    }
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::parameter()
{
    Expression made = node(ExpressionKind::Parameter, m_stream.take().place);
    made.name = m_stream.take().text;
    made.facts.isImmutable = false;
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::call(Scope scope)
{
    const Token name = m_stream.take();
    Expression made = node(ExpressionKind::Call, name.place);
    made.name = name.text.toUpper();
    m_stream.take();
    while (!m_stream.takeSymbol(")")) {
        if (!made.operands.empty()) {
            DRIFTLESS_TRY(m_stream.expectSymbol(","));
        }
        // `DISTINCT *.x` is no product, for nothing to multiply begins with a dot.
        const bool isOverSource = m_stream.peek().isWord("distinct") && m_stream.isSymbolAt(1, "*")
            && (m_stream.isSymbolAt(2, ".") || m_stream.isSymbolAt(2, ")"));
        const bool isDistinct = made.operands.empty()
            && (isOverSource || (isPrefix("distinct") && !m_stream.isSymbolAt(1, "(")));
        const Place place = m_stream.peek().place;
        if (isDistinct) {
            m_stream.take();
        }
        DRIFTLESS_TRY_ASSIGN(auto argument, expression(scope));
        if (isDistinct) {
            Expression distinct = node(ExpressionKind::Call, place);
            distinct.name = QByteArrayLiteral("DISTINCT");
            distinct.function = findFunction(distinct.name, 1);
            distinct.facts.isSequence = true;
            distinct.operands.push_back(std::move(argument));
            DRIFTLESS_TRY_ASSIGN(argument, finish(std::move(distinct)));
        }
        made.operands.push_back(std::move(argument));
    }
    made.function = findFunction(made.name, made.operands.size());
    if (made.function == nullptr) {
        return m_stream.fail(name.place,
            isFunction(made.name)
                ? made.name + QByteArrayLiteral(" takes another number of arguments.")
                : QByteArrayLiteral("There is no function of this name."));
    }
    if (made.name == "IIF"
        && (made.operands[1]->facts.isSequence || made.operands[2]->facts.isSequence)) {
        return m_stream.fail(name.place, QByteArrayLiteral("IIF chooses between single values."));
    }
    made.facts.isSequence = made.function->shape == Shape::Sequence;
    made.facts.isImmutable = made.function->volatility == Volatility::Immutable;
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::lambda(Scope scope)
{
    const Token name = m_stream.take();
    Expression made = node(ExpressionKind::Lambda, name.place);
    made.name = name.text.toUpper();
    m_stream.take();
    DRIFTLESS_TRY_ASSIGN(auto source, single(scope));
    DRIFTLESS_TRY(m_stream.expectSymbol("="));
    DRIFTLESS_TRY(m_stream.expectSymbol(">"));
    const bool isOverSource = source->kind == ExpressionKind::Source;
    made.operands.push_back(std::move(source));
    DRIFTLESS_TRY_ASSIGN(
        auto body, expression(isOverSource ? Scope::SourceElement : Scope::Element));
    if (body->facts.isSequence && made.name != "MAP") {
        return m_stream.fail(
            body->place, made.name + QByteArrayLiteral(" wants a single value behind =>."));
    }
    made.operands.push_back(std::move(body));
    if (made.name == "SORT" && m_stream.takeSymbol(",")) {
        DRIFTLESS_TRY_ASSIGN(auto order, expression(scope));
        made.operands.push_back(std::move(order));
    }
    DRIFTLESS_TRY(m_stream.expectSymbol(")"));
    return finish(std::move(made));
}

Result<ExpressionPointer> ExpressionParser::path(Scope scope)
{
    const Token start = m_stream.take();
    Expression made = node(ExpressionKind::Path, start.place);
    const bool isWord = start.kind == TokenKind::Word;
    const bool isCurrent = start.isSymbol("@") || (isWord && scope != Scope::Top);
    made.root = isCurrent ? PathRoot::Current : PathRoot::Root;
    if (isWord) {
        made.steps.push_back({StepKind::Member, start.text, 0, nullptr});
    }
    for (bool isFirst = true;; isFirst = false) {
        DRIFTLESS_TRY_ASSIGN(const bool isTaken, step(made, isFirst && isWord));
        if (!isTaken) {
            break;
        }
    }
    made.facts.usesRoot = made.facts.usesRoot || made.root == PathRoot::Root;
    if (made.root == PathRoot::Root || scope == Scope::SourceElement) {
        const bool isMember = !made.steps.empty() && made.steps.front().kind == StepKind::Member;
        made.facts.fields.insert(
            made.facts.fields.begin(), isMember ? made.steps.front().name : QByteArrayLiteral("$"));
    }
    const bool isSequence = made.facts.isSequence;
    DRIFTLESS_TRY_ASSIGN(auto path, finish(std::move(made)));
    if (isSequence && m_stream.isSymbolAt(0, ".") && !m_stream.peek().isBehindSpace) {
        return mapped(std::move(path), Scope::Element);
    }
    return path;
}

/// One step if there is one. Blanks are allowed before the first step of a path that begins with a
/// word, and nowhere else.
Result<bool> ExpressionParser::step(Expression &path, bool isFirstOfWord)
{
    const Token &next = m_stream.peek();
    if (path.facts.isSequence || (next.isBehindSpace && !isFirstOfWord)) {
        return false;
    }
    if (next.isSymbol("[")) {
        m_stream.take();
        DRIFTLESS_TRY(bracket(path));
        return true;
    }
    if (!next.isSymbol(".")) {
        return false;
    }
    m_stream.take();
    const Token &name = m_stream.peek();
    if (name.kind == TokenKind::Word && !name.isBehindSpace) {
        path.steps.push_back({StepKind::Member, m_stream.take().text, 0, nullptr});
        return true;
    }
    if (name.isSymbol("[") && !name.isBehindSpace && m_stream.peek(1).kind == TokenKind::String) {
        m_stream.take();
        path.steps.push_back({StepKind::Member, m_stream.take().text, 0, nullptr});
        DRIFTLESS_TRY(m_stream.expectSymbol("]"));
        return true;
    }
    return m_stream.fail(QByteArrayLiteral("Expected the name of a member behind the dot."));
}

/// Behind `[`: `*`, a number, a parameter, or else a filter.
Result<void> ExpressionParser::bracket(Expression &path)
{
    if (m_stream.isSymbolAt(0, "*") && m_stream.isSymbolAt(1, "]")) {
        m_stream.take();
        path.steps.push_back({StepKind::All, {}, 0, nullptr});
        path.facts.isSequence = true;
        return m_stream.expectSymbol("]");
    }
    const bool isParameter = m_stream.isSymbolAt(0, "@") && !m_stream.peek(1).isBehindSpace
        && (m_stream.peek(1).kind == TokenKind::Word || m_stream.peek(1).kind == TokenKind::Integer)
        && m_stream.isSymbolAt(2, "]");
    if (isParameter) {
        m_stream.take();
        path.steps.push_back({StepKind::IndexParameter, m_stream.take().text, 0, nullptr});
        path.facts.isImmutable = false;
        return m_stream.expectSymbol("]");
    }
    const std::size_t length = m_stream.isSymbolAt(0, "-") ? 2 : 1;
    if (isNumberNext(m_stream) && m_stream.isSymbolAt(length, "]")) {
        const Place place = m_stream.peek().place;
        DRIFTLESS_TRY_ASSIGN(const Value number, readNumber(m_stream));
        if (number.type() != Type::Int32) {
            return m_stream.fail(
                place, QByteArrayLiteral("An index is a whole number of 32 bits."));
        }
        path.steps.push_back(
            {StepKind::Index, {}, static_cast<std::int32_t>(number.toInt64()), nullptr});
        return m_stream.expectSymbol("]");
    }
    DRIFTLESS_TRY_ASSIGN(auto filter, expression(Scope::Element));
    if (filter->facts.isSequence) {
        return m_stream.fail(filter->place, QByteArrayLiteral("A filter is a single value."));
    }
    path.steps.push_back({StepKind::Filter, {}, 0, std::move(filter)});
    path.facts.isSequence = true;
    return m_stream.expectSymbol("]");
}

} // namespace driftless::query
