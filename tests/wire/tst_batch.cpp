#include "wire/batch.h"
#include "wire/json_cursor.h"

#include <QElapsedTimer>
#include <QTest>

using namespace driftless;
using namespace driftless::wire;

/// The body of POST /api/batch: what is read from it, that each document keeps its bytes, and where
/// a fault is said to be.
class TestBatch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsOperations();
    void takesNamesInAnyCaseAndSkipsUnknownOnes();
    void refuses_data();
    void refuses();
    void boundsTheNumberOfOperations();
    void reads10000OperationsQuickly();
    void writesResults();
    void cursorFindsExtents_data();
    void cursorFindsExtents();
};

namespace {

Result<BatchRequest> read(const QByteArray &text)
{
    return BatchRequest::fromJson(text, kGroupOperationsMax, {});
}

} // namespace

void TestBatch::readsOperations()
{
    const auto batch = read(R"( {"Operations" : [
        {"Op":"put","Collection":"orders","Id":"o1","Body":{ "a" : 1.50, "b":"]}" }},
        {"Op":"patch","Collection":"orders","Id":"o\u0032","Body":{"stock":{"$inc":-2}},"IfVersion":"abc"},
        {"Op":"delete","Collection":"orders","Id":"o3","IfVersion":null} ]} )");
    QVERIFY(batch);
    QCOMPARE(batch->operations.size(), std::size_t(3));
    QCOMPARE(batch->operations[0].op, BatchOp::Put);
    QCOMPARE(batch->operations[0].body.bytes(), R"({ "a" : 1.50, "b":"]}" })");
    QVERIFY(!batch->operations[0].ifVersion);
    QCOMPARE(batch->operations[1].op, BatchOp::Patch);
    QCOMPARE(batch->operations[1].id, "o2");
    QCOMPARE(batch->operations[1].ifVersion.value(), "abc");
    QCOMPARE(batch->operations[2].op, BatchOp::Delete);
    QVERIFY(!batch->operations[2].ifVersion);
}

void TestBatch::takesNamesInAnyCaseAndSkipsUnknownOnes()
{
    const auto batch = read(
        R"({"note":[1,{"x":"}"}],"operations":[{"more":{"y":[2]},"op":"PUT","collection":"c","id":"1","body":{},"ifversion":" "}]})");
    QVERIFY(batch);
    QCOMPARE(batch->operations.size(), std::size_t(1));
    QCOMPARE(batch->operations[0].body.bytes(), "{}");
    QVERIFY(!batch->operations[0].ifVersion);
}

void TestBatch::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("path");
    const auto row = [](const char *name,
                         const QByteArray &text,
                         const QByteArray &code,
                         const QByteArray &path) { QTest::newRow(name) << text << code << path; };
    const auto one
        = [](const QByteArray &operation) { return "{\"Operations\":[" + operation + "]}"; };
    row("no object", "[]", "invalid-argument", "$");
    row("no operations", "{}", "invalid-argument", "$.Operations");
    row("none", R"({"Operations":[]})", "invalid-argument", "$.Operations");
    row("not an array", R"({"Operations":{}})", "invalid-argument", "$.Operations");
    row("cut", R"({"Operations":[)", "invalid-argument", "$.Operations[0]");
    row("behind the end",
        R"({"Operations":[{"Op":"delete","Collection":"c","Id":"1"}]} x)",
        "invalid-json",
        "$");
    row("trailing comma",
        R"({"Operations":[{"Op":"delete","Collection":"c","Id":"1"},]})",
        "invalid-argument",
        "$.Operations[1]");
    row("not an object", one("7"), "invalid-argument", "$.Operations[0]");
    row("op",
        one(R"({"Op":"upsert","Collection":"c","Id":"1"})"),
        "invalid-argument",
        "$.Operations[0].Op");
    row("no collection",
        one(R"({"Op":"delete","Id":"1"})"),
        "invalid-argument",
        "$.Operations[0].Collection");
    row("id of a wrong type",
        one(R"({"Op":"delete","Collection":"c","Id":1})"),
        "invalid-argument",
        "$.Operations[0].Id");
    row("no body",
        one(R"({"Op":"put","Collection":"c","Id":"1"})"),
        "invalid-argument",
        "$.Operations[0].Body");
    row("body is no object",
        one(R"({"Op":"put","Collection":"c","Id":"1","Body":[]})"),
        "invalid-argument",
        "$.Operations[0].Body");
    row("body with a fault",
        one(R"({"Op":"put","Collection":"c","Id":"1","Body":{"a":[1,01]}})"),
        "invalid-json",
        "$.Operations[0].Body.a[1]");
    row("body with a name twice",
        one(R"({"Op":"put","Collection":"c","Id":"1","Body":{"a":1,"A":2}})"),
        "invalid-json",
        "$.Operations[0].Body.A");
    row("brackets that do not fit",
        one(R"({"Op":"put","Collection":"c","Id":"1","Body":{"a":[1}]})"),
        "invalid-json",
        "$.Operations[0].Body.a[0]");
    row("a wrong name", R"({"Operations":[{"\x":1}]})", "invalid-json", "$.Operations[0]");
}

void TestBatch::refuses()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, path);
    const auto batch = read(text);
    QVERIFY(!batch);
    QCOMPARE(errorName(batch.error().code), code);
    QCOMPARE(batch.error().path, path);
}

void TestBatch::boundsTheNumberOfOperations()
{
    const QByteArray one = R"({"Op":"delete","Collection":"c","Id":"1"})";
    QVERIFY(BatchRequest::fromJson("{\"Operations\":[" + one + ',' + one + "]}", 2, {}));
    const auto more
        = BatchRequest::fromJson("{\"Operations\":[" + one + ',' + one + ',' + one + "]}", 2, {});
    QVERIFY(!more);
    QCOMPARE(more.error().code, ErrorCode::TooLarge);
}

void TestBatch::reads10000OperationsQuickly()
{
    QByteArray text = "{\"Operations\":[";
    const QByteArray note(700, 'x');
    for (int i = 0; i < kGroupOperationsMax; ++i) {
        text += (i > 0 ? "," : "") + QByteArray(R"({"Op":"put","Collection":"orders","Id":"order-)")
            + QByteArray::number(i)
            + R"(","Body":{"customer":"Zoë","total":149.95,"lines":[{"sku":"a","count":2}],"note":")"
            + note + "\"}}";
    }
    text += "]}";
    QElapsedTimer timer;
    timer.start();
    const auto batch = read(text);
    const qint64 ms = timer.elapsed();
    QVERIFY(batch);
    QCOMPARE(batch->operations.size(), std::size_t(kGroupOperationsMax));
    qInfo("%lld bytes in %lld ms", static_cast<long long>(text.size()), static_cast<long long>(ms));
    QVERIFY2(ms < 2'000, "far above what a batch may cost, even with sanitizers");
}

void TestBatch::writesResults()
{
    BatchResponse response;
    response.groupId = Hash128 {1, 2};
    response.committed = WallTime(std::chrono::milliseconds(1'000));
    response.results.push_back({"orders", "o1", Hash128 {1, 2}, false, 1});
    response.results.push_back({"orders", "o2", std::nullopt, true, std::nullopt});
    QCOMPARE(response.toJson(),
        R"({"GroupId":"00000000000000010000000000000002","CommittedUtc":"1970-01-01T00:00:01Z","Results":[)"
        R"({"Collection":"orders","EntityId":"o1","Version":"00000000000000010000000000000002","IsDeleted":false,"OperationType":1},)"
        R"({"Collection":"orders","EntityId":"o2","Version":null,"IsDeleted":true,"OperationType":null}]})");
}

void TestBatch::cursorFindsExtents_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("number") << QByteArray(" -1.5e3,") << QByteArray("-1.5e3");
    QTest::newRow("string") << QByteArray(R"("a\"b\\" ,)") << QByteArray(R"("a\"b\\")");
    QTest::newRow("string that does not end") << QByteArray(R"("a\")") << QByteArray();
    QTest::newRow("object") << QByteArray(R"({"a":"}","b":[{}]}])")
                            << QByteArray(R"({"a":"}","b":[{}]})");
    QTest::newRow("object that does not end") << QByteArray(R"({"a":"}")") << QByteArray();
    QTest::newRow("string in an object that does not end") << QByteArray(R"({"a)") << QByteArray();
    QTest::newRow("nothing") << QByteArray("  ") << QByteArray();
    QTest::newRow("a bracket") << QByteArray("]") << QByteArray();
}

void TestBatch::cursorFindsExtents()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, value);
    JsonCursor cursor(text);
    QCOMPARE(cursor.value().toByteArray(), value);
}

QTEST_APPLESS_MAIN(TestBatch)
#include "tst_batch.moc"
