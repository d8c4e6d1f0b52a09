#pragma once

#include "copy_watch.h"
#include "poison.h"
#include "random_requests.h"
#include "sim_node.h"

namespace driftless::sim {

enum class Topology { Mesh, Chain, Star };

struct SimPlan
{
    int nodes = 5;
    Topology topology = Topology::Mesh;
    std::set<int> wholeWriters; ///< nodes under the policy LastWriterWins
    bool hasOneSidedPeers = false; ///< of some pairs only one node knows the other
    bool hasIndexes = false; ///< nodes may have indexes, which are looked at
    bool hasDrops = false; ///< the database may be deleted and made anew
    std::chrono::milliseconds backoffMax {5'000};
};

/// Whole nodes on a simulated network, with the judge at their side: after every batch of every
/// node what it holds is judged, and copies with equal vectors must have equal digests. Tests and
/// random runs drive it. The first thing that is wrong sticks. One thread.
class SimCluster
{
public:
    using Duration = support::SimTimeline::Duration;
    using Trace = std::function<void(const QByteArray &line)>;

    SimCluster(std::uint64_t seed, const SimPlan &plan, Trace trace = nullptr);
    ~SimCluster();

    // What went wrong; empty if nothing did.
    [[nodiscard]] const QByteArray &fault() const { return m_fault; }
    [[nodiscard]] bool isFine() const { return m_fault.isEmpty(); }
    void fail(const QByteArray &what);
    void say(const QByteArray &line) const;

    [[nodiscard]] int size() const { return static_cast<int>(m_nodes.size()); }
    SimNode &node(int i);
    support::SimNetwork &network() { return m_network; }
    support::SimTimeline &timeline() { return m_timeline; }

    // Clients.
    /// One write, or one atomic group, at a node that is up. What is answered is remembered as
    /// acknowledged.
    void write(int i, const std::vector<RandomRequest> &requests);
    void put(int i, const QByteArray &id, const QByteArray &body);
    void patch(int i, const QByteArray &id, const QByteArray &patch);
    void remove(int i, const QByteArray &id);
    /// Puts of several documents as one group.
    void putAll(int i, const std::vector<std::pair<QByteArray, QByteArray>> &documents);
    /// DELETE and PUT of the database; only with `hasDrops`.
    void dropDatabase(int i);
    void createDatabase(int i);
    // Indexes of one node.
    void createIndex(int i, const QByteArray &name, const QByteArray &expression);
    void dropIndex(int i, const QByteArray &name);

    /// A group of operations from nowhere that nobody can apply.
    void poison(int i, PoisonMaker &maker);
    /// Hands a node a transfer as a peer would.
    void deliver(int i, const NodeId &sender, const std::vector<storage::Operation> &operations);

    /// From now on a fork is no fault, and no reason to disagree either.
    void allowForks() { m_allowsForks = true; }

    // Links, both ways.
    void cut(int a, int b);
    void cut(const std::set<int> &side);
    void mend();

    // Machines.
    void start(int i);
    void kill(int i);
    void killAtCommit(int i, int skip, bool before);
    void restart(int i);
    QByteArray save(int i);
    /// Kills the node, puts the files in the place of its own, and starts it.
    void setBack(int i, const QByteArray &files);
    /// Kills `target` and starts it with a copy of the database of `source`.
    void clone(int source, int target);

    // Time.
    void runFor(Duration time);
    /// Until every node is up, has everything, agrees with all and says so; false, with a fault, if
    /// that does not come in time.
    bool runUntilQuiet(Duration most);

    // What a node shows.
    /// The bytes, or empty where there is no such document or database.
    QByteArray shown(int i, const QByteArray &id);
    /// Members of the listed conflicts of a document.
    std::set<QByteArray> conflicts(int i, const QByteArray &id);
    const storage::DatabaseFile *file(int i) { return node(i).file(m_database); }
    [[nodiscard]] const CopyWatch &watch(int i) const;
    Hash128 digest(int i) { return file(i) != nullptr ? file(i)->digest() : Hash128 {}; }
    /// Everything once more, and what a reader sees; every acknowledged write is everywhere.
    void checkAll();

private:
    struct Member;
    struct Acknowledged
    {
        Hash128 hash;
        std::optional<std::uint64_t> generation; ///< nothing: of this or an earlier one
        bool isExcused = false; ///< its node was set back before anybody else had it
    };

    engine::Settings settingsOf(int i, const SimPlan &plan, support::SeededRandom &random) const;
    [[nodiscard]] std::vector<std::pair<int, int>> edges(const SimPlan &plan) const;
    void settled(int i);
    void acknowledge(int i, const std::vector<engine::WriteOutcome> &outcomes);
    void checkPairs(int i);
    /// Of the copy at a node that is up; nothing where there is none.
    std::optional<std::uint64_t> generationOf(int i);
    /// Starts looking anew where the copy belongs to another life of the database; false if it is
    /// there no more.
    bool follow(int i);
    void excuseWhatIsGone();
    /// Each index of a node is what a scan finds, as far as it is built.
    void checkIndexes(int i);
    bool isQuiet(QByteArray &why);
    QByteArray described();
    bool isCovered(const Dot &dot);

    const DatabaseName m_database;
    support::SimTimeline m_timeline;
    support::SimNetwork m_network;
    support::TemporaryFolder m_folder;
    CommitWatch m_commits;
    Judge m_judge;
    Trace m_trace;
    const bool m_hasDrops;
    const bool m_hasIndexes;
    int m_settles = 0;
    std::vector<std::unique_ptr<Member>> m_nodes;
    std::map<Dot, Acknowledged> m_acknowledged;
    QByteArray m_fault;
    bool m_allowsForks = false;
};

} // namespace driftless::sim
