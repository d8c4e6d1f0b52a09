#pragma once

#include "core/ids.h"
#include "core/limits.h"
#include "storage/index_info.h"

#include <chrono>
#include <vector>

namespace driftless::engine {

enum class ConflictPolicy { MergeFields, LastWriterWins, Manual };
enum class Durability { Full, Normal };

struct SeedPeer
{
    NodeId id;
    QByteArray baseUrl;
    bool isActive = true;
};

/// What the engine is told at its start. A value; immutable afterwards.
struct Settings
{
    NodeId nodeId;
    QByteArray dataDirectory; ///< UTF-8, absolute; made if missing; holds node.db and the databases
    QByteArray replicationKey; ///< sent to peers
    Durability durability = Durability::Full;

    ConflictPolicy policy = ConflictPolicy::MergeFields;
    std::vector<std::pair<QByteArray, ConflictPolicy>>
        collectionPolicies; ///< by folded collection name

    std::vector<SeedPeer> seedPeers;
    int transferOperationsMax = kTransferOperationsMax;
    std::chrono::milliseconds heartbeat {1'000};
    std::chrono::milliseconds callTimeout {10'000};
    std::chrono::milliseconds backoffMax {30'000};

    qsizetype documentBytesMax = kDocumentBytesMax;
    int groupOperationsMax = kGroupOperationsMax;
    qsizetype groupBytesMax = kGroupBytesMax;
    std::chrono::milliseconds readMax {
        10'000}; ///< a read snapshot that lives longer is ended, so that the WAL can shrink
    storage::IndexSlice indexSlice; ///< with its commit well below the 50 ms that writers may wait
    std::chrono::milliseconds queryMax {30'000}; ///< a query that takes longer is ended
    qsizetype queryBytesMax = kQueryMemoryMax; ///< kept values of one, and each of its rows
    std::chrono::milliseconds queryStallMax {
        10'000}; ///< a query whose rows nobody takes for longer is ended
    qint64 cacheBytes = 16'000'000; ///< page cache of the writing connection, each database
};

} // namespace driftless::engine
