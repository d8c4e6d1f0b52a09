#include "query/json_parser.h"

#include "query/extended_json.h"
#include "query/lexer.h"
#include "query/parser.h"

#include <limits>

namespace driftless::query {

namespace {

bool isName(const Token &token)
{
    return token.kind == TokenKind::Word || token.kind == TokenKind::String
        || token.kind == TokenKind::Integer;
}

/// Behind `{ name :` with a name of extended JSON.
Result<Value> readExtended(TokenStream &stream, const QByteArray &name)
{
    const Token token = stream.take();
    if (token.kind == TokenKind::End || token.kind == TokenKind::Symbol) {
        return stream.fail(token.place, QByteArrayLiteral("Expected the text of ") + name + '.');
    }
    const auto value = fromExtended(name, token.text);
    if (!value) {
        Error error = stream.fail(token.place, QByteArrayLiteral("This is no ") + name + '.');
        error.code = ErrorCode::InvalidJson; // JSON() tells it from a syntax error
        return error;
    }
    DRIFTLESS_TRY(stream.expectSymbol("}"));
    return *value;
}

Result<Value> readDocument(TokenStream &stream)
{
    std::vector<DocumentMember> members;
    while (!stream.takeSymbol("}")) {
        if (!isName(stream.peek())) {
            return stream.fail(QByteArrayLiteral("Expected the name of a member."));
        }
        const QByteArray name = stream.take().text;
        if (name.isEmpty()) {
            return stream.fail(QByteArrayLiteral("The name of a member is empty."));
        }
        DRIFTLESS_TRY(stream.expectSymbol(":"));
        if (members.empty() && isExtendedName(name)) {
            return readExtended(stream, name);
        }
        DRIFTLESS_TRY_ASSIGN(Value value, readJson(stream));
        members.push_back({name, std::move(value)});
        stream.takeSymbol(","); // missing and trailing ones are forgiven
    }
    return Value::document(Document::ofMembers(std::move(members)));
}

Result<Value> readArray(TokenStream &stream)
{
    Array elements;
    while (!stream.takeSymbol("]")) {
        DRIFTLESS_TRY_ASSIGN(Value value, readJson(stream));
        elements.push_back(std::move(value));
        stream.takeSymbol(",");
    }
    return Value::array(std::move(elements));
}

} // namespace

bool isNumberNext(const TokenStream &stream)
{
    const auto isDigits = [](const Token &token) {
        return token.kind == TokenKind::Integer || token.kind == TokenKind::Real;
    };
    return isDigits(stream.peek())
        || (stream.isSymbolAt(0, "-") && isDigits(stream.peek(1)) && !stream.peek(1).isBehindSpace);
}

Result<Value> readNumber(TokenStream &stream)
{
    const Place place = stream.peek().place;
    const QByteArray sign = stream.takeSymbol("-") ? QByteArrayLiteral("-") : QByteArray();
    const Token token = stream.take();
    const QByteArray digits = sign + token.text;
    if (token.kind == TokenKind::Real) {
        return Value::real(doubleOf(digits));
    }
    bool isWhole = false;
    const qint64 number = digits.toLongLong(&isWhole);
    if (!isWhole) {
        return stream.fail(place, QByteArrayLiteral("The number does not fit 64 bits."));
    }
    return number >= std::numeric_limits<std::int32_t>::min()
            && number <= std::numeric_limits<std::int32_t>::max()
        ? Value::int32(static_cast<std::int32_t>(number))
        : Value::int64(number);
}

Result<Value> readJson(TokenStream &stream)
{
    const TokenStream::Level level(stream);
    if (stream.depth() > kQueryDepthMax) {
        return stream.fail(QByteArrayLiteral("The JSON is nested too deeply."));
    }
    if (isNumberNext(stream)) {
        return readNumber(stream);
    }
    if (stream.peek().kind == TokenKind::String) {
        return Value::string(stream.take().text);
    }
    if (stream.takeSymbol("{")) {
        return readDocument(stream);
    }
    if (stream.takeSymbol("[")) {
        return readArray(stream);
    }
    if (stream.takeWord("null")) {
        return Value();
    }
    const bool isTrue = stream.peek().isWord("true");
    if (isTrue || stream.peek().isWord("false")) {
        stream.take();
        return Value::boolean(isTrue);
    }
    return stream.fail(QByteArrayLiteral("Expected a JSON value."));
}

Result<Value> parseJsonPrefix(QByteArrayView text)
{
    if (text.size() > kQueryBytesMax) {
        return Error {ErrorCode::TooLarge, QByteArrayLiteral("The JSON is too long."), {}};
    }
    TokenStream stream(text, tokenizeToError(text));
    return readJson(stream);
}

Result<Value> parseJson(QByteArrayView text)
{
    if (text.size() > kQueryBytesMax) {
        return Error {ErrorCode::TooLarge, QByteArrayLiteral("The JSON is too long."), {}};
    }
    DRIFTLESS_TRY_ASSIGN(auto tokens, tokenize(text));
    TokenStream stream(text, std::move(tokens));
    DRIFTLESS_TRY_ASSIGN(Value value, readJson(stream));
    if (stream.peek().kind != TokenKind::End) {
        return stream.fail(QByteArrayLiteral("Something stands behind the JSON value."));
    }
    return value;
}

} // namespace driftless::query
