#include "file_size_limit.h"
#include "manual_clock.h"
#include "sim_cluster.h"
#include "storage/connection.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace driftless;
using namespace driftless::support;
using engine::WriteKind;
using engine::WriteOutcome;
using engine::WriteRequest;

namespace {

DatabaseName shop()
{
    return *DatabaseName::parse("shop");
}

WriteRequest request(WriteKind kind, const QByteArray &id, const QByteArray &body = "{}")
{
    WriteRequest result;
    result.kind = kind;
    result.collection = "products";
    result.id = id;
    result.body = *json::Object::check(body);
    return result;
}

Result<WriteOutcome> write(engine::Node &node, const WriteRequest &request)
{
    Result<WriteOutcome> answer(Error {ErrorCode::Internal, "not answered", {}});
    node.write(
        shop(), request, [&answer](Result<WriteOutcome> outcome) { answer = std::move(outcome); });
    node.settle();
    return answer;
}

QByteArray shown(engine::Node &node, const QByteArray &id)
{
    const auto state = node.openDatabase(shop())->file().load({"products", id});
    return state->shown().value_or(QByteArray());
}

struct Health final : engine::NodeObserver
{
    void databasesChanged(const std::set<DatabaseName> &) override { }
    void healthChanged(const std::vector<QByteArray> &now) override { reasons = now; }
    std::vector<QByteArray> reasons;
};

} // namespace

/// What a node makes of writes: outcomes, preconditions, roles, groups, and one commit for many.
class TestNode : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersComeAfterTheCommit();
    void aWriteThatChangesNothingMakesNoOperation();
    void deletingWhatIsGoneMakesNoOperation();
    void preconditionsLeaveEverythingAsItWas_data();
    void preconditionsLeaveEverythingAsItWas();
    void rolesDecideByWhatIsThere();
    void aBatchIsOneGroupOrNothing();
    void aBatchFoldsWritesOfOneDocument();
    void limitsAreKept();
    void aBatchIsBoundedByWhatTravels();
    void aBatchMayHaveExactlyItsLimit();
    void aDatabaseThatCannotBeOpenedLeavesTheOthersAlone();
    void manyWritersShareOneCommit();
    void aWriteThatFailsHalfWayLeavesNothing();
    void aDiskThatTakesNothingIsSaid();
    void aFileThatIsLockedIsSaid();
    void seedPeersLeaveWhatAnOperatorChanged();
};

void TestNode::answersComeAfterTheCommit()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    bool isAnswered = false;
    node.write(
        shop(), request(WriteKind::Put, "p1", R"({"a":1})"), [&](Result<WriteOutcome> outcome) {
            isAnswered = true;
            QVERIFY(outcome.isOk());
            QVERIFY(outcome->changed);
            QCOMPARE(outcome->operation->type, 1);
            QCOMPARE(node.openDatabase(shop())->file().committedPosition(),
                outcome->operation->position);
        });
    QVERIFY(!isAnswered);
    node.settle();
    QVERIFY(isAnswered);
}

void TestNode::aWriteThatChangesNothingMakesNoOperation()
{
    SimCluster cluster(1);
    const auto first
        = write(cluster.node(0), request(WriteKind::Put, "p1", R"({"a":1,"b":[1, 2]})"));
    const LogPosition before = cluster.node(0).openDatabase(shop())->file().lastPosition();
    const auto again
        = write(cluster.node(0), request(WriteKind::Put, "p1", R"({"b":[1, 2],"a":1})"));
    QVERIFY(again.isOk());
    QVERIFY(!again->changed);
    QCOMPARE(again->token, first->token);
    QCOMPARE(again->operation->version, first->operation->version);
    QCOMPARE(cluster.node(0).openDatabase(shop())->file().lastPosition(), before);
    QCOMPARE(shown(cluster.node(0), "p1"), QByteArray(R"({"a":1,"b":[1, 2]})"));
}

void TestNode::deletingWhatIsGoneMakesNoOperation()
{
    SimCluster cluster(1);
    const auto never = write(cluster.node(0), request(WriteKind::Delete, "never"));
    QVERIFY(never->isDeleted && !never->token && !never->operation);
    static_cast<void>(write(cluster.node(0), request(WriteKind::Put, "p1", R"({"a":1})")));
    const auto deleted = write(cluster.node(0), request(WriteKind::Delete, "p1"));
    QCOMPARE(deleted->operation->type, 3);
    QCOMPARE(deleted->operation->payload, QByteArray(R"({"a":1})"));
    const auto again = write(cluster.node(0), request(WriteKind::Delete, "p1"));
    QVERIFY(again->isDeleted && !again->changed && !again->operation);
    QCOMPARE(again->token, deleted->token);
}

void TestNode::preconditionsLeaveEverythingAsItWas_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("condition");
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<int>("error"); // -1: none
    const int mismatch = static_cast<int>(ErrorCode::VersionMismatch);
    const int failed = static_cast<int>(ErrorCode::PreconditionFailed);
    QTest::newRow("the version that it has")
        << QByteArray("p1") << QByteArray("parent") << QByteArray("current") << -1;
    QTest::newRow("another version")
        << QByteArray("p1") << QByteArray("parent") << QByteArray("other") << mismatch;
    QTest::newRow("upper case is another")
        << QByteArray("p1") << QByteArray("parent") << QByteArray("upper") << mismatch;
    QTest::newRow("a version of nothing")
        << QByteArray("none") << QByteArray("parent") << QByteArray("current") << mismatch;
    QTest::newRow("match") << QByteArray("p1") << QByteArray("match") << QByteArray("current")
                           << -1;
    QTest::newRow("match other") << QByteArray("p1") << QByteArray("match") << QByteArray("other")
                                 << failed;
    QTest::newRow("match any") << QByteArray("p1") << QByteArray("match") << QByteArray("*") << -1;
    QTest::newRow("match any of nothing")
        << QByteArray("none") << QByteArray("match") << QByteArray("*") << failed;
    QTest::newRow("none match") << QByteArray("p1") << QByteArray("none") << QByteArray("other")
                                << -1;
    QTest::newRow("none match current")
        << QByteArray("p1") << QByteArray("none") << QByteArray("current") << failed;
    QTest::newRow("none at all") << QByteArray("none") << QByteArray("none") << QByteArray("*")
                                 << -1;
    QTest::newRow("none at all, but there")
        << QByteArray("p1") << QByteArray("none") << QByteArray("*") << failed;
}

void TestNode::preconditionsLeaveEverythingAsItWas()
{
    QFETCH(QByteArray, id);
    QFETCH(QByteArray, condition);
    QFETCH(QByteArray, token);
    QFETCH(int, error);
    SimCluster cluster(1);
    const auto first = write(cluster.node(0), request(WriteKind::Put, "p1", R"({"a":1})"));
    const QByteArray current = first->token->hex();
    const QByteArray given = token == "current" ? current
        : token == "upper"                      ? current.toUpper()
        : token == "other"                      ? QByteArray(32, '0')
                                                : token;
    WriteRequest second = request(WriteKind::Put, id, R"({"a":2})");
    if (condition == "parent") {
        second.precondition.parentVersion = given;
    } else if (condition == "match") {
        second.precondition.ifMatch = {given};
    } else {
        second.precondition.ifNoneMatch = {given};
    }
    const auto outcome = write(cluster.node(0), second);
    QCOMPARE(outcome.isOk() ? -1 : static_cast<int>(outcome.error().code), error);
    const QByteArray before = id == "p1" ? QByteArray(R"({"a":1})") : QByteArray();
    QCOMPARE(shown(cluster.node(0), id), error < 0 ? QByteArray(R"({"a":2})") : before);
}

void TestNode::rolesDecideByWhatIsThere()
{
    SimCluster cluster(1);
    WriteRequest insert = request(WriteKind::Put, "p1", R"({"a":1})");
    insert.mayInsert = false;
    QCOMPARE(write(cluster.node(0), insert).error().code, ErrorCode::Forbidden);
    insert.mayInsert = true;
    insert.mayUpdate = false;
    QVERIFY(write(cluster.node(0), insert).isOk());
    WriteRequest update = request(WriteKind::Patch, "p1", R"({"a":2})");
    update.mayUpdate = false;
    QCOMPARE(write(cluster.node(0), update).error().code, ErrorCode::Forbidden);
    QCOMPARE(shown(cluster.node(0), "p1"), QByteArray(R"({"a":1})"));
}

void TestNode::aBatchIsOneGroupOrNothing()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    std::vector<WriteRequest> requests {
        request(WriteKind::Put, "p1", R"({"a":1})"), request(WriteKind::Put, "p2", R"({"a":1})")};
    requests.back().precondition.parentVersion = "no such version";
    int failed = engine::kNoBatchIndex;
    const auto send = [&]() {
        Result<engine::BatchOutcome> answer(Error {});
        node.batch(shop(), requests, [&](Result<engine::BatchOutcome> outcome, int index) {
            answer = std::move(outcome);
            failed = index;
        });
        node.settle();
        return answer;
    };
    QCOMPARE(send().error().code, ErrorCode::VersionMismatch);
    QCOMPARE(failed, 1);
    QCOMPARE(node.openDatabase(shop())->file().lastPosition(), LogPosition {0});
    requests.back().precondition = {};
    const auto outcome = send();
    QCOMPARE(outcome->results.size(), std::size_t {2});
    QCOMPARE(outcome->groupId, *outcome->results.front().token);
    QCOMPARE(
        outcome->results[0].operation->version.hlc, outcome->results[1].operation->version.hlc);
}

void TestNode::aBatchFoldsWritesOfOneDocument()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    const std::vector<WriteRequest> requests {
        request(WriteKind::Put, "p1", R"({"Id":"p1","stock":5})"),
        request(WriteKind::Patch, "p1", R"({"stock":{"$inc":-2}})"),
        request(WriteKind::Patch, "P1", R"({"name":"Tea"})")};
    Result<engine::BatchOutcome> answer(Error {});
    node.batch(shop(), requests, [&](Result<engine::BatchOutcome> outcome, int) {
        answer = std::move(outcome);
    });
    node.settle();
    QCOMPARE(answer->results.size(), std::size_t {3});
    QCOMPARE(answer->results[0].token, answer->results[2].token);
    QCOMPARE(shown(node, "p1"), QByteArray(R"({"Id":"p1","stock":3,"name":"Tea"})"));
    QCOMPARE(node.openDatabase(shop())->file().lastPosition(),
        LogPosition {2}); // open, and one operation
}

void TestNode::limitsAreKept()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    QCOMPARE(
        write(node, request(WriteKind::Put, QByteArray(kDocumentIdBytesMax + 1, 'x'))).error().code,
        ErrorCode::InvalidArgument);
    QVERIFY(write(node, request(WriteKind::Put, QByteArray(kDocumentIdBytesMax, 'x'))).isOk());
    WriteRequest longName = request(WriteKind::Put, "x");
    longName.collection = QByteArray(kCollectionNameBytesMax + 1, 'c');
    QCOMPARE(write(node, longName).error().code, ErrorCode::InvalidArgument);
    const QByteArray large = "{\"a\":\"" + QByteArray(kDocumentBytesMax / 2, 'x') + "\"}";
    QVERIFY(write(node, request(WriteKind::Put, "large", large)).isOk());
    const QByteArray patch = "{\"b\":\"" + QByteArray(kDocumentBytesMax / 2, 'x') + "\"}";
    QCOMPARE(
        write(node, request(WriteKind::Patch, "large", patch)).error().code, ErrorCode::TooLarge);
    QCOMPARE(shown(node, "large"), large);
}

/// A group travels whole, with whole documents: small patches of large ones must not make one that
/// no peer can take.
void TestNode::aBatchIsBoundedByWhatTravels()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    std::vector<WriteRequest> patches;
    const qsizetype size = kDocumentBytesMax / 8 * 7;
    for (qsizetype bytes = 0; bytes <= kGroupBytesMax; bytes += size) {
        const QByteArray id = QByteArray::number(bytes);
        QVERIFY(
            write(node, request(WriteKind::Put, id, "{\"a\":\"" + QByteArray(size, 'x') + "\"}"))
                .isOk());
        patches.push_back(request(WriteKind::Patch, id, R"({"b":1})"));
    }
    const LogPosition before = node.openDatabase(shop())->file().lastPosition();
    const auto batch = [&node, &patches] {
        std::optional<ErrorCode> error;
        node.batch(shop(), patches, [&error](const Result<engine::BatchOutcome> &outcome, int) {
            error = outcome ? std::nullopt : std::optional(outcome.error().code);
        });
        node.settle();
        return error;
    };
    QCOMPARE(batch(), std::optional(ErrorCode::TooLarge));
    QCOMPARE(node.openDatabase(shop())->file().lastPosition(), before);
    patches.pop_back();
    QCOMPARE(batch(), std::optional<ErrorCode>());
}

void TestNode::aBatchMayHaveExactlyItsLimit()
{
    const TemporaryFolder folder;
    SeededRandom random(1);
    const ManualClock clock;
    engine::Settings settings;
    settings.nodeId = *NodeId::parse("a");
    settings.groupBytesMax = 100;
    const auto database
        = engine::Database::open(folder.path("shop.db"), shop(), {settings, random, clock});
    QVERIFY(database.isOk());
    const auto batch = [&](qsizetype bytes) {
        const QByteArray frame = R"({"a":""})";
        const QByteArray text(bytes - frame.size() - 2, 'x');
        const std::vector<WriteRequest> writes {request(WriteKind::Put, "1", "{}"),
            request(WriteKind::Put, "2", R"({"a":")" + text + "\"}")};
        int failedIndex = 0;
        const auto outcome = (*database)->batch(writes, failedIndex);
        return outcome ? std::nullopt : std::optional(outcome.error().code);
    };
    QVERIFY((*database)->file().begin().isOk());
    QCOMPARE(batch(101), std::optional(ErrorCode::TooLarge));
    QCOMPARE(batch(100), std::nullopt);
}

void TestNode::aDatabaseThatCannotBeOpenedLeavesTheOthersAlone()
{
    SimCluster cluster(1);
    const DatabaseName other = *DatabaseName::parse("other");
    QVERIFY(cluster.node(0).open(other, true).isOk());
    cluster.node(0).settle();
    const QByteArray path = cluster.node(0).pathOf(other);
    cluster.stop(0);
    QFile file(QString::fromUtf8(path));
    QVERIFY(file.open(QIODevice::ReadWrite));
    const QByteArray damage(4'096, 'x');
    QCOMPARE(file.write(damage), damage.size());
    file.close();
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database other: .*is damaged.*")));
    cluster.restart(0);
    const auto refused = cluster.node(0).open(other, true);
    QCOMPARE(refused.error().code, ErrorCode::FileDamaged);
    QVERIFY(refused.error().message.contains(path));
    QVERIFY(write(cluster.node(0), request(WriteKind::Put, "p1", R"({"a":1})")).isOk());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().startsWith(damage));
}

void TestNode::manyWritersShareOneCommit()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        node.write(shop(),
            request(WriteKind::Patch, "p1", R"({"stock":{"$inc":1}})"),
            [&](Result<WriteOutcome> outcome) { answered += outcome.isOk() ? 1 : 0; });
    }
    QCOMPARE(node.openDatabase(shop())->file().committedPosition(), LogPosition {0});
    node.settle();
    QCOMPARE(answered, 100);
    QCOMPARE(shown(node, "p1"), QByteArray(R"({"Id":"p1","stock":100})"));
}

/// A fault in the middle of a batch, after which SQLite would go on and commit: nobody who shares
/// the transaction is told that it went well, and nothing of it stays.
void TestNode::aWriteThatFailsHalfWayLeavesNothing()
{
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    QVERIFY(write(node, request(WriteKind::Put, "old", R"({"a":1})")).isOk());
    const auto other
        = storage::Connection::open(node.pathOf(shop()), storage::Connection::Mode::ReadWrite);
    QVERIFY(other.isOk());
    QVERIFY((*other)
                ->execute("CREATE TRIGGER fault BEFORE UPDATE ON documents BEGIN SELECT "
                          "RAISE(ABORT, 'fault'); END")
                .isOk());
    const LogPosition before = node.openDatabase(shop())->file().committedPosition();
    std::vector<bool> answers;
    const auto note
        = [&answers](const Result<WriteOutcome> &outcome) { answers.push_back(outcome.isOk()); };
    node.write(shop(), request(WriteKind::Put, "before"), note);
    node.batch(shop(),
        {request(WriteKind::Put, "new"), request(WriteKind::Put, "old", R"({"a":2})")},
        [&answers](const Result<engine::BatchOutcome> &outcome, int) {
            answers.push_back(outcome.isOk());
        });
    node.write(shop(), request(WriteKind::Put, "behind"), note);
    QTest::ignoreMessage(
        QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: .*fault.*")));
    node.settle();
    QCOMPARE(answers, (std::vector<bool> {false, false, false}));
    QVERIFY(node.openDatabase(shop())->file().committedPosition() == before);
    for (const char *id : {"before", "new", "behind"}) {
        QCOMPARE(shown(node, id), QByteArray());
    }
    QVERIFY((*other)->execute("DROP TRIGGER fault").isOk());
    QVERIFY(write(node, request(WriteKind::Put, "old", R"({"a":2})")).isOk());
}

void TestNode::aDiskThatTakesNothingIsSaid()
{
    Health health;
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    node.observe(&health);
    QVERIFY(write(node, request(WriteKind::Put, "p1", R"({"a":1})")).isOk());
    QVERIFY(health.reasons.empty());
    const QByteArray log = node.pathOf(shop()) + "-wal";
    {
        const FileSizeLimit limit(QFile(QString::fromUtf8(log)).size());
        QTest::ignoreMessage(
            QtCriticalMsg, QRegularExpression(QStringLiteral("Database shop: .*shop.db.*")));
        const auto refused = write(node, request(WriteKind::Put, "p1", R"({"a":2})"));
        QVERIFY(!refused.isOk());
        QCOMPARE(health.reasons.size(), std::size_t(1));
        QVERIFY(health.reasons[0].startsWith("Database shop could not be written to: "));
        cluster.run(std::chrono::seconds {3}); // it tries, and finds it still so
        QCOMPARE(health.reasons.size(), std::size_t(1));
        QCOMPARE(shown(node, "p1"), QByteArray(R"({"a":1})"));
    }
    cluster.run(std::chrono::seconds {3}); // without a write of anybody's
    QVERIFY(health.reasons.empty());
    QVERIFY(write(node, request(WriteKind::Put, "p2", R"({"a":3})")).isOk());
    QCOMPARE(shown(node, "p1"), QByteArray(R"({"a":1})"));
    node.observe(nullptr);
}

void TestNode::aFileThatIsLockedIsSaid()
{
    Health health;
    SimCluster cluster(1);
    engine::Node &node = cluster.node(0);
    node.observe(&health);
    QVERIFY(write(node, request(WriteKind::Put, "p1", R"({"a":1})")).isOk());
    auto tool
        = storage::Connection::open(node.pathOf(shop()), storage::Connection::Mode::ReadWrite);
    QVERIFY(tool.isOk());
    QVERIFY((*tool)->execute("BEGIN IMMEDIATE").isOk());
    for (int i = 0; i < 2; ++i) { // the second does not wait
        const auto refused = write(node, request(WriteKind::Put, "p1", R"({"a":2})"));
        QVERIFY(!refused.isOk());
        QVERIFY(refused.error().code == ErrorCode::FileInUse);
        QCOMPARE(health.reasons.size(), std::size_t(1));
        QVERIFY(health.reasons[0].startsWith("Database shop could not be written to: "));
    }
    QVERIFY((*tool)->execute("ROLLBACK").isOk());
    QVERIFY(write(node, request(WriteKind::Put, "p1", R"({"a":3})")).isOk());
    QVERIFY(health.reasons.empty());
    node.observe(nullptr);
}

void TestNode::seedPeersLeaveWhatAnOperatorChanged()
{
    SimCluster cluster(1);
    const auto peersAfterRestart = [&cluster](const std::vector<engine::SeedPeer> &seeds) {
        cluster.setSeedPeers(seeds);
        cluster.restart(0);
        QByteArray text;
        cluster.node(0).peers({}, [&text](const Result<std::vector<engine::PeerView>> &peers) {
            for (const engine::PeerView &peer : *peers) {
                text += peer.id.bytes() + ' ' + peer.baseUrl + (peer.isActive ? " on;" : " off;");
            }
        });
        cluster.node(0).settle();
        return text;
    };
    const engine::SeedPeer first {SimCluster::idOf(1), "http://n1", true};
    const engine::SeedPeer second {SimCluster::idOf(2), "http://n2", true};
    QCOMPARE(peersAfterRestart({first, second}), QByteArray("n1 http://n1 on;n2 http://n2 on;"));
    cluster.addPeer(0, 1, false);
    cluster.node(0).removePeer(
        second.id, {}, [](const Result<void> &removed) { QVERIFY(removed.isOk()); });
    cluster.node(0).settle();
    QCOMPARE(peersAfterRestart({first, second}), QByteArray("n1 http://n1 off;"));
    // The configuration says something new.
    const engine::SeedPeer moved {SimCluster::idOf(1), "http://n1:8080", true};
    QCOMPARE(peersAfterRestart({moved, second}), QByteArray("n1 http://n1:8080 on;"));
    QCOMPARE(peersAfterRestart({}), QByteArray("n1 http://n1:8080 on;"));
}

QTEST_GUILESS_MAIN(TestNode)
#include "tst_node.moc"
