#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <QByteArray>

#include <vector>

namespace driftless::wire {

/// A peer, as `/api/cluster/peers` takes and shows it.
struct ClusterPeer
{
    QByteArray nodeId;
    QByteArray baseUrl;
    bool isActive = true;
    WallTime updated {};
    QByteArray database; ///< shown only: the database that it is limited to; empty is null

    /// Names in any case. NotFound: a required member is absent, in the message; InvalidJson:
    /// anything else.
    static Result<ClusterPeer> fromJson(const QByteArray &text);
    void appendJson(QByteArray &out) const;
};

QByteArray toJson(const std::vector<ClusterPeer> &peers);

} // namespace driftless::wire
