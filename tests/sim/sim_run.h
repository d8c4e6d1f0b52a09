#pragma once

#include "sim_cluster.h"

namespace driftless::sim {

/// A cluster's life from one seed. Phase 1: clients write while everything goes wrong that can.
/// Phase 2: the network heals and every node is up; in bounded time all copies agree, nothing
/// acknowledged is missing, nothing is said any more. Answers what went wrong.
std::optional<QByteArray> runCluster(
    std::uint64_t seed, const std::function<void(const QByteArray &)> &trace);

} // namespace driftless::sim
