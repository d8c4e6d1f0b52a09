#pragma once

#include "core/executor.h"
#include "engine/access.h"
#include "engine/requests.h"

#include <functional>
#include <memory>
#include <set>

namespace driftless::storage {
class ReadToken;
}

namespace driftless::engine {

class Node;
class ReaderPool;

template <typename T> using Answer = std::function<void(Result<T>)>;

/// A batch that failed says where.
struct BatchFailure
{
    Error error;
    int index = kNoBatchIndex;
};

/// The asynchronous door of the engine. Every method is called on the front thread (the net thread)
/// and calls its answer there, once, later or at once. Writes are answered after the commit that
/// made them durable. `Busy`: a queue is full.
class Gateway
{
public:
    /// Everything outlives the gateway. `store` runs the node, `front` runs the answers.
    Gateway(
        Node &node, Executor &store, ReaderPool &readers, Executor &front, const Access &access);
    ~Gateway();

    [[nodiscard]] const Access &access() const { return m_access; }

    // Databases.
    /// Makes sure that the database exists, creating it if `mayCreate`. Answers at once for one
    /// that is known. Errors: Forbidden (it does not exist and may not be created),
    /// DatabaseDeleted, FileDamaged and the like.
    void open(const DatabaseName &name, bool mayCreate, Answer<void> answer);
    void databases(Answer<std::vector<DatabaseInfo>> answer);
    /// A PUT of the database: answers true if it was made, false if it was there. A deleted one
    /// comes back empty as the next generation.
    void createDatabase(const DatabaseName &name, Answer<bool> answer);
    /// NotFound if it does not exist.
    void deleteDatabase(const DatabaseName &name, Answer<void> answer);

    // Documents. The database must be open (see above).
    void write(const DatabaseName &database, WriteRequest request, Answer<WriteOutcome> answer);
    /// All or nothing, one group. On failure `failure` says which write.
    void batch(const DatabaseName &database,
        std::vector<WriteRequest> requests,
        std::function<void(Result<BatchOutcome>, int failedIndex)> answer);
    void document(const DatabaseName &database,
        QByteArray collection,
        QByteArray id,
        Answer<std::optional<DocumentView>> answer);
    void documents(const DatabaseName &database, PageRequest page, Answer<DocumentPage> answer);
    /// Spellings, sorted by folded name; `cache` only if `includeSystem`.
    void collections(
        const DatabaseName &database, bool includeSystem, Answer<std::vector<QByteArray>> answer);
    /// Runs a statement: a SELECT on a thread of queries, what it writes with the other writes.
    /// What is answered may be cancelled, on any thread: it then ends soon, with ShuttingDown.
    /// Errors besides: as of readQuery, runSelect and WriteRun.
    std::shared_ptr<storage::ReadToken> query(
        const DatabaseName &database, QueryRequest request, Answer<QueryOutcome> answer);
    /// Ends all statements that are under way: the node stops.
    void cancelQueries();
    void registerCollection(
        const DatabaseName &database, QByteArray collection, Answer<void> answer);
    void conflicts(const DatabaseName &database, int skip, int take, Answer<ConflictPage> answer);

    // Indexes, of this node alone.
    /// Answers true if it was begun, false if it is there already. Errors: InvalidArgument (the
    /// name, the expression), VersionMismatch (there is one of that name and another expression).
    void createIndex(const DatabaseName &database, IndexRequest index, Answer<bool> answer);
    /// Answers false if there is none.
    void dropIndex(
        const DatabaseName &database, QByteArray collection, QByteArray name, Answer<bool> answer);
    /// Of one collection, or of all; by collection, then by name.
    void indexes(const DatabaseName &database,
        std::optional<QByteArray> collection,
        Answer<std::vector<IndexView>> answer);

    // Cluster.
    void convergence(const DatabaseName &database, Answer<Convergence> answer);
    void peers(std::optional<DatabaseName> database, Answer<std::vector<PeerView>> answer);
    /// Errors: InvalidArgument (the node's own id, a URL that is none).
    void savePeer(PeerView peer, Answer<void> answer);
    /// NotFound if there is no such peer in that scope.
    void removePeer(NodeId peer, std::optional<DatabaseName> database, Answer<void> answer);
    void replicationStatus(Answer<std::vector<DatabaseStatus>> answer);
    /// A hint that `database` has news at `source`. False: the store's queue is full; the next
    /// heartbeat makes up for it.
    [[nodiscard]] bool hint(NodeId source, DatabaseName database);

    // Node to node, in our own dialect: CBOR in, CBOR out (replication/messages.h).
    void receiveOperations(DatabaseName database, QByteArray body, Answer<QByteArray> answer);
    void receiveHeartbeat(QByteArray body, Answer<QByteArray> answer);
    void receiveFetch(DatabaseName database, QByteArray body, Answer<QByteArray> answer);

    // The node itself.
    [[nodiscard]] const NodeId &nodeId() const;
    [[nodiscard]] int databaseCount() const;
    [[nodiscard]] WallTime now() const;
    /// Empty when ready to serve; else the reasons, a sentence each.
    [[nodiscard]] std::vector<QByteArray> notReadyReasons() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
    const Access &m_access;
};

} // namespace driftless::engine
