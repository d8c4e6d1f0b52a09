// Conversions into a type, and the questions whether a value is of one.
#include "core/clock.h"
#include "core/random.h"
#include "query/arithmetic.h"
#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/new_id.h"
#include "query/parser.h"
#include "query/syntax_error.h"

#include <limits>

namespace driftless::query {

namespace {

using Call = Arguments;

template <Type type> Result<Value> toWhole(Call call, const Services & /*services*/)
{
    constexpr bool kIsLong = type == Type::Int64;
    constexpr std::int64_t kMax = kIsLong ? std::numeric_limits<std::int64_t>::max()
                                          : std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t kMin = kIsLong ? std::numeric_limits<std::int64_t>::min()
                                          : std::numeric_limits<std::int32_t>::min();
    const auto made = [](std::int64_t number) {
        return kIsLong ? Value::int64(number) : Value::int32(static_cast<std::int32_t>(number));
    };
    if (call[0].isNumber()) {
        const auto number = roundedToInt64(call[0]);
        if (!number || *number < kMin || *number > kMax) {
            return evaluationError(QByteArrayLiteral("The number is too large for this type."));
        }
        return made(*number);
    }
    if (call[0].isString()) {
        bool isWhole = false;
        const qint64 number = call[0].bytes().trimmed().toLongLong(&isWhole);
        if (isWhole && number >= kMin && number <= kMax) {
            return made(number);
        }
    }
    return Value();
}

/// Of any number style: blanks around, commas between thousands.
std::optional<QByteArray> plainNumber(const Value &text)
{
    QByteArray plain = text.bytes().trimmed();
    plain.replace(",", "");
    return Decimal96::parse(plain) ? std::optional(plain) : std::nullopt;
}

Result<Value> toReal(Call call, const Services & /*services*/)
{
    if (call[0].isNumber()) {
        return Value::real(toDouble(call[0]));
    }
    if (call[0].isString()) {
        QByteArray plain = call[0].bytes().trimmed();
        plain.replace(",", "");
        bool isNumber = false;
        const double number = plain.toDouble(&isNumber);
        return isNumber ? Value::real(number) : Value();
    }
    return Value();
}

Result<Value> toExact(Call call, const Services & /*services*/)
{
    if (call[0].isNumber()) {
        DRIFTLESS_TRY_ASSIGN(const Decimal96 number, toDecimal(call[0]));
        return Value::decimal(number);
    }
    const auto plain = call[0].isString() ? plainNumber(call[0]) : std::nullopt;
    return plain ? Value::decimal(*Decimal96::parse(*plain)) : Value();
}

Result<Value> toBoolean(Call call, const Services & /*services*/)
{
    if (call[0].type() == Type::Boolean) {
        return call[0];
    }
    if (call[0].isNull()) {
        return Value::boolean(false);
    }
    if (call[0].isString()) {
        const QByteArray word = call[0].bytes().trimmed().toLower();
        if (word == "true" || word == "false") {
            return Value::boolean(word == "true");
        }
    }
    return Value();
}

Result<Value> fromText(Call call, Type type, const char *name)
{
    if (call[0].type() == type) {
        return call[0];
    }
    return call[0].isString() ? fromExtended(name, call[0].bytes()).value_or(Value()) : Value();
}

Result<Value> toObjectId(Call call, const Services &services)
{
    return call.empty() ? newObjectId(services) : fromText(call, Type::ObjectId, "$oid");
}

Result<Value> toGuid(Call call, const Services &services)
{
    return call.empty() ? newGuid(services) : fromText(call, Type::Guid, "$guid");
}

Result<Value> toBinary(Call call, const Services & /*services*/)
{
    return fromText(call, Type::Binary, "$binary");
}

Result<Value> fromJson(Call call, const Services & /*services*/)
{
    if (!call[0].isString()) {
        return Value();
    }
    const auto read = parseJsonPrefix(call[0].bytes());
    const bool isSyntax = !read && read.error().code == ErrorCode::InvalidArgument;
    if (!read && !isSyntax) {
        return read.error();
    }
    return read ? *read : Value();
}

Result<Value> lowest(Call /*call*/, const Services & /*services*/)
{
    return Value::minValue();
}

Result<Value> highest(Call /*call*/, const Services & /*services*/)
{
    return Value::maxValue();
}

template <Type type> Result<Value> isOf(Call call, const Services & /*services*/)
{
    return Value::boolean(call[0].type() == type);
}

Result<Value> isNumber(Call call, const Services & /*services*/)
{
    return Value::boolean(call[0].isNumber());
}

constexpr Function kFunctions[] = {
    {"INT32", "s", toWhole<Type::Int32>},
    {"INT", "s", toWhole<Type::Int32>},
    {"INT64", "s", toWhole<Type::Int64>},
    {"LONG", "s", toWhole<Type::Int64>},
    {"DOUBLE", "s", toReal},
    {"DOUBLE", "ss", toReal},
    {"DECIMAL", "s", toExact},
    {"DECIMAL", "ss", toExact},
    {"BOOLEAN", "s", toBoolean},
    {"BOOL", "s", toBoolean},
    {"OBJECTID", "", toObjectId, Shape::Scalar, Volatility::Volatile},
    {"OBJECTID", "s", toObjectId},
    {"GUID", "", toGuid, Shape::Scalar, Volatility::Volatile},
    {"GUID", "s", toGuid},
    {"BINARY", "s", toBinary},
    {"JSON", "s", fromJson},
    {"MINVALUE", "", lowest},
    {"MAXVALUE", "", highest},
    {"IS_MINVALUE", "s", isOf<Type::MinValue>},
    {"IS_NULL", "s", isOf<Type::Null>},
    {"IS_INT32", "s", isOf<Type::Int32>},
    {"IS_INT", "s", isOf<Type::Int32>},
    {"IS_INT64", "s", isOf<Type::Int64>},
    {"IS_LONG", "s", isOf<Type::Int64>},
    {"IS_DOUBLE", "s", isOf<Type::Double>},
    {"IS_DECIMAL", "s", isOf<Type::Decimal>},
    {"IS_NUMBER", "s", isNumber},
    {"IS_STRING", "s", isOf<Type::String>},
    {"IS_DOCUMENT", "s", isOf<Type::Document>},
    {"IS_ARRAY", "s", isOf<Type::Array>},
    {"IS_BINARY", "s", isOf<Type::Binary>},
    {"IS_OBJECTID", "s", isOf<Type::ObjectId>},
    {"IS_GUID", "s", isOf<Type::Guid>},
    {"IS_BOOLEAN", "s", isOf<Type::Boolean>},
    {"IS_BOOL", "s", isOf<Type::Boolean>},
    {"IS_DATETIME", "s", isOf<Type::DateTime>},
    {"IS_DATE", "s", isOf<Type::DateTime>},
    {"IS_MAXVALUE", "s", isOf<Type::MaxValue>},
};

} // namespace

std::span<const Function> typeFunctions()
{
    return kFunctions;
}

} // namespace driftless::query
