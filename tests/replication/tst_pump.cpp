#include "fake_copies.h"
#include "replication/pump.h"
#include "seeded_random.h"

#include <QTest>

using namespace driftless;
using namespace driftless::replication;
using namespace driftless::replication_test;
using namespace std::chrono_literals;

namespace {

const DatabaseName kShop = *DatabaseName::parse("shop");
constexpr WallTime kWall {1'790'000'000'000ms};
constexpr std::uint64_t kOurRun = 1;
constexpr std::uint64_t kPeerRun = 2;

NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

/// "a1:3 b1:2" is the vector with 3 operations of incarnation 1 of a, and 2 of b; "a1:3!" has
/// another chain hash there.
storage::VersionVector vectorOf(const QByteArray &text)
{
    storage::VersionVector vector;
    for (const QByteArray &part : text.split(' ')) {
        if (part.isEmpty()) {
            continue;
        }
        const qsizetype colon = part.indexOf(':');
        QByteArray sequence = part.sliced(colon + 1);
        const QByteArray salt = sequence.endsWith('!') ? "other" : "";
        sequence.replace('!', "");
        vector.raise({*NodeId::parse(part.first(1)), part.sliced(1, colon - 1).toULongLong()},
            {sequence.toULongLong(), Hash128::of(part.first(colon + 1) + sequence + salt)});
    }
    return vector;
}

/// Node a, which has the database shop, and its pump for the peer b.
struct Fixture
{
    FakeCopies copies;
    support::SeededRandom random {1};
    Pump pump;
    Instant now {10'000ms};
    CallId heartbeatCall = 0;
    CallId pushCall = 0;
    CallId fetchCall = 0;
    bool ignoresRelay = false;
    std::vector<NodeId> peersActive {node("a")}; ///< b pushes to us

    explicit Fixture(
        const QByteArray &local = "a1:3", PeerScope scope = {node("b"), "http://b", true, {}})
        : pump(std::move(scope), {node("a"), kOurRun, 1'000ms, 30'000ms, 100}, copies, random)
    {
        if (!local.isEmpty()) {
            copies[kShop].roster = {node("a"), node("b")};
            setLocal(local);
        }
    }

    void setLocal(const QByteArray &text)
    {
        copies[kShop].vector = vectorOf(text);
        copies[kShop].lastPosition
            = LogPosition {static_cast<std::int64_t>(copies[kShop].vector.operationsBeyond({}))};
    }

    /// The effects as words, in order.
    QByteArray handle(const Event &event)
    {
        QByteArray words;
        const auto add
            = [&words](const QByteArray &word) { words += (words.isEmpty() ? "" : ", ") + word; };
        const auto generationOf = [](const Generation &generation) {
            return QByteArray::number(quint64 {generation.number})
                + (generation.isAlive ? "" : " deleted");
        };
        for (const Effect &effect : pump.handle(event, now)) {
            if (const auto *heartbeat = std::get_if<SendHeartbeat>(&effect)) {
                heartbeatCall = heartbeat->call;
                add("heartbeat");
            } else if (const auto *push = std::get_if<SendOperations>(&effect)) {
                pushCall = push->call;
                ignoresRelay = push->ignoresRelay;
                add("push " + push->database.bytes() + (push->ignoresRelay ? " all" : ""));
            } else if (const auto *fetch = std::get_if<SendFetch>(&effect)) {
                fetchCall = fetch->call;
                add("fetch " + fetch->database.bytes());
            } else if (const auto *fetched = std::get_if<IngestFetched>(&effect)) {
                add("ingest " + fetched->database.bytes());
            } else if (const auto *create = std::get_if<CreateDatabase>(&effect)) {
                add("create " + create->database.bytes() + ' ' + generationOf(create->generation));
            } else if (const auto *seen = std::get_if<GenerationSeen>(&effect)) {
                add("generation " + seen->database.bytes() + ' ' + generationOf(seen->generation));
            } else if (const auto *admit = std::get_if<AdmitNode>(&effect)) {
                add("admit " + admit->node.bytes());
            } else if (const auto *fork = std::get_if<RecordFork>(&effect)) {
                add("fork " + fork->fork.dot.incarnation.origin.bytes()
                    + QByteArray::number(quint64 {fork->fork.dot.sequence}));
            }
        }
        return words;
    }

    QByteArray tick() { return handle(Tick {}); }
    QByteArray after(std::chrono::milliseconds time)
    {
        now += time;
        return tick();
    }

    Heartbeat heartbeat(const std::optional<QByteArray> &vector, Generation generation = {}) const
    {
        Heartbeat message;
        message.sender = {node("b"), kPeerRun, peersActive};
        message.wallTime = kWall;
        message.receivedAt = kWall;
        if (vector) {
            HeartbeatDatabase shop;
            shop.name = kShop;
            shop.generation = generation;
            if (generation.isAlive) {
                shop.vector = vectorOf(*vector);
                shop.vectorHash = FakeCopies::hashOf(*shop.vector);
                shop.digest = Hash128::of(*vector);
            }
            message.databases.push_back(shop);
        }
        return message;
    }

    QByteArray answer(CallId call, const QByteArray &body, int status = 200)
    {
        return handle(CallEnded {call, TransportReply {status, body}, kWall});
    }
    QByteArray fail(CallId call, ErrorCode code = ErrorCode::Unreachable)
    {
        return handle(CallEnded {call, Error {code, "it is gone", {}}, kWall});
    }
    /// Ticks, and answers the heartbeat that comes.
    QByteArray meet(const std::optional<QByteArray> &vector, Generation generation = {})
    {
        const QByteArray before = tick();
        const QByteArray effects = answer(heartbeatCall, heartbeat(vector, generation).encode());
        return before.endsWith("heartbeat") ? effects : "no heartbeat: " + before;
    }
    QByteArray meetAfter(std::chrono::milliseconds time, const std::optional<QByteArray> &vector)
    {
        now += time;
        return meet(vector);
    }

    QByteArray built(const QByteArray &sent, bool hasDeferred = false, bool hasMore = false)
    {
        Transfer transfer;
        transfer.sent = vectorOf(sent);
        transfer.count = sent.isEmpty() ? 0 : 1;
        transfer.scannedTo = copies[kShop].lastPosition;
        transfer.hasDeferred = hasDeferred;
        if (hasMore) {
            transfer.scannedTo.value -= 1;
            transfer.hasMore = true;
        }
        return handle(TransferBuilt {pushCall, transfer});
    }

    QByteArray taken(const QByteArray &entries, std::vector<LeftOut> leftOut = {})
    {
        OperationsAnswer message;
        message.run = kPeerRun;
        message.entries = vectorOf(entries);
        message.leftOut = std::move(leftOut);
        return answer(pushCall, message.encode());
    }

    QByteArray fetched(bool hasMore)
    {
        Preamble preamble;
        preamble.sender = {node("b"), kPeerRun, peersActive};
        preamble.hasMore = hasMore;
        return answer(fetchCall, preamble.encode());
    }

    QByteArray ingested(std::uint64_t applied, const QByteArray &local)
    {
        IngestOutcome outcome;
        outcome.applied = applied;
        outcome.senderHas = vectorOf(local);
        setLocal(local);
        return handle(FetchIngested {fetchCall, outcome});
    }
};

} // namespace

/// One peer's pump as a table of what happens and what it does then.
class TestPump : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void beginsWithAHeartbeat();
    void pushesWhatThePeerLacks();
    void pushesAtOnceAndOneTransferAtATime();
    void drainsUntilEmpty();
    void databasesDoNotWaitForEachOther();
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
    void keepsGenerationsApart();
    void admitsBeforeItSends();
    void recordsForks();
    void hintsBringHeartbeats();
    void callsOfThePeerEndTheBackoff();
    void namesWrongNodes_data();
    void namesWrongNodes();
    void tellsTwoNodesOfOneIdFromARestart();
    void comparesDigestsWhenVectorsAreEqual();
    void showsClockSkew();
    void staysInItsScope();
    void stopsAndStartsByConfiguration();
    void staleAnswersAreIgnored();
    void heartbeatsCarryVectorsOnlyWhereTheyDiffer();
    void answersNameWhatDiffers();
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
    // goes on.
    f.setLocal("a1:11");
    QCOMPARE(f.handle(LogGrew {kShop}), "push shop");
    QCOMPARE(f.built("", false, true), "push shop");
    QCOMPARE(f.built(""), "");
}

void TestPump::databasesDoNotWaitForEachOther()
{
    Fixture f;
    const DatabaseName stock = *DatabaseName::parse("stock");
    f.copies[stock] = f.copies[kShop];
    QCOMPARE(f.meet(std::nullopt), "push shop, push stock");
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

void TestPump::keepsGenerationsApart()
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

void TestPump::admitsBeforeItSends()
{
    Fixture f;
    f.copies[kShop].roster = {node("a")};
    QCOMPARE(f.meet("a1:1"), "admit b, push shop");
    Fixture nothingToSend("");
    nothingToSend.copies[kShop];
    QCOMPARE(nothingToSend.meet(std::nullopt), "");
}

void TestPump::recordsForks()
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

void TestPump::hintsBringHeartbeats()
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

void TestPump::callsOfThePeerEndTheBackoff()
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

void TestPump::namesWrongNodes_data()
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

void TestPump::namesWrongNodes()
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

void TestPump::tellsTwoNodesOfOneIdFromARestart()
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

void TestPump::comparesDigestsWhenVectorsAreEqual()
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

void TestPump::showsClockSkew()
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

void TestPump::staysInItsScope()
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

void TestPump::stopsAndStartsByConfiguration()
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

void TestPump::staleAnswersAreIgnored()
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

void TestPump::heartbeatsCarryVectorsOnlyWhereTheyDiffer()
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

void TestPump::answersNameWhatDiffers()
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

QTEST_APPLESS_MAIN(TestPump)
#include "tst_pump.moc"
