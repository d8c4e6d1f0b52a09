#pragma once

#include <QByteArray>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>

namespace driftless {

/// 128 bits, big-endian in `bytes()`. XXH3-128 finds faults, not forgers: peers are trusted by
/// their key.
struct Hash128
{
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    static Hash128 of(QByteArrayView data);
    /// Of exactly 16 bytes, else nothing.
    static std::optional<Hash128> fromBytes(QByteArrayView bytes);
    [[nodiscard]] QByteArray bytes() const;
    /// The same without an allocation.
    [[nodiscard]] std::array<char, 16> byteArray() const;
    /// 32 lower-case hex digits.
    [[nodiscard]] QByteArray hex() const;

    friend bool operator==(const Hash128 &, const Hash128 &) = default;
    friend std::strong_ordering operator<=>(const Hash128 &a, const Hash128 &b)
    {
        const auto order = a.high <=> b.high;
        return std::is_neq(order) ? order : a.low <=> b.low;
    }

    /// Addition and subtraction modulo 2^128: a sum of row hashes can be kept up to date row by
    /// row.
    Hash128 &operator+=(const Hash128 &other);
    Hash128 &operator-=(const Hash128 &other);
};

} // namespace driftless
