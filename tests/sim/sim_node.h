#pragma once

#include "commit_watch.h"
#include "engine/node.h"
#include "manual_executor.h"
#include "sim_clock.h"
#include "sim_network.h"
#include "temporary_folder.h"

namespace driftless::sim {

/// A node as a process on a machine: the real engine on a simulated clock, network and store
/// thread. It can be killed at any moment, also just before or behind a commit, and started again
/// on the files that this leaves. One thread.
class SimNode
{
public:
    /// Everything outlives the node. `settings`: nodeId and what else differs; the data directory
    /// is the node's own.
    SimNode(support::SimTimeline &timeline,
        support::SimNetwork &network,
        const support::TemporaryFolder &folder,
        engine::Settings settings,
        std::uint64_t seed);
    ~SimNode();

    const NodeId &id() const { return m_settings.nodeId; }
    const QByteArray &url() const { return m_url; }
    const QByteArray &dataFolder() const { return m_settings.dataDirectory; }
    static QByteArray urlOf(const NodeId &id);
    SimClock &clock() { return m_clock; }

    // The process.
    bool isUp() const { return m_node != nullptr; }
    /// Errors as the node's; it is down then.
    Result<void> start();
    /// Ends it as SIGTERM does.
    void stop();
    /// Ends it as SIGKILL does, between two batches.
    void kill();
    /// Kills it at the commit after the next `skip` ones; `before`: that commit is lost, else it is
    /// made and nobody is told.
    void killAtCommit(int skip, bool before);
    /// It will not be killed at a commit after all.
    void spare() { m_commitsToLive.reset(); }
    bool isDying() const { return m_isDying; }
    /// Of the process: another after every start.
    int life() const { return m_life; }

    // Its files, while it is down or between two batches.
    /// Copies all of them.
    QByteArray savedFiles() const;
    /// Puts others in their place; the node must be down. `onlyDatabase`: not the registry.
    void replaceFiles(const QByteArray &from, bool onlyDatabase);

    // The store thread.
    /// Runs with others in one batch, soon; dropped with the process.
    void post(Task task);
    engine::Node &node() { return *m_node; }
    /// Null while it is down, or where there is no such database.
    const storage::DatabaseFile *file(const DatabaseName &database) const;

    /// Called after each batch that the process lived through.
    void onSettled(Task task) { m_onSettled = std::move(task); }
    /// Called when it was killed at a commit.
    void onKilled(Task task) { m_onKilled = std::move(task); }
    /// Called from CommitWatch.
    void beforeCommit(const QByteArray &path);

    std::uint64_t transferCount() const
    {
        return m_transfers;
    } ///< of operations that peers sent here or fetched

private:
    class Outlet;

    void serve(const replication::TransportRequest &request, support::SimNetwork::Respond respond);
    void wake();
    void runBatch();
    void scheduleTick();
    void end();
    void die(const QByteArray &image);
    void dieByCommit();
    QByteArray freshFolder() const;

    support::SimTimeline &m_timeline;
    support::SimNetwork &m_network;
    const support::TemporaryFolder &m_folder;
    engine::Settings m_settings;
    const QByteArray m_url;
    SimClock m_clock;
    support::SeededRandom m_random;
    std::unique_ptr<Outlet> m_outlet;
    std::unique_ptr<support::ManualExecutor> m_store;
    std::unique_ptr<engine::Node> m_node;
    Task m_onSettled;
    Task m_onKilled;
    std::shared_ptr<int>
        m_lifeToken; ///< what is arranged for this process finds out that it is gone
    int m_life = 0;
    bool m_isAwake = false;
    Instant m_tickAt = Instant::max();
    std::optional<int> m_commitsToLive;
    bool m_killsBefore = false;
    bool m_isDying = false;
    QByteArray m_image; ///< the files as they were before the commit that is lost
    mutable int m_files = 0;
    std::uint64_t m_transfers = 0;
};

} // namespace driftless::sim
