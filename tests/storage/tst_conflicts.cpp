#include "hand_made.h"
#include "storage/conflicts.h"
#include "till.h"

#include <QByteArrayList>
#include <QElapsedTimer>
#include <QTest>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

/// What is listed for the operations, as "member: loser < winner" with the names of `names`.
QByteArray listed(const Operations &operations,
    const std::map<Version, QByteArray> &names,
    const std::set<Version> &pruned = {})
{
    DocumentState state;
    for (const Operation &operation : operations) {
        state.admitHead(operation.header);
    }
    const FindOperation find = [&](const Dot &dot) -> Result<std::optional<Operation>> {
        for (const Operation &operation : operations) {
            if (operation.header.version.dot == dot && !pruned.contains(operation.header.version)) {
                return std::optional(operation);
            }
        }
        return std::optional<Operation>();
    };
    QByteArray text;
    for (const ConflictPair &pair : must(findConflicts(state.heads(), find))) {
        text += text.isEmpty() ? "" : "; ";
        text += pair.member + ": " + names.at(pair.loser) + " < " + names.at(pair.winner);
    }
    return text;
}

/// A till's own list, as "id member: loser < winner" with the bodies of both ("-" for a deletion).
QByteArray listOf(Till &till)
{
    auto reader = till.reader();
    QByteArrayList lines;
    for (const DocumentReader::Conflict &conflict : must(reader->conflicts(0, 100))) {
        const auto body = [](const std::optional<Operation> &operation) {
            return operation->body.isEmpty() ? QByteArray("-") : operation->body;
        };
        lines += conflict.id + ' ' + conflict.member + ": " + body(conflict.loser) + " < "
            + body(conflict.winner);
    }
    std::sort(
        lines.begin(), lines.end()); // pairs of one member stand in an order of the node's own
    return lines.join("; ");
}

} // namespace

/// Two writes collide if neither had seen the other and both claim one thing; what is listed is a
/// function of the operations.
class TestConflicts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void lists_data();
    void lists();
    void prunedAncestorsEndTheWalk();
    void collisionBehindANewerHead();
    void twoInsertsOfOneId();
    void additionAgainstWhat_data();
    void additionAgainstWhat();
    void closedByWhoeverHasSeenBoth();
    void everyArrivalListsTheSame();
    void countsGoWithTheTransaction();
    void whatWaitsIsNoSide_data();
    void whatWaitsIsNoSide();
    void thousandsOfWritesOnBothSidesOfACut();
};

void TestConflicts::lists_data()
{
    QTest::addColumn<Operations>("operations");
    QTest::addColumn<QByteArray>("expected");
    Pen a("a");
    Pen b("b");
    Pen c("c");
    const auto row
        = [](const char *name, const Operations &operations, const QByteArray &expected) {
              QTest::newRow(name) << operations << expected;
          };
    // Named by their place in the row.
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation m2 = a.update(20, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation m3 = b.update(21, R"({"Id":"1","m":3,"n":1})", {set("m")}, {base});
    const Operation n2 = b.update(22, R"({"Id":"1","m":1,"n":2})", {set("n")}, {base});
    const Operation noM = c.update(23, R"({"Id":"1","n":1})", {removed("m")}, {base});
    const Operation alsoNoM = b.update(24, R"({"Id":"1","n":1})", {removed("m")}, {base});
    const Operation alsoM2 = c.update(25, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation bigM = c.update(26, R"({"Id":"1","M":4,"n":1})", {set("M")}, {base});
    const Operation gone = c.erase(27, {base});
    const Operation alsoGone = b.erase(28, {base});
    const Operation whole = c.insert(29, R"({"Id":"1","m":9})", {base});
    row("one head", {base, m2}, "");
    row("different members", {base, m2, n2}, "");
    row("one member, two values", {base, m2, m3}, "m: 1 < 2");
    row("one member, one value", {base, m2, alsoM2}, "");
    row("one member in two spellings", {base, m2, bigM}, "m: 1 < 2");
    row("a set and a removal", {base, m2, noM}, "m: 1 < 2");
    row("two removals", {base, noM, alsoNoM}, "");
    row("an edit and a deletion", {base, n2, gone}, "*: 1 < 2");
    row("two deletions", {base, alsoGone, gone}, "");
    row("two edits and a deletion", {base, m2, n2, gone}, "*: 1 < 3; *: 2 < 3");
    row("three values", {base, m2, m3, bigM}, "m: 1 < 2; m: 1 < 3; m: 2 < 3");
    row("a floor against an edit", {base, m2, whole}, "m: 1 < 2");
    row("a floor against an edit of what it lacks", {base, n2, whole}, "n: 1 < 2");
    row("two inserts", {base, b.insert(11, R"({"Id":"1","m":1,"k":5})")}, "k: 0 < 1; n: 0 < 1");
    row("two inserts of the same", {base, b.insert(11, R"({"Id":"1", "n":1, "m":1})")}, "");

    const Operation sale
        = b.update(30, R"({"Id":"1","m":0,"n":1})", {add("m", 1, "-1", "-1")}, {base});
    const Operation otherSale
        = a.update(31, R"({"Id":"1","m":-1,"n":1})", {add("m", 1, "-2", "-2")}, {base});
    row("two additions", {base, sale, otherSale}, "");
    row("an addition and a set", {base, sale, m2}, "");
    row("an addition and a removal", {base, noM, sale}, "m: 1 < 2");
    row("an addition and a deletion", {base, gone, sale}, "*: 1 < 2");
    row("an addition and a floor that has the member", {base, sale, whole}, "");
    row("an addition and a floor that lacks it",
        {base, sale, c.insert(40, R"({"Id":"1","n":1})", {base})},
        "m: 1 < 2");
    const Operation wholeSale
        = c.insert(41, R"({"Id":"1","m":3,"n":1})", {base}, {setAdd("m", "1", 1, "2", "2")});
    row("an addition and a floor that adds", {base, sale, wholeSale}, "");
    row("a set and a floor that adds", {base, m2, wholeSale}, "m: 1 < 2");

    // Chains.
    const Operation m2n5 = a.update(50, R"({"Id":"1","m":2,"n":5})", {set("n")}, {m2});
    row("behind a newer head of another member", {base, m2, m2n5, m3}, "m: 1 < 3");
    const Operation m6 = a.update(51, R"({"Id":"1","m":6,"n":1})", {set("m")}, {m2});
    row("only the newest claim of each side", {base, m2, m6, m3}, "m: 3 < 2");
    const Operation m2sale
        = a.update(52, R"({"Id":"1","m":1,"n":1})", {add("m", 2, "-3", "-1")}, {m2});
    row("an addition replaces nothing", {base, m2, m2sale, m3}, "m: 1 < 3");
    const Operation m2gone = a.erase(53, {m2});
    row("behind a deletion", {base, m2, m2gone, n2}, "*: 3 < 2");
    row("behind a deletion a member still collides", {base, m2, m2gone, m3}, "*: 3 < 2; m: 1 < 3");
    const Operation m2again = a.insert(54, R"({"Id":"1","m":7})", {m2gone});
    row("a new life replaces all that is behind it", {base, m2, m2gone, m2again, m3}, "m: 4 < 3");
    // Settled.
    const Operation both = c.update(60, R"({"Id":"1","m":3,"n":5})", {set("n")}, {m2, m3});
    row("seen by one operation, of another member too", {base, m2, m3, both}, "");
    row("settled, and a third stands beside", {base, m2, m3, both, bigM}, "m: 1 < 4; m: 2 < 4");
    const Operation decided = c.update(61, R"({"Id":"1","m":8,"n":1})", {set("m")}, {m2, m3});
    row("decided, and a third stands beside", {base, m2, m3, decided, bigM}, "m: 4 < 3");
}

void TestConflicts::lists()
{
    QFETCH(Operations, operations);
    QFETCH(QByteArray, expected);
    std::map<Version, QByteArray> names;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        names[operations[i].header.version] = QByteArray::number(static_cast<qulonglong>(i));
    }
    // A lower version is named first, whichever stands first in the row.
    for (const Operations &arrival : arrivals(operations)) {
        QCOMPARE(listed(arrival, names), expected);
    }
}

void TestConflicts::prunedAncestorsEndTheWalk()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation older = a.update(20, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation left = a.update(30, R"({"Id":"1","m":4,"n":1})", {set("m")}, {older});
    const Operation right = b.update(31, R"({"Id":"1","m":3,"n":1})", {set("m")}, {base});
    const std::map<Version, QByteArray> names {{older.header.version, "older"},
        {left.header.version, "left"},
        {right.header.version, "right"}};
    const Operations all {base, older, left, right};
    QCOMPARE(listed(all, names), QByteArray("m: left < right"));
    QCOMPARE(listed(all, names, {base.header.version}), QByteArray("m: left < right"));
    QCOMPARE(listed(all, names, {base.header.version, older.header.version}),
        QByteArray("m: left < right"));
    // A side that was pruned itself is listed no more.
    QCOMPARE(listed(all, names, {base.header.version, older.header.version, left.header.version}),
        QByteArray());
}

void TestConflicts::collisionBehindANewerHead()
{
    // A1 sets price, A2 sets name, B1 sets price unseen: comparing with the heads alone would miss
    // it.
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","name":"x","price":1})");
    b.read(a);
    a.patch("1", R"({"price":2})");
    a.patch("1", R"({"name":"y"})");
    b.clock.advance(std::chrono::seconds(1));
    b.patch("1", R"({"price":3})");
    exchange(a, b);
    const QByteArray expected
        = R"(1 price: {"Id":"1","name":"x","price":2} < {"Id":"1","name":"x","price":3})";
    QCOMPARE(listOf(a), expected);
    QCOMPARE(listOf(b), expected);
    QCOMPARE(a.file().conflictCount(), 1);
    QCOMPARE(b.file().conflictCount(), 1);
    QCOMPARE(a.shown("1"), QByteArray(R"({"Id":"1","name":"y","price":3})"));
    QVERIFY(a.file().digest() == b.file().digest());
}

void TestConflicts::twoInsertsOfOneId()
{
    Till a("a");
    Till b("b");
    a.put("Apple", R"({"Id":"Apple","price":1})");
    b.clock.advance(std::chrono::seconds(1));
    b.put("APPLE", R"({"Id":"APPLE","price":2,"name":"x"})");
    exchange(a, b);
    // The later shows whole; the earlier is listed, by what it set differently and by what it
    // lacked.
    const QByteArray pair = R"({"Id":"Apple","price":1} < {"Id":"APPLE","price":2,"name":"x"})";
    const QByteArray expected = "apple name: " + pair + "; apple price: " + pair;
    QCOMPARE(listOf(a), expected);
    QCOMPARE(listOf(b), expected);
    QCOMPARE(a.shown("apple"), QByteArray(R"({"Id":"APPLE","price":2,"name":"x"})"));
    QCOMPARE(a.file().documentCount(), 1);
}

void TestConflicts::additionAgainstWhat_data()
{
    QTest::addColumn<Edit>("other");
    QTest::addColumn<bool>("isLastWriterWins");
    QTest::addColumn<QByteArray>("shown");
    QTest::addColumn<QByteArray>("member");
    const auto row = [](const char *name,
                         const Edit &other,
                         const QByteArray &shown,
                         const QByteArray &member,
                         bool isLastWriterWins = false) {
        QTest::newRow(name) << other << isLastWriterWins << shown << member;
    };
    row("a removal",
        {Edit::Kind::Patch, "1", R"({"stock":null})"},
        R"({"Id":"1","name":"x"})",
        "stock");
    row("a deletion", {Edit::Kind::Delete, "1", {}}, "(gone)", "*");
    row("a stock-taking",
        {Edit::Kind::Patch, "1", R"({"stock":50})"},
        R"({"Id":"1","name":"x","stock":48})",
        {});
    row("another addition",
        {Edit::Kind::Patch, "1", R"({"stock":{"$inc":-3}})"},
        R"({"Id":"1","name":"x","stock":5})",
        {});
    row("an edit of another member",
        {Edit::Kind::Patch, "1", R"({"name":"y"})"},
        R"({"Id":"1","name":"y","stock":8})",
        {});
    row("a floor with the member",
        {Edit::Kind::Put, "1", R"({"Id":"1","name":"z","stock":10})"},
        R"({"Id":"1","name":"z","stock":8})",
        {},
        true);
    row("a floor without it",
        {Edit::Kind::Put, "1", R"({"Id":"1","name":"z"})"},
        R"({"Id":"1","name":"z"})",
        "stock",
        true);
    row("a floor that adds",
        {Edit::Kind::Patch, "1", R"({"stock":{"$inc":-3}})"},
        R"({"Id":"1","name":"x","stock":5})",
        {},
        true);
}

void TestConflicts::additionAgainstWhat()
{
    QFETCH(Edit, other);
    QFETCH(bool, isLastWriterWins);
    QFETCH(QByteArray, shown);
    QFETCH(QByteArray, member);
    Till a("a");
    Till b("b", isLastWriterWins);
    a.put("1", R"({"Id":"1","name":"x","stock":10})");
    b.read(a);
    a.patch("1", R"({"stock":{"$inc":-2}})");
    b.clock.advance(std::chrono::seconds(1));
    b.write({other});
    exchange(a, b);
    for (Till *till : {&a, &b}) {
        QCOMPARE(till->shown("1"), shown);
        const auto conflicts = must(till->reader()->conflicts(0, 10));
        QCOMPARE(conflicts.size(), member.isEmpty() ? 0U : 1U);
        if (!conflicts.empty()) {
            QCOMPARE(conflicts.front().member, member);
            QVERIFY(conflicts.front().loser->header.version.dot.incarnation == a.incarnation());
        }
    }
}

void TestConflicts::closedByWhoeverHasSeenBoth()
{
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","m":1})");
    b.read(a);
    a.patch("1", R"({"m":2})");
    b.clock.advance(std::chrono::seconds(1));
    b.patch("1", R"({"m":3})");
    exchange(a, b);
    QCOMPARE(a.file().conflictCount(), 1);
    // Whoever writes the document now has seen both, whatever it writes.
    a.patch("1", R"({"k":1})");
    QCOMPARE(a.file().conflictCount(), 0);
    QCOMPARE(listOf(a), QByteArray());
    QCOMPARE(b.file().conflictCount(), 1);
    b.read(a);
    QCOMPARE(b.file().conflictCount(), 0);
    QCOMPARE(listOf(b), QByteArray());
    QCOMPARE(b.shown("1"), QByteArray(R"({"Id":"1","m":3,"k":1})"));
}

void TestConflicts::everyArrivalListsTheSame()
{
    // Four tills write at once; whoever reads them in whatever order lists the same.
    std::vector<std::unique_ptr<Till>> tills;
    for (const char *name : {"a", "b", "c", "d"}) {
        tills.push_back(std::make_unique<Till>(name));
    }
    tills[0]->put("1", R"({"Id":"1","m":1,"n":1})");
    for (std::size_t i = 1; i < tills.size(); ++i) {
        tills[i]->read(*tills[0]);
    }
    tills[0]->patch("1", R"({"m":10})");
    tills[1]->patch("1", R"({"m":11,"n":11})");
    tills[2]->erase("1");
    tills[3]->patch("1", R"({"n":13})");
    std::vector<std::size_t> order {0, 1, 2, 3};
    std::set<QByteArray> lists;
    std::set<Hash128> digests;
    do {
        Till till("reader");
        for (const std::size_t index : order) {
            till.read(*tills[index]);
        }
        lists.insert(listOf(till));
        digests.insert(till.file().digest());
    } while (std::next_permutation(order.begin(), order.end()));
    QCOMPARE(lists.size(), 1U);
    QCOMPARE(digests.size(), 1U);
    QVERIFY(!lists.begin()->isEmpty());
}

void TestConflicts::countsGoWithTheTransaction()
{
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","m":1})");
    b.read(a);
    a.patch("1", R"({"m":2})");
    b.patch("1", R"({"m":3})");
    const std::vector<Operation> log = b.log();
    must(a.file().begin());
    for (const Operation &operation : log) {
        if (!a.file().vector().covers(operation.header.version.dot)) {
            must(a.file().apply({&operation, 1}));
        }
    }
    a.file().rollback();
    QCOMPARE(a.file().conflictCount(), 0);
    QCOMPARE(listOf(a), QByteArray());
    // Settled in the transaction that brings it: never listed.
    must(a.file().begin());
    for (const Operation &operation : log) {
        if (!a.file().vector().covers(operation.header.version.dot)) {
            must(a.file().apply({&operation, 1}));
        }
    }
    a.writeOpen({{Edit::Kind::Patch, "1", R"({"m":9})"}});
    must(a.file().commit());
    QCOMPARE(a.file().conflictCount(), 0);
    QCOMPARE(listOf(a), QByteArray());
}

void TestConflicts::whatWaitsIsNoSide_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("isErased");
    QTest::newRow("a document") << QByteArray(R"({"Id":"1","m":2})") << false;
    QTest::newRow("no document, but it has members") << QByteArray(R"({"m":tru})") << false;
    QTest::newRow("nothing to read") << QByteArray("\xff{") << false;
    QTest::newRow("a document, against a deletion") << QByteArray(R"({"Id":"1","m":2})") << true;
}

/// Its claims wait; its bytes, which may be anything, are in no list that somebody would read.
void TestConflicts::whatWaitsIsNoSide()
{
    QFETCH(QByteArray, body);
    QFETCH(bool, isErased);
    Till a("a");
    if (isErased) {
        a.put("1", R"({"Id":"1","m":1})");
        a.erase("1");
    } else {
        a.put("1", R"({"Id":"1","m":1})");
    }
    Pen d("d");
    d.setDocument("1");
    const Operation waiting = d.insert(1'000, body);
    must(a.file().begin());
    must(a.file().apply({&waiting, 1}, true));
    must(a.file().commit());
    QCOMPARE(a.file().quarantinedCount(), 1);
    QCOMPARE(a.file().conflictCount(), 0);
    QCOMPARE(listOf(a), QByteArray());
    // Another one, which does not wait, is listed against what shows, and not against what waits.
    Pen e("e");
    e.setDocument("1");
    const Operation other = e.insert(1'001, R"({"Id":"1","m":3})");
    must(a.file().begin());
    must(a.file().apply({&other, 1}));
    must(a.file().commit());
    const QByteArray pair = R"(1 m: {"Id":"1","m":3} < {"Id":"1","m":1})";
    QCOMPARE(listOf(a), isErased ? R"(1 *: {"Id":"1","m":3} < -; )" + pair : pair);
    QCOMPARE(a.file().conflictCount(), isErased ? 2 : 1);
}

/// A product that sold all week on both sides: found in a moment, on the thread that also has
/// everything else to do.
void TestConflicts::thousandsOfWritesOnBothSidesOfACut()
{
    constexpr int writes = 5'000;
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(1, R"({"Id":"1","m":1,"n":0})");
    std::map<Dot, Operation> log {{base.header.version.dot, base}};
    std::vector<Head> heads;
    for (Pen *pen : {&a, &b}) {
        Operation last = base;
        for (int i = 1; i <= writes; ++i) {
            const QByteArray number = QByteArray::number(i);
            const std::uint64_t hlc = static_cast<std::uint64_t>(10 + i);
            last = i % 10 == 0 ? pen->update(hlc,
                       R"({"Id":"1","m":)" + number + (pen == &a ? "0,\"n\":0}" : "1,\"n\":0}"),
                       {set("m")},
                       {last})
                               : pen->update(hlc,
                                   R"({"Id":"1","m":1,"n":)" + number + '}',
                                   {add("n", static_cast<std::uint64_t>(i), number, "1")},
                                   {last});
            log.emplace(last.header.version.dot, last);
        }
        heads.push_back({last.header.version, {}});
    }
    QElapsedTimer timer;
    timer.start();
    const auto pairs = must(
        storage::findConflicts(heads, [&log](const Dot &dot) -> Result<std::optional<Operation>> {
            const auto found = log.find(dot);
            return found == log.end() ? std::optional<Operation>() : std::optional(found->second);
        }));
    QCOMPARE(pairs.size(), 1U);
    QCOMPARE(pairs.front().member, QByteArray("m"));
    QCOMPARE(pairs.front().winner, heads.back().version);
    QVERIFY2(timer.elapsed() < 5'000, QByteArray::number(timer.elapsed()).constData());
}

QTEST_GUILESS_MAIN(TestConflicts)
#include "tst_conflicts.moc"
