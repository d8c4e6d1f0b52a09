#include "core/limit_counters.h"
#include "host/setting_table.h"
#include "http_node.h"
#include "raw_client.h"

#include <QTest>

#include <functional>
#include <map>

using namespace driftless;
using namespace driftless::test;

/// Every limit of the settings (`Node:Limits:…`) is hit once through a real node: it answers as the
/// README says, and the limit's counter in `GET /api/replication/status` goes up.
class TestHttpLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyLimitHasACounter();
    void hitsEveryLimit_data();
    void hitsEveryLimit();
};

namespace {

constexpr char kPrefix[] = "Node:Limits:";

struct Case
{
    HttpNode::Settings settings; ///< names of limits and their values
    std::function<void(HttpNode &)> hit; ///< hits it and looks at the answer
};

QByteArray statusOf(HttpNode &node)
{
    // A node whose queues are full says so; then it is asked again.
    HttpAnswer answer;
    const auto ask = [&] {
        answer = node.call({.target = "/api/replication/status",
            .headers = {{"ReplicationApiKey", "I_AM_ONE_OF_YOU"}},
            .body = {}});
        return answer.status == 200;
    };
    return QTest::qWaitFor(ask, 20'000) ? answer.body : QByteArray();
}

/// -1: it is not there.
qint64 hitsOf(HttpNode &node, const QByteArray &limit)
{
    const QByteArray status = statusOf(node);
    const qsizetype at = status.indexOf('"' + limit + "\":", status.indexOf("\"Limits\":{"));
    if (at < 0) {
        return -1;
    }
    const qsizetype begin = at + limit.size() + 3;
    qsizetype end = begin;
    while (status[end] >= '0' && status[end] <= '9') {
        ++end;
    }
    return status.sliced(begin, end - begin).toLongLong();
}

QByteArray get(const QByteArray &target, const QByteArray &headers = {})
{
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

QByteArray putHead(qsizetype bodyBytes)
{
    return "PUT /api/documents/l/x HTTP/1.1\r\nHost: a\r\nDatabase: limits\r\nApiKey: root\r\n"
           "Content-Type: application/json\r\nContent-Length: "
        + QByteArray::number(bodyBytes) + "\r\n\r\n";
}

QByteArray document(qsizetype bytes)
{
    const QByteArray front = "{\"a\":\"";
    return front + QByteArray(bytes - front.size() - 2, 'x') + "\"}";
}

QByteArray batch(int operations, qsizetype documentBytes)
{
    QByteArrayList list;
    for (int i = 0; i < operations; ++i) {
        list.append(R"({"Op":"put","Collection":"l","Id":")" + QByteArray::number(i)
            + R"(","Body":)" + document(documentBytes) + '}');
    }
    return "{\"Operations\":[" + list.join(',') + "]}";
}

QByteArray query(const QByteArray &statement)
{
    const QByteArray body = "{\"Query\":\"" + statement + "\"}";
    return "POST /api/query HTTP/1.1\r\nHost: a\r\nDatabase: limits\r\nApiKey: root\r\n"
           "Content-Type: application/json\r\nContent-Length: "
        + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}

void expectStatus(const HttpAnswer &answer, int status)
{
    QVERIFY2(answer.status == status,
        (QByteArray::number(answer.status) + ' ' + answer.body).constData());
}

/// Sends, and is answered that alone; then the connection ends.
void expectRefusal(HttpNode &node, const QByteArray &sent, int status)
{
    RawClient client(node.port());
    client.send(sent);
    QTRY_VERIFY_WITH_TIMEOUT(client.isClosed(), 20'000);
    QCOMPARE(client.responses().size(), 1U);
    QCOMPARE(client.responses().front().status, status);
}

void expectNoRoom(HttpNode &node)
{
    RawClient first(node.port());
    first.send(get("/healthz"));
    QTRY_COMPARE(first.responses().size(), 1U);
    expectRefusal(node, {}, 503);
}

QByteArray upgrade()
{
    return get("/ws/replication",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nReplicationApiKey: I_AM_ONE_OF_YOU\r\n");
}

/// The last that a WebSocket hears behind `sent`.
void expectCloseOfWebSocket(HttpNode &node, const QByteArray &sent, const QByteArray &last)
{
    RawClient client(node.port());
    client.send(upgrade());
    QTRY_COMPARE(client.responses().size(), 1U);
    QCOMPARE(client.responses().front().status, 101);
    client.send(sent);
    QTRY_VERIFY_WITH_TIMEOUT(client.isClosed(), 20'000);
    QVERIFY(client.received.endsWith(last));
}

/// A client that is refused, and goes on as if it were not: it sees nothing of the end of the
/// connection, because it reads only one byte.
void expectCutOff(HttpNode &node, const QByteArray &behind, const QByteArray &limit)
{
    RawClient client(node.port(), 1);
    client.isReading = false;
    client.send("no request\r\n\r\n" + behind);
    QTRY_VERIFY_WITH_TIMEOUT(hitsOf(node, limit) > 0, 20'000);
    client.isReading = true;
    client.socket.setReadBufferSize(0);
    if (client.socket.isOpen()) {
        client.received += client.socket.readAll();
    }
    QTRY_VERIFY_WITH_TIMEOUT(client.isClosed(), 20'000);
}

/// Many requests at once, over and over, until one is answered 503 for a full queue.
void expectBusy(HttpNode &node, const QByteArray &request)
{
    const auto isBusy = [&] {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 20; ++i) {
            clients.push_back(std::make_unique<RawClient>(node.port()));
            clients.back()->send(request);
        }
        bool isSeen = false;
        for (const auto &client : clients) {
            if (!QTest::qWaitFor([&] { return client->responses().size() == 1; }, 20'000)) {
                return false;
            }
            const RawResponse answer = client->responses().front();
            isSeen = isSeen
                || (answer.status == 503 && answer.body.contains("\"busy\"")
                    && answer.head.contains("Retry-After: 1\r\n"));
        }
        return isSeen;
    };
    QVERIFY(QTest::qWaitFor(isBusy, 60'000));
}

/// What the bytes of requests are bounded by.
void addByteLimits(std::map<QByteArray, Case> &cases)
{
    cases["DocumentBytes"]
        = {{{"DocumentBytes", "1000"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "PUT", "/api/documents/l/x", document(900)), 200);
               expectStatus(node.ask("limits", "PUT", "/api/documents/l/x", document(1'001)), 413);
           }};
    cases["GroupOperations"]
        = {{{"GroupOperations", "2"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(2, 100)), 200);
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(3, 100)), 413);
           }};
    cases["GroupBytes"]
        = {{{"GroupBytes", "1000"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(2, 400)), 200);
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(3, 400)), 413);
           }};
    cases["BodyBytes"]
        = {{{"BodyBytes", "1000"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "PUT", "/api/documents/l/x", document(900)), 200);
               expectRefusal(node, putHead(1'001), 413);
           }};
    cases["HeaderBytes"]
        = {{{"HeaderBytes", "1000"}}, [](HttpNode &node) {
               expectRefusal(node, get("/healthz", "X: " + QByteArray(1'000, 'x') + "\r\n"), 431);
           }};
    cases["HeaderCount"]
        = {{{"HeaderCount", "10"}}, [](HttpNode &node) {
               expectRefusal(node, get("/healthz", QByteArray("X: y\r\n").repeated(10)), 431);
           }};
    cases["TargetBytes"] = {{{"TargetBytes", "100"}},
        [](HttpNode &node) { expectRefusal(node, get('/' + QByteArray(100, 'x')), 414); }};
    cases["HintBytes"] = {{{"HintBytes", "100"}}, [](HttpNode &node) {
                              expectCloseOfWebSocket(node,
                                  QByteArray("\x81\xe5\0\0\0\0", 6) + QByteArray(101, 'x'),
                                  "\x88\x11\x03\xf1message-too-big");
                          }};
}

/// How much may be in work at once.
void addAmountLimits(std::map<QByteArray, Case> &cases)
{
    cases["Connections"] = {{{"Connections", "1"}}, expectNoRoom};
    cases["ConnectionsPerAddress"] = {{{"ConnectionsPerAddress", "1"}}, expectNoRoom};
    // Requests beyond what one address may have in work, or in memory, wait; none is lost.
    const auto expectAllOf = [](HttpNode &node, const QByteArray &request) {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 10; ++i) {
            clients.push_back(std::make_unique<RawClient>(node.port()));
            clients.back()->send(request);
        }
        for (const auto &client : clients) {
            QTRY_COMPARE_WITH_TIMEOUT(client->responses().size(), 1U, 20'000);
            QCOMPARE(client->responses().front().status, 200);
        }
    };
    cases["RequestsPerAddress"]
        = {{{"RequestsPerAddress", "1"}}, [expectAllOf](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(2'000, 200)), 200);
               expectAllOf(node,
                   get("/api/documents/l?take=10000", "Database: limits\r\nApiKey: root\r\n"));
           }};
    cases["BytesPerAddress"] = {{{"BytesPerAddress", "1000"}},
        [expectAllOf](HttpNode &node) { expectAllOf(node, putHead(100'000) + document(100'000)); }};
    // Who pipelines too much, or reads too little, is not read for a while, and nothing is lost.
    const auto expectAll = [](HttpNode &node) {
        RawClient client(node.port());
        client.send(get("/healthz").repeated(50));
        QTRY_COMPARE(client.responses().size(), 50U);
        QCOMPARE(client.responses().back().status, 200);
    };
    cases["PipelinedRequests"]
        = {{{"PipelinedRequests", "1"}}, [](HttpNode &node) {
               RawClient client(node.port());
               client.send(get("/api/databases", "ApiKey: root\r\n").repeated(3));
               QTRY_COMPARE(client.responses().size(), 3U);
               QCOMPARE(client.responses().back().status, 200);
           }};
    cases["OutputBytes"] = {{{"OutputBytes", "1000"}}, expectAll};
    cases["StoreQueue"]
        = {{{"StoreQueue", "1"}}, [](HttpNode &node) {
               const QByteArray body = batch(200, 200);
               const QByteArray head = "POST /api/batch HTTP/1.1\r\nHost: a\r\nDatabase: limits\r\n"
                                       "ApiKey: root\r\nContent-Type: application/json\r\n";
               expectBusy(node,
                   head + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
           }};
    cases["ReaderQueue"]
        = {{{"ReaderQueue", "1"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(2'000, 200)), 200);
               expectBusy(node,
                   get("/api/documents/l?take=10000", "Database: limits\r\nApiKey: root\r\n"));
           }};
    cases["QueryQueue"]
        = {{{"QueryQueue", "1"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(2'000, 200)), 200);
               expectBusy(node, query("SELECT COUNT(*) FROM l WHERE a LIKE '%y%'"));
           }};
    cases["QueryBytes"]
        = {{{"QueryBytes", "1000"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(10, 2'000)), 200);
               expectStatus(
                   node.ask("limits", "POST", "/api/query", R"({"Query":"SELECT $ FROM l"})"), 413);
           }};
}

/// How long something may take.
void addTimeLimits(std::map<QByteArray, Case> &cases)
{
    cases["HeaderSeconds"] = {{{"HeaderSeconds", "1"}},
        [](HttpNode &node) { expectRefusal(node, "GET /healthz HTTP/1.1\r\nHost: a\r\n", 408); }};
    cases["BodySeconds"] = {{{"BodySeconds", "1"}},
        [](HttpNode &node) { expectRefusal(node, putHead(10) + '{', 408); }};
    cases["BodyBytesPerSecond"]
        = {{{"BodySeconds", "1"}, {"BodyBytesPerSecond", "1000"}}, [](HttpNode &node) {
               expectRefusal(node, putHead(1'000) + document(1'000).first(500), 408);
           }};
    cases["IdleSeconds"] = {{{"IdleSeconds", "1"}}, [](HttpNode &node) {
                                expectRefusal(node, get("/healthz"), 200); // and is let go
                            }};
    cases["DrainSeconds"]
        = {{{"DrainSeconds", "1"}}, [](HttpNode &node) { expectCutOff(node, {}, "DrainSeconds"); }};
    cases["DrainBytes"] = {{{"DrainBytes", "1000"}},
        [](HttpNode &node) { expectCutOff(node, QByteArray(1'000'000, 'x'), "DrainBytes"); }};
    cases["QuerySeconds"]
        = {{{"QuerySeconds", "1"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(10'000, 300)), 200);
               expectStatus(node.ask("limits",
                                "POST",
                                "/api/query",
                                R"({"Query":"SELECT COUNT(*) FROM l WHERE )"
                                    + QByteArray("a LIKE '%y%x%y%x%y%x%y' OR ").repeated(400)
                                    + R"(a = 'z'"})"),
                   503);
           }};
    cases["QueryStallSeconds"]
        = {{{"QueryStallSeconds", "1"}}, [](HttpNode &node) {
               expectStatus(node.ask("limits", "POST", "/api/batch", batch(1'000, 20'000)), 200);
               RawClient client(node.port(), 1'024);
               client.isReading = false;
               client.send(query("SELECT TOP 1000 $, $ FROM l")); // more than the system buffers
               QTRY_VERIFY_WITH_TIMEOUT(hitsOf(node, "QueryStallSeconds") > 0, 20'000);
           }};
    cases["PingSeconds"] = {{{"PingSeconds", "1"}}, [](HttpNode &node) {
                                expectCloseOfWebSocket(node, {}, QByteArray("\x89\x00\x89\x00", 4));
                            }};
}

std::map<QByteArray, Case> allCases()
{
    std::map<QByteArray, Case> cases;
    addByteLimits(cases);
    addAmountLimits(cases);
    addTimeLimits(cases);
    return cases;
}

std::vector<QByteArray> limitsOfTheSettings()
{
    std::vector<QByteArray> names;
    for (const host::Setting &setting : host::settingTable()) {
        const QByteArray key = setting.key;
        if (key.startsWith(kPrefix)) {
            names.push_back(key.sliced(static_cast<qsizetype>(sizeof kPrefix) - 1));
        }
    }
    return names;
}

} // namespace

void TestHttpLimits::everyLimitHasACounter()
{
    std::vector<QByteArray> names;
    for (std::size_t i = 0; i < kLimitCount; ++i) {
        names.push_back(limitName(static_cast<Limit>(i)).toByteArray());
    }
    QCOMPARE(names, limitsOfTheSettings());
}

void TestHttpLimits::hitsEveryLimit_data()
{
    QTest::addColumn<QByteArray>("limit");
    for (const QByteArray &name : limitsOfTheSettings()) {
        QTest::newRow(name.constData()) << name;
    }
}

void TestHttpLimits::hitsEveryLimit()
{
    QFETCH(const QByteArray, limit);
    const auto cases = allCases();
    const auto found = cases.find(limit);
    QVERIFY2(found != cases.end(), "a new limit needs a case here that hits it");
    HttpNode::Settings settings;
    for (const auto &[name, value] : found->second.settings) {
        settings.emplace_back(kPrefix + name, value);
    }
    HttpNode node(settings);
    const qint64 before = hitsOf(node, limit); // with a queue of one, asking may hit it
    QVERIFY(before >= 0);
    found->second.hit(node);
    if (!QTest::currentTestFailed()) {
        QTRY_VERIFY_WITH_TIMEOUT(hitsOf(node, limit) > before, 20'000);
    }
}

QTEST_GUILESS_MAIN(TestHttpLimits)
#include "tst_http_limits.moc"
