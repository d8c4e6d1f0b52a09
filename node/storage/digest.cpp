#include "storage/digest.h"

namespace driftless::storage {

std::size_t Digest::bucketOf(QByteArrayView foldedId)
{
    return static_cast<std::size_t>(Hash128::of(foldedId).low % kBuckets);
}

Hash128 Digest::total() const
{
    Hash128 sum;
    for (const Hash128 &bucket : m_buckets) {
        sum += bucket;
    }
    return sum;
}

QByteArray Digest::bytes() const
{
    QByteArray result;
    result.reserve(kBuckets * 16);
    for (const Hash128 &bucket : m_buckets) {
        result.append(bucket.bytes());
    }
    return result;
}

std::optional<Digest> Digest::fromBytes(QByteArrayView bytes)
{
    if (bytes.size() != static_cast<qsizetype>(kBuckets) * 16) {
        return std::nullopt;
    }
    Digest digest;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        digest.m_buckets[i] = *Hash128::fromBytes(bytes.sliced(static_cast<qsizetype>(i) * 16, 16));
    }
    return digest;
}

bool isInDigest(QByteArrayView foldedCollection)
{
    return foldedCollection != "cache";
}

} // namespace driftless::storage
