#pragma once

#include "core/result.h"

#include <QByteArray>

#include <compare>
#include <cstdint>
#include <optional>

namespace driftless::query {

/// The order of b and a, from that of a and b.
inline std::weak_ordering reversed(std::weak_ordering order)
{
    return std::is_lt(order) ? std::weak_ordering::greater
        : std::is_gt(order)  ? std::weak_ordering::less
                             : std::weak_ordering::equivalent;
}

/// The decimal number of .NET, which the language calculates money with: a sign, 96 bits of digits
/// and a scale of 0 to 28, which is kept ("1.10" * 3 is "3.30"). What does not fit is rounded half
/// to even; what is too large is an error (InvalidArgument). A value; any thread.
class Decimal96
{
public:
    static constexpr int kScaleMax = 28;

    Decimal96() = default; ///< 0
    static Decimal96 fromInt64(std::int64_t number);
    /// Rounded to 15 significant digits, as .NET does it; no trailing zeros behind the point.
    static Result<Decimal96> fromDouble(double number);
    /// Digits with an optional sign, point and exponent, and nothing else around them.
    static std::optional<Decimal96> parse(QByteArrayView text);

    static Result<Decimal96> add(const Decimal96 &a, const Decimal96 &b);
    static Result<Decimal96> subtract(const Decimal96 &a, const Decimal96 &b);
    static Result<Decimal96> multiply(const Decimal96 &a, const Decimal96 &b);
    static Result<Decimal96> divide(const Decimal96 &a, const Decimal96 &b);
    static Result<Decimal96> remainder(const Decimal96 &a, const Decimal96 &b);

    /// Half to even at so many digits behind the point (0 to 28); fewer digits stay as they are.
    [[nodiscard]] Decimal96 rounded(int digits) const;
    [[nodiscard]] Decimal96 negated() const;
    [[nodiscard]] Decimal96 floored() const;

    [[nodiscard]] bool isZero() const { return m_high == 0 && m_low == 0; }
    [[nodiscard]] bool isNegative() const { return m_negative && !isZero(); }
    [[nodiscard]] int scale() const { return m_scale; }
    [[nodiscard]] double toDouble() const;
    /// Rounded half to even; nothing if it does not fit.
    [[nodiscard]] std::optional<std::int64_t> toInt64() const;
    /// Plain notation with the scale: "1.10", "-0.5".
    [[nodiscard]] QByteArray toText() const;

    /// By value: 1.10 and 1.1 are equivalent.
    static std::weak_ordering compare(const Decimal96 &a, const Decimal96 &b);
    /// Against the number that the shortest text of `b` (finite) stands for, so that 0.1 is 0.1.
    /// Exact, unlike by way of fromDouble, and therefore one order over all numbers.
    static std::weak_ordering compareToDouble(const Decimal96 &a, double b);

private:
    struct Wide;

    std::uint64_t m_low = 0; ///< of the digits as one whole number of 96 bits
    std::uint32_t m_high = 0;
    std::uint8_t m_scale = 0;
    bool m_negative = false;
};

} // namespace driftless::query
