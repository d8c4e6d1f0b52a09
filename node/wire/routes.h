#pragma once

/// The paths of the API, as patterns: a segment in braces is a parameter. Paths match in any case
/// and with a trailing '/'.
namespace driftless::wire::routes {

// The reference's.
inline constexpr char kCollections[] = "/api/documents";
inline constexpr char kDocuments[] = "/api/documents/{collection}";
inline constexpr char kRegister[] = "/api/documents/{collection}/register";
inline constexpr char kDocument[] = "/api/documents/{collection}/{id}";
inline constexpr char kQuery[] = "/api/query";
inline constexpr char kPeers[] = "/api/cluster/peers";
inline constexpr char kReplicationStatus[] = "/api/replication/status";
inline constexpr char kHints[] = "/ws/replication";
inline constexpr char kNode[] = "/node";

// Ours.
inline constexpr char kBatch[] = "/api/batch";
inline constexpr char kDatabases[] = "/api/databases";
inline constexpr char kDatabase[] = "/api/databases/{name}";
inline constexpr char kConvergence[] = "/api/convergence";
inline constexpr char kConflicts[] = "/api/conflicts";
inline constexpr char kIndexes[] = "/api/indexes";
inline constexpr char kCollectionIndexes[] = "/api/indexes/{collection}";
inline constexpr char kIndex[] = "/api/indexes/{collection}/{name}";
inline constexpr char kPeer[] = "/api/cluster/peers/{nodeId}";
inline constexpr char kHealth[] = "/healthz";
inline constexpr char kReady[] = "/readyz";

// Between Driftless nodes, in CBOR.
inline constexpr char kOperations[] = "/api/replication/operations";
inline constexpr char kHeartbeat[] = "/api/replication/heartbeat";
inline constexpr char kFetch[] = "/api/replication/fetch";

} // namespace driftless::wire::routes
