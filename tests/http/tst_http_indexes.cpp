#include "http_node.h"

#include <QElapsedTimer>
#include <QTest>

using namespace driftless::test;

/// Indexes over HTTP: made, listed with their progress, dropped; each error with its status.
class TestHttpIndexes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void makesListsAndDrops();
    void answersErrors_data();
    void answersErrors();
    void keepsWritesRight();
    void neitherWriterNorReaderMayMakeOne();
    void madeByStatements();

private:
    HttpAnswer ask(const QByteArray &method, const QByteArray &target, const QByteArray &body = {})
    {
        return m_node->ask("matrix", method, target, body);
    }
    /// Asks until the index is ready.
    QByteArray ready(const QByteArray &target);

    std::unique_ptr<HttpNode> m_node;
};

void TestHttpIndexes::init()
{
    m_node = std::make_unique<HttpNode>();
}

QByteArray TestHttpIndexes::ready(const QByteArray &target)
{
    QElapsedTimer timer;
    timer.start();
    QByteArray row;
    do {
        row = ask("GET", target).body;
    } while (row.contains("\"State\":\"Building\"") && timer.elapsed() < 30'000);
    return row;
}

void TestHttpIndexes::makesListsAndDrops()
{
    QCOMPARE(ask("GET", "/api/indexes").body, QByteArray("[]"));
    for (int i = 0; i < 10; ++i) {
        const QByteArray id = QByteArray::number(i);
        QCOMPARE(
            ask("PUT", "/api/documents/Orders/" + id, "{\"customer\":" + id + '}').status, 200);
    }
    const HttpAnswer made
        = ask("PUT", "/api/indexes/orders/byCustomer", R"({"Expression":" customer "})");
    QCOMPARE(made.status, 201);
    const QByteArray row
        = R"({"Collection":"Orders","Name":"byCustomer","Expression":"$.customer",)";
    QVERIFY2(made.body.startsWith(row + "\"State\":"), made.body.constData());
    QCOMPARE(ready("/api/indexes/ORDERS/BYCUSTOMER"),
        row + R"("State":"Ready","DocumentsDone":10,"DocumentsTotal":10})");
    const HttpAnswer again
        = ask("PUT", "/api/indexes/Orders/bycustomer", R"({"expression":"$.customer"})");
    QCOMPARE(again.status, 200);
    QVERIFY(again.body.contains("\"State\":\"Ready\""));
    // Of a collection that is not there yet, which is listed from then on.
    QCOMPARE(ask("PUT", "/api/indexes/new/a", R"({"Expression":"[x, y]"})").status, 201);
    QCOMPARE(ask("PUT", "/api/indexes/new/b", R"({"Expression":"lines[*].product"})").status, 201);
    QVERIFY(ask("GET", "/api/documents").body.contains("new"));
    const QByteArray all = ask("GET", "/api/indexes").body;
    QVERIFY2(all.contains("[$.x,$.y]"), all.constData());
    QVERIFY(all.indexOf("[$.x,$.y]") < all.indexOf("lines"));
    QVERIFY(all.indexOf("lines") < all.indexOf("byCustomer"));
    QVERIFY(!ask("GET", "/api/indexes/new").body.contains("byCustomer"));
    QCOMPARE(ask("GET", "/api/indexes/nowhere").body, QByteArray("[]"));
    QCOMPARE(ask("DELETE", "/api/indexes/NEW/B").status, 200);
    QCOMPARE(ask("DELETE", "/api/indexes/new/b").status, 404);
    QCOMPARE(ask("GET", "/api/indexes/new/b").status, 404);
    QVERIFY(!ask("GET", "/api/indexes").body.contains("lines"));
}

void TestHttpIndexes::answersErrors_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("said");
    const auto row
        = [](const char *name, const char *target, const char *body, int status, const char *said) {
              QTest::newRow(name) << QByteArray(target) << QByteArray(body) << status
                                  << QByteArray(said);
          };
    row("no expression", "c/x", "{}", 400, "Expression");
    row("an empty one", "c/x", R"({"Expression":" "})", 400, "Expression");
    row("a number", "c/x", R"({"Expression":1})", 400, "Expression");
    row("no JSON", "c/x", "{", 400, "errors");
    row("a bad expression", "c/x", R"({"Expression":"customer +"})", 400, "^");
    row("text behind it", "c/x", R"({"Expression":"a; DROP"})", 400, "^");
    row("the time", "c/x", "{\"Expression\":\"NOW()\"}", 400, "invalid-argument");
    row("a parameter", "c/x", R"({"Expression":"a = @0"})", 400, "invalid-argument");
    row("the id", "c/x", R"({"Expression":"_id"})", 400, "_id");
    row("a bad name", "c/1x", R"({"Expression":"a"})", 400, "word");
    row("another expression", "taken/x", R"({"Expression":"b"})", 409, "index-exists");
    row("a reserved collection", "cache/x", R"({"Expression":"a"})", 403, "reserved-collection");
    row("a system collection", "$cols/x", R"({"Expression":"a"})", 400, "invalid-argument");
}

void TestHttpIndexes::answersErrors()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QByteArray, said);
    QCOMPARE(ask("PUT", "/api/indexes/taken/x", R"({"Expression":"a"})").status, 201);
    const HttpAnswer answer = ask("PUT", "/api/indexes/" + target, body);
    QCOMPARE(answer.status, status);
    QVERIFY2(answer.body.contains(said), answer.body.constData());
    QVERIFY(!ask("GET", "/api/documents").body.contains("\"c\"")); // nothing was made for it
}

void TestHttpIndexes::keepsWritesRight()
{
    // Whatever the expression makes of a document, the document is written.
    QCOMPARE(ask("PUT", "/api/indexes/c/odd", R"({"Expression":"n > 1 AND flag"})").status, 201);
    QCOMPARE(ask("PUT", "/api/documents/c/1", R"({"n":2,"flag":"none"})").status, 200);
    QCOMPARE(ask("PUT", "/api/documents/c/1", R"({"n":2,"flag":true})").status, 200);
    QCOMPARE(ask("DELETE", "/api/documents/c/1").status, 200);
    QVERIFY(ready("/api/indexes/c/odd").contains("\"State\":\"Ready\""));
}

void TestHttpIndexes::neitherWriterNorReaderMayMakeOne()
{
    QCOMPARE(ask("PUT", "/api/documents/c/1", R"({"n":2})").status, 200);
    const auto statusOf = [this](const QByteArray &key, const QByteArray &method) {
        HttpCall call;
        call.method = method;
        call.target = "/api/indexes/c/n";
        call.headers
            = {{"Database", "matrix"}, {"ApiKey", key}, {"Content-Type", "application/json"}};
        call.body = method == "PUT" ? R"({"Expression":"n"})" : QByteArray();
        return m_node->call(call).status;
    };
    for (const QByteArray key : {"READ_DOCUMENT", "WRITE_DOCUMENT", "UPDATE_DOCUMENT"}) {
        QCOMPARE(statusOf(key, "PUT"), 403);
        QCOMPARE(statusOf(key, "DELETE"), 403);
    }
    QCOMPARE(statusOf("ADD_DB", "PUT"), 201);
    QCOMPARE(statusOf("READ_DOCUMENT", "GET"), 200);
    QCOMPARE(statusOf("ADD_DB", "GET"), 403);
    QCOMPARE(statusOf("ADD_DB", "DELETE"), 200);
}

void TestHttpIndexes::madeByStatements()
{
    const auto query = [this](const QByteArray &text, const QByteArray &key = "root") {
        HttpCall call;
        call.method = "POST";
        call.target = "/api/query";
        call.headers
            = {{"Database", "matrix"}, {"ApiKey", key}, {"Content-Type", "application/json"}};
        call.body = "{\"Query\":\"" + text + "\"}";
        return m_node->call(call);
    };
    for (int i = 0; i < 20; ++i) {
        const QByteArray id = QByteArray::number(i);
        QCOMPARE(ask("PUT", "/api/documents/c/" + id, "{\"n\":" + id + '}').status, 200);
    }
    const HttpAnswer made = query("CREATE INDEX n ON c ($.n)");
    QCOMPARE(made.status, 200);
    QVERIFY2(made.body.contains("\"AppliedCount\":1"), made.body.constData());
    QVERIFY(query("CREATE INDEX N ON C (n)").body.contains("\"AppliedCount\":0"));
    QCOMPARE(query("CREATE INDEX n ON c (m)").status, 409);
    QCOMPARE(query("CREATE UNIQUE INDEX u ON c (n)").status, 400);
    QCOMPARE(query("CREATE INDEX x ON cache (n)").status, 403);
    QCOMPARE(query("CREATE INDEX x ON c (NOW())").status, 400);
    QVERIFY(ready("/api/indexes/c/n").contains("\"State\":\"Ready\""));
    QVERIFY2(query("EXPLAIN SELECT n FROM c WHERE n = 7").body.contains("index"),
        query("EXPLAIN SELECT n FROM c WHERE n = 7").body.constData());
    QVERIFY(query("SELECT n FROM c WHERE n = 7").body.contains("{\"n\":7}"));
    QCOMPARE(query("DROP INDEX c.n", "WRITE_DOCUMENT").status, 403);
    QVERIFY(query("DROP INDEX c.n", "ADD_DB").body.contains("\"AppliedCount\":1"));
    QVERIFY(query("DROP INDEX c.n").body.contains("\"AppliedCount\":0"));
    QCOMPARE(ask("GET", "/api/indexes").body, QByteArray("[]"));
}

QTEST_GUILESS_MAIN(TestHttpIndexes)
#include "tst_http_indexes.moc"
