#include "hand_made.h"
#include "storage/document_state.h"

#include <QTest>

#include <set>

using namespace driftless;
using namespace driftless::storage_test;

/// The merge, rule by rule: what shows is a function of the set of operations.
class TestDocumentState : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anyOrderGivesTheSame_data();
    void anyOrderGivesTheSame();
    void joiningTwiceChangesNothing();
    void edgesOfNothing();
    void absenceMeetsAnOlderEdit();
    void floorHidesWhatIsBelow();
    void floorHidesALaterArrival();
    void tombstoneKeepsTheState();
    void laterWriteOutlivesADelete();
    void writtenBytesShowVerbatim();
    void mergedBytesAreCompact();
    void missingWinnersStandBehindByDecodedName();
    void anArrayIsOneMember();
    void idIsTheNewestWrites();
    void namesThatDifferInCaseAreOne();
    void namesOutliveTheirBodies();
    void tokenIsTheIdWhileTheBodyShows();
    void tokenOfAMergeTellsHeadsApart();
    void tokenOfATombstone();
    void headsAreWhatNobodyHasSeen();
    void adoptedHeadsGoByTheirId();
    void hashTellsStatesApart();
    void contradictionsAreRefused_data();
    void contradictionsAreRefused();
    void quarantineIsASet();
};

void TestDocumentState::anyOrderGivesTheSame_data()
{
    QTest::addColumn<Operations>("operations");
    QTest::addColumn<QByteArray>("expected");
    Pen a("a");
    Pen b("b");
    Pen c("c");
    {
        const Operation base = a.insert(10, R"({"Id":"1","name":"x","price":1})");
        const Operation price
            = a.update(20, R"({"Id":"1","name":"x","price":2})", {set("price")}, {base});
        const Operation name
            = b.update(21, R"({"Id":"1","name":"y","price":1})", {set("name")}, {base});
        const Operation note
            = c.update(15, R"({"Id":"1","name":"x","price":1,"note":"n"})", {set("note")}, {base});
        QTest::newRow("edits of three members") << Operations {
            base, price, name, note} << QByteArray(R"({"Id":"1","name":"y","price":2,"note":"n"})");
        const Operation gone = c.update(22, R"({"Id":"1","price":1})", {removed("name")}, {base});
        QTest::newRow("an edit and a later removal")
            << Operations {base, price, name, gone} << QByteArray(R"({"Id":"1","price":2})");
        const Operation early = c.update(19, R"({"Id":"1","price":1})", {removed("name")}, {base});
        QTest::newRow("an edit and an earlier removal") << Operations {
            base, early, price, name} << QByteArray(R"({"Id":"1","name":"y","price":2})");
        const Operation erase = b.erase(25, {name});
        QTest::newRow("an edit and a later deletion")
            << Operations {base, price, name, erase} << QByteArray("(gone)");
        const Operation earlyErase = c.erase(18, {base});
        QTest::newRow("an edit between two deletions")
            << Operations {base, price, earlyErase, erase} << QByteArray("(gone)");
        const Operation again = b.insert(30, R"({"Id":"1","fresh":true})", {erase});
        QTest::newRow("a new life hides an edit that it had not seen") << Operations {
            base, name, erase, again, price} << QByteArray(R"({"Id":"1","fresh":true})");
        const Operation late
            = c.update(40, R"({"Id":"1","name":"x","price":9})", {set("price")}, {base});
        QTest::newRow("an edit later than a deletion and a new life") << Operations {
            base, name, erase, again, late} << QByteArray(R"({"Id":"1","price":9,"fresh":true})");
    }
    {
        const Operation first = a.insert(10, R"({"Id":"1","a":1,"b":1})");
        const Operation second = b.insert(11, R"({"Id":"1","b":2,"c":2})");
        const Operation third = c.insert(11, R"({"Id":"1","d":3})");
        QTest::newRow("three inserts at once")
            << Operations {first, second, third} << QByteArray(R"({"Id":"1","d":3})");
    }
    {
        const Operation base = a.insert(10, R"({"Id":"1","stock":10})");
        const Operation one
            = a.update(20, R"({"Id":"1","stock":8})", {add("stock", 1, "-2", "-2")}, {base});
        const Operation two
            = b.update(21, R"({"Id":"1","stock":9})", {add("stock", 1, "-1", "-1")}, {base});
        const Operation three
            = b.update(22, R"({"Id":"1","stock":8.5})", {add("stock", 2, "-1.5", "-0.5")}, {two});
        const Operation taken = c.update(
            23, R"({"Id":"1","stock":100})", {set("stock", sum(a.incarnation(), 1, "-2"))}, {one});
        QTest::newRow("sales at two tills")
            << Operations {base, one, two, three} << QByteArray(R"({"Id":"1","stock":6.5})");
        QTest::newRow("sales and a stock-taking") << Operations {base, one, two, three, taken}
                                                  << QByteArray(R"({"Id":"1","stock":98.5})");
        const Operation gone = c.update(24, R"({"Id":"1"})", {removed("stock")}, {taken});
        QTest::newRow("sales and a removal")
            << Operations {base, one, two, taken, gone} << QByteArray(R"({"Id":"1"})");
    }
    {
        const Operation base = a.insert(10, R"({"Id":"1","m":0})");
        const Operation mine = a.update(
            20, R"({"Id":"1","m":0,"zeta":1,"Alpha":1})", {set("zeta"), set("Alpha")}, {base});
        const Operation yours = b.update(21, R"({"Id":"1","m":0,"beta":2})", {set("beta")}, {base});
        const Operation theirs = c.update(
            22, R"({"Id":"1", "m":0, "gamma":3, "ALPHA":4})", {set("gamma"), set("ALPHA")}, {base});
        QTest::newRow("members that only one brings")
            << Operations {base, mine, yours, theirs}
            << QByteArray(R"({"Id":"1","m":0,"gamma":3,"ALPHA":4,"beta":2,"zeta":1})");
    }
    {
        // More than are joined one by one. `mine` sets every second member, `yours` every third and
        // removes one in five of the others.
        QByteArray bodies[4];
        std::vector<Claim> claimed[2];
        const auto append = [](QByteArray &body, const QByteArray &name, int value) {
            body += ",\"" + name + "\":" + QByteArray::number(value);
        };
        for (int i = 0; i < 300; ++i) {
            const QByteArray name = "m" + QByteArray::number(i);
            const bool isMine = i % 2 == 0;
            const bool isYours = i % 3 == 0;
            const bool isRemoved = !isYours && i % 5 == 0;
            append(bodies[0], name, 0);
            append(bodies[1], name, isMine ? 1 : 0);
            if (isMine) {
                claimed[0].push_back(set(name));
            }
            if (isYours) {
                claimed[1].push_back(set(name));
            }
            if (isRemoved) {
                claimed[1].push_back(removed(name));
                continue;
            }
            append(bodies[2], name, isYours ? 2 : 0);
            append(bodies[3], name, isYours ? 2 : isMine ? 1 : 0);
        }
        for (QByteArray &body : bodies) {
            body = "{\"Id\":\"1\"" + body + '}';
        }
        const Operation base = a.insert(10, bodies[0]);
        const Operation mine = a.update(20, bodies[1], claimed[0], {base});
        const Operation yours = b.update(21, bodies[2], claimed[1], {base});
        QTest::newRow("many members at once") << Operations {base, mine, yours} << bodies[3];
    }
}

void TestDocumentState::anyOrderGivesTheSame()
{
    QFETCH(Operations, operations);
    QFETCH(QByteArray, expected);
    const DocumentState first = joined(operations);
    QCOMPARE(shown(first), expected);
    QVERIFY(first.token("products", "1").has_value());
    for (const Operations &arrival : arrivals(operations)) {
        const DocumentState state = joined(arrival);
        QCOMPARE(shown(state), expected);
        QVERIFY(state.hash("products", "1") == first.hash("products", "1"));
        QVERIFY(state.token("products", "1") == first.token("products", "1"));
        QVERIFY(state.heads() == first.heads());
    }
}

void TestDocumentState::joiningTwiceChangesNothing()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":1,"m":1})");
    const Operation one
        = a.update(20, R"({"Id":"1","n":2,"m":1})", {add("n", 1, "1", "1")}, {base});
    const Operation two = b.update(21, R"({"Id":"1","n":1,"m":5})", {set("m")}, {base});
    DocumentState state = joined({base, one, two});
    const Hash128 before = state.hash("products", "1");
    for (const Operation &operation : {one, base, two}) {
        QVERIFY(state.join(operation, {99}).isOk());
        QVERIFY(state.hash("products", "1") == before);
    }
    QCOMPARE(state.newestWritePosition().value, 3);
}

void TestDocumentState::edgesOfNothing()
{
    const DocumentState nothing;
    QVERIFY(!nothing.exists());
    QVERIFY(!nothing.isVisible());
    QVERIFY(!nothing.showsNewestWrite());
    QVERIFY(!nothing.shown().has_value());
    QVERIFY(!nothing.token("products", "1").has_value());
    Pen a("a");
    QCOMPARE(shown(joined({a.insert(1, "{}")})), QByteArray("{}"));
    // The last member goes, and there was no Id in the body.
    const Operation base = a.insert(2, R"({"m":1})");
    Pen b("b");
    const Operation gone = b.update(3, "{}", {removed("m")}, {base});
    const Operation more = a.update(4, R"({"m":1,"n":1})", {set("n")}, {base});
    QCOMPARE(shown(joined({base, gone, more})), QByteArray(R"({"n":1})"));
    const Operation less = b.update(5, R"({"m":1})", {removed("n")}, {more});
    QCOMPARE(shown(joined({base, gone, more, less})), QByteArray("{}"));
}

void TestDocumentState::absenceMeetsAnOlderEdit()
{
    // A removal is a value with a version: an older edit that arrives later must not bring the
    // member back.
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1})");
    const Operation edit = b.update(20, R"({"Id":"1","m":2})", {set("m")}, {base});
    const Operation gone = a.update(30, R"({"Id":"1"})", {removed("m")}, {base});
    QCOMPARE(shown(joined({base, gone, edit})), QByteArray(R"({"Id":"1"})"));
    QCOMPARE(shown(joined({base, edit, gone})), QByteArray(R"({"Id":"1"})"));
    QVERIFY(joined({base, gone}).findMember("m")->isRemoved);
}

void TestDocumentState::floorHidesWhatIsBelow()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","old":1,"both":1})");
    const Operation whole = b.insert(20, R"({"Id":"1","both":2})", {base}); // LastWriterWins
    const DocumentState state = joined({base, whole});
    QCOMPARE(shown(state), QByteArray(R"({"Id":"1","both":2})"));
    QVERIFY(state.findMember("old") == nullptr); // forgotten at once
    QVERIFY(state.newestFloor() == whole.header.version);
}

void TestDocumentState::floorHidesALaterArrival()
{
    Pen a("a");
    Pen b("b");
    Pen c("c");
    const Operation base = a.insert(10, R"({"Id":"1","m":1})");
    const Operation below = b.update(20, R"({"Id":"1","m":1,"low":1})", {set("low")}, {base});
    const Operation whole = a.insert(30, R"({"Id":"1","m":3})", {base});
    const Operation above = c.update(40, R"({"Id":"1","m":1,"high":1})", {set("high")}, {base});
    QCOMPARE(shown(joined({base, whole, below})), QByteArray(R"({"Id":"1","m":3})"));
    // What the newest write merely carried along does not come back with it.
    const Operation carries
        = c.update(50, R"({"Id":"1","m":1,"low":1,"high":2})", {set("high")}, {below});
    QCOMPARE(
        shown(joined({base, below, carries, whole})), QByteArray(R"({"Id":"1","m":3,"high":2})"));
    QCOMPARE(
        shown(joined({base, whole, below, above})), QByteArray(R"({"Id":"1","m":3,"high":1})"));
}

void TestDocumentState::tombstoneKeepsTheState()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation erase = a.erase(20, {base});
    const DocumentState gone = joined({base, erase});
    QVERIFY(!gone.isVisible());
    QVERIFY(gone.exists());
    QCOMPARE(gone.members().size(), 2U);
    QVERIFY(gone.newestWrite() == base.header.version);
    QVERIFY(gone.newestDelete() == erase.header.version);
    // An older edit that arrives later is joined underneath.
    const Operation edit = b.update(15, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const DocumentState merged = joined({base, erase, edit});
    QVERIFY(!merged.isVisible());
    QCOMPARE(merged.findMember("m")->value, QByteArray("2"));
}

void TestDocumentState::laterWriteOutlivesADelete()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation erase = a.erase(20, {base});
    const Operation edit = b.update(30, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    QCOMPARE(shown(joined({base, erase, edit})), QByteArray(R"({"Id":"1","m":2,"n":1})"));
}

void TestDocumentState::writtenBytesShowVerbatim()
{
    Pen a("a");
    Pen b("b");
    const QByteArray body = "{ \"Id\" : \"1\" ,\n \"b\":1.0, \"a\" : [1, 2] }";
    const Operation base = a.insert(10, body);
    QCOMPARE(shown(joined({base})), body);
    const QByteArray edited = "{ \"Id\" : \"1\" ,\n \"b\":2.50, \"a\" : [1, 2] }";
    const Operation edit = b.update(20, edited, {set("b")}, {base});
    const DocumentState state = joined({base, edit});
    QCOMPARE(shown(state), edited);
    QVERIFY(state.showsNewestWrite());
    // Two writers agree on a value: the newest body shows all winners.
    const Operation same
        = a.update(15, "{\"Id\":\"1\",\"b\":2.50,\"a\":[1, 2]}", {set("b")}, {base});
    QCOMPARE(shown(joined({base, edit, same})), edited);
}

void TestDocumentState::mergedBytesAreCompact()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","b":1,"a":{"x" : 1}})");
    const Operation older = a.update(20, R"({"Id":"1","b":1,"a":{ "x":2 }})", {set("a")}, {base});
    const Operation newer
        = b.update(21, "{ \"b\" : 1e2, \"Id\":\"1\", \"a\" : {\"x\" : 1} }", {set("b")}, {base});
    const DocumentState state = joined({base, older, newer});
    QVERIFY(!state.showsNewestWrite());
    QCOMPARE(shown(state),
        QByteArray(
            R"({"b":1e2,"Id":"1","a":{ "x":2 }})")); // order of the newest, bytes of each winner
}

void TestDocumentState::missingWinnersStandBehindByDecodedName()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1"})");
    const Operation newer = b.update(21, R"({"Id":"1","m":0})", {set("m")}, {base});
    const Operation clean = a.update(22,
        R"({"Id":"1","z":1,"\u0062":2,"ä":4,"Y":5})",
        {set("z"), set("b"), set("ä"), set("Y")},
        {base});
    const Operation last = b.update(30, R"({"Id":"1","m":1})", {set("m")}, {newer});
    QCOMPARE(shown(joined({base, clean, newer, last})),
        QByteArray(R"({"Id":"1","m":1,"Y":5,"\u0062":2,"z":1,"ä":4})"));
}

void TestDocumentState::anArrayIsOneMember()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","lines":[1]})");
    const Operation mine = a.update(20, R"({"Id":"1","lines":[1,2]})", {set("lines")}, {base});
    const Operation yours = b.update(21, R"({"Id":"1","lines":[1,3]})", {set("lines")}, {base});
    QCOMPARE(shown(joined({base, yours, mine})), QByteArray(R"({"Id":"1","lines":[1,3]})"));
}

void TestDocumentState::idIsTheNewestWrites()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"One","m":1,"n":1})");
    const Operation newer = b.update(30, R"({"n":1,"m":3,"ID":"ONE"})", {set("m")}, {base});
    const Operation older = a.update(20, R"({"Id":"one","m":1,"n":2})", {set("n")}, {base});
    for (const Operations &arrival : arrivals({base, newer, older})) {
        QCOMPARE(shown(joined(arrival)), QByteArray(R"({"n":2,"m":3,"ID":"ONE"})"));
    }
    QVERIFY(joined({base}).findMember("id") == nullptr);
    QVERIFY(storage::isIdMember("id") && !storage::isIdMember("Id"));
}

void TestDocumentState::namesThatDifferInCaseAreOne()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","Price":1,"Größe":1})");
    const Operation newer
        = b.update(20, R"({"Id":"1","PRICE":2,"Größe":1})", {set("PRICE")}, {base});
    const DocumentState state = joined({base, newer});
    QCOMPARE(state.members().size(), 2U);
    QCOMPARE(shown(state), newer.body); // the spelling of the newest
    const Operation gone
        = a.update(30, R"({"Id":"1","Price":1})", {removed("GRÖSSE"), removed("größe")}, {base});
    QCOMPARE(shown(joined({base, newer, gone})), QByteArray(R"({"Id":"1","PRICE":2})"));
}

void TestDocumentState::namesOutliveTheirBodies()
{
    // Folded names that are not in the text belong to the parsed body, which goes when a newer one
    // comes.
    Pen a("a");
    Pen b("b");
    DocumentState state;
    std::vector<Operation> parents;
    for (int i = 0; i < 50; ++i) {
        QByteArray body = R"({"Id":"1","Count":)" + QByteArray::number(i)
            + R"(,"Esc\u0061ped Name":1,"Ünïcode":2})";
        Operation operation = i == 0
            ? a.insert(10, body)
            : a.update(10 + static_cast<std::uint64_t>(i), body, {set("Count")}, parents);
        state.admitHead(operation.header);
        QVERIFY(state.join(operation, {i + 1}).isOk());
        parents = {operation};
        body.fill('#'); // whoever still looks at it shall see it
    }
    QCOMPARE(
        shown(state), QByteArray(R"({"Id":"1","Count":49,"Esc\u0061ped Name":1,"Ünïcode":2})"));
    QVERIFY(state.findMember("count") != nullptr);
    QVERIFY(state.findMember("escaped name") != nullptr);
    QVERIFY(state.findMember("ünïcode") != nullptr);
}

void TestDocumentState::tokenIsTheIdWhileTheBodyShows()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    QVERIFY(joined({base}).token("products", "1") == base.header.id());
    const Operation edit = b.update(20, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    QVERIFY(joined({base, edit}).token("products", "1") == edit.header.id());
    const Operation other = a.update(15, R"({"Id":"1","m":1,"n":2})", {set("n")}, {base});
    const auto merged = joined({base, edit, other}).token("products", "1");
    QVERIFY(merged != edit.header.id() && merged != other.header.id());
}

void TestDocumentState::tokenOfAMergeTellsHeadsApart()
{
    // The same bytes built of other operations are another version: If-Match must not mistake one
    // for the other.
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation edit = b.update(20, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation other = a.update(15, R"({"Id":"1","m":1,"n":2})", {set("n")}, {base});
    const Operation again = a.update(16, R"({"Id":"1","m":1,"n":2.0})", {set("n")}, {other});
    const Operation back = a.update(17, R"({"Id":"1","m":1,"n":2})", {set("n")}, {again});
    const DocumentState first = joined({base, edit, other});
    const DocumentState second = joined({base, edit, other, again, back});
    QCOMPARE(shown(first), shown(second));
    QVERIFY(first.token("products", "1") != second.token("products", "1"));
    QVERIFY(first.token("products", "1") != first.token("products", "2"));
    QVERIFY(first.token("orders", "1") != first.token("products", "1"));
}

void TestDocumentState::tokenOfATombstone()
{
    Pen a("a");
    const Operation base = a.insert(10, R"({"Id":"1"})");
    const Operation erase = a.erase(20, {base});
    QVERIFY(joined({base, erase}).token("products", "1") == erase.header.id());
}

void TestDocumentState::headsAreWhatNobodyHasSeen()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1,"n":1})");
    const Operation left = a.update(20, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation right = b.update(30, R"({"Id":"1","m":1,"n":2})", {set("n")}, {base});
    const auto versions = [](const DocumentState &state) {
        std::vector<Version> result;
        for (const storage::Head &head : state.heads()) {
            result.push_back(head.version);
        }
        return result;
    };
    QVERIFY((versions(joined({base, right, left}))
        == std::vector {left.header.version, right.header.version}));
    const Operation both = a.erase(40, {left, right});
    QVERIFY(versions(joined({base, right, left, both})) == std::vector {both.header.version});
}

void TestDocumentState::adoptedHeadsGoByTheirId()
{
    // Two nodes adopt one foreign write: different dots, one id.
    Pen a("a");
    Pen b("b");
    OperationHeader mine = a.insert(10, R"({"Id":"1"})").header;
    mine.adoptedId = Hash128 {7, 7};
    OperationHeader child = b.insert(20, R"({"Id":"1"})").header;
    child.parents = {{{10, {{node("c"), 5}, 1}}, Hash128 {7, 7}}};
    DocumentState state;
    state.admitHead(mine);
    state.admitHead(child);
    QCOMPARE(state.heads().size(), 1U);
    QVERIFY(state.heads().front().version == child.version);
}

void TestDocumentState::hashTellsStatesApart()
{
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","m":1})");
    const Operation edit = a.update(20, R"({"Id":"1","m":2})", {set("m")}, {base});
    const Operation addition = b.update(20, R"({"Id":"1","m":2})", {add("m", 1, "1", "1")}, {base});
    const Operation erase = a.erase(30, {edit});
    std::set<Hash128> hashes;
    const std::vector<Operations> sets {
        {base}, {base, edit}, {base, addition}, {base, edit, addition}, {base, edit, erase}};
    for (const Operations &operations : sets) {
        hashes.insert(joined(operations).hash("products", "1"));
    }
    QCOMPARE(hashes.size(), sets.size());
    QVERIFY(joined({base}).hash("products", "2") != joined({base}).hash("products", "1"));
    QVERIFY(joined({base}).hash("orders", "1") != joined({base}).hash("products", "1"));
}

void TestDocumentState::contradictionsAreRefused_data()
{
    QTest::addColumn<Operations>("operations");
    Pen a("a");
    const Operation base = a.insert(10, R"({"Id":"1","m":1})");
    const auto row = [&](const char *name, const QByteArray &body, const Claim &claim) {
        QTest::newRow(name) << Operations {base, a.update(20, body, {claim}, {base})};
    };
    row("sets what the body lacks", R"({"Id":"1"})", set("m"));
    row("adds to what the body lacks", R"({"Id":"1"})", add("m", 1, "1", "1"));
    row("removes what the body has", R"({"Id":"1","m":1})", removed("m"));
    row("removes what the body has in another case", R"({"Id":"1","M":1})", removed("m"));
    row("adds to a base that is no number",
        R"({"Id":"1","m":1})",
        setAdd("m", "\"x\"", 1, "1", "1"));
    row("a body that is no object", "[1]", set("m"));
    row("a body that is cut", R"({"Id":"1","m":)", set("m"));
}

void TestDocumentState::contradictionsAreRefused()
{
    QFETCH(Operations, operations);
    DocumentState state = joined({operations[0]});
    const Hash128 before = state.hash("products", "1");
    const auto result = state.join(operations[1], {2});
    QVERIFY(!result.isOk());
    QCOMPARE(result.error().code, ErrorCode::Malformed);
    QVERIFY(state.hash("products", "1") == before); // nothing was changed
    QCOMPARE(shown(state), operations[0].body);
}

void TestDocumentState::quarantineIsASet()
{
    DocumentState state;
    const Dot first {{node("a"), 1}, 1};
    const Dot second {{node("a"), 1}, 2};
    QVERIFY(!state.isQuarantined());
    state.setQuarantined(second, true);
    state.setQuarantined(first, true);
    state.setQuarantined(second, true);
    QVERIFY((state.quarantined() == std::vector {first, second}));
    state.setQuarantined(first, false);
    state.setQuarantined(first, false);
    QVERIFY(state.isQuarantined());
    state.setQuarantined(second, false);
    QVERIFY(!state.isQuarantined());
}

QTEST_GUILESS_MAIN(TestDocumentState)
#include "tst_document_state.moc"
