#include "engine/set_aside.h"
#include "file_size_limit.h"
#include "replication/messages.h"
#include "replication/stream.h"
#include "sim_cluster.h"
#include "temporary_folder.h"

#include <QDir>
#include <QFile>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QScopeGuard>
#include <QTest>

using namespace driftless;
using namespace driftless::support;
using namespace std::chrono_literals;

namespace {

DatabaseName shop()
{
    return *DatabaseName::parse("shop");
}

Result<void> drop(engine::Node &node)
{
    Result<void> answer(Error {});
    node.deleteDatabase(shop(), [&answer](const Result<void> &result) { answer = result; });
    node.settle();
    return answer;
}

Result<bool> make(engine::Node &node)
{
    Result<bool> answer(Error {});
    node.createDatabase(shop(), [&answer](const Result<bool> &result) { answer = result; });
    node.settle();
    return answer;
}

QByteArray asidePath(engine::Node &node, const char *suffix)
{
    return node.settings().dataDirectory + "/shop" + suffix;
}

QByteArray contents(const QByteArray &path)
{
    QFile file(QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

/// Deleting a database and making it again: (g, alive) < (g, deleted) < (g+1, alive), joined by
/// maximum on every node, and nobody's unsent write is lost without a word.
class TestGenerations : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aDeletionReachesEveryNode();
    void aNewOneIsEmptyEverywhere();
    void whatWasSentBeforeStaysOutside();
    void aGenerationIsJoinedOnce();
    void whatAPeerNeverHadIsListed();
    void whatAPeerHasIsNotListed();
    void whatIsNoDocumentIsListedAsBytes();
    void aDeletionThatCannotBeKeptIsNone();
    void aMissingFileIsSaid();
    void anEarlierFileIsNeverOverwritten();
    void aNewGenerationThatCannotBeMadeIsTriedAgain();
    void aDatabaseIsRenamedWholeOrNotAtAll();
};

void TestGenerations::aDeletionReachesEveryNode()
{
    SimCluster cluster(3);
    cluster.mesh();
    cluster.put(0, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    QVERIFY(drop(cluster.node(1)).isOk());
    cluster.run(5s);
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(cluster.node(i).open(shop(), true).error().code, ErrorCode::DatabaseDeleted);
        QVERIFY(QFile::exists(QString::fromUtf8(asidePath(cluster.node(i), ".g0"))));
        QVERIFY(!QFile::exists(QString::fromUtf8(asidePath(cluster.node(i), ".g0.unsent.ndjson"))));
    }
    QCOMPARE(drop(cluster.node(1)).error().code, ErrorCode::NotFound);
}

void TestGenerations::aNewOneIsEmptyEverywhere()
{
    SimCluster cluster(3);
    cluster.mesh();
    cluster.put(0, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    QCOMPARE(*make(cluster.node(0)), false); // it is there
    QVERIFY(drop(cluster.node(0)).isOk());
    cluster.run(3s);
    QCOMPARE(*make(cluster.node(2)), true);
    cluster.put(2, "o2", R"({"a":2})");
    cluster.run(5s);
    for (int i = 0; i < 3; ++i) {
        QVERIFY(cluster.node(i).open(shop(), false).isOk());
        QCOMPARE(cluster.node(i).openDatabase(shop())->file().documentCount(), 1);
    }
    QVERIFY(cluster.isEqual());
}

/// A transfer may have been under way while the database was made anew.
void TestGenerations::whatWasSentBeforeStaysOutside()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    cluster.put(0, "o1", R"({"a":1})");
    const storage::VersionVector nothing;
    replication::StreamQuery query;
    query.known = &nothing;
    const auto transfer = replication::buildTransfer(node.openDatabase(shop())->file(), query);
    QVERIFY(transfer.isOk());
    QVERIFY(transfer->count > 0);
    replication::Preamble preamble;
    preamble.sender.node = SimCluster::idOf(1);
    preamble.sender.run = 1;
    QVERIFY(drop(node).isOk());
    QCOMPARE(*make(node), true);
    std::optional<replication::TransferStatus> status;
    node.receiveOperations(shop(),
        replication::joinTransfer(preamble.encode(), transfer->operations),
        [&status](const Result<QByteArray> &answer) {
            const auto said = replication::OperationsAnswer::decode(*answer);
            status = said ? std::optional(said->status) : std::nullopt;
        });
    node.settle();
    QVERIFY(status == replication::TransferStatus::OtherGeneration);
    QCOMPARE(node.openDatabase(shop())->file().documentCount(), 0);
}

/// Two peers may tell of the same new generation at once; what the first has made is not set aside
/// for the second.
void TestGenerations::aGenerationIsJoinedOnce()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    cluster.put(0, "o1", R"({"a":1})");
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: 1 writes .*")));
    for (int peer = 1; peer <= 2; ++peer) {
        replication::Preamble preamble;
        preamble.sender.node = SimCluster::idOf(peer);
        preamble.sender.run = 1;
        preamble.generation = {1, true};
        node.receiveOperations(
            shop(), preamble.encode(), [](const Result<QByteArray> & /*answer*/) {});
    }
    node.settle();
    QVERIFY(node.open(shop(), false).isOk());
    QVERIFY(QFile::exists(QString::fromUtf8(asidePath(node, ".g0"))));
    QVERIFY(!QFile::exists(QString::fromUtf8(asidePath(node, ".g1"))));
}

void TestGenerations::whatAPeerNeverHadIsListed()
{
    SimCluster cluster(2);
    cluster.mesh();
    cluster.put(0, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    cluster.addPeer(0, 1, false);
    cluster.addPeer(1, 0, false);
    cluster.put(1, "o2", "{\"a\":\n2}");
    // A node that is cut off no longer knows what its peer has, so it lists too much rather than
    // too little.
    for (int i = 0; i < 2; ++i) {
        QTest::ignoreMessage(QtCriticalMsg,
            QRegularExpression(QStringLiteral(
                "Database shop: \\d writes that no peer is known to have are listed in .*")));
    }
    QVERIFY(drop(cluster.node(0)).isOk());
    cluster.addPeer(0, 1, true);
    cluster.addPeer(1, 0, true);
    cluster.run(10s);
    QCOMPARE(cluster.node(1).open(shop(), true).error().code, ErrorCode::DatabaseDeleted);
    const QByteArray list = contents(asidePath(cluster.node(1), ".g0.unsent.ndjson"));
    bool isListed = false;
    for (const QByteArray &line : list.split('\n')) {
        isListed = isListed
            || (line.contains(R"("Id":"o2")") && line.endsWith(R"("Document":{"a": 2}})"));
    }
    QVERIFY2(isListed, list.constData());
}

void TestGenerations::whatAPeerHasIsNotListed()
{
    SimCluster cluster(2);
    cluster.mesh();
    cluster.put(1, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    cluster.run(2s); // it is told so, too
    cluster.network().block(SimCluster::urlOf(1), SimCluster::urlOf(0), true);
    cluster.put(1, "o2", R"({"a":2})");
    QTest::ignoreMessage(QtCriticalMsg,
        QRegularExpression(QStringLiteral(
            "Database shop: 1 writes that no peer is known to have are listed in .*")));
    QVERIFY(drop(cluster.node(1)).isOk());
    const QByteArray list = contents(asidePath(cluster.node(1), ".g0.unsent.ndjson"));
    QCOMPARE(list.count('\n'), 1);
    QVERIFY2(list.contains(R"("Id":"o2")"), list.constData());
}

void TestGenerations::whatIsNoDocumentIsListedAsBytes()
{
    SimCluster cluster(1);
    cluster.put(0, "o1", R"({"a":1})");
    storage::DatabaseFile &file = cluster.node(0).openDatabase(shop())->file();
    storage::OperationHeader header;
    header.version = {1'000, {{SimCluster::idOf(5), 1}, 1}};
    header.collection = "orders";
    header.documentId = "o2";
    const auto broken = storage::Operation::make(header, "{\n\"a\":");
    QVERIFY(file.begin().isOk());
    QVERIFY(file.apply({&broken, 1}, true).isOk());
    QVERIFY(file.commit().isOk());
    const TemporaryFolder folder;
    const QByteArray path = folder.path("list");
    QCOMPARE(engine::listUnsent(file, {}, path).value(), qint64 {2});
    const QList<QByteArray> lines = contents(path).split('\n');
    QCOMPARE(lines.size(), 3);
    QVERIFY2(lines[0].endsWith(R"("Document":{"a":1}})"), lines[0].constData());
    QVERIFY2(lines[1].endsWith(R"("Document":null,"Bytes":"ewoiYSI6"})"), lines[1].constData());
}

void TestGenerations::aDeletionThatCannotBeKeptIsNone()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    cluster.put(0, "o1", R"({"a":1})");
    // The registry's log grows until it is the longest of the files, so that it is the one that may
    // grow no more.
    const auto size = [](const QByteArray &path) { return QFile(QString::fromUtf8(path)).size(); };
    const QByteArray registry = node.settings().dataDirectory + "/node.db-wal";
    while (size(registry) < 200'000) {
        node.savePeer({SimCluster::idOf(1), "http://n1", false, {}, std::nullopt},
            [](const Result<void> &saved) { QVERIFY(saved.isOk()); });
        node.settle();
    }
    {
        const FileSizeLimit limit(size(registry));
        QTest::ignoreMessage(
            QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: \\d+ writes .*")));
        QVERIFY(!drop(node).isOk());
    }
    QVERIFY(node.open(shop(), false).isOk()); // nobody is told that it was deleted
    cluster.put(0, "o2", R"({"a":2})");
    cluster.restart(0);
    QCOMPARE(cluster.node(0).openDatabase(shop())->file().documentCount(), qint64 {2});
}

void TestGenerations::aMissingFileIsSaid()
{
    SimCluster cluster(2);
    cluster.mesh();
    cluster.put(0, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    const QString path = QString::fromUtf8(cluster.node(1).pathOf(shop()));
    cluster.stop(1);
    QVERIFY(QFile::remove(path));
    QTest::ignoreMessage(QtCriticalMsg,
        QRegularExpression(QStringLiteral("Database shop: there is no '.*shop.db' any more.*")));
    cluster.restart(1);
    QVERIFY(cluster.runUntilEqual());
    QCOMPARE(cluster.convergence(1).documents, qint64 {1});
}

void TestGenerations::anEarlierFileIsNeverOverwritten()
{
    SimCluster cluster(1);
    cluster.put(0, "o1", R"({"a":1})");
    const QByteArray path = asidePath(cluster.node(0), ".g0");
    QFile earlier(QString::fromUtf8(path));
    QVERIFY(earlier.open(QIODevice::WriteOnly));
    QCOMPARE(earlier.write("kept"), 4);
    earlier.close();
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: \\d+ writes .*")));
    QVERIFY(drop(cluster.node(0)).isOk());
    QCOMPARE(contents(path), QByteArray("kept"));
    QVERIFY(contents(path + "-2").startsWith("SQLite format 3"));
}

void TestGenerations::aNewGenerationThatCannotBeMadeIsTriedAgain()
{
    // Each try is logged; how many there are is not what this is about.
    QLoggingCategory::setFilterRules(QStringLiteral("driftless.replication=false"));
    const auto restore = qScopeGuard([] { QLoggingCategory::setFilterRules(QString()); });
    SimCluster cluster(2);
    cluster.mesh();
    cluster.put(0, "o1", R"({"a":1})");
    QVERIFY(cluster.runUntilEqual());
    const QString inTheWay = QString::fromUtf8(cluster.node(1).pathOf(shop()) + "-journal");
    QVERIFY(QDir().mkpath(inTheWay + QStringLiteral("/x")));
    cluster.addPeer(0, 1, false);
    cluster.addPeer(1, 0, false);
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: \\d+ writes .*")));
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: \\d+ writes .*")));
    QVERIFY(drop(cluster.node(0)).isOk());
    QVERIFY(make(cluster.node(0)).isOk());
    cluster.put(0, "o2", R"({"a":2})");
    cluster.addPeer(0, 1, true);
    cluster.addPeer(1, 0, true);
    const std::uint64_t calls = cluster.network().callCount();
    cluster.run(5s);
    QVERIFY(cluster.node(1).openDatabase(shop()) == nullptr);
    QVERIFY2(cluster.network().callCount() - calls < 100,
        QByteArray::number(cluster.network().callCount() - calls).constData());
    const QDir folder(QString::fromUtf8(cluster.node(1).settings().dataDirectory));
    QCOMPARE(folder.entryList({QStringLiteral("shop.g0*")}, QDir::Files)
                 .filter(QStringLiteral("ndjson"))
                 .size(),
        1);
    QCOMPARE(folder.entryList({QStringLiteral("shop.g0*")}, QDir::Files).size(), 2);
    std::optional<Error> refused;
    engine::WriteRequest request;
    request.collection = "orders";
    request.id = "o3";
    request.body = *json::Object::check("{}");
    cluster.node(1).write(shop(), request, [&refused](const Result<engine::WriteOutcome> &outcome) {
        refused = outcome ? std::nullopt : std::optional(outcome.error());
    });
    cluster.node(1).convergence(
        shop(), [](const Result<engine::Convergence> &answer) { QVERIFY(!answer.isOk()); });
    cluster.node(1).settle();
    QVERIFY(refused.has_value());
    QCOMPARE(refused->code, ErrorCode::Storage);
    QVERIFY(QDir(inTheWay).removeRecursively());
    cluster.run(5s);
    QVERIFY(cluster.node(1).openDatabase(shop()) != nullptr);
    QVERIFY(cluster.runUntilEqual());
    QCOMPARE(cluster.node(1).openDatabase(shop())->file().documentCount(), 1);
}

void TestGenerations::aDatabaseIsRenamedWholeOrNotAtAll()
{
    const TemporaryFolder folder;
    for (const char *name : {"shop.db", "shop.db-wal", "aside"}) {
        QFile file(QString::fromUtf8(folder.path(name)));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write(name) > 0);
    }
    QVERIFY(!engine::renameDatabase(folder.path("shop.db"), folder.path("aside")).isOk());
    QCOMPARE(contents(folder.path("shop.db")), QByteArray("shop.db"));
    QCOMPARE(contents(folder.path("shop.db-wal")), QByteArray("shop.db-wal"));
    QCOMPARE(contents(folder.path("aside")), QByteArray("aside"));
    QVERIFY(engine::renameDatabase(folder.path("shop.db"), folder.path("other")).isOk());
    QCOMPARE(contents(folder.path("other-wal")), QByteArray("shop.db-wal"));
}

QTEST_GUILESS_MAIN(TestGenerations)
#include "tst_generations.moc"
