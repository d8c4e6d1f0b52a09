#include "operation_maker.h"
#include "sim_cluster.h"

#include <QTest>

using namespace driftless;
using namespace driftless::support;
using namespace std::chrono_literals;

namespace {

QByteArray bodyOf(int n)
{
    return "{\"n\":" + QByteArray::number(n) + "}";
}

/// How many operations node 0 has.
std::uint64_t heldBy(SimCluster &cluster)
{
    return cluster.node(0)
        .openDatabase(*DatabaseName::parse("shop"))
        ->file()
        .vector()
        .operationsBeyond({});
}

/// Peers met, the roster told, nothing under way. Answers how many operations there are.
std::uint64_t calm(SimCluster &cluster)
{
    cluster.put(0, "first", "{}");
    const bool isEqual = cluster.runUntilEqual();
    cluster.run(5s);
    cluster.resetCounts();
    return isEqual && cluster.isEqual() ? heldBy(cluster) : 0;
}

} // namespace

/// Whole nodes on a network that works: every topology ends equal, soon, and with hardly a transfer
/// more than there must be.
class TestExchange : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aMeshSendsEachWriteOncePerNode();
    void editsOfOneDocumentTravelOnce();
    void chainsAndStarsWaitForNothing_data();
    void chainsAndStarsWaitForNothing();
    void oneRegistrationIsEnough();
    void aForkDoesNotEndAPull();
    void aNewNodeCatchesUpOnce();
    void whatTheSourceCannotBringIsRelayed();
    void afterACutEachSideSendsWhatTheOtherLacks();
    void aRestartedNodeGoesOn();
    void convergenceIsSaid();
    void aBadNetworkOnlyDelays_data();
    void aBadNetworkOnlyDelays();
};

void TestExchange::aMeshSendsEachWriteOncePerNode()
{
    SimCluster cluster(4);
    cluster.mesh();
    const std::uint64_t before = calm(cluster);
    QVERIFY(before > 0);
    for (int i = 0; i < 60; ++i) {
        cluster.put(i % 4, QByteArray::number(i), bodyOf(i));
        cluster.run(7ms);
    }
    QVERIFY(cluster.runUntilEqual(200ms));
    cluster.run(5s);
    QVERIFY(heldBy(cluster) >= before + 60);
    QCOMPARE(cluster.operationsSent(), (heldBy(cluster) - before) * 3U);
}

void TestExchange::editsOfOneDocumentTravelOnce()
{
    SimCluster cluster(3);
    cluster.mesh();
    const std::uint64_t before = calm(cluster);
    QVERIFY(before > 0);
    for (int i = 0; i < 30; ++i) {
        cluster.put(i % 3,
            "one",
            bodyOf(i)); // each built on the one before, which another node has just sent
        cluster.run(20ms);
    }
    QVERIFY(cluster.isEqual());
    cluster.run(5s);
    QCOMPARE(cluster.operationsSent(), (heldBy(cluster) - before) * 2U);

    // Written so fast that some overtake what they are built on: a few are sent again, none is
    // lost.
    cluster.resetCounts();
    for (int i = 0; i < 30; ++i) {
        cluster.put(i % 3, "one", bodyOf(i));
        cluster.run(1ms);
    }
    QVERIFY(cluster.runUntilEqual());
    cluster.run(5s);
    QVERIFY2(cluster.operationsSent() <= 30 * 2 * 2,
        QByteArray::number(quint64 {cluster.operationsSent()}).constData());
}

void TestExchange::chainsAndStarsWaitForNothing_data()
{
    QTest::addColumn<bool>("isChain");
    QTest::newRow("chain") << true;
    QTest::newRow("star") << false;
}

void TestExchange::chainsAndStarsWaitForNothing()
{
    QFETCH(bool, isChain);
    SimCluster cluster(5);
    for (int i = 1; i < 5; ++i) {
        const int other = isChain ? i - 1 : 0;
        cluster.addPeer(i, other);
        cluster.addPeer(other, i);
    }
    const std::uint64_t before = calm(cluster);
    cluster.put(4, "far", "{}");
    QVERIFY(cluster.runUntilEqual(100ms));
    cluster.run(5s);
    QCOMPARE(cluster.operationsSent(), (heldBy(cluster) - before) * 4U); // once over each link
}

void TestExchange::oneRegistrationIsEnough()
{
    SimCluster cluster(2);
    cluster.addPeer(0, 1);
    const std::uint64_t before = calm(cluster);
    cluster.put(1, "theirs", "{}");
    QVERIFY(cluster.runUntilEqual(1'200ms)); // with the next heartbeat
    cluster.put(0, "ours", "{}");
    QVERIFY(cluster.runUntilEqual(50ms));
    cluster.run(5s);
    QCOMPARE(cluster.operationsSent(), heldBy(cluster) - before);
}

/// Each answer to a fetch begins at the first operation that the asker lacks; one that it will
/// never take must not keep it there.
void TestExchange::aForkDoesNotEndAPull()
{
    constexpr int others = 20'500; // more than an answer looks at
    SimCluster cluster(2);
    const auto file = [&cluster](int index) -> storage::DatabaseFile & {
        return cluster.node(index).openDatabase(*DatabaseName::parse("shop"))->file();
    };
    const auto apply = [&file](int index, const storage::Operation &operation) {
        QVERIFY(file(index).begin().isOk());
        QVERIFY(file(index).apply({&operation, 1}).isOk());
    };
    cluster.put(0, "first", "{}");
    cluster.put(1, "second", "{}");
    replication_test::OperationMaker z("z", 1);
    const storage::Operation open = z.open();
    replication_test::OperationMaker other = z.branch();
    apply(1, open);
    apply(1, other.put("z", R"({"Id":"z","there":1})"));
    QVERIFY(file(1).commit().isOk());
    apply(0, open);
    apply(0, z.put("z", R"({"Id":"z","here":1})"));
    apply(0, z.put("z2", R"({"Id":"z2"})"));
    replication_test::OperationMaker y("y", 1);
    apply(0, y.open());
    for (int i = 1; i < others; ++i) {
        apply(0, y.put(QByteArray::number(i), "{}"));
    }
    QVERIFY(file(0).commit().isOk());
    cluster.addPeer(1, 0);
    cluster.run(30s);
    QCOMPARE(file(1).vector().sequenceOf(y.incarnation()), static_cast<std::uint64_t>(others));
    QCOMPARE(file(0).forks().size(), 1U);
}

void TestExchange::aNewNodeCatchesUpOnce()
{
    SimCluster cluster(3);
    cluster.addPeer(0, 1);
    cluster.addPeer(1, 0);
    for (int i = 0; i < 500; ++i) {
        cluster.put(0, QByteArray::number(i), bodyOf(i));
    }
    cluster.run(5s);
    cluster.resetCounts();
    cluster.addPeer(0, 2);
    cluster.addPeer(2, 0);
    QVERIFY(cluster.runUntilEqual());
    cluster.run(5s);
    // All to the newcomer; the operation that admits it also to the other.
    QCOMPARE(cluster.operationsSent(), heldBy(cluster) + 1);
}

void TestExchange::whatTheSourceCannotBringIsRelayed()
{
    SimCluster cluster(3);
    cluster.mesh();
    calm(cluster);
    // n0 believes that it reaches n2, but its calls get lost: n1 sends for it once that shows.
    cluster.network().block(SimCluster::urlOf(0), SimCluster::urlOf(2));
    cluster.put(0, "x", "{}");
    QVERIFY(!cluster.runUntilEqual(900ms));
    QVERIFY(cluster.runUntilEqual(1'500ms));
}

void TestExchange::afterACutEachSideSendsWhatTheOtherLacks()
{
    SimCluster cluster(2);
    cluster.mesh();
    const std::uint64_t before = calm(cluster);
    cluster.network().block(SimCluster::urlOf(0), SimCluster::urlOf(1), true);
    cluster.network().block(SimCluster::urlOf(1), SimCluster::urlOf(0), true);
    for (int i = 0; i < 200; ++i) {
        cluster.put(i % 2, QByteArray::number(i / 2), bodyOf(i));
        cluster.run(100ms);
    }
    cluster.network().unblockAll();
    cluster.resetCounts();
    QVERIFY(cluster.runUntilEqual(31s + 15s)); // the longest backoff
    cluster.run(5s);
    QCOMPARE(cluster.operationsSent(), heldBy(cluster) - before);
    QVERIFY(cluster.transfersSent() <= 4);
}

void TestExchange::aRestartedNodeGoesOn()
{
    SimCluster cluster(3);
    cluster.mesh();
    const std::uint64_t before = calm(cluster);
    cluster.put(1, "before", "{}");
    cluster.run(50ms);
    cluster.restart(1);
    cluster.put(1, "after", "{}");
    cluster.put(0, "elsewhere", "{}");
    QVERIFY(cluster.runUntilEqual(3s));
    cluster.run(5s);
    // While it meets its peers again, one after the other, one of them may relay what it is about
    // to send itself.
    QVERIFY(cluster.operationsSent() <= (heldBy(cluster) - before) * 2U + 2U);
}

void TestExchange::convergenceIsSaid()
{
    SimCluster cluster(3);
    cluster.mesh();
    cluster.put(0, "x", "{}");
    QVERIFY(!cluster.convergence(0).converged);
    QVERIFY(cluster.runUntilEqual());
    cluster.run(2s);
    for (int i = 0; i < 3; ++i) {
        const engine::Convergence convergence = cluster.convergence(i);
        QVERIFY2(convergence.converged, convergence.reason.constData());
        QCOMPARE(convergence.peers.size(), 2U);
        QCOMPARE(convergence.peers[0].equal, std::optional(true));
    }
    cluster.put(2, "y", "{}");
    QVERIFY(!cluster.convergence(2).converged);
}

void TestExchange::aBadNetworkOnlyDelays_data()
{
    QTest::addColumn<quint64>("seed");
    const int count = qEnvironmentVariableIntValue("DRIFTLESS_SEEDS") > 0
        ? qEnvironmentVariableIntValue("DRIFTLESS_SEEDS")
        : 12;
    for (int seed = 1; seed <= count; ++seed) {
        QTest::addRow("seed %d", seed) << static_cast<quint64>(seed);
    }
}

void TestExchange::aBadNetworkOnlyDelays()
{
    QFETCH(quint64, seed);
    support::SeededRandom random(seed);
    const int count = random.between(2, 5);
    SimCluster cluster(count, seed);
    if (random.oneIn(2)) {
        cluster.mesh();
    } else {
        for (int i = 1; i < count; ++i) {
            const int other = random.between(0, i - 1);
            cluster.addPeer(i, other);
            if (random.oneIn(2)) {
                cluster.addPeer(other, i);
            }
        }
    }
    cluster.network().setFaults({10,
        10,
        10,
        std::chrono::milliseconds(1),
        std::chrono::milliseconds(random.between(5, 400))});
    for (int i = 0; i < 120; ++i) {
        cluster.put(
            random.between(0, count - 1), QByteArray::number(random.between(0, 4)), bodyOf(i));
        cluster.run(std::chrono::milliseconds(random.between(0, 300)));
        const int a = random.between(0, count - 1);
        const int b = random.between(0, count - 1);
        switch (random.between(0, 19)) {
        case 0:
            cluster.network().block(SimCluster::urlOf(a), SimCluster::urlOf(b), random.oneIn(2));
            break;
        case 1:
        case 2:
            cluster.network().unblockAll();
            break;
        case 3:
            cluster.restart(a);
            break;
        default:
            break;
        }
    }
    cluster.network().unblockAll();
    cluster.network().setFaults({});
    // A call may still hang for its time-out, then comes the longest wait of the backoff.
    QVERIFY(cluster.runUntilEqual(90s));
    cluster.run(45s + 5s);
    QVERIFY(cluster.isEqual());
    const std::uint64_t held = heldBy(cluster);
    cluster.resetCounts();
    cluster.run(10s);
    QCOMPARE(cluster.transfersSent(), 0U); // and then there is nothing more to say
    QCOMPARE(heldBy(cluster), held);
    for (int i = 0; i < count; ++i) {
        const engine::Convergence convergence = cluster.convergence(i);
        QVERIFY2(convergence.converged, convergence.reason.constData());
    }
}

QTEST_APPLESS_MAIN(TestExchange)
#include "tst_exchange.moc"
