#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "engine/replicator.h"
#include "engine/requests.h"
#include "engine/settings.h"
#include "storage/node_registry.h"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace driftless::engine {

class WriteRun;

/// Hears what changed in a node. On the store thread.
class NodeObserver
{
public:
    virtual ~NodeObserver() = default;
    /// The databases that are alive and open.
    virtual void databasesChanged(const std::set<DatabaseName> &open) = 0;
    /// Why the node should get no requests at present, a sentence each; empty when all is well.
    virtual void healthChanged(const std::vector<QByteArray> &reasons) = 0;
};

/// The whole node but for its sockets: databases, their group commit, peers. Owns all mutable
/// state; synchronous; one thread, the store thread, whose executor calls `settle` after each batch
/// of tasks. Answers to writes are given by `settle`, after the commit.
class Node final : private ReplicaHost
{
public:
    /// Everything outlives the node. `transport` completes on the store thread.
    Node(Settings settings, const Clock &clock, Random &random, replication::Transport &transport);
    ~Node() override;

    /// Opens the registry and every database. A database that cannot be opened is reported and left
    /// alone; the others work. Errors: the data directory or node.db, by file and what to do.
    Result<void> start();
    /// Commits, checkpoints and closes. Nothing may be called afterwards.
    void stop();
    void observe(NodeObserver *observer);

    /// After each batch of tasks: commits what they wrote, answers, and lets replication see it.
    void settle();
    /// Timers of replication; call it when `nextDue` has come, or more often.
    void tick();
    [[nodiscard]] Instant nextDue() const;

    template <typename T> using Answer = std::function<void(Result<T>)>;
    using BatchAnswer = std::function<void(Result<BatchOutcome>, int failedIndex)>;

    // Databases.
    /// Answers at once, within the call.
    Result<void> open(const DatabaseName &name, bool mayCreate);
    void databases(Answer<std::vector<DatabaseInfo>> answer);
    void createDatabase(const DatabaseName &name, Answer<bool> answer);
    void deleteDatabase(const DatabaseName &name, Answer<void> answer);

    // Documents. Answered by `settle`.
    void write(
        const DatabaseName &database, const WriteRequest &request, Answer<WriteOutcome> answer);
    void batch(const DatabaseName &database,
        const std::vector<WriteRequest> &requests,
        BatchAnswer answer);
    /// The next group of a statement's writes. Answers whether there are more; on a failure the
    /// group is not written.
    void advance(
        const DatabaseName &database, const std::shared_ptr<WriteRun> &run, Answer<bool> answer);
    void registerCollection(
        const DatabaseName &database, const QByteArray &collection, Answer<void> answer);

    // Indexes. Answered by `settle`; built and removed behind it, in slices.
    /// True if it was begun, false if it is there already. Errors as DatabaseFile::createIndex.
    void createIndex(const DatabaseName &database, const IndexRequest &index, Answer<bool> answer);
    /// False if there was none.
    void dropIndex(const DatabaseName &database,
        const QByteArray &collection,
        const QByteArray &name,
        Answer<bool> answer);

    // Cluster. Answered by `settle`, so that what is told is durable.
    void convergence(const DatabaseName &database, Answer<Convergence> answer);
    void peers(const std::optional<DatabaseName> &database, Answer<std::vector<PeerView>> answer);
    void savePeer(const PeerView &peer, Answer<void> answer);
    void removePeer(
        const NodeId &peer, const std::optional<DatabaseName> &database, Answer<void> answer);
    void replicationStatus(Answer<std::vector<DatabaseStatus>> answer);
    void hint(const NodeId &source, const DatabaseName &database);
    void receiveOperations(
        const DatabaseName &database, const QByteArray &body, Answer<QByteArray> answer);
    void receiveHeartbeat(const QByteArray &body, Answer<QByteArray> answer);
    void receiveFetch(
        const DatabaseName &database, const QByteArray &body, Answer<QByteArray> answer);

    /// Immutable; any thread.
    [[nodiscard]] const Settings &settings() const { return m_settings; }
    /// Any thread.
    [[nodiscard]] WallTime now() const { return m_clock.wallTime(); }
    /// Null where it is not open.
    Database *openDatabase(const DatabaseName &name) override;
    /// Any thread.
    [[nodiscard]] QByteArray pathOf(const DatabaseName &name) const;

private:
    struct Entry
    {
        storage::NodeRegistry::DatabaseEntry registered;
        std::unique_ptr<Database> database; ///< null: deleted, or it cannot be opened
        std::optional<Error> error;
        LogPosition announced; ///< to replication
        std::optional<Error> writeFault; ///< of the last transaction, if it failed
    };
    using Settled = std::function<void(const std::optional<Error> &fault)>;

    // ReplicaHost
    [[nodiscard]] std::vector<DatabaseName> names() const override;
    [[nodiscard]] std::optional<replication::LocalCopy> find(
        const DatabaseName &database) const override;
    void createReplica(
        const DatabaseName &name, const replication::Generation &generation) override;
    void joinGeneration(
        const DatabaseName &name, const replication::Generation &generation) override;
    void logGrew(const DatabaseName &name) override;
    void afterCommit(Task task) override;

    Result<Database *> transaction(const DatabaseName &name);
    Result<BatchOutcome> writeNext(Database &database, WriteRun &run);
    void settleTransactions();
    void changeIndexes(const DatabaseName &database,
        Answer<bool> answer,
        const std::function<Result<bool>(storage::DatabaseFile &)> &change);
    void workOnIndexes();
    void noteWriteFault(const DatabaseName &name, const std::optional<Error> &fault);
    void retryWriting();
    void openEntry(Entry &entry);
    Result<void> create(const DatabaseName &name, std::uint64_t generation);
    /// The entry is a deleted one afterwards; its file has another name, its unsent writes are
    /// listed beside it.
    Result<void> setAside(Entry &entry);
    Result<void> renameAside(const Entry &entry);
    [[nodiscard]] QByteArray asidePathOf(const Entry &entry) const;
    Result<void> loadPeers();
    Result<void> takeSeed(const SeedPeer &seed);
    void announce();
    void ingest(Database &database,
        const Entry &entry,
        const QByteArray &body,
        const Answer<QByteArray> &answer);
    [[nodiscard]] QByteArray otherGeneration(const Entry &entry) const;
    [[nodiscard]] Convergence convergenceOf(const Entry &entry) const;
    PeerConvergence convergenceWith(
        const replication::PeerScope &peer, const Entry &entry, QByteArray &reason) const;
    [[nodiscard]] DatabaseStatus statusOf(const Entry &entry) const;
    [[nodiscard]] PeerStatus statusOf(const replication::PeerScope &peer, const Entry &entry) const;

    const Settings m_settings;
    const Clock &m_clock;
    Random &m_random;
    replication::Transport &m_transport;
    Instant m_writeRetryAt = Instant::max(); ///< of databases that could not be written to
    Instant m_indexDueAt = Instant::max(); ///< of the next slice; there is none to do
    DatabaseName m_indexedLast; ///< had the last slice
    NodeObserver *m_observer = nullptr;
    std::unique_ptr<storage::NodeRegistry> m_registry;
    std::map<DatabaseName, Entry> m_entries;
    std::vector<replication::Peer> m_peers;
    std::unique_ptr<Replicator> m_replicator;
    std::map<DatabaseName, std::vector<Settled>>
        m_open; ///< transactions of the running batch, with who waits for them
    std::vector<Task> m_afterCommit;
};

} // namespace driftless::engine
