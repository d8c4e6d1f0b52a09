#pragma once

#include "engine/node.h"
#include "seeded_random.h"
#include "sim_network.h"
#include "temporary_folder.h"

#include <memory>
#include <vector>

namespace driftless::support {

/// A few whole nodes (real storage, replication and engine) on a simulated network, in simulated
/// time; counts what goes over the wire.
class SimCluster
{
public:
    using Duration = std::chrono::milliseconds;

    /// Nodes are named n0, n1, …; they know no peers yet.
    explicit SimCluster(int count, std::uint64_t seed = 1);
    ~SimCluster();

    engine::Node &node(int index);
    SimNetwork &network() { return m_network; }
    static QByteArray urlOf(int index) { return "http://n" + QByteArray::number(index); }
    static NodeId idOf(int index);

    /// `of` registers `peer`, or (not active) disables it.
    void addPeer(int of, int peer, bool isActive = true);
    void mesh();
    /// Puts a document; it is durable on return.
    void put(int at, const QByteArray &id, const QByteArray &body);
    /// Time passes.
    void run(Duration time);
    /// Runs until every node has the same vector and digest; false if that takes longer.
    bool runUntilEqual(Duration most = Duration {20'000});
    bool isEqual();
    engine::Convergence convergence(int index);
    /// Stops and starts the process of a node; its files stay.
    void restart(int index);
    /// Only `restart` may be called for a stopped node.
    void stop(int index);
    /// What the configurations of nodes that start from now on name.
    void setSeedPeers(std::vector<engine::SeedPeer> seeds) { m_seeds = std::move(seeds); }

    [[nodiscard]] std::uint64_t operationsSent() const { return m_operationsSent; }
    [[nodiscard]] std::uint64_t transfersSent() const { return m_transfersSent; }
    void resetCounts() { m_operationsSent = m_transfersSent = 0; }
    [[nodiscard]] Duration now() const { return m_timeline.now(); }

private:
    struct Member;
    void start(Member &member);
    void serve(
        Member &member, const replication::TransportRequest &request, SimNetwork::Respond respond);
    [[nodiscard]] std::uint64_t countOperations(const QByteArray &transfer) const;

    SimTimeline m_timeline;
    SimNetwork m_network;
    TemporaryFolder m_folder;
    std::vector<engine::SeedPeer> m_seeds;
    std::vector<std::unique_ptr<Member>> m_members;
    std::uint64_t m_operationsSent = 0;
    std::uint64_t m_transfersSent = 0;
};

} // namespace driftless::support
