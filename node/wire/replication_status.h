#pragma once

#include "core/clock.h"
#include "core/limit_counters.h"

#include <QByteArray>

#include <optional>
#include <vector>

namespace driftless::wire {

struct PeerStatusRow
{
    QByteArray nodeId;
    QByteArray baseUrl;
    bool isActive = true;
    QByteArray catchUpStatus;
    QByteArray catchUpReason; ///< empty is null
    qint64 oldestAvailable = 0;
    qint64 lastPushed = 0;
    qint64 lastPulled = 0;
    qint64 localMax = 0;
    qint64 pending = 0;
    WallTime updated {};
    std::optional<qint64> clockOffsetMs; ///< the peer's clock less ours
};

/// Operations that peers sent, since the database was opened.
struct ReceivedRow
{
    std::uint64_t applied = 0;
    std::uint64_t duplicates = 0; ///< were here already
    std::uint64_t leftOut = 0; ///< could not be taken then; offered again
};

struct DatabaseStatusRow
{
    QByteArray name;
    QByteArray error; ///< empty: healthy
    qint64 oldestAvailable = 0;
    qint64 localMax = 0;
    std::vector<PeerStatusRow> peers;
    ReceivedRow received;
};

/// GET /api/replication/status: the reference's members in its order, then ours, which its clients
/// pass over.
struct ReplicationStatus
{
    QByteArray nodeId;
    WallTime timestamp {};
    std::vector<DatabaseStatusRow> databases;
    std::uint64_t deniedCalls = 0; ///< since the start: calls with a wrong key or without the role

    LimitCounters limits; ///< how often each was hit since the start

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
