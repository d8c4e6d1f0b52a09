#include "api/entity_tags.h"

#include <QTest>

using namespace driftless;
using namespace driftless::api;

/// If-Match and If-None-Match as RFC 9110 has them.
class TestEntityTags : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads_data();
    void reads();
    void joinsLines();
    void writes();
    void compares();
};

namespace {

QByteArray shown(const std::optional<std::vector<QByteArray>> &tags)
{
    if (!tags) {
        return "-";
    }
    QByteArray out = "[";
    for (const QByteArray &tag : *tags) {
        out += tag + ';';
    }
    return out + ']';
}

} // namespace

void TestEntityTags::reads_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("ifMatch"); // "error": refused
    QTest::addColumn<QByteArray>("ifNoneMatch");
    const auto row
        = [](const char *name, const char *value, const char *ifMatch, const char *ifNoneMatch) {
              QTest::newRow(name) << QByteArray(value) << QByteArray(ifMatch)
                                  << QByteArray(ifNoneMatch);
          };
    row("one", R"("abc")", "[abc;]", "[abc;]");
    row("any", " * ", "[*;]", "[*;]");
    row("list", R"("a" , "b","c")", "[a;b;c;]", "[a;b;c;]");
    row("comma at the end", R"("a",)", "[a;]", "[a;]");
    row("weak", R"(W/"a", "b")", "[b;]", "[a;b;]");
    row("weak only", R"(W/"a")", "[]", "[a;]");
    row("comma inside", R"("a,b")", "[a,b;]", "[a,b;]");
    row("empty tag", R"("")", "[;]", "[;]");
    row("no quotes", "abc", "error", "error");
    row("not closed", R"("abc)", "error", "error");
    row("nothing between", R"("a" "b")", "error", "error");
    row("nothing", "", "error", "error");
}

void TestEntityTags::reads()
{
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, ifMatch);
    QFETCH(QByteArray, ifNoneMatch);
    const auto read = [&](const QByteArray &name, auto member) -> QByteArray {
        Request request;
        request.headers.emplace_back(name, value);
        engine::Precondition precondition;
        return readEntityTagConditions(request, precondition) ? shown(precondition.*member)
                                                              : QByteArray("error");
    };
    QCOMPARE(read("if-match", &engine::Precondition::ifMatch), ifMatch);
    QCOMPARE(read("If-None-Match", &engine::Precondition::ifNoneMatch), ifNoneMatch);
}

void TestEntityTags::joinsLines()
{
    Request request;
    request.headers = {{"If-Match", R"("a")"}, {"Host", "x"}, {"IF-MATCH", R"("b")"}};
    engine::Precondition precondition;
    QVERIFY(readEntityTagConditions(request, precondition));
    QCOMPARE(shown(precondition.ifMatch), "[a;b;]");
    QVERIFY(!precondition.ifNoneMatch);
}

void TestEntityTags::writes()
{
    QCOMPARE(entityTag({1, 2}), "\"00000000000000010000000000000002\"");
}

void TestEntityTags::compares()
{
    engine::Precondition precondition;
    QVERIFY(satisfiesIfMatch(precondition, "a"));
    QVERIFY(satisfiesIfNoneMatch(precondition, "a"));
    precondition.ifMatch = {"b", "a"};
    precondition.ifNoneMatch = {"b"};
    QVERIFY(satisfiesIfMatch(precondition, "a"));
    QVERIFY(!satisfiesIfMatch(precondition, "A"));
    QVERIFY(satisfiesIfNoneMatch(precondition, "a"));
    QVERIFY(!satisfiesIfNoneMatch(precondition, "b"));
    precondition.ifMatch = {"*"};
    precondition.ifNoneMatch = {"*"};
    QVERIFY(satisfiesIfMatch(precondition, "a"));
    QVERIFY(!satisfiesIfNoneMatch(precondition, "a"));
}

QTEST_APPLESS_MAIN(TestEntityTags)
#include "tst_entity_tags.moc"
