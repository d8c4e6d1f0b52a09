#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "core/task.h"
#include "engine/database.h"
#include "replication/pump.h"

#include <functional>
#include <map>
#include <memory>

namespace driftless::engine {

/// What replication asks of the node that it serves. Store thread, outside of transactions.
class ReplicaHost : public replication::LocalCopies
{
public:
    /// Null where the database is not open here.
    virtual Database *openDatabase(const DatabaseName &name) = 0;
    virtual void createReplica(const DatabaseName &name, const replication::Generation &generation)
        = 0;
    virtual void joinGeneration(const DatabaseName &name, const replication::Generation &generation)
        = 0;
    /// The database has a new last position that is durable.
    virtual void logGrew(const DatabaseName &name) = 0;
    /// Runs the task once the transactions of the running batch are settled.
    virtual void afterCommit(Task task) = 0;
};

/// Runs the pumps: one for each peer. Executes what they decide, through the transport, and tells
/// them what came of it. Everything happens between transactions. Store thread; the transport's
/// completions come there too.
class Replicator
{
public:
    struct Context
    {
        const Settings &settings;
        const Clock &clock;
        Random &random;
        replication::Transport &transport;
        ReplicaHost &host;
    };

    explicit Replicator(const Context &context);
    ~Replicator();

    /// The table as it was kept; then every change of it.
    void setPeers(const std::vector<replication::Peer> &peers);

    void tick();
    /// When the next tick is due; Instant::max() for never.
    [[nodiscard]] Instant nextDue() const;
    void logGrew(const DatabaseName &database);
    void hintHeard(const NodeId &source);
    /// The answer to a peer's heartbeat. Malformed.
    Result<QByteArray> heartbeatHeard(const QByteArray &body);
    /// A peer's transfer was ingested and is durable.
    void operationsHeard(const NodeId &source,
        std::vector<NodeId> activePeers,
        const DatabaseName &database,
        const storage::VersionVector &senderHas);
    /// The answer to a fetch. Malformed; NotFound where the database is not here.
    Result<QByteArray> answerFetch(const DatabaseName &database, const QByteArray &body);

    [[nodiscard]] std::uint64_t run() const { return m_run; }
    [[nodiscard]] replication::Sender sender() const;
    [[nodiscard]] std::optional<replication::PumpStatus> status(const NodeId &peer) const;
    [[nodiscard]] std::optional<replication::PumpDatabaseStatus> status(
        const NodeId &peer, const DatabaseName &database) const;
    [[nodiscard]] std::vector<replication::PeerScope> scopes() const;
    /// What the peers are known to have of a database, all taken together, in whatever generation
    /// they said so.
    [[nodiscard]] storage::VersionVector knownElsewhere(const DatabaseName &database) const;

private:
    void handle(const NodeId &peer, const replication::Event &event);
    void joinGenerations(const replication::Heartbeat &heartbeat);
    void handleAll(const replication::Event &event);
    void drain();
    void execute(replication::Pump &pump, const replication::Effect &effect);
    void call(replication::Pump &pump,
        replication::CallId call,
        const char *path,
        const DatabaseName *database,
        QByteArray body);
    void sendOperations(replication::Pump &pump, const replication::SendOperations &effect);
    void sendFetch(replication::Pump &pump, const replication::SendFetch &effect);
    void ingestFetched(replication::Pump &pump, const replication::IngestFetched &effect);
    void admit(const replication::AdmitNode &effect);
    void recordFork(const replication::RecordFork &effect);
    replication::RelayRule relayRule(Database &database, const NodeId &peer) const;

    Context m_context;
    const std::uint64_t m_run;
    replication::ActivePeers m_activePeers;
    std::map<NodeId, std::unique_ptr<replication::Pump>> m_pumps;
    std::vector<std::pair<NodeId, replication::Event>>
        m_events; ///< waiting: handling one may bring others
    bool m_isDraining = false;
    std::shared_ptr<Replicator *>
        m_alive; ///< completions that come too late find nothing behind it
};

} // namespace driftless::engine
