#include "http_node.h"
#include "raw_client.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace driftless::test;

/// Answers of queries that are too large to be held.
class TestHttpQueryStreaming : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void sendsAllRows();
    void sendsRowsLargerThanAPiece();
    void saysWhatFailsBehindTheFirstRows();
    void endsForWhoLeaves();

private:
    static constexpr int kDocuments = 4'000;
    static constexpr int kBatch = 1'000;

    HttpNode m_node {{{"Node:QueryThreads", "1"}}};
};

namespace {

QByteArray statement(const QByteArray &query, const QByteArray &take)
{
    return R"({"Query":")" + query + R"(","Take":)" + take + '}';
}

} // namespace

void TestHttpQueryStreaming::initTestCase()
{
    for (int first = 0; first < kDocuments; first += kBatch) {
        QByteArrayList list;
        for (int i = first; i < first + kBatch; ++i) {
            list.append(R"({"Op":"put","Collection":"c","Id":")" + QByteArray::number(i)
                + R"(","Body":{"n":)" + QByteArray::number(i) + R"(,"text":")"
                + QByteArray(2'000, 't') + R"("}})");
        }
        QCOMPARE(
            m_node.ask("large", "POST", "/api/batch", "{\"Operations\":[" + list.join(',') + "]}")
                .status,
            200);
    }
}

// The same members as in any answer, each row once, in order; the counts are true.
void TestHttpQueryStreaming::sendsAllRows()
{
    const HttpAnswer answer = m_node.ask(
        "large", "POST", "/api/query", statement("SELECT $ FROM c ORDER BY n", "1000000"));
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.header("Transfer-Encoding"), QByteArray("chunked"));
    QCOMPARE(answer.header("Content-Type"), QByteArray("application/json; charset=utf-8"));
    const QJsonObject object = QJsonDocument::fromJson(answer.body).object();
    QCOMPARE(object.keys(),
        QStringList({QStringLiteral("AppliedCount"),
            QStringLiteral("MatchedCount"),
            QStringLiteral("Query"),
            QStringLiteral("RequestedTake"),
            QStringLiteral("ReturnedRows"),
            QStringLiteral("Rows")}));
    QCOMPARE(object.value(QLatin1String("RequestedTake")).toInt(), 1'000'000);
    QCOMPARE(object.value(QLatin1String("MatchedCount")).toInt(), kDocuments);
    QCOMPARE(object.value(QLatin1String("ReturnedRows")).toInt(), kDocuments);
    QCOMPARE(object.value(QLatin1String("AppliedCount")).toInt(), 0);
    const QJsonArray rows = object.value(QLatin1String("Rows")).toArray();
    QCOMPARE(rows.size(), kDocuments);
    for (int i = 0; i < kDocuments; ++i) {
        QCOMPARE(rows[i].toObject().value(QLatin1String("n")).toInt(), i);
    }
}

void TestHttpQueryStreaming::sendsRowsLargerThanAPiece()
{
    const HttpAnswer answer = m_node.ask("large",
        "POST",
        "/api/query",
        statement("SELECT @key AS k, ARRAY(*.text) AS texts FROM c GROUP BY n % 4", "10"));
    QCOMPARE(answer.status, 200);
    const QJsonObject object = QJsonDocument::fromJson(answer.body).object();
    QCOMPARE(object.value(QLatin1String("ReturnedRows")).toInt(), 4);
    const QJsonArray rows = object.value(QLatin1String("Rows")).toArray();
    QCOMPARE(rows.size(), 4);
    for (int i = 0; i < 4; ++i) {
        const QJsonObject row = rows[i].toObject();
        QCOMPARE(row.value(QLatin1String("k")).toInt(-1), i);
        QCOMPARE(row.value(QLatin1String("texts")).toArray().size(), kDocuments / 4);
    }
}

// An error behind rows that have left cannot have a status any more: the answer is not whole.
void TestHttpQueryStreaming::saysWhatFailsBehindTheFirstRows()
{
    const QByteArray failing = "SELECT $ FROM c WHERE n < 2000 OR n + 'x'";
    const HttpAnswer broken
        = m_node.ask("large", "POST", "/api/query", statement(failing, "1000000"));
    QCOMPARE(broken.status, 0);
    const HttpAnswer refused
        = m_node.ask("large", "POST", "/api/query", statement(failing + " ORDER BY n", "1000000"));
    QCOMPARE(refused.status, 400);
}

// Who leaves in the middle does not keep the one thread of queries from the next.
void TestHttpQueryStreaming::endsForWhoLeaves()
{
    const QByteArray body = statement("SELECT $, $, $, $ FROM c", "1000000");
    for (int i = 0; i < 3; ++i) {
        RawClient client(m_node.port(), 1'024);
        client.send("POST /api/query HTTP/1.1\r\nHost: a\r\nDatabase: large\r\nApiKey: root\r\n"
                    "Content-Type: application/json\r\nContent-Length: "
            + QByteArray::number(body.size()) + "\r\n\r\n" + body);
        QTRY_VERIFY(client.received.size() > 100);
        client.reset();
        const HttpAnswer next = m_node.ask(
            "large", "POST", "/api/query", statement("SELECT COUNT(*) AS n FROM c", "1"));
        QCOMPARE(next.status, 200);
        QVERIFY(next.body.contains(R"({"n":4000})"));
    }
}

QTEST_GUILESS_MAIN(TestHttpQueryStreaming)

#include "tst_http_query_streaming.moc"
