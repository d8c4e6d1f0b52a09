#include "core/decimal.h"

#include "core/limits.h"

#include <algorithm>
#include <optional>

namespace driftless {

namespace {

constexpr std::int64_t kExponentMax
    = 1'000'000'000'000; // beyond every length of a token, far from overflowing

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// The parts of a JSON number token (RFC 8259, section 6).
struct Token
{
    bool negative = false;
    QByteArrayView whole;
    QByteArrayView fraction;
    std::int64_t exponent = 0; ///< clamped to ±kExponentMax
    bool hasExponent = false;
};

/// Takes the digits at the front of `rest`.
QByteArrayView takeDigits(QByteArrayView &rest)
{
    const auto end = std::find_if_not(rest.begin(), rest.end(), isDigit);
    const QByteArrayView digits = rest.first(end - rest.begin());
    rest = rest.sliced(digits.size());
    return digits;
}

std::optional<Token> split(QByteArrayView rest)
{
    Token token;
    if (rest.startsWith('-')) {
        token.negative = true;
        rest = rest.sliced(1);
    }
    token.whole = takeDigits(rest);
    if (token.whole.isEmpty() || (token.whole.size() > 1 && token.whole.front() == '0')) {
        return std::nullopt;
    }
    if (rest.startsWith('.')) {
        rest = rest.sliced(1);
        token.fraction = takeDigits(rest);
        if (token.fraction.isEmpty()) {
            return std::nullopt;
        }
    }
    if (rest.startsWith('e') || rest.startsWith('E')) {
        token.hasExponent = true;
        rest = rest.sliced(1);
        const bool below = rest.startsWith('-');
        if (below || rest.startsWith('+')) {
            rest = rest.sliced(1);
        }
        const QByteArrayView digits = takeDigits(rest);
        if (digits.isEmpty()) {
            return std::nullopt;
        }
        for (const char digit : digits) {
            token.exponent = std::min(token.exponent * 10 + (digit - '0'), kExponentMax);
        }
        token.exponent = below ? -token.exponent : token.exponent;
    }
    return rest.isEmpty() ? std::optional(token) : std::nullopt;
}

Error notANumber()
{
    return {ErrorCode::NotANumber,
        "This must be a JSON number: digits, with '-' in front and a '.' inside where needed.",
        {}};
}

/// Digits with the point moved to the end, and where it stood.
struct Scaled
{
    QByteArray digits;
    qsizetype scale = 0;
};

/// No zeros in front, none behind the point at the end; zero is empty with scale 0.
void normalise(Scaled &number)
{
    QByteArray &digits = number.digits;
    qsizetype trailing = 0;
    while (trailing < number.scale && trailing < digits.size()
        && digits[digits.size() - 1 - trailing] == 0) {
        ++trailing;
    }
    digits.chop(trailing);
    number.scale -= trailing;
    const auto first
        = std::find_if(digits.cbegin(), digits.cend(), [](char digit) { return digit != 0; });
    digits.remove(0, first - digits.cbegin());
    if (digits.isEmpty()) {
        number.scale = 0;
    }
}

/// The digit of value 10^power, for a number whose last digit has the value 10^-scale.
int digitAt(const QByteArray &digits, qsizetype scale, qsizetype power)
{
    const qsizetype index = digits.size() - 1 - (power + scale);
    return index >= 0 && index < digits.size() ? digits[index] : 0;
}

/// -1, 0 or 1 as |a| is less than, equal to or greater than |b|.
int compareMagnitudes(const Scaled &a, const Scaled &b)
{
    const qsizetype top = std::max(a.digits.size() - a.scale, b.digits.size() - b.scale);
    const qsizetype bottom = -std::max(a.scale, b.scale);
    for (qsizetype power = top - 1; power >= bottom; --power) {
        const int difference
            = digitAt(a.digits, a.scale, power) - digitAt(b.digits, b.scale, power);
        if (difference != 0) {
            return difference < 0 ? -1 : 1;
        }
    }
    return 0;
}

/// |a| + sign * |b|, where |a| >= |b| if sign is -1.
Scaled combine(const Scaled &a, const Scaled &b, int sign)
{
    const qsizetype scale = std::max(a.scale, b.scale);
    const qsizetype top = std::max(a.digits.size() - a.scale, b.digits.size() - b.scale) + 1;
    Scaled result {QByteArray(std::max<qsizetype>(top, 1) + scale, '\0'), scale};
    int carry = 0;
    for (qsizetype i = result.digits.size() - 1, power = -scale; i >= 0; --i, ++power) {
        int digit
            = digitAt(a.digits, a.scale, power) + sign * digitAt(b.digits, b.scale, power) + carry;
        carry = digit < 0 ? -1 : digit / 10;
        digit -= carry * 10;
        result.digits[i] = static_cast<char>(digit);
    }
    normalise(result);
    return result;
}

/// The digits of a token, before its exponent is applied.
Scaled digitsOf(const Token &token)
{
    Scaled number;
    number.digits.reserve(token.whole.size() + token.fraction.size());
    number.digits.append(token.whole).append(token.fraction);
    for (char &digit : number.digits) {
        digit = static_cast<char>(digit - '0');
    }
    number.scale = token.fraction.size();
    return number;
}

} // namespace

Result<Decimal> Decimal::parse(QByteArrayView token)
{
    const std::optional<Token> parts = split(token);
    if (!parts || parts->hasExponent) {
        return notANumber();
    }
    Scaled number = digitsOf(*parts);
    normalise(number);
    Decimal result;
    result.m_digits = std::move(number.digits);
    result.m_scale = static_cast<int>(number.scale);
    result.m_negative = parts->negative && !result.isZero();
    return result;
}

Result<Decimal> Decimal::parseCounter(QByteArrayView token)
{
    const std::optional<Token> parts = split(token);
    if (!parts) {
        return notANumber();
    }
    Scaled number = digitsOf(*parts);
    // Without zeros at either end the value is digits * 10^power, and its plain length follows
    // without writing it.
    const auto isZeroDigit = [](char digit) { return digit == 0; };
    const auto last = std::find_if_not(number.digits.crbegin(), number.digits.crend(), isZeroDigit);
    const qsizetype zeros = last - number.digits.crbegin();
    number.digits.chop(zeros);
    number.digits.remove(0,
        std::find_if_not(number.digits.cbegin(), number.digits.cend(), isZeroDigit)
            - number.digits.cbegin());
    if (number.digits.isEmpty()) {
        return Decimal();
    }
    const std::int64_t power = parts->exponent - number.scale + zeros;
    const std::int64_t plain = power >= 0 ? number.digits.size() + power
                                          : std::max<std::int64_t>(number.digits.size(), -power);
    if (plain > kDecimalDigitsMax) {
        return Error {ErrorCode::NumberTooLong,
            "A counter holds at most " + QByteArray::number(kDecimalDigitsMax)
                + " digits in plain notation; send a number with fewer.",
            {}};
    }
    if (power > 0) {
        number.digits.append(static_cast<qsizetype>(power), '\0');
    }
    Decimal result;
    result.m_digits = std::move(number.digits);
    result.m_scale = power < 0 ? static_cast<int>(-power) : 0;
    result.m_negative = parts->negative;
    return result;
}

Decimal &Decimal::operator+=(const Decimal &other)
{
    const Scaled a {m_digits, m_scale};
    const Scaled b {other.m_digits, other.m_scale};
    Scaled sum;
    if (m_negative == other.m_negative) {
        sum = combine(a, b, 1);
    } else if (compareMagnitudes(a, b) >= 0) {
        sum = combine(a, b, -1);
    } else {
        sum = combine(b, a, -1);
        m_negative = other.m_negative;
    }
    m_digits = std::move(sum.digits);
    m_scale = static_cast<int>(sum.scale);
    m_negative = m_negative && !isZero();
    return *this;
}

Decimal &Decimal::operator-=(const Decimal &other)
{
    return *this += -other;
}

Decimal Decimal::operator-() const
{
    Decimal result = *this;
    result.m_negative = !m_negative && !isZero();
    return result;
}

bool Decimal::isZero() const
{
    return m_digits.isEmpty();
}

bool operator==(const Decimal &a, const Decimal &b)
{
    return a.m_negative == b.m_negative && a.m_scale == b.m_scale && a.m_digits == b.m_digits;
}

QByteArray Decimal::toText() const
{
    const qsizetype whole = std::max<qsizetype>(m_digits.size() - m_scale, 0);
    QByteArray text;
    text.reserve(m_digits.size() + m_scale + 3);
    if (m_negative) {
        text.append('-');
    }
    if (whole == 0) {
        text.append('0');
    }
    const auto append = [&](qsizetype begin, qsizetype end) {
        for (qsizetype i = begin; i < end; ++i) {
            text.append(static_cast<char>('0' + m_digits[i]));
        }
    };
    append(0, whole);
    if (m_scale > 0) {
        text.append('.').append(m_scale - (m_digits.size() - whole), '0');
        append(whole, m_digits.size());
    }
    return text;
}

int Decimal::digitCount() const
{
    return isZero() ? 1 : static_cast<int>(std::max<qsizetype>(m_digits.size(), m_scale));
}

} // namespace driftless
