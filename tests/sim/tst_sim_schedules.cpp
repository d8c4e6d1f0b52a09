#include "sim_cluster.h"

#include <QFile>
#include <QHashSeed>
#include <QLoggingCategory>
#include <QTest>

using namespace driftless;
using namespace driftless::sim;
using namespace std::chrono_literals;

namespace {

/// Five nodes; A and B are the till and the office of the schedules. Every document is "d".
class Shop
{
public:
    explicit Shop(const SimPlan &plan = {})
        : m_cluster(7, plan)
    {
    }
    SimCluster *operator->() { return &m_cluster; }
    /// Everybody has this, then A and B each go on alone.
    void begin(const char *body)
    {
        m_cluster.put(kA, "d", body);
        QVERIFY2(m_cluster.runUntilQuiet(60s), m_cluster.fault().constData());
        part();
    }
    void part()
    {
        m_cluster.cut({kA});
        m_cluster.cut({kB});
    }
    /// Time enough that what comes next is later.
    void pause() { m_cluster.runFor(100ms); }
    void meet()
    {
        pause();
        m_cluster.mend();
        QVERIFY2(m_cluster.runUntilQuiet(60s), m_cluster.fault().constData());
        m_cluster.checkAll();
        QVERIFY2(m_cluster.isFine(), m_cluster.fault().constData());
    }
    /// On every node alike.
    void expect(const QByteArray &body, const std::set<QByteArray> &conflicts)
    {
        for (int i = 0; i < m_cluster.size(); ++i) {
            QCOMPARE(m_cluster.shown(i, "d"), body);
            QCOMPARE(m_cluster.conflicts(i, "d"), conflicts);
        }
    }
    /// The log of a node, from its first operation.
    std::vector<storage::Operation> logOf(int i)
    {
        std::vector<storage::Operation> operations;
        const auto stored = m_cluster.file(i)->readLog({}, 1'000, 10'000'000);
        for (const storage::StoredOperation &each : *stored) {
            operations.push_back(storage::Operation::parse(each.headerBytes, each.body).value());
        }
        return operations;
    }

    static constexpr int kA = 0;
    static constexpr int kB = 1;
    static constexpr int kC = 2;

private:
    SimCluster m_cluster;
};

constexpr int kA = Shop::kA;
constexpr int kB = Shop::kB;
constexpr int kC = Shop::kC;

} // namespace

/// The short schedules at which simpler designs fail, on whole nodes.
class SimSchedulesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();

    void absentMemberAgainstOlderEdit();
    void groupTornByCutTransfer();
    void repeatedVersionAfterRestore();
    void memberOrderByArrival();
    void collisionBehindNewerHead();
    void twoConcurrentInserts();
    void additionAgainstRemoval();
    void additionAgainstDeletion();
    void additionAgainstStockTaking();
    void additionUnderLastWriterWins();
    void quarantinedOperationAppliedLate();
    void oneOperationAsideIsSaid();
    void poisonBlocksNobodyElse();
    void forkStopsItsRunOnly();
    void deletionIsWholeOrNot_data();
    void deletionIsWholeOrNot();
    void deletionReachesWhoKnowsNobody();
    void hangingPeerDelaysNobody();
    void everyTopologyCarries_data();
    void everyTopologyCarries();
    void meshCarriesEachWriteOnce();
};

void SimSchedulesTest::initTestCase()
{
    QHashSeed::setDeterministicGlobalSeed();
    QLoggingCategory::setFilterRules(
        QStringLiteral("driftless.*=false")); // a warning ends a test, and nodes are loud about
                                              // forks and deletions
}

// The removal is the later one: the edit that A made before does not bring the member back.
void SimSchedulesTest::absentMemberAgainstOlderEdit()
{
    Shop shop;
    shop.begin(R"({"Id":"d","name":"Tea","price":3})");
    shop->patch(kA, "d", R"({"price":4})");
    shop.pause();
    shop->put(kB, "d", R"({"Id":"d","name":"Tea"})");
    shop.meet();
    shop.expect(R"({"Id":"d","name":"Tea"})", {"price"});
}

// Half a group is nothing: neither shown nor counted as had; the whole comes again.
void SimSchedulesTest::groupTornByCutTransfer()
{
    Shop shop;
    shop.begin(R"({"Id":"d","n":1})");
    shop->putAll(kA,
        {{"d", R"({"Id":"d","n":2})"}, {"e", R"({"Id":"e","n":2})"}, {"f", R"({"Id":"f","n":2})"}});
    shop.pause();
    auto operations = shop.logOf(kA);
    QVERIFY(operations.size() > 3 && operations.back().header.group);
    operations.pop_back();
    shop->deliver(kB, NodeId::parse("A").value(), operations);
    shop.pause();
    QCOMPARE(shop->shown(kB, "d"), R"({"Id":"d","n":1})");
    QCOMPARE(shop->shown(kB, "e"), QByteArray());
    QVERIFY(!shop->file(kB)->vector().covers(operations.back().header.version.dot));
    shop.meet();
    for (const char *id : {"d", "e", "f"}) {
        QVERIFY(shop->shown(kB, id).contains("\"n\":2"));
    }
}

// A backup does not remember what its node said since. With the clock set back as well, the next
// write would have a version that was given before, if versions were node and time.
void SimSchedulesTest::repeatedVersionAfterRestore()
{
    Shop shop;
    shop.begin(R"({"Id":"d","name":"Tea"})");
    const QByteArray backup = shop->save(kA);
    shop->mend();
    shop->patch(kA, "d", R"({"name":"Green tea"})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    const auto lost = shop.logOf(kA).back().header.version;
    shop.part();
    shop->node(kA).clock().jump(-10s);
    shop->setBack(kA, backup);
    shop.pause();
    QCOMPARE(shop->shown(kA, "d"), R"({"Id":"d","name":"Tea"})");
    shop->patch(kA, "d", R"({"name":"Black tea"})");
    shop.pause();
    const auto again = shop.logOf(kA).back().header.version;
    QVERIFY(again.dot.incarnation != lost.dot.incarnation);
    shop.meet();
    // Neither had seen the other: the later one shows, the pair is listed.
    QCOMPARE(shop->conflicts(kC, "d"), std::set<QByteArray> {"name"});
    shop.expect(
        lost > again ? R"({"Id":"d","name":"Green tea"})" : R"({"Id":"d","name":"Black tea"})",
        {"name"});
}

void SimSchedulesTest::memberOrderByArrival()
{
    Shop shop;
    shop.begin(R"({"Id":"d","a":1})");
    shop->cut({kC});
    shop->patch(kA, "d", R"({"z":1})");
    shop->patch(kB, "d", R"({"m":2})");
    shop->patch(kC, "d", R"({"k":3})");
    shop.pause();
    // D hears A first, E hears B first.
    shop->mend();
    shop->cut({kB}), shop->cut({kC}), shop->cut(kA, 4);
    shop->runFor(2s);
    shop->mend();
    shop->cut({kA}), shop->cut({kC});
    shop->runFor(2s);
    shop.meet();
    const QByteArray body = shop->shown(kA, "d");
    shop.expect(body, {});
    QVERIFY(body.startsWith(R"({"Id":"d","a":1,)") && body.contains("\"z\":1")
        && body.contains("\"m\":2") && body.contains("\"k\":3"));
}

// B1 has not seen A1, which is no head any more when the two meet.
void SimSchedulesTest::collisionBehindNewerHead()
{
    Shop shop;
    shop.begin(R"({"Id":"d","name":"Tea","price":3})");
    shop->patch(kA, "d", R"({"price":4})");
    shop.pause();
    shop->patch(kA, "d", R"({"name":"Green tea"})");
    shop.pause();
    shop->patch(kB, "d", R"({"price":5})");
    shop.meet();
    shop.expect(R"({"Id":"d","name":"Green tea","price":5})", {"price"});
}

void SimSchedulesTest::twoConcurrentInserts()
{
    Shop shop;
    shop->put(kA, "other", R"({"Id":"other"})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    shop.part();
    shop->put(kA, "d", R"({"Id":"d","name":"Tea","only":true})");
    shop.pause();
    shop->put(kB, "d", R"({"Id":"d","name":"Coffee"})");
    shop.meet();
    shop.expect(R"({"Id":"d","name":"Coffee"})", {"name", "only"});
}

void SimSchedulesTest::additionAgainstRemoval()
{
    Shop shop;
    shop.begin(R"({"Id":"d","stock":10})");
    shop->patch(kA, "d", R"({"stock":{"$inc":-2}})");
    shop.pause();
    shop->patch(kB, "d", R"({"stock":null})");
    shop.meet();
    shop.expect(R"({"Id":"d"})", {"stock"});
}

void SimSchedulesTest::additionAgainstDeletion()
{
    Shop shop;
    shop.begin(R"({"Id":"d","stock":10})");
    shop->patch(kA, "d", R"({"stock":{"$inc":-2}})");
    shop.pause();
    shop->remove(kB, "d");
    shop.meet();
    shop.expect({}, {"*"});
}

void SimSchedulesTest::additionAgainstStockTaking()
{
    Shop shop;
    shop.begin(R"({"Id":"d","stock":10})");
    shop->patch(kA, "d", R"({"stock":{"$inc":-2}})");
    shop->patch(kB, "d", R"({"stock":{"$inc":-1}})");
    shop.pause();
    shop->patch(kB, "d", R"({"stock":8})"); // counted with B's own sale, without A's
    shop.meet();
    shop.expect(R"({"Id":"d","stock":6})", {});
}

void SimSchedulesTest::additionUnderLastWriterWins()
{
    SimPlan plan;
    plan.wholeWriters = {kB};
    Shop shop(plan);
    shop.begin(R"({"Id":"d","name":"Tea","stock":10})");
    shop->patch(kA, "d", R"({"stock":{"$inc":-2}})");
    shop.pause();
    shop->patch(kB, "d", R"({"stock":{"$inc":-1}})");
    shop.meet();
    shop.expect(R"({"Id":"d","name":"Tea","stock":7})", {});
}

// C cannot apply an operation and passes it on; others go on with the document. After the upgrade
// it joins late, and C is like the rest.
void SimSchedulesTest::quarantinedOperationAppliedLate()
{
    Shop shop;
    shop.begin(R"({"Id":"d","name":"Tea","stock":10})");
    shop->patch(kA, "d", R"({"name":"Green tea"})");
    shop.pause();
    const auto unknown = shop.logOf(kA).back();
    shop->patch(kB, "d", R"({"stock":{"$inc":-3}})");
    shop.pause();
    // The older program on C: its file with the operation in quarantine.
    const QByteArray path = shop->file(kC)->path();
    shop->node(kC).stop();
    {
        auto file = storage::DatabaseFile::open(path, {});
        QVERIFY(file && (*file)->begin());
        QVERIFY((*file)->apply({&unknown, 1}, true));
        QVERIFY((*file)->commit());
        QCOMPARE((*file)->quarantinedCount(), 1);
        QCOMPARE(
            (*file)->load({"shop", "d"})->shown().value(), R"({"Id":"d","name":"Tea","stock":10})");
    }
    shop->start(kC); // the newer program
    QCOMPARE(shop->file(kC)->quarantinedCount(), 0);
    shop.meet();
    shop.expect(R"({"Id":"d","name":"Green tea","stock":7})", {});
}

// Copies that have something aside do not say that all is well, though they are equal.
void SimSchedulesTest::oneOperationAsideIsSaid()
{
    Shop shop;
    support::SeededRandom random(4); // a group of one operation
    PoisonMaker maker(random);
    shop->put(kA, "other", R"({"Id":"other"})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    shop->poison(kA, maker);
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    for (int i = 0; i < shop->size(); ++i) {
        QCOMPARE(shop->file(i)->quarantinedCount(), 1);
    }
}

// What nobody can apply waits everywhere with its documents; the rest of the database goes on, also
// that of the same origin.
void SimSchedulesTest::poisonBlocksNobodyElse()
{
    Shop shop;
    support::SeededRandom random(3);
    PoisonMaker maker(random);
    shop->put(kA, "other", R"({"Id":"other"})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    for (int i = 0; i < 3; ++i) {
        shop->poison(kA, maker);
        shop.pause();
    }
    shop->put(kB, "d", R"({"Id":"d"})");
    shop.meet();
    shop.expect(R"({"Id":"d"})", {});
    for (int i = 0; i < shop->size(); ++i) {
        QVERIFY(shop->file(i)->quarantinedCount() >= 3);
        QVERIFY(shop->file(i)->vector().covers(maker.last()));
    }
}

// A machine was set back while it ran: two different operations have one dot. Everybody says so and
// takes no more of that run; what the node writes next is of another one and reaches all.
void SimSchedulesTest::forkStopsItsRunOnly()
{
    Shop shop;
    shop.begin(R"({"Id":"d","n":1})");
    shop->allowForks();
    shop->put(kA, "d", R"({"Id":"d","n":2})");
    shop.pause();
    storage::Operation other = shop.logOf(kA).back();
    storage::OperationHeader header = other.header;
    other = storage::Operation::make(header, R"({"Id":"d","n":3})");
    shop->deliver(kB, NodeId::parse("A").value(), {other});
    shop.pause();
    QCOMPARE(shop->shown(kB, "d"), R"({"Id":"d","n":3})");
    shop->mend();
    shop->runFor(15s);
    for (int i = 0; i < shop->size(); ++i) {
        QCOMPARE(shop->file(i)->forks().size(), std::size_t {1});
        QCOMPARE(shop->file(i)->forks().front().dot, header.version.dot);
    }
    shop->put(kA, "e", R"({"Id":"e","n":1})");
    shop->put(kB, "f", R"({"Id":"f","n":1})");
    shop->runFor(15s);
    QVERIFY(shop.logOf(kA).back().header.version.dot.incarnation != header.version.dot.incarnation);
    for (int i = 0; i < shop->size(); ++i) {
        QCOMPARE(shop->shown(i, "e"), R"({"Id":"e","n":1})");
        QCOMPARE(shop->shown(i, "f"), R"({"Id":"f","n":1})");
    }
    QVERIFY2(shop->isFine(), shop->fault().constData());
}

void SimSchedulesTest::deletionIsWholeOrNot_data()
{
    QTest::addColumn<bool>("before");
    QTest::newRow("killed before it is registered") << true;
    QTest::newRow("killed behind that") << false;
}

// A node that dies while it deletes a database has it as it was or has it set aside, never an empty
// one in its place.
void SimSchedulesTest::deletionIsWholeOrNot()
{
    QFETCH(bool, before);
    SimPlan plan;
    plan.hasDrops = true;
    Shop shop(plan);
    shop.begin(R"({"Id":"d"})");
    shop->killAtCommit(kA, 0, before);
    shop->dropDatabase(kA);
    shop.pause();
    QVERIFY(!shop->node(kA).isUp());
    shop->start(kA);
    shop.pause();
    QCOMPARE(shop->shown(kA, "d"), before ? R"({"Id":"d"})" : "");
    QCOMPARE(QFile::exists(QString::fromUtf8(shop->node(kA).dataFolder() + "/shop.db")), before);
    QCOMPARE(QFile::exists(QString::fromUtf8(shop->node(kA).dataFolder() + "/shop.g0")), !before);
    QVERIFY2(shop->isFine(), shop->fault().constData());
}

// Where only one node of a pair registered the other, a deletion goes either way all the same.
void SimSchedulesTest::deletionReachesWhoKnowsNobody()
{
    for (const int first : {0, 2, 4}) {
        SimPlan plan;
        plan.hasDrops = true;
        plan.topology = Topology::Chain;
        plan.hasOneSidedPeers = true;
        Shop shop(plan);
        shop->put(kA, "d", R"({"Id":"d"})");
        QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
        shop->dropDatabase(first);
        shop->runFor(15s);
        for (int i = 0; i < shop->size(); ++i) {
            QVERIFY(shop->file(i) == nullptr);
        }
        shop->createDatabase(4 - first);
        shop->runFor(15s);
        for (int i = 0; i < shop->size(); ++i) {
            QVERIFY(shop->file(i) != nullptr);
            QCOMPARE(shop->shown(i, "d"), QByteArray());
        }
        QVERIFY2(shop->isFine(), shop->fault().constData());
    }
}

void SimSchedulesTest::hangingPeerDelaysNobody()
{
    Shop shop;
    shop->put(kA, "d", R"({"Id":"d","n":1})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    shop->network().setHanging(shop->node(kB).url(), true);
    shop->runFor(5s);
    shop->put(kA, "d", R"({"Id":"d","n":2})");
    shop->runFor(50ms); // far less than any time-out
    for (const int i : {2, 3, 4}) {
        QCOMPARE(shop->shown(i, "d"), R"({"Id":"d","n":2})");
    }
    QCOMPARE(shop->shown(kB, "d"), R"({"Id":"d","n":1})");
    shop.meet();
}

void SimSchedulesTest::everyTopologyCarries_data()
{
    QTest::addColumn<int>("topology");
    QTest::addColumn<bool>("oneSided");
    QTest::addColumn<int>("milliseconds");
    QTest::newRow("mesh") << static_cast<int>(Topology::Mesh) << false << 20;
    QTest::newRow("chain") << static_cast<int>(Topology::Chain) << false << 60;
    QTest::newRow("star") << static_cast<int>(Topology::Star) << false << 40;
    // Where only the other side registered the pair, the news waits for a heartbeat.
    QTest::newRow("mesh, one-sided") << static_cast<int>(Topology::Mesh) << true << 3'000;
    QTest::newRow("chain, one-sided") << static_cast<int>(Topology::Chain) << true << 12'000;
}

// A write at the end of a chain is at the other end after a few round trips: relaying waits for
// nothing.
void SimSchedulesTest::everyTopologyCarries()
{
    QFETCH(int, topology);
    QFETCH(bool, oneSided);
    QFETCH(int, milliseconds);
    SimPlan plan;
    plan.topology = static_cast<Topology>(topology);
    plan.hasOneSidedPeers = oneSided;
    Shop shop(plan);
    shop->put(kA, "d", R"({"Id":"d","n":1})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    shop->runFor(3s);
    shop->put(4, "d", R"({"Id":"d","n":2})");
    shop->runFor(std::chrono::milliseconds(milliseconds));
    for (int i = 0; i < shop->size(); ++i) {
        QCOMPARE(shop->shown(i, "d"), R"({"Id":"d","n":2})");
    }
    QVERIFY2(shop->isFine(), shop->fault().constData());
}

// In a mesh where all write, also to the same documents, each node gets each operation from its
// origin alone; the status counts what came.
void SimSchedulesTest::meshCarriesEachWriteOnce()
{
    Shop shop;
    shop->put(kA, "d", R"({"Id":"d","n":1})");
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    const auto received = [&shop] {
        engine::ReceivedOperations sum;
        for (int i = 0; i < shop->size(); ++i) {
            SimNode &node = shop->node(i);
            node.post([&node, &sum] {
                node.node().replicationStatus(
                    [&sum](const Result<std::vector<engine::DatabaseStatus>> &databases) {
                        sum.applied += databases->front().received.applied;
                        sum.duplicates += databases->front().received.duplicates;
                        sum.leftOut += databases->front().received.leftOut;
                    });
            });
        }
        shop.pause();
        return sum;
    };
    const engine::ReceivedOperations before = received();
    const std::uint64_t writes = 200;
    for (std::uint64_t i = 0; i < writes; ++i) {
        const QByteArray id = "d" + QByteArray::number(quint64 {i % 7});
        shop->put(static_cast<int>(i % 5),
            id,
            R"({"Id":")" + id + R"(","n":)" + QByteArray::number(quint64 {i}) + '}');
        shop->runFor(10ms);
    }
    QVERIFY2(shop->runUntilQuiet(60s), shop->fault().constData());
    const engine::ReceivedOperations after = received();
    const std::uint64_t others = 4;
    QCOMPARE(after.applied - before.applied, writes * others);
    const std::uint64_t inVain
        = after.duplicates + after.leftOut - before.duplicates - before.leftOut;
    QVERIFY2(inVain * 10 <= writes * others, QByteArray::number(quint64 {inVain}));
}

QTEST_APPLESS_MAIN(SimSchedulesTest)
#include "tst_sim_schedules.moc"
