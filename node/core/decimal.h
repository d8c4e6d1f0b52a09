#pragma once

#include "core/result.h"

#include <QByteArray>

#include <compare>

namespace driftless {

/// An exact decimal number: sign, digits without a bound on their count, and a scale. Adding never
/// rounds and never fails. Bounds are checked once, where a number enters a counter
/// (`parseCounter`).
class Decimal
{
public:
    Decimal() = default; ///< 0

    /// A JSON number token of at most kDecimalDigitsMax digits once written in plain notation (so
    /// "1e999999999" is refused before anything of that size is made). NotANumber: not a JSON
    /// number; NumberTooLong: too many digits.
    static Result<Decimal> parseCounter(QByteArrayView token);

    /// Any JSON number token of plain notation (as toText writes), without a bound; for what was
    /// checked before. Errors: NotANumber.
    static Result<Decimal> parse(QByteArrayView token);

    Decimal &operator+=(const Decimal &other);
    Decimal &operator-=(const Decimal &other);
    friend Decimal operator+(Decimal a, const Decimal &b) { return a += b; }
    friend Decimal operator-(Decimal a, const Decimal &b) { return a -= b; }
    Decimal operator-() const;
    [[nodiscard]] bool isZero() const;
    friend bool operator==(const Decimal &a, const Decimal &b);

    /// Plain minimal notation: no exponent, no trailing zeros behind the point, no "-0".
    [[nodiscard]] QByteArray toText() const;
    /// Digits of toText, leading zero of "0.5" not counted.
    [[nodiscard]] int digitCount() const;

private:
    bool m_negative = false;
    QByteArray m_digits; ///< most significant first, one decimal digit a byte (0–9), no leading
                         ///< zeros; empty is 0
    int m_scale = 0; ///< digits behind the point; no trailing zeros there
};

} // namespace driftless
