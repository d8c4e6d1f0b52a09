#include "hand_made.h"

using namespace driftless;
using namespace driftless::storage_test;

/// A counter is its last set and every addition that the set's writer had not seen, in whatever
/// order they come.
class TestCounters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void counterAddsWhatTheSetHadNotSeen();
    void stockTakingKeepsUnseenSales();
    void removalSwallowsAdditions();
    void deletionSwallowsAdditionsAndKeepsSums();
    void floorKeepsSums();
    void higherCountOfAnIncarnationWins();
    void setsOwnBytesShowWithoutAdditions();
    void additionsToTextShowTheText();
    void additionsTakeExponents();
};

void TestCounters::counterAddsWhatTheSetHadNotSeen()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":10})");
    const Operation one = a.update(20, R"({"Id":"1","n":7})", {add("n", 1, "-3", "-3")}, {base});
    const Operation two
        = b.update(21, R"({"Id":"1","n":10.25})", {add("n", 1, "0.25", "0.25")}, {base});
    const DocumentState state = joined({base, one, two});
    QCOMPARE(shown(state), QByteArray(R"({"Id":"1","n":7.25})"));
    // An addition leaves the member's version alone.
    QVERIFY(state.versionOf(*state.findMember("n")) == base.header.version);
    QCOMPARE(state.sumsOf("n").size(), 2U);
    QVERIFY(state.sumsOf("m").empty());
}

void TestCounters::stockTakingKeepsUnseenSales()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":10})");
    const Operation sale = a.update(20, R"({"Id":"1","n":8})", {add("n", 1, "-2", "-2")}, {base});
    const Operation knew
        = b.update(30, R"({"Id":"1","n":50})", {set("n", sum(a.incarnation(), 1, "-2"))}, {sale});
    const Operation knewNot = b.update(30, R"({"Id":"1","n":50})", {set("n")}, {base});
    QCOMPARE(shown(joined({base, sale, knew})), QByteArray(R"({"Id":"1","n":50})"));
    QCOMPARE(shown(joined({base, sale, knewNot})), QByteArray(R"({"Id":"1","n":48})"));
    // A sale later than the stock-taking but unseen by it counts like an earlier one.
    const Operation later = a.update(40, R"({"Id":"1","n":7})", {add("n", 2, "-3", "-1")}, {sale});
    QCOMPARE(shown(joined({base, sale, knew, later})), QByteArray(R"({"Id":"1","n":49})"));
    // An older stock-taking loses against a newer one, and so does what it had seen.
    const Operation older = b.update(25, R"({"Id":"1","n":99})", {set("n")}, {base});
    QCOMPARE(shown(joined({base, sale, knew, older})), QByteArray(R"({"Id":"1","n":50})"));
}

void TestCounters::removalSwallowsAdditions()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":10})");
    const Operation gone = b.update(20, R"({"Id":"1"})", {removed("n")}, {base});
    const Operation sale = a.update(30, R"({"Id":"1","n":8})", {add("n", 1, "-2", "-2")}, {base});
    const DocumentState state = joined({base, gone, sale});
    QCOMPARE(shown(state), QByteArray(R"({"Id":"1"})"));
    QCOMPARE(state.sumsOf("n").size(), 1U); // counted all the same, for the next set
    const Operation back = b.update(40, R"({"Id":"1","n":5})", {set("n")}, {gone});
    QCOMPARE(shown(joined({base, gone, sale, back})), QByteArray(R"({"Id":"1","n":3})"));
}

void TestCounters::deletionSwallowsAdditionsAndKeepsSums()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":10})");
    const Operation sale = a.update(20, R"({"Id":"1","n":8})", {add("n", 1, "-2", "-2")}, {base});
    const Operation erase = b.erase(30, {base});
    const DocumentState state = joined({base, sale, erase});
    QCOMPARE(shown(state), QByteArray("(gone)"));
    const Operation again = b.insert(40, R"({"Id":"1","n":1})", {erase}, {set("n")});
    QCOMPARE(shown(joined({base, erase, again, sale})), QByteArray(R"({"Id":"1","n":-1})"));
}

void TestCounters::floorKeepsSums()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":10})");
    const Operation sale = a.update(20, R"({"Id":"1","n":8})", {add("n", 1, "-2", "-2")}, {base});
    // LastWriterWins adds: the floor makes the addition a set of what it saw, and an addition.
    const Operation whole
        = b.insert(30, R"({"Id":"1","n":15})", {base}, {setAdd("n", "10", 1, "5", "5")});
    for (const Operations &arrival : arrivals({base, sale, whole})) {
        QCOMPARE(shown(joined(arrival)), QByteArray(R"({"Id":"1","n":13})"));
    }
}

void TestCounters::higherCountOfAnIncarnationWins()
{
    // Sums are joined by count, never as deltas: a later state of an incarnation contains the
    // earlier ones.
    Pen a("a");
    const Operation base = a.insert(10, R"({"Id":"1","n":0})");
    const Operation one = a.update(20, R"({"Id":"1","n":1})", {add("n", 1, "1", "1")}, {base});
    const Operation two = a.update(30, R"({"Id":"1","n":3})", {add("n", 2, "3", "2")}, {one});
    DocumentState state = joined({base, one, two});
    QVERIFY(state.join(one, {2}).isOk());
    QCOMPARE(shown(state), QByteArray(R"({"Id":"1","n":3})"));
    // The same node after a restart counts for itself.
    Pen restarted("a", 2);
    const Operation three
        = restarted.update(40, R"({"Id":"1","n":4})", {add("n", 1, "1", "1")}, {two});
    QCOMPARE(shown(joined({base, one, two, three})), QByteArray(R"({"Id":"1","n":4})"));
}

void TestCounters::setsOwnBytesShowWithoutAdditions()
{
    Pen a("a");
    const Operation base = a.insert(10, R"({"Id":"1","n":1.50})");
    QCOMPARE(shown(joined({base})), QByteArray(R"({"Id":"1","n":1.50})"));
    const Operation one
        = a.update(20, R"({"Id":"1","n":2})", {add("n", 1, "0.50", "0.50")}, {base});
    QCOMPARE(
        shown(joined({base, one})), QByteArray(R"({"Id":"1","n":2})")); // plain minimal notation
    const Operation back = a.update(30, R"({"Id":"1","n":1.5})", {add("n", 2, "0", "-0.5")}, {one});
    QCOMPARE(shown(joined({base, one, back})),
        QByteArray(R"({"Id":"1","n":1.5})")); // unseen additions that sum up to nothing
    const Operation recount
        = a.update(40, R"({"Id":"1","n":1.50})", {set("n", sum(a.incarnation(), 2, "0"))}, {back});
    QCOMPARE(shown(joined({base, one, back, recount})), QByteArray(R"({"Id":"1","n":1.50})"));
}

void TestCounters::additionsToTextShowTheText()
{
    // The set was concurrent: whoever added saw a number.
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":1})");
    const Operation text = b.update(20, R"({"Id":"1","n":"many"})", {set("n")}, {base});
    const Operation one = a.update(30, R"({"Id":"1","n":2})", {add("n", 1, "1", "1")}, {base});
    QCOMPARE(shown(joined({base, text, one})), QByteArray(R"({"Id":"1","n":"many"})"));
    QCOMPARE(shown(joined({base, one, text})), QByteArray(R"({"Id":"1","n":"many"})"));
}

void TestCounters::additionsTakeExponents()
{
    Pen a("a");
    const Operation base = a.insert(10, R"({"Id":"1","n":1e2})");
    const Operation one = a.update(20, R"({"Id":"1","n":101})", {add("n", 1, "1", "1")}, {base});
    QCOMPARE(shown(joined({base, one})), QByteArray(R"({"Id":"1","n":101})"));
}

QTEST_GUILESS_MAIN(TestCounters)
#include "tst_counters.moc"
