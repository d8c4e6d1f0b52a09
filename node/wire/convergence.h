#pragma once

#include "core/clock.h"
#include "core/hash.h"

#include <map>
#include <optional>
#include <vector>

namespace driftless::wire {

struct PeerConvergence
{
    QByteArray nodeId;
    std::optional<Hash128> digest; ///< the last that the peer said
    std::optional<bool> equal; ///< nothing: not comparable yet
    std::optional<WallTime> checked;
    qint64 pendingHere = 0;
    qint64 pendingThere = 0;
};

/// GET /api/convergence: whether the copies of a database are the same, and what is left to do.
struct Convergence
{
    QByteArray database;
    Hash128 digest;
    qint64 documents = 0;
    qint64 conflicts = 0;
    qint64 quarantined = 0;
    std::map<QByteArray, std::map<std::uint64_t, std::uint64_t>>
        vector; ///< origin -> incarnation -> sequence
    bool converged = false;
    QByteArray reason; ///< why not; empty is null
    std::vector<PeerConvergence> peers;

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
