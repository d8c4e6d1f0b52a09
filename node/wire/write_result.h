#pragma once

#include "core/clock.h"
#include "core/hash.h"

#include <optional>

namespace driftless::wire {

/// An operation in the reference's shape (OperationRecord).
struct OperationRecord
{
    Hash128 id;
    QByteArray nodeId;
    WallTime timestamp {};
    QByteArray collection;
    QByteArray entityId;
    int type = 1; ///< 1 insert, 2 update, 3 delete
    QByteArray payload; ///< the document's bytes
    std::uint64_t sequence = 0;
    std::int64_t logSequence = 0;
    QByteArray parentVersion; ///< empty is null

    void appendJson(QByteArray &out) const;
};

/// The answer to a write of one document.
struct WriteResult
{
    QByteArray collection;
    QByteArray entityId;
    std::optional<Hash128> version;
    WallTime committed {};
    bool isDeleted = false;
    std::optional<OperationRecord> operation;

    /// Members in the reference's order.
    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
