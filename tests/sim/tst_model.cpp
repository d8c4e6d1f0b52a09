#include "model_node.h"

#include <QTest>

using namespace driftless;
using namespace driftless::sim;

namespace {

ModelRequest put(const char *body)
{
    return {"c", "d", ModelRequest::Kind::Put, body, {}};
}

ModelRequest set(const char *member, const char *value)
{
    return {"c", "d", ModelRequest::Kind::Patch, {}, {{ModelEdit::Kind::Set, member, value}}};
}

ModelRequest without(const char *member)
{
    return {"c", "d", ModelRequest::Kind::Patch, {}, {{ModelEdit::Kind::Remove, member, {}}}};
}

ModelRequest add(const char *member, const char *by)
{
    return {"c", "d", ModelRequest::Kind::Patch, {}, {{ModelEdit::Kind::Add, member, by}}};
}

ModelRequest remove()
{
    return {"c", "d", ModelRequest::Kind::Delete, {}, {}};
}

void exchange(ModelNode &a, ModelNode &b)
{
    a.take(b);
    b.take(a);
}

QByteArray shown(const ModelNode &node)
{
    return node.state("c", "d").shown.value_or("gone");
}

std::set<QByteArray> listed(const ModelNode &node)
{
    std::set<QByteArray> members;
    for (const ModelConflict &conflict : node.state("c", "d").conflicts) {
        members.insert(conflict.member);
    }
    return members;
}

/// Two nodes with one document, then each writes unseen by the other, the second later; then they
/// exchange.
struct Pair
{
    Judge judge;
    ModelNode a {"a", judge};
    ModelNode b {"b", judge};

    explicit Pair(const char *first)
    {
        a.write(put(first));
        exchange(a, b);
        a.setWall(2'000);
        b.setWall(3'000);
    }
    void meet()
    {
        exchange(a, b);
        QCOMPARE(a.state("c", "d").difference(b.state("c", "d")), QByteArray());
    }
};

} // namespace

class ModelTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // The judge's arithmetic is exact, and takes exactly what a counter can be.
    void addsExactly_data();
    void addsExactly();
    void takesShortNumbersOnly();
    // Members are found as they stand, whatever stands around and inside of them.
    void splitsObjects();

    // A member's absence is a value with a version: an older edit does not bring it back.
    void removalBeatsOlderEdit();
    // The order of members does not depend on what arrived first.
    void orderDoesNotDependOnArrival();
    // A collision with an operation that is no head any more is listed on both sides.
    void listsCollisionBehindNewerHead();
    // Of two concurrent inserts the later shows whole; the earlier is listed.
    void laterInsertShowsWhole();
    void additionAgainstRemovalIsListed();
    void additionAgainstDeletionIsListed();
    void stockTakingDoesNotSwallowUnseenSale();
    void laterDocumentWinsUnderLastWriterWins();
    void concurrentAdditionsBothCount();
    // A document keeps the bytes of its newest write while that says everything, and is written
    // compactly else.
    void keepsBytesOrWritesCompactly();
    void namesThatDifferInCaseAreOne();
    void deletionHidesAndNewLifeForgets();
    void claimsInQuarantineAreLeftOut();
    // What settles a conflict for good is an operation that has seen both sides.
    void conflictEndsWithWriteThatSawBoth();
};

void ModelTest::addsExactly_data()
{
    QTest::addColumn<QByteArray>("a");
    QTest::addColumn<QByteArray>("b");
    QTest::addColumn<QByteArray>("sum");
    const auto row = [](const char *a, const char *b, const char *sum) {
        QTest::newRow(sum) << QByteArray(a) << QByteArray(b) << QByteArray(sum);
    };
    row("0", "-0", "0");
    row("1", "-1.0", "0");
    row("9.99", "0.01", "10");
    row("0.1", "0.2", "0.3");
    row("-5", "3", "-2");
    row("5", "-3.25", "1.75");
    row("1e3", "1", "1001");
    row("25e-1", "0", "2.5");
    row("1E-3", "0", "0.001");
    row("9999999999999999999999999999999999", "1", "10000000000000000000000000000000000");
}

void ModelTest::addsExactly()
{
    QFETCH(QByteArray, a);
    QFETCH(QByteArray, b);
    QFETCH(QByteArray, sum);
    const ModelNumber x = ModelNumber::ofCounter(a).value();
    const ModelNumber y = ModelNumber::ofCounter(b).value();
    QCOMPARE(x.plus(y).text(), sum);
    QCOMPARE(y.plus(x).text(), sum);
    QCOMPARE(x.plus(y).minus(y).text(), x.text());
}

void ModelTest::takesShortNumbersOnly()
{
    for (const char *number :
        {"0e999999999999", "1e33", "1e-34", "1.50000000000000000000000000000000000000"}) {
        QVERIFY2(ModelNumber::ofCounter(number).has_value(), number);
    }
    for (const char *other :
        {"", "-", "1.", ".5", "1e", "1e34", "1e-35", "1e999999999", "\"1\"", "null", "1 "}) {
        QVERIFY2(!ModelNumber::ofCounter(other).has_value(), other);
    }
}

void ModelTest::splitsObjects()
{
    const auto members = splitObject(
        " { \"A\\u0042c\" : [1, {\"x\":\"}]\"}] ,\"b\":\"\\\"\" , \"\\ud83d\\ude00\":-1.5e3\n}\n")
                             .value();
    QCOMPARE(members.size(), std::size_t {3});
    QCOMPARE(members[0].rawName, "A\\u0042c");
    QCOMPARE(members[0].name, "ABc");
    QCOMPARE(members[0].folded, "abc");
    QCOMPARE(members[0].value, "[1, {\"x\":\"}]\"}]");
    QCOMPARE(members[1].value, "\"\\\"\"");
    QCOMPARE(members[2].name, "\xf0\x9f\x98\x80");
    QCOMPARE(members[2].value, "-1.5e3");
    QVERIFY(splitObject("{}").value().empty());
    for (const char *other : {"", "[]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1}x"}) {
        QVERIFY2(!splitObject(other), other);
    }
}

void ModelTest::removalBeatsOlderEdit()
{
    Pair pair("{\"a\":1,\"b\":1}");
    pair.a.write(set("b", "2"));
    pair.b.write(without("b"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"a\":1}");
    QCOMPARE(listed(pair.a), std::set<QByteArray> {"b"});
}

void ModelTest::orderDoesNotDependOnArrival()
{
    Pair pair("{\"a\":1}");
    Judge &judge = pair.judge;
    ModelNode c("c", judge);
    c.take(pair.a);
    pair.a.write(set("z", "1"));
    pair.b.write(set("m", "2"));
    c.setWall(4'000);
    c.write(set("k", "3"));
    c.take(pair.a), c.take(pair.b);
    pair.a.take(c);
    pair.b.take(pair.a);
    QCOMPARE(shown(c), "{\"a\":1,\"k\":3,\"m\":2,\"z\":1}");
    QCOMPARE(shown(pair.a), shown(c));
    QCOMPARE(shown(pair.b), shown(c));
    QVERIFY(listed(c).empty());
}

void ModelTest::listsCollisionBehindNewerHead()
{
    Pair pair("{\"name\":\"x\",\"price\":1}");
    pair.a.write(set("price", "2"));
    pair.a.write(set("name", "\"y\""));
    pair.b.write(set("price", "3"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"name\":\"y\",\"price\":3}");
    QCOMPARE(listed(pair.a), std::set<QByteArray> {"price"});
    QCOMPARE(listed(pair.b), std::set<QByteArray> {"price"});
}

void ModelTest::laterInsertShowsWhole()
{
    Judge judge;
    ModelNode a("a", judge);
    ModelNode b("b", judge);
    b.setWall(2'000);
    a.write(put("{\"a\":1,\"only\":true}"));
    b.write(put("{\"a\":2}"));
    exchange(a, b);
    QCOMPARE(shown(a), "{\"a\":2}");
    QCOMPARE(shown(b), "{\"a\":2}");
    QCOMPARE(listed(a), (std::set<QByteArray> {"a", "only"}));
}

void ModelTest::additionAgainstRemovalIsListed()
{
    Pair pair("{\"a\":1,\"stock\":10}");
    pair.a.write(add("stock", "-2"));
    pair.b.write(without("stock"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"a\":1}");
    QCOMPARE(listed(pair.a), std::set<QByteArray> {"stock"});
}

void ModelTest::additionAgainstDeletionIsListed()
{
    Pair pair("{\"stock\":10}");
    pair.a.write(add("stock", "-2"));
    pair.b.write(remove());
    pair.meet();
    QCOMPARE(shown(pair.a), "gone");
    QCOMPARE(listed(pair.a), std::set<QByteArray> {"*"});
}

void ModelTest::stockTakingDoesNotSwallowUnseenSale()
{
    Pair pair("{\"stock\":10}");
    pair.b.write(add("stock", "-1"));
    pair.a.write(add("stock", "-2.50"));
    pair.b.write(set("stock", "8"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"stock\":5.5}");
    QVERIFY(listed(pair.a).empty());
}

void ModelTest::laterDocumentWinsUnderLastWriterWins()
{
    Judge judge;
    ModelNode a("a", judge);
    ModelNode b("b", judge, true);
    a.write(put("{\"name\":\"x\",\"stock\":10}"));
    exchange(a, b);
    a.setWall(2'000);
    b.setWall(3'000);
    a.write(add("stock", "-3"));
    b.write(add("stock", "-1"));
    exchange(a, b);
    // The addition that the later document had not seen counts all the same.
    QCOMPARE(shown(a), "{\"name\":\"x\",\"stock\":6}");
    QCOMPARE(shown(b), shown(a));
    QVERIFY(listed(a).empty());

    a.write(set("name", "\"y\""));
    b.setWall(4'000);
    b.write(set("extra", "1"));
    exchange(a, b);
    QCOMPARE(shown(a), "{\"name\":\"x\",\"stock\":6,\"extra\":1}");
    QCOMPARE(listed(a), std::set<QByteArray> {"name"});
}

void ModelTest::concurrentAdditionsBothCount()
{
    Pair pair("{\"stock\":10}");
    pair.a.write(add("stock", "-2"));
    pair.a.write(add("stock", "-2"));
    pair.b.write(add("stock", "-3"));
    pair.a.restart();
    pair.a.write(add("stock", "1"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"stock\":4}");
    pair.meet(); // again: sums are joined, not added
    QCOMPARE(shown(pair.b), "{\"stock\":4}");
    QVERIFY(listed(pair.a).empty());
}

void ModelTest::keepsBytesOrWritesCompactly()
{
    Pair pair("{ \"a\" : 1 , \"b\" : [ 1, 2 ] }");
    QCOMPARE(shown(pair.b), "{ \"a\" : 1 , \"b\" : [ 1, 2 ] }");
    QVERIFY(pair.b.state("c", "d").isWrite);
    pair.a.write(set("b", "3"));
    pair.b.write(put("{ \"a\" : 2 , \"b\" : [ 1, 2 ], \"Id\" : \"d\" }"));
    pair.meet();
    QVERIFY(!pair.a.state("c", "d").isWrite);
    QCOMPARE(shown(pair.a), "{\"a\":2,\"b\":3,\"Id\":\"d\"}");
}

void ModelTest::namesThatDifferInCaseAreOne()
{
    Pair pair("{\"Price\":1,\"x\":0}");
    pair.a.write(put("{\"PRICE\":1,\"x\":0}")); // the spelling alone is a change
    pair.b.write(set("x", "1"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"PRICE\":1,\"x\":1}");
    QCOMPARE(pair.a.state("c", "d").members.size(), std::size_t {2});
    QVERIFY(listed(pair.a).empty());
}

void ModelTest::deletionHidesAndNewLifeForgets()
{
    Pair pair("{\"a\":1,\"b\":1}");
    pair.a.write(set("b", "2"));
    pair.b.write(remove());
    QCOMPARE(shown(pair.b), "gone");
    pair.b.write(put("{\"c\":1}"));
    pair.meet();
    QCOMPARE(shown(pair.a), "{\"c\":1}");
    QCOMPARE(listed(pair.a), (std::set<QByteArray> {"b"})); // the floor claims also what it lacks
}

void ModelTest::claimsInQuarantineAreLeftOut()
{
    Pair pair("{\"a\":1}");
    const storage::Operation poison = pair.a.write(set("a", "2"));
    const ModelHistory history = pair.a.history({"c", "d"});
    const Dot dot = poison.header.version.dot;
    const ModelState state = judged(history, {dot});
    QCOMPARE(state.shown.value(), "{\"a\":1}");
    QVERIFY(state.isWaiting);
    QCOMPARE(state.heads, std::set<Version> {poison.header.version});
    QCOMPARE(judged(history).shown.value(), "{\"a\":2}");
}

void ModelTest::conflictEndsWithWriteThatSawBoth()
{
    Pair pair("{\"a\":1,\"b\":1}");
    pair.a.write(set("a", "2"));
    pair.b.write(set("a", "3"));
    pair.meet();
    QCOMPARE(listed(pair.a), std::set<QByteArray> {"a"});
    pair.a.write(set("b", "2"));
    pair.meet();
    QVERIFY(listed(pair.b).empty());
}

QTEST_APPLESS_MAIN(ModelTest)
#include "tst_model.moc"
