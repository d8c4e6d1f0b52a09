#include "engine/gateway.h"
#include "engine/node.h"
#include "engine/query_text.h"
#include "engine/reader_pool.h"
#include "engine/write_run.h"
#include "manual_clock.h"
#include "manual_executor.h"
#include "seeded_random.h"
#include "sim_cluster.h"
#include "temporary_folder.h"

#include <QTest>

using namespace driftless;
using namespace driftless::support;
using namespace std::chrono_literals;

/// Statements through the door of a real node whose threads run when the test says so: a condition
/// is judged where its writes are made, others are served between groups, and whoever waits can end
/// it.
class TestQuery : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void conditionsAreJudgedWhereTheyCount();
    void atomicWritesAreOneGroup();
    void groupsLetOthersBetween();
    void whatIsCancelledEnds();
    void whatIsCancelledBetweenGroupsSaysHowFarItCame();
    void aFullQueueIsSaid();
    void anUnknownDatabaseIsSaid();
    void additionsOfSeveralNodesAllCount();
};

namespace {

DatabaseName shop()
{
    return *DatabaseName::parse("shop");
}

class Silence final : public replication::Transport
{
public:
    void send(replication::TransportRequest /*request*/, Completion completion) override
    {
        completion(Error {ErrorCode::Unreachable, "Nobody is there.", {}});
    }
};

/// Keeps what it is given until it is told to run it, on the thread that asks.
class Readers final : public engine::ReaderPool
{
public:
    [[nodiscard]] bool post(Read read, Kind /*kind*/) override
    {
        return m_executor.post([this, read = std::move(read)] { read(m_readers); });
    }
    void close(const QByteArray &path) override { m_readers.close(path); }
    ManualExecutor &executor() { return m_executor; }

private:
    engine::ReaderPool::Readers m_readers {60s};
    ManualExecutor m_executor {2};
};

/// A node behind its door, all on one thread.
class Shop
{
public:
    Shop()
    {
        engine::Settings settings;
        settings.nodeId = *NodeId::parse("till");
        settings.dataDirectory = m_folder.path();
        settings.durability = engine::Durability::Normal;
        m_node = std::make_unique<engine::Node>(settings, m_clock, m_random, m_transport);
        const auto started = m_node->start();
        DRIFTLESS_ASSERT(started.isOk());
        store.setAfterBatch([this] { m_node->settle(); });
        m_access = std::make_unique<engine::Access>(
            auth::KeyStore::make("root", "peer", {}, m_random).value());
        m_gateway = std::make_unique<engine::Gateway>(*m_node, store, readers, front, *m_access);
        m_gateway->open(shop(), true, [](const Result<void> &) {});
        run();
    }
    ~Shop()
    {
        m_gateway.reset();
        m_node->stop();
    }
    Shop(const Shop &) = delete;
    Shop &operator=(const Shop &) = delete;

    engine::Gateway &gateway() { return *m_gateway; }
    void run()
    {
        while (readers.executor().runBatch() || store.runBatch() || front.runBatch()) { }
    }
    /// Asks, and keeps the answer once it comes.
    std::shared_ptr<storage::ReadToken> ask(const QByteArray &text,
        std::optional<Result<engine::QueryOutcome>> &answer,
        bool isAtomic = true)
    {
        engine::QueryRequest request;
        request.text = text;
        request.isAtomic = isAtomic;
        return m_gateway->query(shop(),
            std::move(request),
            [&answer](Result<engine::QueryOutcome> result) { answer = std::move(result); });
    }
    engine::QueryOutcome must(const QByteArray &text, bool isAtomic = true)
    {
        std::optional<Result<engine::QueryOutcome>> answer;
        ask(text, answer, isAtomic);
        run();
        if (!answer || !*answer) {
            qFatal("%s", answer ? answer->error().message.constData() : "no answer");
        }
        return std::move(*answer).value();
    }
    /// Documents 1000 to 1000 + count - 1 with n = 1.
    void fill(int count)
    {
        QByteArrayList documents;
        for (int i = 0; i < count; ++i) {
            documents.append("{\"Id\":\"" + QByteArray::number(1'000 + i) + "\",\"n\":1}");
        }
        must("INSERT INTO c VALUES [" + documents.join(',') + ']', false);
    }

    ManualExecutor store;
    ManualExecutor front;
    Readers readers;

private:
    TemporaryFolder m_folder;
    ManualClock m_clock;
    SeededRandom m_random {1};
    Silence m_transport;
    std::unique_ptr<engine::Node> m_node;
    std::unique_ptr<engine::Access> m_access;
    std::unique_ptr<engine::Gateway> m_gateway;
};

engine::WriteRequest putOf(const QByteArray &id, const QByteArray &body)
{
    engine::WriteRequest request;
    request.collection = "c";
    request.id = id;
    request.body = *json::Object::check(body);
    return request;
}

} // namespace

/// Whatever was written between the asking and the writing counts, in the same batch as well.
void TestQuery::conditionsAreJudgedWhereTheyCount()
{
    Shop node;
    node.must(R"(INSERT INTO c VALUES {"Id":"a","stock":1})");
    const QByteArray sell = "UPDATE c SET stock = stock - 1 WHERE Id = 'a' AND stock > 0";
    std::optional<Result<engine::QueryOutcome>> first;
    std::optional<Result<engine::QueryOutcome>> second;
    node.ask(sell, first);
    node.ask(sell, second);
    QVERIFY(node.readers.executor().runBatch());
    QCOMPARE(node.store.waiting(), std::size_t(2)); // both were read before either is written
    node.run();
    QCOMPARE((*first)->applied, 1);
    QCOMPARE((*second)->matched, 0);
    QCOMPARE(node.must("SELECT stock FROM c").rows, QByteArray(R"([{"stock":0}])"));
    // A write in front of it takes the ground away.
    std::optional<Result<engine::QueryOutcome>> third;
    node.ask("UPDATE c SET n = 1 WHERE stock = 0", third);
    QVERIFY(node.readers.executor().runBatch());
    QCOMPARE(node.store.waiting(), std::size_t(1));
    node.run();
    QCOMPARE((*third)->applied, 1);
    bool isPut = false;
    node.gateway().write(shop(),
        putOf("a", R"({"Id":"a","stock":5})"),
        [&isPut](const auto &result) { isPut = result.isOk(); });
    std::optional<Result<engine::QueryOutcome>> fourth;
    node.ask("DELETE FROM c WHERE stock = 0", fourth);
    node.run();
    QVERIFY(isPut);
    QCOMPARE((*fourth)->applied, 0);
}

void TestQuery::atomicWritesAreOneGroup()
{
    Shop node;
    node.fill(50);
    const engine::QueryOutcome updated = node.must("UPDATE c SET n = 2 WHERE n = 1");
    QCOMPARE(updated.applied, 50);
    std::optional<Result<engine::QueryOutcome>> answer;
    node.must("UPDATE c SET n = 9223372036854775807 WHERE Id = '1020'");
    node.ask("UPDATE c SET n = n * 2", answer); // fails in its middle
    node.run();
    QCOMPARE(answer->error().code, ErrorCode::InvalidArgument);
    QCOMPARE(
        node.must("SELECT COUNT(*) AS k FROM c WHERE n = 2").rows, QByteArray(R"([{"k":49}])"));
}

void TestQuery::groupsLetOthersBetween()
{
    Shop node;
    node.fill(12'000);
    std::optional<Result<engine::QueryOutcome>> answer;
    node.ask("UPDATE c SET n = 2", answer, false);
    QVERIFY(node.readers.executor().runBatch());
    QVERIFY(node.store.runBatch(1));
    std::optional<Result<engine::WriteOutcome>> put;
    node.gateway().write(shop(), putOf("zz", R"({"Id":"zz","n":1})"), [&put](auto result) {
        put = std::move(result);
    });
    int batches = 0;
    while (!put) {
        QVERIFY(node.store.runBatch(1));
        ++batches;
        while (node.front.runBatch()) { }
    }
    QVERIFY2(batches <= 2, QByteArray::number(batches).constData()); // the next group, and then it
    QVERIFY(!answer);
    node.run();
    // Each document was judged in a transaction of its group: the one that came meanwhile, too.
    QCOMPARE((*answer)->matched, 12'001);
    QCOMPARE((*answer)->applied, 12'001);
    QCOMPARE(
        node.must("SELECT COUNT(*) AS k FROM c WHERE n = 2").rows, QByteArray(R"([{"k":12001}])"));
}

void TestQuery::whatIsCancelledEnds()
{
    Shop node;
    node.fill(100);
    for (const char *text :
        {"SELECT $ FROM c", "UPDATE c SET n = 2", "INSERT INTO d VALUES {Id:'1'}"}) {
        std::optional<Result<engine::QueryOutcome>> answer;
        const auto token = node.ask(text, answer);
        token->cancel();
        node.run();
        QCOMPARE(answer->error().code, ErrorCode::ShuttingDown);
    }
    QCOMPARE(
        node.must("SELECT COUNT(*) AS k FROM c WHERE n = 1").rows, QByteArray(R"([{"k":100}])"));
    std::optional<Result<engine::QueryOutcome>> answer;
    node.ask("SELECT $ FROM c", answer);
    node.gateway().cancelQueries();
    node.run();
    QCOMPARE(answer->error().code, ErrorCode::ShuttingDown);
}

void TestQuery::whatIsCancelledBetweenGroupsSaysHowFarItCame()
{
    Shop node;
    node.fill(12'000);
    std::optional<Result<engine::QueryOutcome>> answer;
    const auto token = node.ask("UPDATE c SET n = 2", answer, false);
    QVERIFY(node.readers.executor().runBatch());
    QVERIFY(node.store.runBatch(1));
    token->cancel();
    node.run();
    QCOMPARE(answer->error().code, ErrorCode::ShuttingDown);
    const QByteArray written
        = node.must("SELECT COUNT(*) AS k FROM c WHERE n = 2").rows.chopped(2).sliced(6);
    QVERIFY(written.toInt() > 0 && written.toInt() < 12'000);
    QVERIFY2(answer->error().message.contains("Before that " + written + " documents were written"),
        answer->error().message.constData());
}

void TestQuery::aFullQueueIsSaid()
{
    Shop node;
    std::array<std::optional<Result<engine::QueryOutcome>>, 3> answers;
    for (auto &answer : answers) {
        node.ask("SELECT 1", answer);
    }
    QCOMPARE(answers[2]->error().code, ErrorCode::Busy);
    QCOMPARE(answers[2]->error().limit, Limit::QueryQueue);
    node.run();
    QVERIFY(answers[0]->isOk() && answers[1]->isOk());
}

void TestQuery::anUnknownDatabaseIsSaid()
{
    Shop node;
    std::optional<Result<engine::QueryOutcome>> answer;
    engine::QueryRequest request;
    request.text = "SELECT 1";
    node.gateway().query(*DatabaseName::parse("none"),
        request,
        [&answer](Result<engine::QueryOutcome> result) { answer = std::move(result); });
    QCOMPARE(answer->error().code, ErrorCode::NotFound);
}

/// `SET stock = stock - 2` claims the difference, so that what two tills sell at once is sold.
void TestQuery::additionsOfSeveralNodesAllCount()
{
    SimCluster cluster(2);
    cluster.mesh();
    cluster.put(0, "a", R"({"Id":"a","stock":10})");
    QVERIFY(cluster.runUntilEqual());
    QByteArray collection;
    for (int i = 0; i < 2; ++i) {
        engine::Node &node = cluster.node(i);
        collection = "orders";
        engine::QueryRequest request;
        request.text = "UPDATE orders SET stock = stock - @0 WHERE stock >= 2";
        request.parameters = "[2]";
        auto text = engine::readQuery(request);
        QVERIFY(text.isOk());
        auto run = std::make_shared<engine::WriteRun>(
            std::move(*text), request, std::make_shared<storage::ReadToken>(60s));
        std::optional<Result<bool>> answer;
        node.advance(shop(), run, [&answer](const Result<bool> &result) { answer = result; });
        node.settle();
        QVERIFY(answer && answer->isOk());
        QCOMPARE(run->outcome().applied, 1);
    }
    QVERIFY(cluster.runUntilEqual());
    for (int i = 0; i < 2; ++i) {
        const auto state = cluster.node(i).openDatabase(shop())->file().load({collection, "a"});
        QCOMPARE(state->shown().value(), QByteArray(R"({"Id":"a","stock":6})"));
    }
}

QTEST_GUILESS_MAIN(TestQuery)
#include "tst_query.moc"
