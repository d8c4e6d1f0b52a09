#pragma once

#include <QByteArray>

#include <chrono>
#include <cstdint>
#include <optional>

namespace driftless::storage {

enum class IndexState : std::uint8_t {
    Building = 0, ///< covers the documents up to an id; the writer keeps that part right
    Ready = 1, ///< covers all documents of its collection
    Dropped = 2, ///< nobody sees it any more; its entries are being removed
};

/// An index as whoever reads sees it.
struct IndexInfo
{
    std::int64_t id = 0; ///< no other index of the database ever has it
    QByteArray collection; ///< as first written here
    QByteArray name;
    QByteArray expression; ///< canonical text
    IndexState state = IndexState::Building; ///< or Ready; those that were dropped are not seen
    qint64 documentsDone = 0; ///< tombstones count too
    qint64 documentsTotal = 0; ///< 0 until they are counted
};

/// How much is built or removed at a time: what is reached first ends it.
struct IndexSlice
{
    std::chrono::milliseconds timeMax {15};
    int documentsMax = 5'000;
};

/// A range of keys.
struct IndexRange
{
    QByteArray from {}; ///< the first key that belongs to it; empty: from the lowest
    std::optional<QByteArray> to {}; ///< the first that does not; nothing: to the highest
    bool isDescending = false; ///< by keys; the ids of one key ascend either way
    bool withBodies = true; ///< otherwise the documents are not looked at: keys and ids alone
};

} // namespace driftless::storage
