#pragma once

#include "core/hash.h"

#include <array>
#include <optional>

namespace driftless::storage {

/// The fingerprint of a database's state: row hashes summed modulo 2^128 in buckets by the hash of
/// the folded id. The number of buckets is part of the format.
class Digest
{
public:
    static constexpr std::size_t kBuckets = 64;

    void add(QByteArrayView foldedId, const Hash128 &rowHash)
    {
        m_buckets[bucketOf(foldedId)] += rowHash;
    }
    void remove(QByteArrayView foldedId, const Hash128 &rowHash)
    {
        m_buckets[bucketOf(foldedId)] -= rowHash;
    }
    [[nodiscard]] Hash128 total() const;

    [[nodiscard]] QByteArray bytes() const;
    static std::optional<Digest> fromBytes(QByteArrayView bytes);
    friend bool operator==(const Digest &, const Digest &) = default;

private:
    static std::size_t bucketOf(QByteArrayView foldedId);

    std::array<Hash128, kBuckets> m_buckets {};
};

/// Entries of `cache` expire on each node by itself, so they are no part of the digest.
bool isInDigest(QByteArrayView foldedCollection);

} // namespace driftless::storage
