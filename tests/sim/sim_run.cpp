#include "sim_run.h"

#include <array>

namespace driftless::sim {

namespace {

using std::chrono::milliseconds;

class Run
{
public:
    Run(std::uint64_t seed, SimCluster::Trace trace)
        : m_random(seed ^ 0x72756e)
        , m_indexRandom(seed ^ 0x696e6478)
        , m_hasDrops(m_random.oneIn(8))
        , m_hasIndexes(m_indexRandom.oneIn(3))
        , m_cluster(seed, plan(), std::move(trace))
        , m_requests(m_random)
        , m_poison(m_random)
        , m_hasPoison(m_random.oneIn(5))
        , m_saved(static_cast<std::size_t>(m_cluster.size()))
    {
    }

    std::optional<QByteArray> run()
    {
        const int steps = m_random.between(30, 120);
        for (int i = 0; i < steps && m_cluster.isFine(); ++i) {
            step();
            if (m_hasIndexes && m_indexRandom.oneIn(6)) {
                changeIndexes();
            }
            m_cluster.runFor(milliseconds(m_random.pick(std::array {0, 0, 1, 5, 20, 100, 400})));
        }
        heal();
        return m_cluster.isFine() ? std::nullopt : std::optional(m_cluster.fault());
    }

private:
    SimPlan plan()
    {
        SimPlan plan;
        plan.nodes = m_random.between(5, 6);
        plan.topology = m_random.pick(
            std::array {Topology::Mesh, Topology::Mesh, Topology::Chain, Topology::Star});
        plan.hasOneSidedPeers = m_random.oneIn(4);
        plan.hasDrops = m_hasDrops;
        plan.hasIndexes = m_hasIndexes;
        for (int i = 0; i < plan.nodes; ++i) {
            if (m_random.oneIn(6)) {
                plan.wholeWriters.insert(i);
            }
        }
        return plan;
    }

    int anyNode()
    {
        return static_cast<int>(m_random.below(static_cast<std::uint64_t>(m_cluster.size())));
    }

    void write()
    {
        std::vector<RandomRequest> requests;
        for (int i = m_random.pick(std::array {1, 1, 1, 1, 2, 3}); i > 0; --i) {
            requests.push_back(m_requests.next());
        }
        m_cluster.write(anyNode(), requests);
    }

    void step()
    {
        const std::uint64_t dice = m_random.below(100);
        if (m_hasDrops && m_random.oneIn(12)) {
            dropOrCreate();
        } else if (dice < 62) {
            write();
        } else if (dice < 74) {
            breakLink();
        } else if (dice < 90) {
            breakMachine();
        } else if (dice < 95) {
            jumpClock();
        } else if (m_hasPoison) {
            const int i = anyNode();
            if (m_cluster.node(i).isUp()) {
                m_cluster.poison(i, m_poison);
            }
        } else {
            m_cluster.runFor(milliseconds(m_random.between(500, 3'000)));
        }
    }

    void dropOrCreate()
    {
        const int i = anyNode();
        if (!m_cluster.node(i).isUp()) {
            return;
        }
        if (m_random.oneIn(3)) {
            m_cluster.dropDatabase(i);
        } else {
            m_cluster.createDatabase(i);
        }
    }

    void changeIndexes()
    {
        const int i
            = static_cast<int>(m_indexRandom.below(static_cast<std::uint64_t>(m_cluster.size())));
        if (!m_cluster.node(i).isUp()) {
            return;
        }
        const QByteArray name = m_indexRandom.pick(std::array {"one", "two"});
        if (m_indexRandom.oneIn(4)) {
            m_cluster.dropIndex(i, name);
        } else {
            // The last but one has no value for most documents, the last several or none.
            m_cluster.createIndex(i,
                name,
                m_indexRandom.pick(
                    std::array {"n", "A", "[b, n]", "[n, LOWER(a)]", "n > 1 AND b", "a[*]"}));
        }
    }

    void breakLink()
    {
        const int a = anyNode();
        const int b = anyNode();
        const QByteArray &from = m_cluster.node(a).url();
        const QByteArray &to = m_cluster.node(b).url();
        switch (m_random.below(8)) {
        case 0:
            m_cluster.say("cut " + from + " -> " + to),
                m_cluster.network().block(from, to, m_random.oneIn(2));
            break;
        case 1:
            m_cluster.say("cut " + from + " <> " + to), m_cluster.cut(a, b);
            break;
        case 2:
            m_cluster.say("two sides"), m_cluster.cut({a, b});
            break;
        case 3:
            flap(a, b);
            break;
        case 4:
            m_cluster.say(to + " hangs"), m_cluster.network().setHanging(to, true);
            break;
        case 5: {
            const int loss = m_random.between(0, 30);
            m_cluster.say("bad network");
            m_cluster.network().setFaults({loss,
                m_random.between(0, 20),
                m_random.between(0, 20),
                milliseconds(1),
                milliseconds(m_random.between(2, 600))});
            break;
        }
        default:
            m_cluster.say("good network"), m_cluster.mend();
            break;
        }
    }

    void flap(int a, int b)
    {
        m_cluster.say("flapping " + m_cluster.node(a).url() + " <> " + m_cluster.node(b).url());
        for (int i = 0; i < 6; ++i) {
            m_cluster.timeline().after(milliseconds(150 * i), [this, a, b, i] {
                if (i % 2 == 0) {
                    m_cluster.cut(a, b);
                } else {
                    m_cluster.network().unblock(m_cluster.node(a).url(), m_cluster.node(b).url());
                    m_cluster.network().unblock(m_cluster.node(b).url(), m_cluster.node(a).url());
                }
            });
        }
    }

    void breakMachine()
    {
        const int i = anyNode();
        const int other = anyNode();
        switch (m_random.below(10)) {
        case 0:
            m_cluster.say("kill " + m_cluster.node(i).id().bytes()), m_cluster.kill(i);
            break;
        case 1:
        case 2:
        case 3:
            if (m_cluster.node(i).isUp()) {
                m_cluster.killAtCommit(i, m_random.between(0, 4), m_random.oneIn(2));
            }
            break;
        case 4:
        case 5:
            m_cluster.start(i);
            break;
        case 6:
            m_cluster.restart(i);
            break;
        case 7:
            m_saved[static_cast<std::size_t>(i)] = m_cluster.save(i);
            break;
        case 8:
            if (!m_saved[static_cast<std::size_t>(i)].isEmpty()) {
                m_cluster.setBack(i, m_saved[static_cast<std::size_t>(i)]);
            }
            break;
        default:
            if (i != other && m_random.oneIn(2) && m_cluster.file(i) != nullptr
                && m_cluster.file(other) != nullptr) {
                m_cluster.clone(i, other);
                m_saved[static_cast<std::size_t>(other)].clear();
            }
            break;
        }
    }

    void jumpClock()
    {
        const int i = anyNode();
        const int seconds = m_random.pick(std::array {-7'200, -60, -2, -1, 1, 2, 60, 7'200});
        m_cluster.say("the clock of " + m_cluster.node(i).id().bytes() + " jumps by "
            + QByteArray::number(seconds) + " s");
        m_cluster.node(i).clock().jump(std::chrono::seconds(seconds));
    }

    void heal()
    {
        if (!m_cluster.isFine()) {
            return;
        }
        m_cluster.say("heal");
        m_cluster.runFor(milliseconds(1'000)); // what flaps has come to rest
        m_cluster.mend();
        for (int i = 0; i < m_cluster.size(); ++i) {
            m_cluster.node(i).spare();
            m_cluster.start(i);
        }
        if (m_hasDrops) { // what was deleted last comes to be known everywhere, then it is made
                          // anew
            m_cluster.runFor(std::chrono::seconds(20));
            m_cluster.createDatabase(0);
            m_cluster.runFor(milliseconds(10));
        }
        m_cluster.put(0, "last", R"({"Id":"last"})"); // every cluster has at least one document
        if (!m_cluster.runUntilQuiet(std::chrono::seconds(60))) {
            return;
        }
        m_cluster.checkAll();
        const std::uint64_t before = transfers();
        m_cluster.runFor(std::chrono::seconds(4));
        if (transfers() != before) {
            m_cluster.fail("copies that agree go on exchanging operations");
        }
    }

    std::uint64_t transfers()
    {
        std::uint64_t sum = 0;
        for (int i = 0; i < m_cluster.size(); ++i) {
            sum += m_cluster.node(i).transferCount();
        }
        return sum;
    }

    support::SeededRandom m_random;
    support::SeededRandom m_indexRandom; ///< of its own, so that the others live as without
    const bool m_hasDrops;
    const bool m_hasIndexes;
    SimCluster m_cluster;
    RandomRequests m_requests;
    PoisonMaker m_poison;
    const bool m_hasPoison;
    std::vector<QByteArray> m_saved;
};

} // namespace

std::optional<QByteArray> runCluster(
    std::uint64_t seed, const std::function<void(const QByteArray &)> &trace)
{
    return Run(seed, trace).run();
}

} // namespace driftless::sim
