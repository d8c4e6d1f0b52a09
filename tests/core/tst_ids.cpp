#include "core/ids.h"

#include <QSet>
#include <QTest>

#include <algorithm>
#include <unordered_set>

using namespace driftless;

/// What may name a node or a database, and that versions order all writes alike everywhere.
class TestIds : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void parsesNodeIds_data();
    void parsesNodeIds();
    void parsesDatabaseNames_data();
    void parsesDatabaseNames();
    void ordersVersions();
    void operationIdsAreStable();
    void hashes();
};

void TestIds::parsesNodeIds_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("id"); // empty: refused
    const auto row = [](const QByteArray &text, const QByteArray &id) {
        QTest::addRow("%s", text.left(70).constData()) << text << id;
    };
    row("node-1", "node-1");
    row("Till_7.shop", "Till_7.shop");
    row("  padded\t", "padded");
    row("7", "7");
    row(QByteArray(63, 'n'), QByteArray(63, 'n'));
    row(QByteArray(64, 'n'), "");
    row("", "");
    row("   ", "");
    row("-a", "");
    row(".", "");
    row("..", "");
    row("_a", "");
    row("a/b", "");
    row("a b", "");
    row("a\\b", "");
    row("größe", "");
    QTest::newRow("NUL inside") << QByteArray("a\0b", 3) << QByteArray();
}

void TestIds::parsesNodeIds()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, id);
    const auto parsed = NodeId::parse(text);
    QCOMPARE(parsed.isOk(), !id.isEmpty());
    if (parsed) {
        QCOMPARE(parsed->bytes(), id);
        QVERIFY(!parsed->isEmpty());
    } else {
        QCOMPARE(parsed.error().code, ErrorCode::InvalidArgument);
    }
}

void TestIds::parsesDatabaseNames_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("name"); // empty: refused
    const auto row = [](const QByteArray &text, const QByteArray &name) {
        QTest::addRow("%s", text.left(70).constData()) << text << name;
    };
    row("shop", "shop");
    row(" OrdersDb ", "ordersdb");
    row("2026_orders-a", "2026_orders-a");
    row(QByteArray(63, 'D'), QByteArray(63, 'd'));
    row(QByteArray(64, 'd'), "");
    row("-a", "");
    row("_a", "");
    row("a.b", "");
    row("a/b", "");
    row("a b", "");
    row("Ärger", "");
    QTest::newRow("NUL inside") << QByteArray("a\0b", 3) << QByteArray();
}

void TestIds::parsesDatabaseNames()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, name);
    const auto parsed = DatabaseName::parse(text);
    QCOMPARE(parsed.isOk(), !name.isEmpty());
    if (parsed) {
        QCOMPARE(parsed->bytes(), name);
    } else {
        QCOMPARE(parsed.error().code, ErrorCode::InvalidDatabaseName);
    }
    QCOMPARE(DatabaseName::parse("  ").error().code, ErrorCode::MissingHeader);
}

namespace {

Version version(
    std::uint64_t hlc, const char *origin, std::uint64_t incarnation, std::uint64_t sequence)
{
    return {hlc, {{*NodeId::parse(origin), incarnation}, sequence}};
}

} // namespace

void TestIds::ordersVersions()
{
    const std::vector<Version> ascending = {
        Version(),
        version(1, "b", 9, 9),
        version(2, "B", 9, 9),
        version(2, "a", 1, 9),
        version(2, "a", 2, 1),
        version(2, "a", 2, 2),
        version(2, "aa", 1, 1),
        version(2, "b", 0, 1),
        version(0xffff'ffff'ffff'ffffU, "a", 1, 1),
    };
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            QVERIFY((ascending[i] <=> ascending[j]) == (i <=> j));
            QCOMPARE(ascending[i] == ascending[j], i == j);
        }
    }
    QVERIFY(ascending.front().isNone());
    QVERIFY(!ascending[1].isNone());
    QVERIFY(LogPosition {1} < LogPosition {2});
}

/// Tokens are compared between nodes of all later releases: this value may never change.
void TestIds::operationIdsAreStable()
{
    const Version one = version(0x0123456789abcdefU, "node-1", 42, 7);
    QCOMPARE(operationId(one).high, one.hlc);
    QCOMPARE(operationId(one).hex(), QByteArray("0123456789abcdef76557cce81fe4da4"));
    QVERIFY(operationId(one) != operationId(version(one.hlc, "node-1", 42, 8)));
    QVERIFY(operationId(one) != operationId(version(one.hlc, "node-1", 43, 7)));
    QVERIFY(operationId(one) != operationId(version(one.hlc, "node-2", 42, 7)));
}

void TestIds::hashes()
{
    QSet<NodeId> nodes {*NodeId::parse("a"), *NodeId::parse("b"), *NodeId::parse("a")};
    QCOMPARE(nodes.size(), 2);
    QSet<DatabaseName> names {*DatabaseName::parse("a"), *DatabaseName::parse("A")};
    QCOMPARE(names.size(), 1);
    std::unordered_set<Incarnation> incarnations {
        {*NodeId::parse("a"), 1}, {*NodeId::parse("a"), 2}, {*NodeId::parse("a"), 1}};
    QCOMPARE(incarnations.size(), std::size_t {2});
}

QTEST_APPLESS_MAIN(TestIds)
#include "tst_ids.moc"
