#include "query/decimal96.h"

#include "query/syntax_error.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

using Whole = boost::multiprecision::uint256_t;

const Whole &digitsMax()
{
    static const Whole max = (Whole(1) << 96U) - 1U;
    return max;
}

const Whole &powerOfTen(int exponent)
{
    static const auto powers = [] {
        std::array<Whole, 60> all;
        all[0] = 1;
        for (std::size_t i = 1; i < all.size(); ++i) {
            all[i] = all[i - 1] * 10U;
        }
        return all;
    }();
    return powers[static_cast<std::size_t>(exponent)];
}

int digitCount(const Whole &digits)
{
    int count = 1;
    while (count < 59 && digits >= powerOfTen(count)) {
        ++count;
    }
    return count;
}

Whole dividedHalfEven(const Whole &digits, const Whole &divisor)
{
    Whole quotient = digits / divisor;
    const Whole twice = (digits % divisor) * 2U;
    if (twice > divisor || (twice == divisor && (quotient & 1U) != 0)) {
        ++quotient;
    }
    return quotient;
}

Error tooLarge()
{
    return evaluationError(QByteArrayLiteral("The number is too large for a decimal."));
}

Error dividedByZero()
{
    return evaluationError(QByteArrayLiteral("A decimal is divided by zero."));
}

/// digits * 10^exponent against another one; neither negative, both of at most 30 digits.
std::weak_ordering compareMagnitudes(
    const Whole &a, int exponentOfA, const Whole &b, int exponentOfB)
{
    if (a == 0 || b == 0) {
        return (a != 0) <=> (b != 0);
    }
    const int topOfA = digitCount(a) + exponentOfA;
    const int topOfB = digitCount(b) + exponentOfB;
    if (topOfA != topOfB) {
        return topOfA <=> topOfB;
    }
    const int shift = exponentOfA - exponentOfB; // at most the difference of the counts of digits
    const Whole left = shift > 0 ? Whole(a * powerOfTen(shift)) : a;
    const Whole right = shift < 0 ? Whole(b * powerOfTen(-shift)) : b;
    return left.compare(right) <=> 0;
}

struct Digits
{
    Whole digits = 0;
    int exponent = 0;
    bool isNegative = false;
};

/// Nothing if the text is no number. Digits beyond the 40th only move the exponent: they are far
/// behind what a decimal holds.
std::optional<Digits> readDigits(QByteArrayView text)
{
    Digits read;
    const char *at = text.begin();
    const char *const end = text.end();
    if (at != end && (*at == '-' || *at == '+')) {
        read.isNegative = *at++ == '-';
    }
    bool hasDigit = false;
    bool isBehindPoint = false;
    for (; at != end && *at != 'e' && *at != 'E'; ++at) {
        if (*at == '.' && !isBehindPoint) {
            isBehindPoint = true;
            continue;
        }
        if (*at < '0' || *at > '9') {
            return std::nullopt;
        }
        hasDigit = true;
        if (read.digits < powerOfTen(40)) {
            read.digits = read.digits * 10U + static_cast<unsigned>(*at - '0');
            read.exponent -= isBehindPoint ? 1 : 0;
        } else {
            read.exponent += isBehindPoint ? 0 : 1;
        }
    }
    if (!hasDigit) {
        return std::nullopt;
    }
    if (at != end) {
        int exponent = 0;
        const char *begin = at + 1 != end && at[1] == '+' ? at + 2 : at + 1;
        const auto [stop, error] = std::from_chars(begin, end, exponent);
        if (stop != end || begin == end || error != std::errc()) {
            return std::nullopt;
        }
        read.exponent += std::clamp(exponent, -100'000, 100'000);
    }
    return read;
}

QByteArrayView written(std::array<char, 64> &room, double number, int digitsBehindPoint)
{
    const auto done = digitsBehindPoint < 0
        ? std::to_chars(
            room.data(), room.data() + room.size(), number, std::chars_format::scientific)
        : std::to_chars(room.data(),
            room.data() + room.size(),
            number,
            std::chars_format::scientific,
            digitsBehindPoint);
    return {room.data(), done.ptr};
}

} // namespace

struct Decimal96::Wide
{
    static Whole digits(const Decimal96 &from) { return (Whole(from.m_high) << 64U) | from.m_low; }

    /// Fits digits and scale into what a decimal has, rounding once.
    static Result<Decimal96> fit(Whole digits, int scale, bool isNegative)
    {
        if (scale < 0) {
            if (scale < -30) {
                if (digits != 0) {
                    return tooLarge();
                }
                scale = 0;
            } else {
                digits *= powerOfTen(-scale);
                scale = 0;
            }
        }
        int drop = scale > kScaleMax ? scale - kScaleMax : 0;
        if (drop >= 59) {
            digits = 0;
            drop = 0;
            scale = kScaleMax;
        }
        while (drop < scale && digits / powerOfTen(drop) > digitsMax()) {
            ++drop;
        }
        Whole result = drop > 0 ? dividedHalfEven(digits, powerOfTen(drop)) : digits;
        if (result > digitsMax() && drop < scale) { // rounded up to one digit more
            ++drop;
            result = dividedHalfEven(digits, powerOfTen(drop));
        }
        if (result > digitsMax()) {
            return tooLarge();
        }
        Decimal96 made;
        made.m_low = static_cast<std::uint64_t>(result & std::numeric_limits<std::uint64_t>::max());
        made.m_high = static_cast<std::uint32_t>(result >> 64U);
        made.m_scale = static_cast<std::uint8_t>(scale - drop);
        made.m_negative = isNegative;
        return made;
    }
};

Decimal96 Decimal96::fromInt64(std::int64_t number)
{
    Decimal96 made;
    made.m_negative = number < 0;
    made.m_low
        = number < 0 ? 0U - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    return made;
}

Result<Decimal96> Decimal96::fromDouble(double number)
{
    if (!std::isfinite(number)) {
        return tooLarge();
    }
    std::array<char, 64> room {};
    auto read = readDigits(written(room, number, 14)).value_or(Digits());
    while (read.digits != 0 && read.exponent < 0 && read.digits % 10U == 0) {
        read.digits /= 10U;
        ++read.exponent;
    }
    if (read.digits == 0) {
        return Decimal96();
    }
    return Wide::fit(read.digits, -read.exponent, read.isNegative);
}

std::optional<Decimal96> Decimal96::parse(QByteArrayView text)
{
    const auto read = readDigits(text);
    if (!read) {
        return std::nullopt;
    }
    auto made = Wide::fit(read->digits, -read->exponent, read->isNegative);
    return made ? std::optional(*made) : std::nullopt;
}

Result<Decimal96> Decimal96::add(const Decimal96 &a, const Decimal96 &b)
{
    const int scale = std::max(a.m_scale, b.m_scale);
    const Whole left = Wide::digits(a) * powerOfTen(scale - a.m_scale);
    const Whole right = Wide::digits(b) * powerOfTen(scale - b.m_scale);
    if (a.m_negative == b.m_negative) {
        return Wide::fit(left + right, scale, a.m_negative);
    }
    return left >= right ? Wide::fit(left - right, scale, a.m_negative)
                         : Wide::fit(right - left, scale, b.m_negative);
}

Result<Decimal96> Decimal96::subtract(const Decimal96 &a, const Decimal96 &b)
{
    return add(a, b.negated());
}

Result<Decimal96> Decimal96::multiply(const Decimal96 &a, const Decimal96 &b)
{
    return Wide::fit(
        Wide::digits(a) * Wide::digits(b), a.m_scale + b.m_scale, a.m_negative != b.m_negative);
}

Result<Decimal96> Decimal96::divide(const Decimal96 &a, const Decimal96 &b)
{
    if (b.isZero()) {
        return dividedByZero();
    }
    int scale = a.m_scale - b.m_scale;
    Whole left = Wide::digits(a);
    const Whole divisor = Wide::digits(b);
    if (scale < 0) {
        left *= powerOfTen(-scale);
        scale = 0;
    }
    Whole quotient = left / divisor;
    Whole rest = left % divisor;
    // As many digits as there is room for, or as it takes to come out even.
    while (rest != 0 && scale < kScaleMax) {
        const Whole next = quotient * 10U + (rest * 10U) / divisor;
        if (next > digitsMax()) {
            break;
        }
        quotient = next;
        rest = (rest * 10U) % divisor;
        ++scale;
    }
    if (rest * 2U > divisor || (rest * 2U == divisor && (quotient & 1U) != 0)) {
        ++quotient;
    }
    return Wide::fit(quotient, scale, a.m_negative != b.m_negative);
}

Result<Decimal96> Decimal96::remainder(const Decimal96 &a, const Decimal96 &b)
{
    if (b.isZero()) {
        return dividedByZero();
    }
    const int scale = std::max(a.m_scale, b.m_scale);
    const Whole left = Wide::digits(a) * powerOfTen(scale - a.m_scale);
    const Whole right = Wide::digits(b) * powerOfTen(scale - b.m_scale);
    return Wide::fit(left % right, scale, a.m_negative);
}

Decimal96 Decimal96::rounded(int digits) const
{
    if (m_scale <= digits) {
        return *this;
    }
    // Dropping digits always fits.
    return *Wide::fit(
        dividedHalfEven(Wide::digits(*this), powerOfTen(m_scale - digits)), digits, m_negative);
}

Decimal96 Decimal96::negated() const
{
    Decimal96 made = *this;
    made.m_negative = !m_negative;
    return made;
}

Decimal96 Decimal96::floored() const
{
    const Whole digits = Wide::digits(*this);
    Whole whole = digits / powerOfTen(m_scale);
    if (m_negative && digits % powerOfTen(m_scale) != 0) {
        ++whole;
    }
    return *Wide::fit(whole, 0, m_negative);
}

double Decimal96::toDouble() const
{
    const QByteArray text = toText();
    double number = 0;
    std::from_chars(text.begin(), text.end(), number);
    return number;
}

std::optional<std::int64_t> Decimal96::toInt64() const
{
    const Whole whole = dividedHalfEven(Wide::digits(*this), powerOfTen(m_scale));
    const Whole limit = Whole(std::numeric_limits<std::int64_t>::max()) + (m_negative ? 1U : 0U);
    if (whole > limit) {
        return std::nullopt;
    }
    const auto magnitude = static_cast<std::uint64_t>(whole);
    return static_cast<std::int64_t>(m_negative ? 0U - magnitude : magnitude);
}

QByteArray Decimal96::toText() const
{
    QByteArray text = QByteArray::fromStdString(Wide::digits(*this).str());
    if (m_scale > 0) {
        if (text.size() <= m_scale) {
            text.prepend(QByteArray(m_scale + 1 - text.size(), '0'));
        }
        text.insert(text.size() - m_scale, '.');
    }
    return isNegative() ? '-' + text : text;
}

std::weak_ordering Decimal96::compare(const Decimal96 &a, const Decimal96 &b)
{
    if (a.isNegative() != b.isNegative()) {
        return a.isNegative() ? std::weak_ordering::less : std::weak_ordering::greater;
    }
    const auto magnitudes
        = compareMagnitudes(Wide::digits(a), -a.m_scale, Wide::digits(b), -b.m_scale);
    return a.isNegative() ? reversed(magnitudes) : magnitudes;
}

std::weak_ordering Decimal96::compareToDouble(const Decimal96 &a, double b)
{
    std::array<char, 64> room {};
    const auto read = readDigits(written(room, b, -1)).value_or(Digits());
    const bool isNegative = read.isNegative && read.digits != 0;
    if (a.isNegative() != isNegative) {
        return a.isNegative() ? std::weak_ordering::less : std::weak_ordering::greater;
    }
    const auto magnitudes
        = compareMagnitudes(Wide::digits(a), -a.m_scale, read.digits, read.exponent);
    return isNegative ? reversed(magnitudes) : magnitudes;
}

} // namespace driftless::query
