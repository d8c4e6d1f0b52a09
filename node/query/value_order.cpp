#include "query/value_order.h"

#include "core/case_fold.h"
#include "core/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace driftless::query {

namespace {

using Order = std::weak_ordering;

constexpr std::int64_t kExactInDouble = std::int64_t {1} << 53;

Order compareBytes(QByteArrayView a, QByteArrayView b)
{
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
            return Order(static_cast<unsigned char>(x) <=> static_cast<unsigned char>(y));
        });
}

Order compareDoubles(double a, double b)
{
    if (std::isnan(a) || std::isnan(b)) {
        return !std::isnan(a) <=> !std::isnan(b);
    }
    return a < b ? Order::less : a > b ? Order::greater : Order::equivalent;
}

/// Int32, Int64 or Decimal against a double.
Order compareToDouble(const Value &exact, double b)
{
    if (std::isnan(b)) {
        return Order::greater;
    }
    if (std::isinf(b)) {
        return b > 0 ? Order::less : Order::greater;
    }
    if (exact.type() == Type::Decimal) {
        return Decimal96::compareToDouble(exact.toDecimal(), b);
    }
    const std::int64_t whole = exact.toInt64();
    if (whole >= -kExactInDouble && whole <= kExactInDouble) {
        return compareDoubles(static_cast<double>(whole), b);
    }
    return Decimal96::compareToDouble(Decimal96::fromInt64(whole), b);
}

Order compareNumbers(const Value &a, const Value &b)
{
    const bool isRealA = a.type() == Type::Double;
    const bool isRealB = b.type() == Type::Double;
    if (isRealA && isRealB) {
        return compareDoubles(a.toReal(), b.toReal());
    }
    if (isRealB) {
        return compareToDouble(a, b.toReal());
    }
    if (isRealA) {
        return reversed(compareToDouble(b, a.toReal()));
    }
    const bool isDecimalA = a.type() == Type::Decimal;
    const bool isDecimalB = b.type() == Type::Decimal;
    if (!isDecimalA && !isDecimalB) {
        return a.toInt64() <=> b.toInt64();
    }
    return Decimal96::compare(isDecimalA ? a.toDecimal() : Decimal96::fromInt64(a.toInt64()),
        isDecimalB ? b.toDecimal() : Decimal96::fromInt64(b.toInt64()));
}

using Folded = std::vector<std::pair<QByteArray, const Value *>>;

Folded sortedMembers(const Document &document)
{
    Folded folded;
    folded.reserve(document.size());
    for (const DocumentMember &member : document.members()) {
        folded.emplace_back(foldCase(member.name), &member.value);
    }
    std::sort(folded.begin(), folded.end(), [](const auto &a, const auto &b) {
        return a.first < b.first;
    });
    return folded;
}

Order compareDocuments(const Document &a, const Document &b)
{
    const Folded left = sortedMembers(a);
    const Folded right = sortedMembers(b);
    const Value absent;
    auto atLeft = left.begin();
    auto atRight = right.begin();
    while (atLeft != left.end() || atRight != right.end()) {
        const bool takesLeft
            = atLeft != left.end() && (atRight == right.end() || atLeft->first <= atRight->first);
        const bool takesRight
            = atRight != right.end() && (atLeft == left.end() || atRight->first <= atLeft->first);
        const Order order = compareValues(
            takesLeft ? *atLeft->second : absent, takesRight ? *atRight->second : absent);
        if (std::is_neq(order)) {
            return order;
        }
        atLeft += takesLeft ? 1 : 0;
        atRight += takesRight ? 1 : 0;
    }
    return a.size() <=> b.size();
}

/// Timestamp and process are signed, the rest is not.
Order compareObjectIds(const QByteArray &a, const QByteArray &b)
{
    QByteArray left = a;
    QByteArray right = b;
    for (QByteArray *id : {&left, &right}) {
        for (const qsizetype signedAt : {0, 7}) {
            (*id)[signedAt]
                = static_cast<char>(static_cast<unsigned char>(id->at(signedAt)) ^ 0x80U);
        }
    }
    return compareBytes(left, right);
}

int rankOf(Type type)
{
    return type >= Type::Int32 && type <= Type::Decimal ? static_cast<int>(Type::Int32)
                                                        : static_cast<int>(type);
}

QByteArrayView characterAt(const char *at, const char *end)
{
    constexpr std::ptrdiff_t kBytesMax = 4;
    const char *next = at + 1;
    while (next != end && next - at < kBytesMax && isUtf8Continuation(*next)) {
        ++next;
    }
    return {at, next};
}

Order compareCharacters(QByteArrayView a, QByteArrayView b)
{
    std::array<char, foldedBytesMax(4)> roomOfA {};
    std::array<char, foldedBytesMax(4)> roomOfB {};
    return compareBytes({roomOfA.data(), foldCaseTo(roomOfA.data(), a)},
        {roomOfB.data(), foldCaseTo(roomOfB.data(), b)});
}

/// By folded case, only as far as it takes to tell: a long text is compared to many others.
Order compareStrings(QByteArrayView a, QByteArrayView b)
{
    const char *atA = a.begin();
    const char *atB = b.begin();
    while (atA != a.end() && atB != b.end()) {
        if (*atA == *atB && static_cast<unsigned char>(*atA) < 0x80U) {
            ++atA;
            ++atB;
            continue;
        }
        const QByteArrayView left = characterAt(atA, a.end());
        const QByteArrayView right = characterAt(atB, b.end());
        const Order order = compareCharacters(left, right);
        if (std::is_neq(order)) {
            return order;
        }
        atA = left.end();
        atB = right.end();
    }
    return (atA != a.end()) <=> (atB != b.end());
}

} // namespace

std::weak_ordering compareValues(const Value &a, const Value &b)
{
    if (rankOf(a.type()) != rankOf(b.type())) {
        return rankOf(a.type()) <=> rankOf(b.type());
    }
    switch (a.type()) {
    case Type::MinValue:
    case Type::Null:
    case Type::MaxValue:
        return Order::equivalent;
    case Type::Int32:
    case Type::Int64:
    case Type::Double:
    case Type::Decimal:
        return compareNumbers(a, b);
    case Type::String:
        return compareStrings(a.bytes(), b.bytes());
    case Type::Document:
        return compareDocuments(a.toDocument(), b.toDocument());
    case Type::Array:
        return std::lexicographical_compare_three_way(a.toArray().begin(),
            a.toArray().end(),
            b.toArray().begin(),
            b.toArray().end(),
            compareValues);
    case Type::Binary:
    case Type::Guid:
        return compareBytes(a.bytes(), b.bytes());
    case Type::ObjectId:
        return compareObjectIds(a.bytes(), b.bytes());
    case Type::Boolean:
        return a.toBool() <=> b.toBool();
    case Type::DateTime:
        return a.toMs() <=> b.toMs();
    }
    DRIFTLESS_ASSERT(false);
    return Order::equivalent;
}

bool areSame(const Value &a, const Value &b)
{
    return a.type() == b.type() && areEqual(a, b);
}

} // namespace driftless::query
