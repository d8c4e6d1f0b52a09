#include "core/hash.h"

#include <QtEndian>
#include <xxhash.h>

namespace driftless {

Hash128 Hash128::of(QByteArrayView data)
{
    const XXH128_hash_t hash = XXH3_128bits(data.data(), static_cast<std::size_t>(data.size()));
    return {hash.high64, hash.low64};
}

std::optional<Hash128> Hash128::fromBytes(QByteArrayView bytes)
{
    if (bytes.size() != 16) {
        return std::nullopt;
    }
    return Hash128 {
        qFromBigEndian<quint64>(bytes.data()), qFromBigEndian<quint64>(bytes.data() + 8)};
}

QByteArray Hash128::bytes() const
{
    const std::array<char, 16> result = byteArray();
    return {result.data(), static_cast<qsizetype>(result.size())};
}

std::array<char, 16> Hash128::byteArray() const
{
    std::array<char, 16> result {};
    qToBigEndian<quint64>(high, result.data());
    qToBigEndian<quint64>(low, result.data() + 8);
    return result;
}

QByteArray Hash128::hex() const
{
    return bytes().toHex();
}

Hash128 &Hash128::operator+=(const Hash128 &other)
{
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
}

Hash128 &Hash128::operator-=(const Hash128 &other)
{
    const std::uint64_t borrow = low < other.low ? 1 : 0;
    low -= other.low;
    high -= other.high + borrow;
    return *this;
}

} // namespace driftless
