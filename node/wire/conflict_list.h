#pragma once

#include "core/clock.h"
#include "core/hash.h"

#include <vector>

namespace driftless::wire {

struct ConflictSide
{
    Hash128 version; ///< id of the operation
    QByteArray nodeId;
    WallTime timestamp {};
    bool isDelete = false;
    QByteArray value; ///< of the member, JSON; empty is null
    QByteArray document; ///< the whole one after that write, JSON; empty is null
};

struct ConflictRow
{
    QByteArray collection;
    QByteArray entityId;
    QByteArray member;
    ConflictSide winner;
    ConflictSide loser;
};

/// GET /api/conflicts: `{"Total":n,"Conflicts":[…]}`.
struct ConflictList
{
    qint64 total = 0; ///< in the whole database
    std::vector<ConflictRow> rows;

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
