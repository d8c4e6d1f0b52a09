#include "query/extended_json.h"

#include "core/assert.h"
#include "query/date_time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

constexpr qint64 kExponentMax = 1'000'000'000; ///< beyond the digits of any text

void appendWrapped(QByteArray &out, const char *name, const QByteArray &text)
{
    out += "{\"";
    out += name;
    out += "\":\"";
    out += text;
    out += "\"}";
}

void appendArray(QByteArray &out, const Array &elements)
{
    out += '[';
    const char *separator = "";
    for (const Value &element : elements) {
        out += separator;
        appendExtendedJson(out, element);
        separator = ",";
    }
    out += ']';
}

void appendDocument(QByteArray &out, const Document &document)
{
    out += '{';
    const char *separator = "";
    const auto append = [&out, &separator](const DocumentMember &member) {
        out += separator;
        separator = ",";
        appendJsonString(out, member.name);
        out += ':';
        appendExtendedJson(out, member.value);
    };
    for (const bool isIdWanted : {true, false}) {
        for (const DocumentMember &member : document.members()) {
            if ((member.name == "_id") == isIdWanted) {
                append(member);
            }
        }
    }
    out += '}';
}

void appendDouble(QByteArray &out, double number)
{
    if (std::isfinite(number)) {
        out += doubleText(number);
    } else {
        appendWrapped(out, "$numberDouble", doubleText(number));
    }
}

std::optional<Value> hexBytes(QByteArrayView text, qsizetype count)
{
    const QByteArray bytes = QByteArray::fromHex(text.toByteArray());
    const bool isAll = text.size() == 2 * count && bytes.toHex() == text.toByteArray().toLower();
    return isAll ? std::optional(Value::objectId(bytes)) : std::nullopt;
}

std::optional<Value> binaryOf(const QByteArray &text)
{
    auto decoded = QByteArray::fromBase64Encoding(text, QByteArray::AbortOnBase64DecodingErrors);
    return decoded ? std::optional(Value::binary(std::move(*decoded))) : std::nullopt;
}

std::optional<Value> longOf(const QByteArray &text)
{
    bool isWhole = false;
    const qint64 number = text.toLongLong(&isWhole);
    return isWhole ? std::optional(Value::int64(number)) : std::nullopt;
}

/// Of a number that a double cannot hold: whether it is too large, or else too small.
bool isHuge(QByteArrayView digits)
{
    const QByteArray text = digits.toByteArray().toLower();
    const qsizetype mark = text.indexOf('e');
    const QByteArray mantissa = mark < 0 ? text : text.left(mark);
    const QByteArray power = mark < 0 ? QByteArrayLiteral("0") : text.mid(mark + 1);
    bool isExponent = false;
    qint64 exponent = power.toLongLong(&isExponent);
    if (!isExponent) { // more digits than 64 bits
        return !power.startsWith('-');
    }
    exponent = std::clamp<qint64>(exponent, -kExponentMax, kExponentMax);
    const qsizetype point = mantissa.contains('.') ? mantissa.indexOf('.') : mantissa.size();
    const auto first = std::find_if(
        mantissa.begin(), mantissa.end(), [](char c) { return c >= '1' && c <= '9'; });
    return point - (first - mantissa.begin()) + exponent > 0;
}

std::optional<Value> realOf(const QByteArray &text)
{
    if (text == "NaN") {
        return Value::real(std::numeric_limits<double>::quiet_NaN());
    }
    if (text == "Infinity" || text == "-Infinity") {
        const double infinity = std::numeric_limits<double>::infinity();
        return Value::real(text.startsWith('-') ? -infinity : infinity);
    }
    bool isNumber = false;
    const double number = text.toDouble(&isNumber);
    return isNumber ? std::optional(Value::real(number)) : std::nullopt;
}

} // namespace

QByteArray doubleText(double number)
{
    if (std::isnan(number)) {
        return QByteArrayLiteral("NaN");
    }
    if (std::isinf(number)) {
        return number > 0 ? QByteArrayLiteral("Infinity") : QByteArrayLiteral("-Infinity");
    }
    std::array<char, 400> room {};
    const auto done
        = std::to_chars(room.data(), room.data() + room.size(), number, std::chars_format::fixed);
    QByteArray text(room.data(), done.ptr - room.data());
    return text.contains('.') ? text : text + ".0";
}

double doubleOf(QByteArrayView digits)
{
    double number = 0;
    const auto read = std::from_chars(digits.begin(), digits.end(), number);
    if (read.ec == std::errc::result_out_of_range) {
        const double limit = isHuge(digits) ? std::numeric_limits<double>::infinity() : 0.0;
        return digits.startsWith('-') ? -limit : limit;
    }
    return number;
}

void appendJsonString(QByteArray &out, QByteArrayView utf8)
{
    static constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (const char c : utf8) {
        switch (c) {
        case '"':
        case '\\':
            out += '\\';
            out += c;
            break;
        case '\b':
            out += "\\b";
            break;
        case '\f':
            out += "\\f";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20U) {
                out += "\\u00";
                out += kHex[static_cast<unsigned char>(c) >> 4U];
                out += kHex[static_cast<unsigned char>(c) & 0xfU];
            } else {
                out += c;
            }
        }
    }
    out += '"';
}

QByteArray guidText(const QByteArray &bytes)
{
    QByteArray text = bytes.toHex();
    for (const int at : {8, 13, 18, 23}) {
        text.insert(at, '-');
    }
    return text;
}

std::optional<Value> guidOf(QByteArrayView text)
{
    QByteArray plain = text.trimmed().toByteArray().toLower();
    const bool isWrapped = (plain.startsWith('{') && plain.endsWith('}'))
        || (plain.startsWith('(') && plain.endsWith(')'));
    if (isWrapped) {
        plain = plain.mid(1, plain.size() - 2);
    }
    const QByteArray bytes = QByteArray::fromHex(plain);
    if (bytes.size() != 16 || (plain != guidText(bytes) && (isWrapped || plain != bytes.toHex()))) {
        return std::nullopt;
    }
    return Value::guid(bytes);
}

void appendExtendedJson(QByteArray &out, const Value &value)
{
    switch (value.type()) {
    case Type::MinValue:
        return appendWrapped(out, "$minValue", "1");
    case Type::MaxValue:
        return appendWrapped(out, "$maxValue", "1");
    case Type::Null:
        out += "null";
        return;
    case Type::Int32:
        out += QByteArray::number(static_cast<qint64>(value.toInt64()));
        return;
    case Type::Int64:
        return appendWrapped(
            out, "$numberLong", QByteArray::number(static_cast<qint64>(value.toInt64())));
    case Type::Double:
        return appendDouble(out, value.toReal());
    case Type::Decimal:
        return appendWrapped(out, "$numberDecimal", value.toDecimal().toText());
    case Type::String:
        return appendJsonString(out, value.bytes());
    case Type::Document:
        return appendDocument(out, value.toDocument());
    case Type::Array:
        return appendArray(out, value.toArray());
    case Type::Binary:
        return appendWrapped(out, "$binary", value.bytes().toBase64());
    case Type::ObjectId:
        return appendWrapped(out, "$oid", value.bytes().toHex());
    case Type::Guid:
        return appendWrapped(out, "$guid", guidText(value.bytes()));
    case Type::Boolean:
        out += value.toBool() ? "true" : "false";
        return;
    case Type::DateTime:
        return appendWrapped(out, "$date", toSevenDecimals(value.toMs()));
    }
}

QByteArray toExtendedJson(const Value &value)
{
    QByteArray out;
    appendExtendedJson(out, value);
    return out;
}

bool isExtendedName(QByteArrayView name)
{
    static constexpr const char *kNames[] = {"$binary",
        "$oid",
        "$guid",
        "$date",
        "$numberLong",
        "$numberDecimal",
        "$numberDouble",
        "$minValue",
        "$maxValue"};
    return std::any_of(
        std::begin(kNames), std::end(kNames), [name](const char *known) { return name == known; });
}

std::optional<Value> fromExtended(QByteArrayView name, const QByteArray &text)
{
    if (name == "$minValue") {
        return Value::minValue();
    }
    if (name == "$maxValue") {
        return Value::maxValue();
    }
    if (name == "$numberLong") {
        return longOf(text);
    }
    if (name == "$numberDouble") {
        return realOf(text);
    }
    if (name == "$numberDecimal") {
        const auto number = Decimal96::parse(text);
        return number ? std::optional(Value::decimal(*number)) : std::nullopt;
    }
    if (name == "$date") {
        const auto ms = parseDateTime(text);
        return ms ? std::optional(Value::dateTime(*ms)) : std::nullopt;
    }
    if (name == "$oid") {
        return hexBytes(text, 12);
    }
    return name == "$guid" ? guidOf(text) : binaryOf(text);
}

} // namespace driftless::query
