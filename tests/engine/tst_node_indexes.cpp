#include "engine/index_language.h"
#include "file_size_limit.h"
#include "index_check.h"
#include "query/index_expression.h"
#include "query/value_key.h"
#include "sim_cluster.h"
#include "storage/document_reader.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace driftless;
using namespace driftless::support;
using namespace std::chrono_literals;

namespace {

DatabaseName shop()
{
    return *DatabaseName::parse("shop");
}

QByteArray bodyOf(int i)
{
    return "{\"Id\":\"" + QByteArray::number(i) + "\",\"n\":" + QByteArray::number(i % 5)
        + ",\"lines\":[{\"product\":\"tea\"},{\"product\":\"p" + QByteArray::number(i)
        + "\"}],\"text\":\"" + QByteArray(200, 'x') + "\"}";
}

Result<bool> create(engine::Node &node, const QByteArray &name, const QByteArray &expression)
{
    Result<bool> answer(Error {ErrorCode::Internal, "not answered", {}});
    node.createIndex(shop(), {"products", name, expression}, [&answer](const Result<bool> &made) {
        answer = made;
    });
    node.settle();
    return answer;
}

Result<bool> drop(engine::Node &node, const QByteArray &name)
{
    Result<bool> answer(Error {ErrorCode::Internal, "not answered", {}});
    node.dropIndex(
        shop(), "products", name, [&answer](const Result<bool> &dropped) { answer = dropped; });
    node.settle();
    return answer;
}

storage::IndexInfo infoOf(engine::Node &node, const QByteArray &name)
{
    auto reader = storage::DocumentReader::open(node.pathOf(shop()), 10s);
    const auto indexes = (*reader)->indexes(std::nullopt);
    for (const storage::IndexInfo &index : *indexes) {
        if (index.name == name) {
            return index;
        }
    }
    return {};
}

bool hasWork(engine::Node &node)
{
    return node.openDatabase(shop())->file().hasIndexWork();
}

QByteArray fault(engine::Node &node)
{
    return indexFault(node.pathOf(shop()), engine::queryIndexLanguage());
}

/// A batch of documents from `first` on.
void fill(engine::Node &node, int first, int count)
{
    std::vector<engine::WriteRequest> requests;
    for (int i = first; i < first + count; ++i) {
        engine::WriteRequest request;
        request.collection = "products";
        request.id = QByteArray::number(i);
        request.body = *json::Object::check(bodyOf(i));
        requests.push_back(std::move(request));
    }
    bool isWritten = false;
    node.batch(shop(), requests, [&](const Result<engine::BatchOutcome> &outcome, int) {
        isWritten = outcome.isOk();
    });
    node.settle();
    QVERIFY(isWritten);
}

std::vector<QByteArray> keysOf(const QByteArray &expression, const QByteArray &body)
{
    std::vector<QByteArray> keys;
    (*engine::queryIndexLanguage().compile(expression))->appendKeys(body, keys);
    return keys;
}

} // namespace

/// A node builds its indexes behind the writes, a slice at a time, and keeps them by the query
/// language; they are its own.
class TestNodeIndexes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keysAreTheLanguages();
    void expressionsThatAreNone_data();
    void expressionsThatAreNone();
    void isBuiltBehindTheWrites();
    void severalDatabasesTakeTurns();
    void goesOnAfterARestart();
    void isTheNodesOwn();
    void goesWithTheDatabase();
    void aFullDiskHoldsItUp();
};

void TestNodeIndexes::keysAreTheLanguages()
{
    using query::keyOf;
    using query::Value;
    const QByteArray body = R"({"Id":"a","N":2,"lines":[{"p":"x"},{"p":"Y"},{"p":"x"}]})";
    QVERIFY(keysOf("n", body) == std::vector {keyOf(Value::int32(2))});
    QVERIFY(keysOf("missing", body) == std::vector {keyOf(Value())});
    QVERIFY((keysOf("lines[*].p", body)
        == std::vector {keyOf(Value::string("x")), keyOf(Value::string("y"))}));
    QVERIFY(keysOf("missing[*].p", body).empty());
    QVERIFY(keysOf("n > 1 AND lines", body) == std::vector {QByteArray(1, query::kFailedKey)});
    // A compound index is ordered by its first expression, then by the second.
    const auto both = [](int n, const char *text) {
        return keysOf("[n, t]", "{\"n\":" + QByteArray::number(n) + ",\"t\":\"" + text + "\"}")
            .front();
    };
    QVERIFY(both(1, "b") < both(1, "ba"));
    QVERIFY(both(1, "ba") < both(2, "a"));
    QCOMPARE((*engine::queryIndexLanguage().compile(" lower( n )"))->text(),
        (*engine::queryIndexLanguage().compile("LOWER($.n)"))->text());
}

void TestNodeIndexes::expressionsThatAreNone_data()
{
    QTest::addColumn<QByteArray>("expression");
    QTest::addColumn<QByteArray>("said");
    const auto row = [](const char *expression, const char *said) {
        QTest::newRow(expression) << QByteArray(expression) << QByteArray(said);
    };
    row("n +", "^"); // with a caret below the place
    row("nothing(n)", "^");
    row("n; m", "^");
    row("NOW()", "change");
    row("n = @0", "parameters");
    row("SUM(*.n)", "'*'");
    row("1 + 1", "members");
    row("$", "members");
    row("_id", "_id");
    row("[n, _sys_version]", "_sys_");
}

void TestNodeIndexes::expressionsThatAreNone()
{
    QFETCH(QByteArray, expression);
    QFETCH(QByteArray, said);
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    const auto made = create(node, "x", expression);
    QVERIFY(!made);
    QCOMPARE(made.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(made.error().message.contains(said), made.error().message.constData());
    cluster.put(0, "1", bodyOf(1)); // nothing is spoilt
    QVERIFY(*create(node, "x", "n"));
    QVERIFY(!*create(node, "X", "$.n "));
    QCOMPARE(create(node, "x", "m").error().code, ErrorCode::VersionMismatch);
}

void TestNodeIndexes::isBuiltBehindTheWrites()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    fill(node, 0, 9'000);
    QVERIFY(*create(node, "n", "n"));
    QVERIFY(*create(node, "product", "lines[*].product"));
    QCOMPARE(infoOf(node, "n").state, storage::IndexState::Building);
    // However often the node settles, it waits for the time of the next slice.
    const qint64 done = infoOf(node, "n").documentsDone;
    for (int i = 0; i < 20; ++i) {
        node.settle();
    }
    QCOMPARE(infoOf(node, "n").documentsDone, done);
    qint64 before = 0;
    bool wasInBetween = false;
    for (int i = 0; hasWork(node); ++i) {
        QVERIFY(i < 1'000);
        fill(node, 9'000 + i, 1); // somebody writes all the time
        cluster.run(5ms);
        const storage::IndexInfo info = infoOf(node, "n");
        QVERIFY(info.documentsDone >= before);
        before = info.documentsDone;
        wasInBetween
            = wasInBetween || (info.documentsDone > 0 && info.documentsDone < info.documentsTotal);
    }
    QVERIFY(wasInBetween);
    QCOMPARE(fault(node), QByteArray());
    QCOMPARE(integrityFault(node.pathOf(shop())), QByteArray());
    QVERIFY(node.nextDue() > Instant::min());
    QVERIFY(*drop(node, "N"));
    QVERIFY(!*drop(node, "n"));
    while (hasWork(node)) {
        cluster.run(5ms);
    }
    QCOMPARE(fault(node), QByteArray());
}

void TestNodeIndexes::severalDatabasesTakeTurns()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    fill(node, 0, 9'000);
    const DatabaseName other = *DatabaseName::parse("other");
    QVERIFY(node.open(other, true).isOk());
    for (const DatabaseName &name : {other, shop()}) {
        node.createIndex(name, {"products", "n", "n"}, [](const Result<bool> &made) {
            QVERIFY(made.isOk() && *made);
        });
    }
    node.settle();
    const auto isOtherBusy = [&] { return node.openDatabase(other)->file().hasIndexWork(); };
    while (isOtherBusy()) {
        cluster.run(1ms);
    }
    QVERIFY(hasWork(node));
    cluster.run(1s);
    QVERIFY(!hasWork(node));
}

void TestNodeIndexes::goesOnAfterARestart()
{
    SimCluster cluster(1);
    fill(cluster.node(0), 0, 9'000);
    QVERIFY(*create(cluster.node(0), "n", "n"));
    while (infoOf(cluster.node(0), "n").documentsDone == 0) {
        cluster.run(5ms);
    }
    const storage::IndexInfo before = infoOf(cluster.node(0), "n");
    QCOMPARE(before.state, storage::IndexState::Building);
    cluster.restart(0);
    QVERIFY(infoOf(cluster.node(0), "n").documentsDone >= before.documentsDone);
    QVERIFY(!*create(cluster.node(0), "n", "n")); // it is there
    cluster.run(1s);
    QCOMPARE(infoOf(cluster.node(0), "n").state, storage::IndexState::Ready);
    QCOMPARE(infoOf(cluster.node(0), "n").id, before.id);
    QCOMPARE(fault(cluster.node(0)), QByteArray());
}

void TestNodeIndexes::isTheNodesOwn()
{
    SimCluster cluster(2);
    cluster.mesh();
    fill(cluster.node(0), 0, 100);
    QVERIFY(cluster.runUntilEqual());
    QVERIFY(*create(cluster.node(0), "n", "n"));
    QVERIFY(*create(cluster.node(1), "product", "lines[*].product"));
    cluster.run(1s);
    fill(cluster.node(1), 50, 100); // what a peer writes comes into it
    QVERIFY(cluster.runUntilEqual());
    QCOMPARE(infoOf(cluster.node(0), "product").id, 0);
    QCOMPARE(infoOf(cluster.node(1), "n").id, 0);
    QCOMPARE(fault(cluster.node(0)), QByteArray());
    QCOMPARE(fault(cluster.node(1)), QByteArray());
}

void TestNodeIndexes::goesWithTheDatabase()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    fill(node, 0, 10);
    QVERIFY(*create(node, "n", "n"));
    node.deleteDatabase(shop(), [](const Result<void> &) {});
    node.settle();
    const auto made = create(node, "n", "n");
    QCOMPARE(made.error().code, ErrorCode::DatabaseDeleted);
    cluster.run(100ms);
    node.createDatabase(shop(), [](const Result<bool> &) {});
    node.settle();
    QCOMPARE(infoOf(node, "n").id, 0); // the new one begins without any
    QVERIFY(*create(node, "n", "n"));
    cluster.run(100ms);
    QCOMPARE(infoOf(node, "n").state, storage::IndexState::Ready);
}

void TestNodeIndexes::aFullDiskHoldsItUp()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    fill(node, 0, 9'000);
    cluster.run(1s);
    const QByteArray log = node.pathOf(shop()) + "-wal";
    QVERIFY(*create(node, "product", "lines[*].product"));
    {
        const FileSizeLimit limit(QFile(QString::fromUtf8(log)).size());
        QTest::ignoreMessage(
            QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: .*")));
        cluster.run(3s); // tried every second, said once
        QVERIFY(hasWork(node));
    }
    cluster.run(5s);
    QVERIFY(!hasWork(node));
    QCOMPARE(fault(node), QByteArray());
}

QTEST_GUILESS_MAIN(TestNodeIndexes)
#include "tst_node_indexes.moc"
