#include "api/document_body.h"

#include <QTest>

using namespace driftless;
using namespace driftless::api;

/// What is stored for what a client sends: its own bytes wherever that is right, and the id of the
/// path always.
class TestDocumentBody : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads_data();
    void reads();
    void boundsDepth();
    void normalises_data();
    void normalises();
    void keepsTheBufferOfWhatIsRight();
    void normalisesPatches_data();
    void normalisesPatches();
    void findsPostedIds_data();
    void findsPostedIds();
};

void TestDocumentBody::reads_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("outcome"); // "object", "value", or the code
    QTest::newRow("object") << QByteArray(" {\"a\":1} ") << QByteArray("object");
    QTest::newRow("array") << QByteArray("[1]") << QByteArray("value");
    QTest::newRow("null") << QByteArray("null") << QByteArray("value");
    QTest::newRow("broken object") << QByteArray("{bad") << QByteArray("invalid-json");
    QTest::newRow("trailing comma") << QByteArray("{\"a\":1,}") << QByteArray("invalid-json");
    QTest::newRow("broken array") << QByteArray("[1") << QByteArray("invalid-json");
    QTest::newRow("empty name") << QByteArray("{\"\":1}") << QByteArray("invalid-json");
    QTest::newRow("names that differ only in case")
        << QByteArray("{\"a\":1,\"A\":1}") << QByteArray("invalid-json");
    QTest::newRow("blanks") << QByteArray("  ") << QByteArray("invalid-json");
}

void TestDocumentBody::reads()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, outcome);
    const auto body = readDocumentBody(text, {});
    const QByteArray actual
        = body ? QByteArray(body->isObject ? "object" : "value") : errorName(body.error().code);
    QCOMPARE(actual, outcome);
}

void TestDocumentBody::boundsDepth()
{
    const auto nested = [](int depth) {
        return "{\"a\":" + QByteArray(depth - 1, '[') + QByteArray(depth - 1, ']') + '}';
    };
    QVERIFY(readDocumentBody(nested(kDocumentDepthMax), {}));
    const auto deeper = readDocumentBody(nested(kDocumentDepthMax + 1), {});
    QVERIFY(!deeper);
    QCOMPARE(deeper.error().code, ErrorCode::TooDeep);
}

void TestDocumentBody::normalises_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("stored");
    const auto row = [](const char *name, const char *text, const char *id, const char *stored) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(id) << QByteArray(stored);
    };
    row("as it is", R"({"Id":"o1", "total" : 149.950})", "o1", R"({"Id":"o1", "total" : 149.950})");
    row("id in another case stays",
        R"({"id":"o2","paid":true})",
        "o2",
        R"({"id":"o2","paid":true})");
    row("escaped but equal", R"({"Id":"\u006f1"})", "o1", R"({"Id":"\u006f1"})");
    row("no id", R"({"customer":"Bo"})", "o3", R"({"customer":"Bo","Id":"o3"})");
    row("empty", "{}", "1", R"({"Id":"1"})");
    row("the path's id wins",
        R"({"Id":"other","x":1,"_id":7,"_sys_deleted":true})",
        "o4",
        R"({"x":1,"Id":"o4"})");
    row("id of another type", R"({"Id":4,"x":1})", "4", R"({"x":1,"Id":"4"})");
    row("id that differs in case", R"({"Id":"O1","x":1})", "o1", R"({"x":1,"Id":"o1"})");
    row("reserved in capitals",
        R"({"Id":"a","_ID":1,"_SYS_Version":2,"y":[1.50]})",
        "a",
        R"({"y":[1.50],"Id":"a"})");
    row("reserved below the top stays",
        R"({"Id":"a","in":{"_id":1,"_sys_x":2}})",
        "a",
        R"({"Id":"a","in":{"_id":1,"_sys_x":2}})");
    row("id to escape", R"({"x":1})", "a\"\\/é", R"({"x":1,"Id":"a\"\\/é"})");
    row("only reserved ones", R"({"_id":1})", "a", R"({"Id":"a"})");
}

void TestDocumentBody::normalises()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, id);
    QFETCH(QByteArray, stored);
    auto body = readDocumentBody(text, {});
    QVERIFY(body && body->isObject);
    const json::Object document = normalisedDocument(std::move(body->object), id);
    QCOMPARE(document.bytes(), stored);
    const json::Member *member = document.find("id");
    QVERIFY(member != nullptr);
    QCOMPARE(json::decodeString(member->value.sliced(1, member->value.size() - 2)), id);
}

void TestDocumentBody::keepsTheBufferOfWhatIsRight()
{
    const QByteArray text = R"({"Id":"o1","total":1.50})";
    auto body = readDocumentBody(text, {});
    QVERIFY(body);
    const json::Object document = normalisedDocument(std::move(body->object), "o1");
    QCOMPARE(static_cast<const void *>(document.bytes().constData()),
        static_cast<const void *>(text.constData()));
}

void TestDocumentBody::normalisesPatches_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("patch");
    QTest::newRow("as it is") << QByteArray(R"({"a":null,"stock":{"$inc":-2}})")
                              << QByteArray(R"({"a":null,"stock":{"$inc":-2}})");
    QTest::newRow("id is not content")
        << QByteArray(R"({"Id":null,"_id":1,"a":1,"_sys_x":2})") << QByteArray(R"({"a":1})");
    QTest::newRow("nothing left") << QByteArray(R"({"id":"x"})") << QByteArray("{}");
}

void TestDocumentBody::normalisesPatches()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, patch);
    auto body = readDocumentBody(text, {});
    QVERIFY(body);
    QCOMPARE(normalisedPatch(std::move(body->object)).bytes(), patch);
}

void TestDocumentBody::findsPostedIds_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("id"); // "-": none
    QTest::newRow("exact") << QByteArray(R"({"Id":"o5","x":1})") << QByteArray("o5");
    QTest::newRow("blanks are kept") << QByteArray(R"({"Id":" o5"})") << QByteArray(" o5");
    QTest::newRow("another case") << QByteArray(R"({"id":"o6"})") << QByteArray("-");
    QTest::newRow("a number") << QByteArray(R"({"Id":7})") << QByteArray("-");
    QTest::newRow("blank") << QByteArray(R"({"Id":" "})") << QByteArray("-");
    QTest::newRow("none") << QByteArray(R"({"x":1})") << QByteArray("-");
}

void TestDocumentBody::findsPostedIds()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, id);
    const auto body = readDocumentBody(text, {});
    QVERIFY(body);
    QCOMPARE(postedId(body->object).value_or("-"), id);
}

QTEST_APPLESS_MAIN(TestDocumentBody)
#include "tst_document_body.moc"
