#pragma once

#include "served_node.h"

#include <memory>
#include <span>
#include <vector>

namespace driftless::bench {

using Mesh = std::vector<std::unique_ptr<ServedNode>>;

/// Copies that do not become equal in this time never do.
inline constexpr Nanoseconds kSpreadMax = std::chrono::seconds(300);
/// Between two looks at a node that works.
inline constexpr std::chrono::milliseconds kPoll {20};

/// Nodes that are all each other's peers and have one document; each began with an empty folder.
Result<Mesh> startMesh(Bench &bench, int count);
/// Waits until all have as many documents, and the same digest. Errors: Timeout.
Result<void> waitUntilEqual(
    std::span<const std::unique_ptr<ServedNode>> nodes, std::uint64_t documents);

} // namespace driftless::bench
