#include "query/value_key.h"

#include "core/assert.h"
#include "core/case_fold.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace driftless::query {

namespace {

/// The first byte of a key, in the order of the types.
enum class Tag : unsigned char {
    MinValue = 0x10,
    Null = 0x20,
    NotANumber = 0x30,
    NegativeInfinity,
    Negative,
    Zero,
    Positive,
    Infinity,
    String = 0x40,
    Document = 0x50,
    Array = 0x60,
    Binary = 0x70,
    ObjectId = 0x80,
    Guid = 0x90,
    Boolean = 0xa0,
    DateTime = 0xb0,
    MaxValue = 0xc0,
};

constexpr char kEndOfArray = 0; ///< below every tag
constexpr char kByteAfterZero = '\xff'; ///< a zero byte of a text is followed by it,
constexpr char kEndOfText = '\x01'; ///< and the zero that ends the text by this one

// The parts of a document: see appendDocument.
constexpr char kLowMember = '\x01';
constexpr char kEndOfDocument = '\x02';
constexpr char kHighMember = '\x03';

constexpr std::int64_t kExponentBias = 0x4000;

void append(QByteArray &out, Tag tag)
{
    out += static_cast<char>(tag);
}

void appendBigEndian(QByteArray &out, std::uint64_t number, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(
            static_cast<unsigned char>(number >> static_cast<unsigned>(shift)));
    }
}

void appendEscaped(QByteArray &out, QByteArrayView bytes)
{
    if (!bytes.contains('\0')) {
        out += bytes;
        return;
    }
    for (const char byte : bytes) {
        out += byte;
        if (byte == '\0') {
            out += kByteAfterZero;
        }
    }
}

void appendText(QByteArray &out, QByteArrayView bytes)
{
    appendEscaped(out, bytes);
    out += '\0';
    out += kEndOfText;
}

/// ±0.d1d2d3… * 10^exponent, d1 not 0.
void appendDecimal(QByteArray &out, bool isNegative, QByteArrayView digits, int exponent)
{
    const auto isZero = [](char digit) { return digit == '0'; };
    const auto first = std::find_if_not(digits.begin(), digits.end(), isZero);
    exponent -= static_cast<int>(first - digits.begin());
    digits = digits.sliced(first - digits.begin());
    while (!digits.isEmpty() && digits.back() == '0') {
        digits.chop(1);
    }
    if (digits.isEmpty()) {
        return append(out, Tag::Zero);
    }
    append(out, isNegative ? Tag::Negative : Tag::Positive);
    const qsizetype from = out.size();
    appendBigEndian(out, static_cast<std::uint64_t>(kExponentBias + exponent), 2);
    for (qsizetype i = 0; i < digits.size(); i += 2) {
        const int second = i + 1 < digits.size() ? digits[i + 1] - '0' : 0;
        out += static_cast<char>((digits[i] - '0') * 10 + second + 1);
    }
    out += '\0';
    if (isNegative) {
        invertKey(out, from);
    }
}

void appendWhole(QByteArray &out, std::int64_t number)
{
    std::array<char, 24> room {};
    const auto done = std::to_chars(room.data(), room.data() + room.size(), number);
    QByteArrayView digits(room.data(), done.ptr);
    digits = digits.sliced(number < 0 ? 1 : 0);
    appendDecimal(out, number < 0, digits, static_cast<int>(digits.size()));
}

/// As compareValues does: by what the shortest text says.
void appendDouble(QByteArray &out, double number)
{
    if (std::isnan(number)) {
        return append(out, Tag::NotANumber);
    }
    if (std::isinf(number)) {
        return append(out, number > 0 ? Tag::Infinity : Tag::NegativeInfinity);
    }
    std::array<char, 40> room {};
    const auto done = std::to_chars(room.data(),
        room.data() + room.size(),
        std::abs(number),
        std::chars_format::scientific); // d.ddde±dd
    const QByteArrayView text(room.data(), done.ptr);
    const qsizetype mark = text.indexOf('e');
    int exponent = 0;
    const char *const begin = text.begin() + mark + (text[mark + 1] == '+' ? 2 : 1);
    std::from_chars(begin, text.end(), exponent);
    if (mark > 1) { // the first digit takes the place of the point
        room[1] = room[0];
        appendDecimal(out, number < 0, text.sliced(1, mark - 1), exponent + 1);
    } else {
        appendDecimal(out, number < 0, text.first(1), exponent + 1);
    }
}

void appendDecimal96(QByteArray &out, const Decimal96 &number)
{
    QByteArray digits = number.toText();
    const qsizetype point = digits.indexOf('.');
    if (point >= 0) {
        digits.remove(point, 1);
    }
    QByteArrayView view = digits;
    view = view.sliced(number.isNegative() ? 1 : 0);
    appendDecimal(out, number.isNegative(), view, static_cast<int>(view.size()) - number.scale());
}

/// Two documents differ at the first name, by folded name, under which their values differ, an
/// absent one being null. So null members count only at the end, for the number of members; a value
/// below null makes a document with an earlier name lower than one that goes on or ends, a value
/// above null higher.
void appendDocument(QByteArray &out, const Document &document)
{
    std::vector<std::pair<QByteArray, const Value *>> members;
    members.reserve(document.size());
    for (const DocumentMember &member : document.members()) {
        if (!member.value.isNull()) {
            members.emplace_back(foldCase(member.name), &member.value);
        }
    }
    std::sort(members.begin(), members.end(), [](const auto &a, const auto &b) {
        return a.first < b.first;
    });
    for (const auto &[name, value] : members) {
        const bool isLow = value->type() == Type::MinValue;
        out += isLow ? kLowMember : kHighMember;
        const qsizetype from = out.size();
        appendText(out, name);
        if (!isLow) {
            invertKey(out, from);
            appendKey(out, *value);
        }
    }
    out += kEndOfDocument;
    appendBigEndian(out, document.size(), 4);
}

void appendObjectId(QByteArray &out, const QByteArray &bytes)
{
    const qsizetype from = out.size();
    out += bytes;
    for (const qsizetype signedAt : {0, 7}) { // the time and the process
        out[from + signedAt]
            = static_cast<char>(static_cast<unsigned char>(bytes[signedAt]) ^ 0x80U);
    }
}

} // namespace

void appendKey(QByteArray &out, const Value &value)
{
    switch (value.type()) {
    case Type::MinValue:
        return append(out, Tag::MinValue);
    case Type::Null:
        return append(out, Tag::Null);
    case Type::Int32:
    case Type::Int64:
        return appendWhole(out, value.toInt64());
    case Type::Double:
        return appendDouble(out, value.toReal());
    case Type::Decimal:
        return appendDecimal96(out, value.toDecimal());
    case Type::String:
        append(out, Tag::String);
        return appendText(out, foldCaseView(value.bytes()));
    case Type::Document:
        append(out, Tag::Document);
        return appendDocument(out, value.toDocument());
    case Type::Array:
        append(out, Tag::Array);
        for (const Value &element : value.toArray()) {
            appendKey(out, element);
        }
        out += kEndOfArray;
        return;
    case Type::Binary:
        append(out, Tag::Binary);
        return appendText(out, value.bytes());
    case Type::ObjectId:
        append(out, Tag::ObjectId);
        return appendObjectId(out, value.bytes());
    case Type::Guid:
        append(out, Tag::Guid);
        out += value.bytes();
        return;
    case Type::Boolean:
        append(out, Tag::Boolean);
        out += value.toBool() ? '\x01' : '\0';
        return;
    case Type::DateTime:
        append(out, Tag::DateTime);
        return appendBigEndian(
            out, static_cast<std::uint64_t>(value.toMs()) ^ (std::uint64_t {1} << 63U), 8);
    case Type::MaxValue:
        return append(out, Tag::MaxValue);
    }
    DRIFTLESS_ASSERT(false);
}

QByteArray keyOf(const Value &value)
{
    QByteArray key;
    appendKey(key, value);
    return key;
}

void invertKey(QByteArray &key, qsizetype from)
{
    for (auto at = key.begin() + from; at != key.end(); ++at) {
        *at = static_cast<char>(~static_cast<unsigned char>(*at));
    }
}

QByteArray keyOfPrefix(const QByteArray &text)
{
    QByteArray key;
    append(key, Tag::String);
    appendEscaped(key, foldCaseView(text));
    return key;
}

bool KeyRange::contains(QByteArrayView key) const
{
    return key >= QByteArrayView(from) && (to.isEmpty() || key < QByteArrayView(to));
}

KeyRange rangeOfPrefix(const QByteArray &prefix)
{
    QByteArray to = prefix;
    while (to.endsWith('\xff')) {
        to.chop(1);
    }
    if (!to.isEmpty()) {
        to.back() = static_cast<char>(static_cast<unsigned char>(to.back()) + 1U);
    }
    return {prefix, to};
}

} // namespace driftless::query
