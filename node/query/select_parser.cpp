#include "query/select_parser.h"

#include "query/expression_parser.h"

#include <limits>

namespace driftless::query {

namespace {

bool isPredicate(const Expression &expression)
{
    if (expression.kind == ExpressionKind::Not) {
        return true;
    }
    if (expression.kind != ExpressionKind::Binary || isArithmetic(expression.op)) {
        return false;
    }
    return expression.op != Operator::And
        || (isPredicate(*expression.operands[0]) && isPredicate(*expression.operands[1]));
}

bool endsItem(const Token &token)
{
    return token.kind == TokenKind::End || token.isSymbol(",") || token.isSymbol(";")
        || token.isWord("from") || token.isWord("into");
}

Result<SelectItem> readItem(TokenStream &stream)
{
    // FROM may name a field, but `SELECT FROM c` is a list that was forgotten.
    const Token &next = stream.peek();
    const Token &behind = stream.peek(1);
    if (next.isWord("from") && behind.kind == TokenKind::Word && !behind.isWord("from")
        && !behind.isWord("as")) {
        return stream.fail(QByteArrayLiteral("Expected an expression before FROM."));
    }
    SelectItem item;
    DRIFTLESS_TRY_ASSIGN(item.expression, ExpressionParser(stream).expression());
    const bool isNamed = stream.takeWord("as");
    if (isNamed || (!endsItem(stream.peek()) && stream.peek().kind == TokenKind::Word)) {
        DRIFTLESS_TRY_ASSIGN(item.alias, stream.expectName("a name for the column"));
    }
    if (!endsItem(stream.peek())) {
        return stream.fail(QByteArrayLiteral("Expected a comma or FROM."));
    }
    return item;
}

Result<std::int32_t> readCount(TokenStream &stream, const char *what)
{
    const Token &token = stream.peek();
    bool isWhole = false;
    const int count = token.kind == TokenKind::Integer ? token.text.toInt(&isWhole) : 0;
    if (!isWhole) {
        return stream.fail(
            QByteArray(what) + QByteArrayLiteral(" takes a whole number of 32 bits."));
    }
    stream.take();
    return count;
}

Result<void> readHead(TokenStream &stream, Select &select)
{
    const Token &next = stream.peek(1);
    if (stream.peek().isWord("distinct") && !endsItem(next) && !next.isWord("as")
        && (next.kind != TokenKind::Symbol || next.isSymbol("$") || next.isSymbol("{")
            || next.isSymbol("@"))) {
        stream.take();
        select.isDistinct = true;
    }
    if (stream.peek().isWord("top") && stream.peek(1).kind == TokenKind::Integer) {
        stream.take();
        DRIFTLESS_TRY_ASSIGN(select.top, readCount(stream, "TOP"));
    }
    do {
        DRIFTLESS_TRY_ASSIGN(auto item, readItem(stream));
        select.items.push_back(std::move(item));
    } while (stream.takeSymbol(","));
    return {};
}

Result<void> readFrom(TokenStream &stream, Select &select)
{
    DRIFTLESS_TRY_ASSIGN(select.collection, stream.expectName("the name of a collection"));
    if (stream.isSymbolAt(0, "(")) {
        return stream.fail(QByteArrayLiteral("A collection takes no arguments."));
    }
    return {};
}

/// A path from the root, or one that goes on behind `[*]`, which is a MAP.
bool isIncludePath(const Expression &expression, PathRoot root = PathRoot::Root)
{
    if (expression.kind == ExpressionKind::Lambda) {
        return expression.name == "MAP" && isIncludePath(*expression.operands[0], root)
            && isIncludePath(*expression.operands[1], PathRoot::Current);
    }
    return expression.kind == ExpressionKind::Path && expression.root == root;
}

Result<void> readIncludes(TokenStream &stream, Select &select)
{
    do {
        DRIFTLESS_TRY_ASSIGN(auto path, ExpressionParser(stream).expression());
        if (!isIncludePath(*path) || path->facts.fields.size() != 1
            || path->facts.fields.front() == "$") {
            return stream.fail(path->place, QByteArrayLiteral("INCLUDE takes a path to a member."));
        }
        select.includes.push_back(std::move(path));
    } while (stream.takeSymbol(","));
    return {};
}

Result<void> readOrder(TokenStream &stream, Select &select)
{
    DRIFTLESS_TRY(stream.expectWord("by"));
    do {
        SortKey key;
        DRIFTLESS_TRY_ASSIGN(key.expression, ExpressionParser(stream).scalar("ORDER BY"));
        key.isDescending = stream.takeWord("desc");
        if (!key.isDescending) {
            stream.takeWord("asc");
        }
        select.orderBy.push_back(std::move(key));
    } while (stream.takeSymbol(","));
    return {};
}

Result<void> readGroups(TokenStream &stream, Select &select)
{
    DRIFTLESS_TRY(stream.expectWord("by"));
    do {
        DRIFTLESS_TRY_ASSIGN(auto key, ExpressionParser(stream).scalar("GROUP BY"));
        if (key->facts.usesSource) {
            return stream.fail(key->place, QByteArrayLiteral("GROUP BY goes by single documents."));
        }
        select.groupBy.push_back(std::move(key));
    } while (stream.takeSymbol(","));
    if (stream.takeWord("having")) {
        DRIFTLESS_TRY_ASSIGN(select.having, ExpressionParser(stream).scalar("HAVING"));
    }
    return {};
}

Result<void> readTail(TokenStream &stream, Select &select)
{
    DRIFTLESS_TRY(readFrom(stream, select));
    if (stream.takeWord("include")) {
        DRIFTLESS_TRY(readIncludes(stream, select));
    }
    DRIFTLESS_TRY_ASSIGN(select.where, readWhere(stream));
    if (stream.takeWord("group")) {
        DRIFTLESS_TRY(readGroups(stream, select));
    }
    if (stream.takeWord("order")) {
        DRIFTLESS_TRY(readOrder(stream, select));
    }
    if (stream.peek().isWord("limit")) {
        if (select.top) {
            return stream.fail(QByteArrayLiteral("TOP and LIMIT exclude each other."));
        }
        stream.take();
        DRIFTLESS_TRY_ASSIGN(select.limit, readCount(stream, "LIMIT"));
    }
    if (stream.takeWord("offset")) {
        DRIFTLESS_TRY_ASSIGN(select.offset, readCount(stream, "OFFSET"));
    }
    if (stream.takeWord("for")) {
        DRIFTLESS_TRY(stream.expectWord("update"));
        select.isForUpdate = true;
    }
    return {};
}

} // namespace

Result<QByteArray> readCollection(TokenStream &stream)
{
    const Place place = stream.peek().place;
    DRIFTLESS_TRY_ASSIGN(auto name, stream.expectName("the name of a collection"));
    if (name.startsWith('$')) {
        return stream.fail(place, QByteArrayLiteral("A system collection cannot be written."));
    }
    return name;
}

Result<ExpressionPointer> readWhere(TokenStream &stream)
{
    if (!stream.takeWord("where")) {
        return ExpressionPointer();
    }
    DRIFTLESS_TRY_ASSIGN(auto condition, ExpressionParser(stream).scalar("WHERE"));
    if (condition->facts.usesSource) {
        return stream.fail(condition->place,
            QByteArrayLiteral("WHERE looks at one document: '*' has no meaning."));
    }
    if (!isPredicate(*condition)) {
        return stream.fail(condition->place,
            QByteArrayLiteral("WHERE wants a comparison; for a flag say 'name = true'."));
    }
    return condition;
}

Result<Select> readSelect(TokenStream &stream)
{
    Select select;
    select.isExplain = stream.takeWord("explain");
    DRIFTLESS_TRY(stream.expectWord("select"));
    DRIFTLESS_TRY(readHead(stream, select));
    if (stream.peek().isWord("into")) {
        return stream.fail(QByteArrayLiteral("SELECT does not write: INTO is not allowed."));
    }
    if (stream.takeWord("from")) {
        DRIFTLESS_TRY(readTail(stream, select));
    }
    return select;
}

} // namespace driftless::query
