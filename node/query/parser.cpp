#include "query/parser.h"

#include "query/expression_parser.h"
#include "query/json_parser.h"
#include "query/lexer.h"
#include "query/select_parser.h"

namespace driftless::query {

namespace {

constexpr qsizetype kIndexNameBytesMax = 32;

Result<IdType> readIdType(TokenStream &stream)
{
    if (!stream.takeSymbol(":")) {
        return IdType::ObjectId;
    }
    struct Row
    {
        const char *word;
        IdType type;
    };
    for (const Row &row : {Row {"int", IdType::Int32},
             Row {"long", IdType::Int64},
             Row {"guid", IdType::Guid},
             Row {"objectid", IdType::ObjectId}}) {
        if (stream.takeWord(row.word)) {
            return row.type;
        }
    }
    return stream.fail(QByteArrayLiteral("Ids are of the type INT, LONG, GUID or OBJECTID."));
}

Result<void> addDocument(TokenStream &stream, Place place, Value value, Insert &insert)
{
    if (!value.isDocument()) {
        return stream.fail(place, QByteArrayLiteral("INSERT takes documents."));
    }
    insert.documents.push_back(std::move(value));
    return {};
}

Result<Insert> readInsert(TokenStream &stream)
{
    Insert insert;
    DRIFTLESS_TRY(stream.expectWord("into"));
    DRIFTLESS_TRY_ASSIGN(insert.collection, readCollection(stream));
    DRIFTLESS_TRY_ASSIGN(insert.idType, readIdType(stream));
    DRIFTLESS_TRY(stream.expectWord("values"));
    do {
        const Place place = stream.peek().place;
        DRIFTLESS_TRY_ASSIGN(Value value, readJson(stream));
        if (value.isArray()) {
            for (const Value &element : value.toArray()) {
                DRIFTLESS_TRY(addDocument(stream, place, element, insert));
            }
        } else {
            DRIFTLESS_TRY(addDocument(stream, place, std::move(value), insert));
        }
    } while (stream.takeSymbol(","));
    return insert;
}

Result<Assignment> readAssignment(TokenStream &stream)
{
    Assignment assignment;
    do {
        const Token name = stream.take();
        const bool isName = name.kind == TokenKind::Word || name.kind == TokenKind::String
            || name.kind == TokenKind::Integer;
        if (!isName || name.text.isEmpty()) {
            return stream.fail(name.place, QByteArrayLiteral("Expected the name of a member."));
        }
        assignment.path.push_back(name.text);
    } while (stream.takeSymbol("."));
    DRIFTLESS_TRY(stream.expectSymbol("="));
    DRIFTLESS_TRY_ASSIGN(assignment.value, ExpressionParser(stream).expression());
    return assignment;
}

Result<Update> readUpdate(TokenStream &stream)
{
    Update update;
    DRIFTLESS_TRY_ASSIGN(update.collection, readCollection(stream));
    DRIFTLESS_TRY(stream.expectWord("set"));
    const Place place = stream.peek().place;
    if (stream.isSymbolAt(0, "{")) {
        DRIFTLESS_TRY_ASSIGN(update.patch, ExpressionParser(stream).single(Scope::Top));
    } else {
        do {
            DRIFTLESS_TRY_ASSIGN(auto assignment, readAssignment(stream));
            update.assignments.push_back(std::move(assignment));
        } while (stream.takeSymbol(","));
    }
    const auto usesSource
        = [](const Assignment &assignment) { return assignment.value->facts.usesSource; };
    if ((update.patch && update.patch->facts.usesSource)
        || std::any_of(update.assignments.begin(), update.assignments.end(), usesSource)) {
        return stream.fail(
            place, QByteArrayLiteral("UPDATE looks at one document: '*' has no meaning."));
    }
    DRIFTLESS_TRY_ASSIGN(update.where, readWhere(stream));
    return update;
}

Result<Delete> readDelete(TokenStream &stream)
{
    Delete statement;
    const Token &next = stream.peek(1);
    if (stream.peek().isWord("from") && next.kind == TokenKind::Word && !next.isWord("where")) {
        stream.take();
    }
    DRIFTLESS_TRY_ASSIGN(statement.collection, readCollection(stream));
    DRIFTLESS_TRY_ASSIGN(statement.where, readWhere(stream));
    return statement;
}

Result<CreateIndex> readCreate(TokenStream &stream)
{
    CreateIndex create;
    create.isUnique = stream.takeWord("unique");
    DRIFTLESS_TRY(stream.expectWord("index"));
    const Place place = stream.peek().place;
    DRIFTLESS_TRY_ASSIGN(create.name, stream.expectName("the name of an index"));
    if (create.name.startsWith('$') || create.name.size() > kIndexNameBytesMax) {
        return stream.fail(place,
            QByteArrayLiteral("The name of an index is a word of at most 32 bytes without '$'."));
    }
    DRIFTLESS_TRY(stream.expectWord("on"));
    DRIFTLESS_TRY_ASSIGN(create.collection, readCollection(stream));
    DRIFTLESS_TRY(stream.expectSymbol("("));
    DRIFTLESS_TRY_ASSIGN(create.expression, ExpressionParser(stream).expression());
    DRIFTLESS_TRY(stream.expectSymbol(")"));
    const Expression &expression = *create.expression;
    if (!expression.facts.isImmutable || expression.facts.fields.empty()
        || expression.facts.usesSource) {
        return stream.fail(expression.place,
            QByteArrayLiteral("An index goes by members of the document, without parameters and "
                              "without functions whose answers change."));
    }
    if (create.isUnique && expression.facts.isSequence) {
        return stream.fail(
            expression.place, QByteArrayLiteral("A unique index goes by a single value."));
    }
    return create;
}

Result<DropIndex> readDrop(TokenStream &stream)
{
    DropIndex drop;
    DRIFTLESS_TRY(stream.expectWord("index"));
    DRIFTLESS_TRY_ASSIGN(drop.collection, readCollection(stream));
    DRIFTLESS_TRY(stream.expectSymbol("."));
    DRIFTLESS_TRY_ASSIGN(drop.name, stream.expectName("the name of an index"));
    return drop;
}

template <typename T> Result<Statement> asStatement(Result<T> read)
{
    if (!read) {
        return read.error();
    }
    return Statement(std::move(read).value());
}

Result<Statement> readStatement(TokenStream &stream)
{
    if (stream.peek().isWord("select") || stream.peek().isWord("explain")) {
        return asStatement(readSelect(stream));
    }
    if (stream.takeWord("insert")) {
        return asStatement(readInsert(stream));
    }
    if (stream.takeWord("update")) {
        return asStatement(readUpdate(stream));
    }
    if (stream.takeWord("delete")) {
        return asStatement(readDelete(stream));
    }
    if (stream.takeWord("create")) {
        return asStatement(readCreate(stream));
    }
    if (stream.takeWord("drop")) {
        return asStatement(readDrop(stream));
    }
    return stream.fail(QByteArrayLiteral("A statement begins with SELECT, INSERT, UPDATE, DELETE, "
                                         "EXPLAIN, CREATE INDEX or DROP INDEX."));
}

Result<TokenStream> openStream(QByteArrayView text)
{
    if (text.size() > kQueryBytesMax) {
        return Error {ErrorCode::TooLarge, QByteArrayLiteral("The statement is too long."), {}};
    }
    DRIFTLESS_TRY_ASSIGN(auto tokens, tokenize(text));
    return TokenStream(text, std::move(tokens));
}

} // namespace

Result<Statement> parseStatement(QByteArrayView text)
{
    DRIFTLESS_TRY_ASSIGN(TokenStream stream, openStream(text));
    DRIFTLESS_TRY_ASSIGN(Statement statement, readStatement(stream));
    stream.takeSymbol(";");
    if (stream.peek().kind != TokenKind::End) {
        return stream.fail(QByteArrayLiteral("The statement should end here."));
    }
    return statement;
}

Result<ExpressionPointer> parseExpression(QByteArrayView text)
{
    DRIFTLESS_TRY_ASSIGN(TokenStream stream, openStream(text));
    DRIFTLESS_TRY_ASSIGN(auto expression, ExpressionParser(stream).expression());
    if (stream.peek().kind != TokenKind::End) {
        return stream.fail(QByteArrayLiteral("The expression should end here."));
    }
    return expression;
}

} // namespace driftless::query
