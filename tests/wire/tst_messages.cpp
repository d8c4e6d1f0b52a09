#include "wire/cluster_peer.h"
#include "wire/conflict_list.h"
#include "wire/convergence.h"
#include "wire/database_list.h"
#include "wire/node_info.h"
#include "wire/problem.h"
#include "wire/replication_status.h"
#include "wire/write_result.h"

#include <QTest>

using namespace driftless;
using namespace driftless::wire;

/// The bytes of what the node says: names, order and nulls are a promise.
class TestMessages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writeResult();
    void writeResultOfNothing();
    void errors();
    void problems();
    void peers();
    void readsPeers_data();
    void readsPeers();
    void nodeInfo();
    void readiness();
    void status();
    void databases();
    void convergence();
    void conflicts();
};

namespace {

WallTime at(qint64 ms)
{
    return WallTime(std::chrono::milliseconds(ms));
}

} // namespace

void TestMessages::writeResult()
{
    WriteResult result;
    result.collection = "orders";
    result.entityId = "o2";
    result.version = Hash128 {0x168183a4b2b44909ULL, 0x80f6e0a408978921ULL};
    result.committed = at(1'764'000'000'500);
    OperationRecord operation;
    operation.id = *result.version;
    operation.nodeId = "node-1";
    operation.timestamp = result.committed;
    operation.collection = "orders";
    operation.entityId = "o2";
    operation.type = 1;
    operation.payload = "{\"id\":\"o2\",\"customer\":\"Zoë\",\"paid\":true}";
    operation.sequence = 3;
    operation.logSequence = 4;
    result.operation = operation;
    QCOMPARE(result.toJson(),
        R"({"Collection":"orders","EntityId":"o2","Version":"168183a4b2b4490980f6e0a408978921","CommittedUtc":"2025-11-24T16:00:00.5Z",)"
        R"("IsDeleted":false,"Operation":{"Id":"168183a4b2b4490980f6e0a408978921","NodeId":"node-1","TimestampUtc":"2025-11-24T16:00:00.5Z",)"
        R"("Collection":"orders","EntityId":"o2","OperationType":1,"Payload":"{\"id\":\"o2\",\"customer\":\"Zoë\",\"paid\":true}",)"
        R"("Sequence":3,"LogSequence":4,"ParentVersion":null,"GlobalSequence":null,"IsSynced":false,"IsTombstone":false}})");
}

void TestMessages::writeResultOfNothing()
{
    WriteResult result;
    result.collection = "orders";
    result.entityId = "never";
    result.isDeleted = true;
    QCOMPARE(result.toJson(),
        R"({"Collection":"orders","EntityId":"never","Version":null,"CommittedUtc":"1970-01-01T00:00:00Z","IsDeleted":true,"Operation":null})");
}

void TestMessages::errors()
{
    QCOMPARE(errorBody({ErrorCode::VersionMismatch, "Not \"that\".", {}}),
        R"({"Error":"Not \"that\".","Code":"version-mismatch"})");
    QCOMPARE(errorBody({ErrorCode::TooDeep, "Too deep.", "$.a"}),
        R"({"Error":"Too deep.","Code":"too-deep","Path":"$.a"})");
}

void TestMessages::problems()
{
    Problem problem;
    problem.type = "https://tools.ietf.org/html/rfc9110#section-15.5.1";
    problem.title = "One or more validation errors occurred.";
    problem.status = 400;
    problem.errors = {{"take", "The value 'x' is not valid."}, {"$.\"q\"", "No."}};
    problem.traceId = "00-0-0-00";
    problem.code = "invalid-argument";
    QCOMPARE(problem.toJson(),
        R"({"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,)"
        R"("errors":{"take":["The value 'x' is not valid."],"$.\"q\"":["No."]},"traceId":"00-0-0-00","code":"invalid-argument"})");
    Problem short_;
    short_.type = "t";
    short_.title = "Conflict";
    short_.status = 409;
    short_.detail = "Changed.";
    short_.path = "$.Operations[2]";
    short_.index = 2;
    short_.code = "version-mismatch";
    QCOMPARE(short_.toJson(),
        R"({"type":"t","title":"Conflict","status":409,"detail":"Changed.","path":"$.Operations[2]","index":2,"traceId":"","code":"version-mismatch"})");
}

void TestMessages::peers()
{
    QCOMPARE(toJson(std::vector<ClusterPeer> {{"node-2", "http://127.0.0.1:17002", true, at(0), {}},
                 {"node-3", "http://127.0.0.1:17003", false, at(0), "shop"}}),
        R"([{"NodeId":"node-2","BaseUrl":"http://127.0.0.1:17002","IsActive":true,"UpdatedUtc":"1970-01-01T00:00:00Z","Database":null},)"
        R"({"NodeId":"node-3","BaseUrl":"http://127.0.0.1:17003","IsActive":false,"UpdatedUtc":"1970-01-01T00:00:00Z","Database":"shop"}])");
}

void TestMessages::readsPeers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("outcome");
    const auto row = [](const char *name, const char *text, const char *outcome) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(outcome);
    };
    row("camel case",
        R"({"nodeId":"net-9","baseUrl":"http://127.0.0.1:17009/"})",
        "net-9 http://127.0.0.1:17009/ true");
    row("inactive",
        R"({"NodeId":"n","BaseUrl":"http://h","IsActive":false,"UpdatedUtc":"2026-01-01T00:00:00Z"})",
        "n http://h false");
    row("no url",
        R"({"nodeId":"net-9"})",
        "not-found JSON deserialization for type 'ClusterPeer' was missing required properties "
        "including: 'BaseUrl'.");
    row("nothing",
        "{}",
        "not-found JSON deserialization for type 'ClusterPeer' was missing required properties "
        "including: 'NodeId', 'BaseUrl'.");
    row("a wrong type",
        R"({"NodeId":"n","BaseUrl":"http://h","IsActive":1})",
        "invalid-json IsActive must be true or false.");
}

void TestMessages::readsPeers()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, outcome);
    const auto peer = ClusterPeer::fromJson(text);
    QCOMPARE(peer ? peer->nodeId + ' ' + peer->baseUrl + (peer->isActive ? " true" : " false")
                  : errorName(peer.error().code) + ' ' + peer.error().message,
        outcome);
}

void TestMessages::nodeInfo()
{
    QCOMPARE((NodeInfo {"node-1", at(0), 7, "0.1.0"}.toJson()),
        R"({"NodeId":"node-1","TimestampUtc":"1970-01-01T00:00:00Z","LogicalDatabaseCount":7,"Product":"Driftless","Version":"0.1.0",)"
        R"("Capabilities":["driftless/1"]})");
}

void TestMessages::readiness()
{
    QCOMPARE(readinessJson({}), R"({"Status":"ready","Reasons":[]})");
    QCOMPARE(readinessJson({"The disk is full."}),
        R"({"Status":"not-ready","Reasons":["The disk is full."]})");
}

void TestMessages::status()
{
    ReplicationStatus status;
    status.nodeId = "node-1";
    DatabaseStatusRow database;
    database.name = "shop";
    database.oldestAvailable = 1;
    database.localMax = 9;
    database.peers.push_back(
        {"node-2", "http://127.0.0.1:17002", true, "CatchingUp", {}, 1, 4, 5, 9, 5, at(0), -12});
    database.peers.push_back({"node-3",
        "http://127.0.0.1:17003",
        false,
        "Inactive",
        "Off.",
        1,
        0,
        0,
        9,
        0,
        at(0),
        std::nullopt});
    database.received = {12, 3, 1};
    status.databases = {database, {"till", "It is damaged.", 0, 0, {}, {}}};
    status.limits.note(Limit::HeaderBytes);
    status.limits.note(Limit::None);
    QCOMPARE(status.toJson(),
        R"({"NodeId":"node-1","TimestampUtc":"1970-01-01T00:00:00Z","Databases":[{"DatabaseName":"shop","Status":"Healthy","Error":null,)"
        R"("OldestAvailableLogSequence":1,"LocalMaxLogSequence":9,"ActivePeerCount":1,"TotalEstimatedPendingPushOperations":5,"Peers":[)"
        R"({"PeerNodeId":"node-2","BaseUrl":"http://127.0.0.1:17002","IsActive":true,"CatchUpStatus":"CatchingUp","CatchUpReason":null,)"
        R"("OldestAvailableLogSequence":1,"LastPushedLocalLogSequence":4,"LastPulledPeerLogSequence":5,"LocalMaxLogSequence":9,)"
        R"("EstimatedPendingPushOperations":5,"UpdatedUtc":"1970-01-01T00:00:00Z","ClockOffsetMs":-12},)"
        R"({"PeerNodeId":"node-3","BaseUrl":"http://127.0.0.1:17003","IsActive":false,"CatchUpStatus":"Inactive","CatchUpReason":"Off.",)"
        R"("OldestAvailableLogSequence":1,"LastPushedLocalLogSequence":0,"LastPulledPeerLogSequence":0,"LocalMaxLogSequence":9,)"
        R"("EstimatedPendingPushOperations":0,"UpdatedUtc":"1970-01-01T00:00:00Z","ClockOffsetMs":null}],)"
        R"("ReceivedOperations":{"Applied":12,"Duplicates":3,"LeftOut":1}},)"
        R"({"DatabaseName":"till","Status":"Error","Error":"It is damaged.","OldestAvailableLogSequence":0,"LocalMaxLogSequence":0,)"
        R"("ActivePeerCount":0,"TotalEstimatedPendingPushOperations":0,"Peers":[],)"
        R"("ReceivedOperations":{"Applied":0,"Duplicates":0,"LeftOut":0}}],"DeniedCalls":0,)"
        R"("Limits":{"DocumentBytes":0,"GroupOperations":0,"GroupBytes":0,"BodyBytes":0,"HeaderBytes":1,"HeaderCount":0,"TargetBytes":0,)"
        R"("Connections":0,"ConnectionsPerAddress":0,"RequestsPerAddress":0,"BytesPerAddress":0,"PipelinedRequests":0,"OutputBytes":0,"HeaderSeconds":0,"BodySeconds":0,)"
        R"("BodyBytesPerSecond":0,"IdleSeconds":0,"DrainSeconds":0,"DrainBytes":0,"HintBytes":0,"PingSeconds":0,"StoreQueue":0,)"
        R"("ReaderQueue":0,"QueryQueue":0,"QuerySeconds":0,"QueryBytes":0,"QueryStallSeconds":0}})");
}

void TestMessages::databases()
{
    QCOMPARE(toJson(std::vector<DatabaseRow> {{"shop", 1, at(0), 12, 8192}}),
        R"([{"Name":"shop","Generation":1,"CreatedUtc":"1970-01-01T00:00:00Z","Documents":12,"FileBytes":8192}])");
}

void TestMessages::convergence()
{
    Convergence state;
    state.database = "shop";
    state.digest = {0, 1};
    state.documents = 3;
    state.vector["node-1"][0xabcULL] = 7;
    state.reason = "node-2 lacks 1 operation.";
    state.peers.push_back({"node-2", Hash128 {0, 2}, false, at(0), 1, 0});
    state.peers.push_back({"node-3", std::nullopt, std::nullopt, std::nullopt, 7, 0});
    QCOMPARE(state.toJson(),
        R"({"Database":"shop","Digest":"00000000000000000000000000000001","Documents":3,"Vector":{"node-1":{"0000000000000abc":7}},)"
        R"("Converged":false,"Reason":"node-2 lacks 1 operation.","Conflicts":0,"Quarantined":0,"Peers":[)"
        R"({"PeerNodeId":"node-2","Digest":"00000000000000000000000000000002","Equal":false,"CheckedUtc":"1970-01-01T00:00:00Z","PendingHere":1,"PendingThere":0},)"
        R"({"PeerNodeId":"node-3","Digest":null,"Equal":null,"CheckedUtc":null,"PendingHere":7,"PendingThere":0}]})");
}

void TestMessages::conflicts()
{
    ConflictList list;
    list.total = 5;
    list.rows.push_back({"products",
        "p1",
        "price",
        {{0, 2}, "node-2", at(0), false, "1.50", R"({"price":1.50})"},
        {{0, 1}, "node-1", at(0), true, {}, {}}});
    QCOMPARE(list.toJson(),
        R"({"Total":5,"Conflicts":[{"Collection":"products","EntityId":"p1","Member":"price",)"
        R"("Winner":{"Version":"00000000000000000000000000000002","NodeId":"node-2","TimestampUtc":"1970-01-01T00:00:00Z","IsDelete":false,"Value":1.50,"Document":{"price":1.50}},)"
        R"("Loser":{"Version":"00000000000000000000000000000001","NodeId":"node-1","TimestampUtc":"1970-01-01T00:00:00Z","IsDelete":true,"Value":null,"Document":null}}]})");
}

QTEST_APPLESS_MAIN(TestMessages)
#include "tst_messages.moc"
