#include "pump_fixture.h"

using namespace driftless;
using namespace driftless::replication;
using namespace driftless::replication::pump_test;
using namespace std::chrono_literals;

/// One peer's pump as a table of what happens and what it does then: what it sends, fetches and
/// repeats.
class TestPump : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginsWithAHeartbeat();
    void pushesWhatThePeerLacks();
    void pushesAtOnceAndOneTransferAtATime();
    void drainsUntilEmpty();
    void databasesDoNotWaitForEachOther();
    void manyDatabasesTakeTurns();
    void sendsNothingTwice();
    void backsOffAndComesBack();
    void failuresOfOneDatabaseStayThere();
    void doesNotSpinWithoutProgress();
    void sendsEverythingWhenWhatOthersHaveIsMissed();
    void looksAgainForWhatWasLeftToOthers();
    void believesThePeerThatWentBack();
    void aHeartbeatUnderWayTakesNothingBack();
    void forgetsAllWhenThePeerRestarts();
    void fetchesFromAPeerThatDoesNotPush();
    void fetchesWhenAHoleStays();
    void createsWhatThePeerHas();
};

void TestPump::beginsWithAHeartbeat()
{
    Fixture f;
    QVERIFY(f.pump.nextDue() <= f.now);
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    QCOMPARE(f.tick(), "heartbeat");
    QCOMPARE(f.pump.status().state, PeerState::Connecting);
    QCOMPARE(f.pump.nextDue(), Instant::max());
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:3").encode()), "");
    QCOMPARE(f.pump.status().state, PeerState::Online);
    QCOMPARE(f.pump.nextDue(), f.now + 1s);
    QCOMPARE(f.after(999ms), "");
    QCOMPARE(f.after(1ms), "heartbeat");
}

void TestPump::pushesWhatThePeerLacks()
{
    Fixture f;
    QCOMPARE(f.meet("a1:1"), "push shop");
    const StreamQuery query = f.pump.streamQuery(kShop, nullptr);
    QCOMPARE(query.known->sequenceOf({node("a"), 1}), 1U);
    QVERIFY(!query.scannedTo.has_value());
    QCOMPARE(query.end.value, 3);
    QCOMPARE(f.built("a1:3"), "");
    QCOMPARE(f.pump.status(kShop).pendingHere, 2U);
    QCOMPARE(f.taken("a1:3"), "");
    QCOMPARE(f.pump.status(kShop).pendingHere, 0U);

    Fixture nothingThere;
    QCOMPARE(
        nothingThere.meet(std::nullopt), "push shop"); // the peer does not have the database at all
}

void TestPump::pushesAtOnceAndOneTransferAtATime()
{
    Fixture f;
    f.meet("a1:3");
    f.setLocal("a1:4");
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop");
    QCOMPARE(f.pump.streamQuery(kShop, nullptr).scannedTo->value, 3);
    QCOMPARE(f.built("a1:4"), "");
    f.setLocal("a1:6");
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    f.setLocal("a1:9");
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    QCOMPARE(f.taken("a1:4"), "push shop"); // all five in one
    QCOMPARE(f.pump.streamQuery(kShop, nullptr).scannedTo->value, 4);
    QCOMPARE(f.built("a1:9"), "");
    QCOMPARE(f.taken("a1:9"), "");
}

void TestPump::drainsUntilEmpty()
{
    Fixture f("a1:9");
    QCOMPARE(f.meet(std::nullopt), "push shop");
    QCOMPARE(f.built("a1:8", false, true), "");
    QCOMPARE(f.taken("a1:8"), "push shop");
    QCOMPARE(f.built("a1:9"), "");
    QCOMPARE(f.taken("a1:9"), "");
    // A transfer in which nothing was left to send ends without a call, and looks on if the log
    // goes on; at the next tick, so that other work gets its turn.
    f.setLocal("a1:11");
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop");
    QCOMPARE(f.built("", false, true), "");
    QVERIFY(f.pump.nextDue() == f.now);
    QCOMPARE(f.tick(), "push shop");
    QCOMPARE(f.built(""), "");
}

void TestPump::databasesDoNotWaitForEachOther()
{
    Fixture f;
    const DatabaseName stock = *DatabaseName::parse("stock");
    f.copies[stock] = f.copies[kShop];
    QCOMPARE(f.meet(std::nullopt), "push shop, push stock");
}

// Three slow transfers at most, so that a heartbeat finds a connection; the others take their
// turns, and one that always has news does not take them all.
void TestPump::manyDatabasesTakeTurns()
{
    Fixture f;
    for (const char *name : {"a", "b", "c", "d"}) {
        f.copies[*DatabaseName::parse(name)] = f.copies[kShop];
    }
    QCOMPARE(f.meet(std::nullopt), "push a, push b, push c");
    const CallId a = f.pushCall - 2;
    QCOMPARE(f.after(1s), "heartbeat");
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat(std::nullopt).encode()), "");
    QCOMPARE(f.handle(LogGrew {*DatabaseName::parse("d")}), "");

    OperationsAnswer partly;
    partly.run = kPeerRun;
    partly.entries = vectorOf("a1:1");
    QCOMPARE(f.answer(a, partly.encode()), "push d"); // a has more, and stands behind shop now
    QCOMPARE(f.answer(a + 1, partly.encode()), "push shop");
    QCOMPARE(f.answer(a + 2, partly.encode()), "push a");

    // What waits is not begun with a peer that is lost.
    QCOMPARE(f.fail(f.pushCall), "");
    QCOMPARE(f.pump.status().state, PeerState::Offline);
    QCOMPARE(f.meetAfter(1s, std::nullopt).count("push"), 3);
}

void TestPump::sendsNothingTwice()
{
    Fixture f;
    f.meet("a1:3");
    // What the peer itself sent is known to be there.
    f.setLocal("a1:3 b1:2");
    QCOMPARE(f.handle(OperationsHeard {kShop, vectorOf("b1:2")}), "");
    QCOMPARE(f.pump.status(kShop).pendingHere, 0U);
}

void TestPump::backsOffAndComesBack()
{
    Fixture f;
    f.meet("a1:3");
    f.now += 1s;
    f.tick();
    std::chrono::milliseconds least = 250ms;
    for (int failures = 1; failures <= 12; ++failures) {
        QCOMPARE(f.fail(f.heartbeatCall), "");
        QCOMPARE(f.pump.status().state, PeerState::Offline);
        QCOMPARE(f.pump.status().problem, "Offline");
        QCOMPARE(f.pump.status().reason, "it is gone");
        QVERIFY(!f.pump.isPushing());
        const auto wait = f.pump.nextDue() - f.now;
        QVERIFY(wait >= least && wait <= least + least / 2);
        QCOMPARE(f.handle(LogGrew {kShop}), "");
        QCOMPARE(f.after(wait - 1ms), "");
        QCOMPARE(f.after(1ms), "heartbeat");
        least = std::min<std::chrono::milliseconds>(least * 2, 30s);
    }
    f.setLocal("a1:5");
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:3").encode()), "push shop");
    QCOMPARE(f.pump.status().problem, "");
    // The next loss begins at the shortest wait again.
    f.built("a1:5");
    f.fail(f.pushCall, ErrorCode::Timeout);
    QVERIFY(f.pump.nextDue() - f.now <= 375ms);
    QCOMPARE(f.after(400ms), "heartbeat");
    // The heartbeat says what became of the push.
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:5").encode()), "");
}

void TestPump::failuresOfOneDatabaseStayThere()
{
    Fixture f;
    const DatabaseName stock = *DatabaseName::parse("stock");
    f.copies[stock] = f.copies[kShop];
    QCOMPARE(f.tick(), "heartbeat");
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:3").encode()), "push stock");
    QCOMPARE(f.built("a1:3"), "");
    QCOMPARE(f.answer(f.pushCall, "", 500), "");
    QCOMPARE(f.pump.status().state, PeerState::Online);
    QCOMPARE(f.pump.status(stock).problem, "Refused");
    f.copies[kShop].vector = vectorOf("a1:4");
    f.copies[kShop].lastPosition = {4};
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop");
    QCOMPARE(f.handle(LogGrew {stock}), "");
    QCOMPARE(f.after(400ms), "push stock");
    QCOMPARE(f.built("a1:3"), "");
    QCOMPARE(f.taken("a1:3"), "");
    QCOMPARE(f.pump.status(stock).problem, "");
}

void TestPump::doesNotSpinWithoutProgress()
{
    Fixture f;
    QCOMPARE(f.meet("a1:1"), "push shop");
    f.built("a1:3");
    const LeftOut damaged {{{node("a"), 1}, 2}, LeftOutReason::Damaged, {}, {}};
    QCOMPARE(f.taken("a1:1", {damaged}), "");
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    QCOMPARE(f.meetAfter(1s, "a1:1"), "push shop");
    // Part of it taken is progress.
    f.built("a1:3");
    QCOMPARE(f.taken("a1:2", {damaged}), "push shop");
}

void TestPump::sendsEverythingWhenWhatOthersHaveIsMissed()
{
    Fixture f("a1:3 c1:2");
    QCOMPARE(f.meet("a1:2"), "push shop");
    f.built("a1:3", true); // c's were left to c, a3 is built on one of them
    const LeftOut lacksParents {{{node("a"), 1}, 3}, LeftOutReason::ParentsMissing, {}, {}};
    QCOMPARE(f.taken("a1:2", {lacksParents}), "push shop all");
    f.built("a1:3 c1:2");
    // If that does not help either, it waits.
    QCOMPARE(f.taken("a1:2", {lacksParents}), "");
    QCOMPARE(f.meetAfter(1s, "a1:2"), "push shop");
}

void TestPump::looksAgainForWhatWasLeftToOthers()
{
    Fixture f("a1:3 c1:2");
    f.meet("a1:3");
    QCOMPARE(f.built("", true), "");
    QCOMPARE(f.handle(LogGrew {kShop}), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 c1:1"), "push shop");
    QVERIFY(!f.pump.streamQuery(kShop, nullptr).scannedTo.has_value());
    QCOMPARE(f.built("", true), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 c1:2"), "");
    QCOMPARE(f.pump.status(kShop).pendingHere, 0U);
}

void TestPump::believesThePeerThatWentBack()
{
    Fixture f;
    f.meet("a1:3");
    QCOMPARE(f.meetAfter(1s, "a1:1"), "push shop");
    QCOMPARE(f.pump.streamQuery(kShop, nullptr).known->sequenceOf({node("a"), 1}), 1U);
    QVERIFY(!f.pump.streamQuery(kShop, nullptr).scannedTo.has_value());

    // The same told by an answer to a transfer.
    Fixture g;
    g.meet("a1:3");
    g.setLocal("a1:4");
    QCOMPARE(g.handle(LogGrew {kShop}), "push shop");
    g.built("a1:4");
    const LeftOut gap {{{node("a"), 1}, 4}, LeftOutReason::Gap, {}, {}};
    QCOMPARE(g.taken("a1:2", {gap}), "");
    QCOMPARE(g.pump.status(kShop).pendingHere, 2U);
    QCOMPARE(g.meetAfter(1s, "a1:2"), "push shop");
}

void TestPump::aHeartbeatUnderWayTakesNothingBack()
{
    Fixture f;
    f.meet("a1:3");
    f.now += 1s;
    QCOMPARE(f.tick(), "heartbeat");
    f.setLocal("a1:4");
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop");
    f.built("a1:4");
    QCOMPARE(f.taken("a1:4"), "");
    QCOMPARE(f.answer(f.heartbeatCall, f.heartbeat("a1:3").encode()),
        ""); // answered before the push came
    QCOMPARE(f.pump.status(kShop).pendingHere, 0U);
}

void TestPump::forgetsAllWhenThePeerRestarts()
{
    Fixture f;
    f.meet("a1:3");
    f.setLocal("a1:4");
    f.handle(LogGrew {kShop});
    f.built("a1:4");
    OperationsAnswer answer;
    answer.run = kPeerRun + 1;
    answer.entries = vectorOf("a1:2");
    QCOMPARE(f.answer(f.pushCall, answer.encode()), "heartbeat");
    Heartbeat restarted = f.heartbeat("a1:2");
    restarted.sender.run = kPeerRun + 1;
    QCOMPARE(f.answer(f.heartbeatCall, restarted.encode()), "push shop");
    QCOMPARE(f.pump.streamQuery(kShop, nullptr).known->sequenceOf({node("a"), 1}), 2U);
    QCOMPARE(f.pump.status().problem, "");
}

void TestPump::fetchesFromAPeerThatDoesNotPush()
{
    Fixture f;
    f.peersActive = {};
    QCOMPARE(f.meet("a1:3 b1:5"), "fetch shop");
    QCOMPARE(f.pump.status(kShop).pendingThere, 5U);
    QCOMPARE(f.fetched(true), "ingest shop");
    QCOMPARE(f.ingested(3, "a1:3 b1:3"), "fetch shop");
    QCOMPARE(f.fetched(false), "ingest shop");
    QCOMPARE(f.ingested(2, "a1:3 b1:5"), "");
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop"); // which finds nothing that the peer lacks
    QCOMPARE(f.built(""), "");
    // Without anything new it does not ask again before the next heartbeat.
    QCOMPARE(f.meetAfter(1s, "a1:3 b1:6"), "fetch shop");
    QCOMPARE(f.fetched(true), "ingest shop");
    QCOMPARE(f.ingested(0, "a1:3 b1:5"), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 b1:6"), "fetch shop");
    QCOMPARE(f.fail(f.fetchCall), "");
    QCOMPARE(f.pump.status().state, PeerState::Offline);
}

void TestPump::fetchesWhenAHoleStays()
{
    Fixture f;
    QCOMPARE(f.meet("a1:3 b1:5"), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 b1:6"), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 b1:7"), "");
    QCOMPARE(f.meetAfter(1s, "a1:3 b1:8"), "fetch shop");

    // While operations of the peer come in there is no need.
    Fixture g;
    QCOMPARE(g.meet("a1:3 b1:50"), "");
    for (int i = 1; i < 10; ++i) {
        g.handle(OperationsHeard {kShop, vectorOf("b1:" + QByteArray::number(i))});
        QCOMPARE(g.meetAfter(1s, "a1:3 b1:50"), "");
    }
}

void TestPump::createsWhatThePeerHas()
{
    Fixture f("");
    QCOMPARE(f.meet("b1:2", {4, true}), "create shop 4");
    Fixture g("");
    g.peersActive = {};
    QCOMPARE(g.meet("b1:2"), "create shop 0, fetch shop");
    Fixture deleted("");
    QCOMPARE(deleted.meet("", {4, false}), "create shop 4 deleted");
    Fixture nothing("");
    QCOMPARE(nothing.meet(std::nullopt), "");
}

QTEST_APPLESS_MAIN(TestPump)
#include "tst_pump.moc"
