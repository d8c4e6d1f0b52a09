#include "pump_fixture.h"

using namespace driftless;
using namespace driftless::replication;
using namespace driftless::replication::pump_test;
using namespace std::chrono_literals;

/// What a pump makes of its peer: who it is, what it has and shows, and whether it is asked at all.
class TestPumpPeers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsGenerationsApart();
    void admitsBeforeItSends();
    void recordsForks();
    void hintsBringHeartbeats();
    void callsOfThePeerEndTheBackoff();
    void namesWrongNodes_data();
    void namesWrongNodes();
    void tellsTwoNodesOfOneIdFromARestart();
    void takesLateMessagesOfAnEarlierRunForNoSecondNode();
    void comparesDigestsWhenVectorsAreEqual();
    void showsClockSkew();
    void staysInItsScope();
    void stopsAndStartsByConfiguration();
    void staleAnswersAreIgnored();
    void heartbeatsCarryVectorsOnlyWhereTheyDiffer();
    void answersNameWhatDiffers();
};

void TestPumpPeers::keepsGenerationsApart()
{
    Fixture f;
    f.copies[kShop].generation = {1, true};
    QCOMPARE(f.meet("a1:1", {0, true}), ""); // the peer is behind: nothing is exchanged
    QCOMPARE(f.pump.status(kShop).problem, "Generation");
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    f.now += 1s;
    QCOMPARE(f.meet("", {1, false}), "generation shop 1 deleted");
    f.now += 1s;
    QCOMPARE(f.meet("a2:1", {2, true}), "generation shop 2");
    // The engine joined it: an empty copy of generation 2.
    f.copies[kShop].generation = {2, true};
    f.setLocal("");
    f.now += 1s;
    QCOMPARE(f.meet("a2:1", {2, true}), "");
    QCOMPARE(f.pump.status(kShop).pendingThere, 1U);
    QCOMPARE(f.pump.status(kShop).pendingHere, 0U);

    // A transfer that meets another generation.
    Fixture g;
    QCOMPARE(g.meet("a1:1"), "push shop");
    g.built("a1:3");
    OperationsAnswer answer;
    answer.status = TransferStatus::OtherGeneration;
    answer.run = kPeerRun;
    answer.generation = {0, false};
    QCOMPARE(g.answer(g.pushCall, answer.encode()), "generation shop 0 deleted, heartbeat");
    QCOMPARE(g.handle(LogGrew {kShop}), "");
}

void TestPumpPeers::admitsBeforeItSends()
{
    Fixture f;
    f.copies[kShop].roster = {node("a")};
    QCOMPARE(f.meet("a1:1"), "admit b, push shop");
    Fixture nothingToSend("");
    nothingToSend.copies[kShop];
    QCOMPARE(nothingToSend.meet(std::nullopt), "");
}

void TestPumpPeers::recordsForks()
{
    Fixture f("a1:3 c1:2");
    QCOMPARE(f.meet("a1:3! c1:1"), "fork a3, push shop");
    QVERIFY(f.pump.streamQuery(kShop, nullptr).refused->contains({node("a"), 1}));
    QCOMPARE(f.built("c1:2"), "");
    QCOMPARE(f.taken("c1:2"), "");

    Fixture g;
    QCOMPARE(g.meet("a1:1"), "push shop");
    g.built("a1:3");
    const Incarnation incarnation {node("a"), 1};
    QCOMPARE(
        g.taken("a1:1",
            {{{incarnation, 2}, LeftOutReason::Fork, Dot {incarnation, 1}, Hash128::of("b's")}}),
        "fork a1");
    QCOMPARE(g.handle(LogGrew {kShop}), "");
    g.setLocal("a1:3 c1:1");
    QCOMPARE(g.handle(LogGrew {kShop}), "push shop"); // the rest goes on
    QVERIFY(g.pump.streamQuery(kShop, nullptr).refused->contains(incarnation));
    QCOMPARE(g.built(""), "");
    QCOMPARE(g.pump.status(kShop).problem, "Fork");
}

void TestPumpPeers::hintsBringHeartbeats()
{
    Fixture f;
    f.meet("a1:3");
    QCOMPARE(f.handle(HintHeard {}), "");
    QCOMPARE(f.pump.nextDue(), f.now + 50ms);
    QCOMPARE(f.after(50ms), "heartbeat");
    QCOMPARE(f.after(60ms), "");
    QCOMPARE(f.handle(HintHeard {}), ""); // one is under way; another follows it
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:3").encode()), "heartbeat");
}

void TestPumpPeers::callsOfThePeerEndTheBackoff()
{
    Fixture f;
    f.tick();
    for (int i = 0; i < 8; ++i) {
        f.fail(f.heartbeatCall);
        f.now = f.pump.nextDue();
        f.tick();
    }
    f.fail(f.heartbeatCall);
    f.now += 2s;
    QVERIFY(f.pump.nextDue() > f.now + 10s);
    QCOMPARE(f.handle(HeartbeatHeard {f.heartbeat("a1:3"), kWall}), "");
    QVERIFY(f.pump.isPushing()); // or rather: at once
    QCOMPARE(f.tick(), "heartbeat");
    // Only its calls get through: no use to promise a push, but one try a heartbeat.
    f.fail(f.heartbeatCall);
    QVERIFY(!f.pump.isPushing());
    f.handle(HeartbeatHeard {f.heartbeat("a1:3"), kWall});
    QVERIFY(!f.pump.isPushing());
    QCOMPARE(f.after(999ms), "");
    QCOMPARE(f.after(1ms), "heartbeat");
}

void TestPumpPeers::namesWrongNodes_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<quint64>("run");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("problem");
    QTest::newRow("another node") << QByteArray("c") << quint64 {5} << 200
                                  << QByteArray("WrongNode");
    QTest::newRow("itself") << QByteArray("a") << quint64 {kOurRun} << 200
                            << QByteArray("OwnAddress");
    QTest::newRow("its own id") << QByteArray("a") << quint64 {5} << 200
                                << QByteArray("DuplicateNode");
    QTest::newRow("another key") << QByteArray("b") << quint64 {kPeerRun} << 401
                                 << QByteArray("KeyRefused");
    QTest::newRow("no such route")
        << QByteArray("b") << quint64 {kPeerRun} << 404 << QByteArray("NoDriftless");
    QTest::newRow("busy") << QByteArray("b") << quint64 {kPeerRun} << 503 << QByteArray("Offline");
    QTest::newRow("something else")
        << QByteArray() << quint64 {} << 200 << QByteArray("NoDriftless");
}

void TestPumpPeers::namesWrongNodes()
{
    QFETCH(QByteArray, id);
    QFETCH(quint64, run);
    QFETCH(int, status);
    QFETCH(QByteArray, problem);
    Fixture f;
    f.tick();
    Heartbeat answer = f.heartbeat("a1:1");
    if (!id.isEmpty()) {
        answer.sender.node = *NodeId::parse(id);
    }
    answer.sender.run = run;
    QCOMPARE(
        f.answer(f.heartbeatCall, id.isEmpty() ? QByteArray("<html>") : answer.encode(), status),
        "");
    QCOMPARE(f.pump.status().state, PeerState::Offline);
    QCOMPARE(f.pump.status().problem, problem);
    QVERIFY(!f.pump.status().reason.isEmpty());
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    QVERIFY(f.pump.nextDue() > f.now);
}

void TestPumpPeers::tellsTwoNodesOfOneIdFromARestart()
{
    Fixture f;
    f.meet("a1:3");
    Heartbeat other = f.heartbeat("a1:3");
    other.sender.run = 99;
    for (int i = 0; i < 8; ++i) {
        QVERIFY(i > 2
            || f.pump.status()
                   .problem.isEmpty()); // may still be messages of a process that has ended
        f.handle(HeartbeatHeard {other, kWall});
        f.meetAfter(1s, "a1:3");
        if (f.pump.status().problem == "DuplicateNode") {
            break;
        }
    }
    QCOMPARE(f.pump.status().problem, "DuplicateNode");
    // The other one is gone.
    f.meetAfter(31s, "a1:3");
    QCOMPARE(f.pump.status().problem, "");
}

// A network that holds connections back for seconds delivers what a killed process had sent, one
// after the other.
void TestPumpPeers::takesLateMessagesOfAnEarlierRunForNoSecondNode()
{
    Fixture f;
    f.meet("a1:3");
    const Heartbeat late = f.heartbeat("a1:3");
    for (int i = 1; i <= 10; ++i) {
        f.now += 1s;
        f.tick();
        Heartbeat restarted = f.heartbeat("a1:3");
        restarted.sender.run = 99;
        restarted.wallTime = kWall + i * 1s;
        f.answer(f.heartbeatCall, restarted.encode());
        f.handle(HeartbeatHeard {late, restarted.wallTime});
        QCOMPARE(f.pump.status().problem, "");
        QCOMPARE(f.pump.status().state, PeerState::Online);
    }
}

void TestPumpPeers::comparesDigestsWhenVectorsAreEqual()
{
    Fixture f;
    f.copies[kShop].digest = Hash128::of("a1:3");
    QVERIFY(!f.pump.status(kShop).isEqual.has_value());
    f.meet("a1:2");
    QVERIFY(!f.pump.status(kShop).isEqual.has_value());
    f.built("a1:3");
    f.taken("a1:3");
    f.meetAfter(1s, "a1:3");
    QCOMPARE(f.pump.status(kShop).isEqual, std::optional(true));
    QCOMPARE(f.pump.status(kShop).checked, std::optional(kWall));
    QCOMPARE(f.pump.status(kShop).digest, std::optional(Hash128::of("a1:3")));
    // A write here ends what the comparison said.
    f.setLocal("a1:4");
    QVERIFY(!f.pump.status(kShop).isEqual.has_value());
    f.copies[kShop].digest = Hash128::of("something else");
    f.meetAfter(1s, "a1:4");
    QCOMPARE(f.pump.status(kShop).isEqual, std::optional(false));
    // Other documents left out: no comparison.
    f.copies[kShop].leftOutHash = Hash128::of("left out");
    f.meetAfter(1s, "a1:4");
    QVERIFY(!f.pump.status(kShop).isEqual.has_value());
    QCOMPARE(f.pump.status(kShop).problem, "Quarantine");
}

void TestPumpPeers::showsClockSkew()
{
    Fixture f;
    f.tick();
    Heartbeat answer = f.heartbeat("a1:3");
    answer.wallTime += 5min;
    *answer.receivedAt += 5min;
    f.answer(f.heartbeatCall, answer.encode());
    QCOMPARE(f.pump.status().problem, "ClockSkew");
    QCOMPARE(f.pump.status().clockOffset, std::optional<std::chrono::milliseconds>(5min));
    QCOMPARE(f.pump.status().state, PeerState::Online);
}

void TestPumpPeers::staysInItsScope()
{
    const DatabaseName stock = *DatabaseName::parse("stock");
    Fixture f("a1:3", {node("b"), "http://b", false, {{stock, true}}});
    f.tick();
    const Heartbeat request = f.pump.composeHeartbeat({node("a"), kOurRun, {}}, kWall);
    QVERIFY(request.isScoped);
    QCOMPARE(request.databases.size(), 1U); // wanted, though it is not here
    QVERIFY(request.databases[0].name == stock);
    QVERIFY(request.databases[0].vectorHash == Hash128 {});
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:1").encode()), "");
    QVERIFY(!f.pump.status(kShop).isExchanged);
    QCOMPARE(f.handle(LogGrew {kShop}), "");
}

void TestPumpPeers::stopsAndStartsByConfiguration()
{
    Fixture f;
    f.meet("a1:1");
    PeerScope scope = f.pump.scope();
    scope.isActiveByDefault = false;
    QCOMPARE(f.handle(Reconfigured {scope}), "");
    QCOMPARE(f.pump.status().state, PeerState::Inactive);
    QCOMPARE(f.pump.nextDue(), Instant::max());
    QVERIFY(!f.pump.isPushing());
    QCOMPARE(f.built("a1:3"), "");
    QCOMPARE(f.taken("a1:3"), "");
    QCOMPARE(f.handle(HintHeard {}), "");
    QCOMPARE(f.handle(HeartbeatHeard {f.heartbeat("a1:1"), kWall}), "");
    scope.isActiveByDefault = true;
    QCOMPARE(f.handle(Reconfigured {scope}), "");
    QCOMPARE(f.meet("a1:1"), "push shop");
    // Another address is another conversation.
    scope.baseUrl = "http://elsewhere";
    f.handle(Reconfigured {scope});
    QCOMPARE(f.pump.status().state, PeerState::Offline);
    QCOMPARE(f.meet("a1:1"), "push shop");
}

void TestPumpPeers::staleAnswersAreIgnored()
{
    Fixture f;
    f.meet("a1:1");
    f.built("a1:3");
    const CallId stale = f.pushCall;
    f.now += 1s;
    f.tick();
    f.fail(f.heartbeatCall);
    f.now = f.pump.nextDue();
    QCOMPARE(f.meet("a1:1"), "push shop");
    f.built("a1:3");
    QCOMPARE(f.fail(stale), "");
    QCOMPARE(f.pump.status().state, PeerState::Online);
    QCOMPARE(f.taken("a1:3"), "");
}

void TestPumpPeers::heartbeatsCarryVectorsOnlyWhereTheyDiffer()
{
    Fixture f;
    const Sender self {node("a"), kOurRun, {node("c")}};
    QVERIFY(f.pump.composeHeartbeat(self, kWall).databases[0].vector.has_value());
    f.meet("a1:3");
    const Heartbeat request = f.pump.composeHeartbeat(self, kWall);
    QVERIFY(!request.databases[0].vector.has_value());
    QVERIFY(request.sender == self);
    QVERIFY(!request.isScoped);
    f.setLocal("a1:4");
    QVERIFY(f.pump.composeHeartbeat(self, kWall).databases[0].vector.has_value());
}

void TestPumpPeers::answersNameWhatDiffers()
{
    Fixture f;
    const DatabaseName gone = *DatabaseName::parse("gone");
    const DatabaseName stock = *DatabaseName::parse("stock");
    f.copies[gone].isDeleted = true;
    f.copies[gone].generation = {2, false};
    f.copies[stock];
    const Sender self {node("a"), kOurRun, {}};
    Heartbeat request = f.heartbeat("a1:3");
    Heartbeat answer = answerHeartbeat(request, f.copies, self, kWall, kWall + 1ms);
    QCOMPARE(answer.databases.size(), 3U);
    QCOMPARE(answer.receivedAt, std::optional(kWall));
    QVERIFY(!answer.find(kShop)->vector.has_value());
    QVERIFY(answer.find(stock)->vector.has_value());
    QVERIFY(!answer.find(gone)->generation.isAlive);
    request.isScoped = true;
    request.databases[0].vectorHash = {};
    answer = answerHeartbeat(request, f.copies, self, kWall, kWall);
    QCOMPARE(answer.databases.size(), 1U);
    QVERIFY(answer.find(kShop)->vector.has_value());
}

QTEST_APPLESS_MAIN(TestPumpPeers)
#include "tst_pump_peers.moc"
