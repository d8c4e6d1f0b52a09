#pragma once

#include "core/clock.h"

#include <QByteArray>

#include <vector>

namespace driftless::wire {

/// What a node says that it can speak to nodes of its own kind.
inline constexpr char kCapability[] = "driftless/1";

/// GET /node: the reference's members, then ours, which it ignores.
struct NodeInfo
{
    QByteArray nodeId;
    WallTime timestamp {};
    int databaseCount = 0;
    QByteArray version; ///< of the program

    [[nodiscard]] QByteArray toJson() const;
};

/// GET /readyz: `{"Status":"ready"|"not-ready","Reasons":[…]}`.
QByteArray readinessJson(const std::vector<QByteArray> &reasons);

} // namespace driftless::wire
