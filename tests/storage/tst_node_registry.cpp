#include "storage/node_registry.h"
#include "till.h"

#include <QRegularExpression>
#include <QTest>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;
using namespace std::chrono_literals;

namespace {

DatabaseName database(const char *name)
{
    return *DatabaseName::parse(name);
}

NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

QByteArray text(const NodeRegistry::PeerEntry &entry)
{
    return (entry.database ? entry.database->bytes() : QByteArray("*")) + ' ' + entry.node.bytes()
        + ' ' + entry.baseUrl + (entry.isActive ? " on " : " off ")
        + QByteArray::number(static_cast<qlonglong>(entry.updated.time_since_epoch().count()));
}

QByteArray peersOf(NodeRegistry &registry)
{
    QByteArray result;
    for (const NodeRegistry::PeerEntry &entry : must(registry.peers())) {
        result += (result.isEmpty() ? "" : "; ") + text(entry);
    }
    return result;
}

} // namespace

/// What a node knows of databases and peers is there again after a restart.
class TestNodeRegistry : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsDatabases();
    void keepsPeers();
    void removesOnePeerOfOneScope();
    void refusesASecondOpening();
    void refusesADatabase();
    void leavesOutAPeerThatNoRuleAllows();
};

void TestNodeRegistry::keepsDatabases()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("node.db");
    {
        auto registry = must(NodeRegistry::open(path));
        QVERIFY(must(registry->databases()).empty());
        must(registry->saveDatabase({database("shop"), 0, false, WallTime(5ms)}));
        must(registry->saveDatabase({database("archive"), 3, true, WallTime(-7ms)}));
        must(registry->saveDatabase({database("shop"), 1, false, WallTime(6ms)})); // replaces
    }
    auto registry = must(NodeRegistry::open(path));
    const auto databases = must(registry->databases());
    QCOMPARE(databases.size(), 2U);
    QCOMPARE(databases[0].name.bytes(), QByteArray("archive"));
    QCOMPARE(databases[0].generation, 3U);
    QVERIFY(databases[0].isDeleted);
    QCOMPARE(databases[0].created.time_since_epoch().count(), -7);
    QCOMPARE(databases[1].name.bytes(), QByteArray("shop"));
    QCOMPARE(databases[1].generation, 1U);
    QVERIFY(!databases[1].isDeleted);
    QCOMPARE(databases[1].created.time_since_epoch().count(), 6);
}

void TestNodeRegistry::keepsPeers()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("node.db");
    {
        auto registry = must(NodeRegistry::open(path));
        QCOMPARE(peersOf(*registry), QByteArray());
        must(registry->savePeer({{}, node("till-b"), "http://b:1", true, WallTime(1ms)}));
        must(registry->savePeer(
            {database("shop"), node("till-b"), "http://b:2", true, WallTime(2ms)}));
        must(registry->savePeer({{}, node("till-a"), "http://a", false, WallTime(3ms)}));
        must(registry->savePeer(
            {{}, node("till-b"), "http://b:3", false, WallTime(4ms)})); // replaces the first
    }
    auto registry = must(NodeRegistry::open(path));
    QCOMPARE(peersOf(*registry),
        QByteArray(
            "* till-a http://a off 3; * till-b http://b:3 off 4; shop till-b http://b:2 on 2"));
}

void TestNodeRegistry::removesOnePeerOfOneScope()
{
    support::TemporaryFolder folder;
    auto registry = must(NodeRegistry::open(folder.path("node.db")));
    must(registry->savePeer({{}, node("b"), "http://b", true, WallTime(1ms)}));
    must(registry->savePeer({database("shop"), node("b"), "http://b", true, WallTime(1ms)}));
    must(registry->removePeer(node("b"), {}));
    QCOMPARE(peersOf(*registry), QByteArray("shop b http://b on 1"));
    must(registry->removePeer(node("b"), {})); // is no more
    must(registry->removePeer(node("b"), database("shop")));
    QCOMPARE(peersOf(*registry), QByteArray());
}

void TestNodeRegistry::refusesASecondOpening()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("node.db");
    auto registry = must(NodeRegistry::open(path));
    const auto second = NodeRegistry::open(path);
    QVERIFY(!second.isOk());
    QCOMPARE(second.error().code, ErrorCode::FileInUse);
    QVERIFY(second.error().message.contains(path));
}

void TestNodeRegistry::refusesADatabase()
{
    Till a("a");
    a.close();
    const auto registry = NodeRegistry::open(a.path());
    QVERIFY(!registry.isOk());
    QCOMPARE(registry.error().code, ErrorCode::FileDamaged);
    QVERIFY(registry.error().message.contains(a.path()));
}

/// One bad row must not keep the node from starting.
void TestNodeRegistry::leavesOutAPeerThatNoRuleAllows()
{
    const support::TemporaryFolder folder;
    const QByteArray path = folder.path("node.db");
    must(must(NodeRegistry::open(path))
             ->savePeer({std::nullopt, *NodeId::parse("good"), "http://good", true, WallTime {}}));
    {
        auto connection = must(Connection::open(path, Connection::Mode::ReadWrite));
        must(connection->execute("INSERT INTO peers VALUES('', '', 'http://bad', 1, 0), ('../x', "
                                 "'worse', 'http://bad', 1, 0)"));
    }
    auto registry = must(NodeRegistry::open(path));
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("A peer in '.*' is left out: .*")));
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("A peer in '.*' is left out: .*")));
    const auto peers = must(registry->peers());
    QCOMPARE(peers.size(), 1U);
    QCOMPARE(peers.front().node.bytes(), QByteArray("good"));
}

QTEST_GUILESS_MAIN(TestNodeRegistry)
#include "tst_node_registry.moc"
