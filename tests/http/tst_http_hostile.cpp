#include "hostile_rows.h"
#include "http_node.h"
#include "raw_client.h"

#include <QTest>

using namespace driftless::test;

/// What a hostile or careless client sends is refused with an answer that says so, is never half
/// executed, and is never understood in two ways (RFC 9112).
class TestHttpHostile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void answersHostileBytes_data();
    void answersHostileBytes();
    void answersHostileBodies_data();
    void answersHostileBodies();
    void keepsUnusualBodies_data();
    void keepsUnusualBodies();
    void changesManyMembersAtOnce();
    void bearsAFloodOfPipelinedRequests();
    void answersWhoHasSaidAll();
    void executesNothingOfACutRequest_data();
    void executesNothingOfACutRequest();
    void letsAPageReadItsRefusal_data();
    void letsAPageReadItsRefusal();
    void bearsAReaderThatStopsReading();
    void timesOutTheSlow();
    void closesHostileWebSockets_data();
    void closesHostileWebSockets();
    void cutsOffASilentWebSocket();

private:
    /// Nothing was written to the collection that the hostile requests name.
    [[nodiscard]] bool isUntouched()
    {
        return m_node->ask("hostile", "GET", "/api/documents/h").body == "[]";
    }
    [[nodiscard]] QByteArray limitHits(const QByteArray &name);

    std::unique_ptr<HttpNode> m_node;
};

namespace {

/// The stable code of an error, wherever its shape has it.
QByteArray codeOf(const QByteArray &body)
{
    for (const QByteArray name : {"\"code\":\"", "\"Code\":\""}) {
        if (const qsizetype at = body.indexOf(name); at >= 0) {
            const qsizetype begin = at + name.size();
            return body.sliced(begin, body.indexOf('"', begin) - begin);
        }
    }
    return {};
}

} // namespace

void TestHttpHostile::initTestCase()
{
    m_node = std::make_unique<HttpNode>();
    QVERIFY(isUntouched()); // and the database is there
}

QByteArray TestHttpHostile::limitHits(const QByteArray &name)
{
    const QByteArray body = m_node
                                ->call({.target = "/api/replication/status",
                                    .headers = {{"ReplicationApiKey", "I_AM_ONE_OF_YOU"}},
                                    .body = {}})
                                .body;
    const qsizetype at = body.indexOf('"' + name + "\":", body.indexOf("\"Limits\":{"));
    const qsizetype begin = at + name.size() + 3;
    qsizetype end = begin;
    while (end < body.size() && body[end] >= '0' && body[end] <= '9') {
        ++end;
    }
    return at < 0 ? QByteArray() : body.sliced(begin, end - begin);
}

void TestHttpHostile::answersHostileBytes_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("code");
    for (const auto &rows : {smugglingRequests(), malformedRequests(), oversizedRequests()}) {
        for (const HostileRequest &row : rows) {
            QTest::newRow(row.name) << row.bytes << row.status << QByteArray(row.code);
        }
    }
}

void TestHttpHostile::answersHostileBytes()
{
    QFETCH(const QByteArray, sent);
    QFETCH(const int, status);
    QFETCH(const QByteArray, code);
    RawClient client(m_node->port());
    client.send(sent);
    QTRY_COMPARE(client.responses().size(), 1U);
    const RawResponse refusal = client.responses().front();
    QCOMPARE(refusal.status, status);
    QCOMPARE(codeOf(refusal.body), code);
    QVERIFY(refusal.body.contains("\"detail\":\""));
    QVERIFY(refusal.head.contains("\r\nConnection: close\r\n"));
    // What stands behind it is never read as a request, and the connection ends.
    QTRY_VERIFY(client.isClosed());
    QCOMPARE(client.responses().size(), 1U);
    QVERIFY(isUntouched());
}

void TestHttpHostile::answersHostileBodies_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("code");
    for (const HostileRequest &row : hostileBodies()) {
        QTest::newRow(row.name) << QByteArray("PUT") << row.bytes << row.status
                                << QByteArray(row.code);
    }
    for (const HostileRequest &row : hostilePatches()) {
        QTest::newRow(row.name) << QByteArray("PATCH") << row.bytes << row.status
                                << QByteArray(row.code);
    }
}

void TestHttpHostile::answersHostileBodies()
{
    QFETCH(const QByteArray, method);
    QFETCH(const QByteArray, body);
    QFETCH(const int, status);
    QFETCH(const QByteArray, code);
    const HttpAnswer answer = m_node->call({.method = method,
        .target = "/api/documents/h/x",
        .headers
        = {{"Database", "hostile"}, {"ApiKey", "root"}, {"Content-Type", "application/json"}},
        .body = body});
    QVERIFY2(answer.status == status && codeOf(answer.body) == code,
        (QByteArray::number(answer.status) + ' ' + answer.body.left(500)).constData());
    QVERIFY(answer.body.size() < 2'000); // the body does not come back in the error
    QVERIFY(isUntouched());
}

void TestHttpHostile::keepsUnusualBodies_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("10 MB of text")
        << "{\"Id\":\"x\",\"a\":\"" + QByteArray(10'000'000, 'x') + "\"}";
    QTest::newRow("10 MB of escapes")
        << "{\"Id\":\"x\",\"a\":\"" + QByteArray("\\u00e9").repeated(1'666'666) + "\"}";
    QTest::newRow("number of 10,000 digits")
        << "{\"Id\":\"x\",\"a\":" + QByteArray(10'000, '7') + '}';
    QTest::newRow("fraction of 10,000 digits")
        << "{\"Id\":\"x\",\"a\":0." + QByteArray(10'000, '7') + '}';
    QTest::newRow("exponent of 1,000 digits")
        << "{\"Id\":\"x\",\"a\":1e" + QByteArray(1'000, '9') + '}';
    QByteArray members;
    for (int i = 0; i < 100'000; ++i) {
        members += ",\"member" + QByteArray::number(i) + "\":" + QByteArray::number(i);
    }
    QTest::newRow("100,000 members") << "{\"Id\":\"x\"" + members + '}';
    QTest::newRow("as deep as may be")
        << "{\"Id\":\"x\",\"a\":" + QByteArray(63, '[') + QByteArray(63, ']') + '}';
    QTest::newRow("NUL by an escape") << QByteArray(R"({"Id":"x","a":"\u0000","\u0000":1})");
}

void TestHttpHostile::keepsUnusualBodies()
{
    QFETCH(const QByteArray, body);
    const HttpAnswer written = m_node->ask("unusual", "PUT", "/api/documents/u/x", body);
    QVERIFY2(written.status == 200, written.body.left(500).constData());
    QVERIFY(m_node->ask("unusual", "GET", "/api/documents/u/x").body == body);
    QVERIFY(m_node->ask("unusual", "GET", "/api/documents/u").body == '[' + body + ']');
    QCOMPARE(m_node->ask("unusual", "PATCH", "/api/documents/u/x", R"({"added":1})").status, 200);
    QCOMPARE(m_node->ask("unusual", "DELETE", "/api/documents/u/x").status, 200);
}

// A write that claims 100,000 members of a document with as many takes no longer than reading it.
void TestHttpHostile::changesManyMembersAtOnce()
{
    const auto bodyOf = [](int step, const char *value) {
        QByteArray body = "{\"Id\":\"x\"";
        for (int i = 0; i < 100'000; i += step) {
            body += ",\"member" + QByteArray::number(i) + "\":" + value;
        }
        return body + '}';
    };
    for (const QByteArray &body :
        {bodyOf(1, "1"), bodyOf(1, "2"), bodyOf(2, "3"), bodyOf(1, "4"), bodyOf(3, "4")}) {
        QCOMPARE(m_node->ask("unusual", "PUT", "/api/documents/m/x", body).status, 200);
        QVERIFY(m_node->ask("unusual", "GET", "/api/documents/m/x").body == body);
    }
    const HttpAnswer patched
        = m_node->ask("unusual", "PATCH", "/api/documents/m/x", bodyOf(2, "{\"$inc\":1}"));
    QVERIFY2(patched.status == 200, patched.body.left(500).constData());
}

// Every one of 100,000 requests that came in one piece is answered, in their order, and what is
// wrong among them is refused in its place.
void TestHttpHostile::bearsAFloodOfPipelinedRequests()
{
    constexpr int kRequests = 100'000;
    RawClient client(m_node->port());
    QByteArray sent;
    for (int i = 0; i < kRequests / 2; ++i) {
        sent += "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nHEAD /node HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    client.send(sent + line("PUT /api/documents/h/x y HTTP/1.1"));
    QTRY_VERIFY_WITH_TIMEOUT(client.isClosed(), 60'000);
    const QByteArray &received = client.received;
    QCOMPARE(received.count("HTTP/1.1 200 OK\r\n"), kRequests);
    QCOMPARE(received.count("{\"Status\":\"ok\"}"), kRequests / 2);
    QVERIFY(received.lastIndexOf("HTTP/1.1 400 Bad Request\r\n")
        > received.lastIndexOf("HTTP/1.1 200 OK\r\n"));
    QVERIFY(isUntouched());
}

// A client that ends its side behind its requests gets what it asked for.
void TestHttpHostile::answersWhoHasSaidAll()
{
    RawClient client(m_node->port());
    client.send("PUT /api/documents/said/1 HTTP/1.1\r\n" + kHost + kKeys
        + "Content-Length: 7\r\n\r\n{\"a\":1}GET /api/documents/said/1 HTTP/1.1\r\n" + kHost + kKeys
        + "\r\n");
    QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
    QTRY_COMPARE(client.socket.bytesToWrite(), 0);
    client.endInput();
    QTRY_VERIFY(client.isClosed());
    QCOMPARE(client.responses().size(), 2U);
    QCOMPARE(client.responses()[0].status, 200);
    QCOMPARE(client.responses()[1].body, R"({"a":1,"Id":"1"})");
}

void TestHttpHostile::executesNothingOfACutRequest_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::newRow("line") << QByteArray("PUT /api/documents/h/x HT");
    QTest::newRow("header") << put("Content-Length: 2\r\n", "").chopped(2);
    QTest::newRow("body") << put("Content-Length: 3\r\n", "{}");
    QTest::newRow("no body") << put("Content-Length: 2\r\n", "");
    QTest::newRow("chunk") << put(kChunked, "3\r\n{}");
    QTest::newRow("last chunk missing") << put(kChunked, "2\r\n{}\r\n");
    QTest::newRow("empty line missing") << put(kChunked, "2\r\n{}\r\n0\r\n");
}

// A request that ends before it is whole is dropped with its connection, whether the client ends
// its side or dies.
void TestHttpHostile::executesNothingOfACutRequest()
{
    QFETCH(const QByteArray, sent);
    for (const bool dies : {false, true}) {
        RawClient client(m_node->port());
        QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
        client.send(sent);
        QTRY_COMPARE(client.socket.bytesToWrite(), 0);
        if (dies) {
            client.reset();
        } else {
            client.endInput();
        }
        QTRY_VERIFY(client.isClosed());
        QCOMPARE(client.received, QByteArray());
        QVERIFY(isUntouched());
    }
}

void TestHttpHostile::letsAPageReadItsRefusal_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<int>("status");
    const QByteArray origin = "Origin: http://localhost:5206\r\n";
    QTest::newRow("framing") << put(origin + "Content-Length: x\r\n", "") << 400;
    QTest::newRow("bare LF behind it") << put(origin + "X: y\nZ: z\r\n", "") << 400;
    QTest::newRow("header") << put(origin + "X: " + QByteArray(40'000, 'x') + "\r\n", "") << 431;
    QTest::newRow("fields") << put(origin + QByteArray("X: y\r\n").repeated(98), "") << 431;
    QTest::newRow("body") << put(origin + "Content-Length: 30000001\r\n", "") << 413;
    QTest::newRow("chunks") << put(origin + kChunked, "x\r\n\r\n") << 400;
    QTest::newRow("expectation") << put(origin + "Content-Length: 2\r\nExpect: x\r\n", "{}") << 417;
}

// A page that may call sees why its call was refused, also where the server itself refuses it
// (wire.md: CORS); another page does not.
void TestHttpHostile::letsAPageReadItsRefusal()
{
    QFETCH(QByteArray, sent);
    QFETCH(const int, status);
    const QByteArray allowed = "\r\nAccess-Control-Allow-Origin: http://localhost:5206\r\n";
    for (const bool isKnown : {true, false}) {
        if (!isKnown) {
            sent.replace("localhost", "elsewhere");
        }
        RawClient client(m_node->port());
        client.send(sent);
        QTRY_COMPARE(client.responses().size(), 1U);
        QCOMPARE(client.responses().front().status, status);
        QCOMPARE(client.responses().front().head.contains(allowed), isKnown);
        QCOMPARE(client.responses().front().head.contains("Access-Control"), isKnown);
    }
}

// Who asks for much and reads nothing is not read on; others are answered meanwhile; when he reads
// at last he gets everything.
void TestHttpHostile::bearsAReaderThatStopsReading()
{
    const QByteArray body = "{\"Id\":\"x\",\"a\":\"" + QByteArray(1'000'000, 'x') + "\"}";
    QCOMPARE(m_node->ask("large", "PUT", "/api/documents/l/x", body).status, 200);
    const int requests = 60;
    const QByteArray stalls = limitHits("OutputBytes");
    RawClient client(m_node->port(), 1'024);
    client.isReading = false;
    const QByteArray request
        = "GET /api/documents/l/x HTTP/1.1\r\n" + kHost + "Database: large\r\nApiKey: root\r\n\r\n";
    client.send(request.repeated(requests));
    QTRY_VERIFY(limitHits("OutputBytes") != stalls);
    client.isReading = true;
    client.socket.setReadBufferSize(0);
    client.received += client.socket.readAll();
    const qsizetype wanted = requests * body.size();
    QTRY_VERIFY_WITH_TIMEOUT(client.received.size() > wanted, 30'000);
    QTRY_COMPARE(client.responses().size(), static_cast<std::size_t>(requests));
    QCOMPARE(client.responses().back().body, body);
}

// Who sends nothing, or too little for the time, is told and closed; all of them at once here, so
// that the test takes no longer than the slowest.
void TestHttpHostile::timesOutTheSlow()
{
    HttpNode node(HttpNode::Settings {{"Node:Limits:HeaderSeconds", "1"},
        {"Node:Limits:BodySeconds", "1"},
        {"Node:Limits:IdleSeconds", "1"},
        {"Node:Limits:DrainSeconds", "1"}});
    struct Slow
    {
        const char *name;
        QByteArray sent;
        int status; // 0: closed without an answer
    };
    const std::vector<Slow> slow {
        {"nothing", "", 0},
        {"line", "GET /heal", 408},
        {"header", "GET /healthz HTTP/1.1\r\nHost: a\r\n", 408},
        {"only empty lines", "\r\n\r\n", 0},
        {"no body", put("Content-Length: 2\r\n", ""), 408},
        {"body", put("Content-Length: 2\r\n", "{"), 408},
        {"chunk size", put(kChunked, "2"), 408},
        {"chunk", put(kChunked, "2\r\n{"), 408},
        {"trailer", put(kChunked, "2\r\n{}\r\n0\r\nX: y"), 408},
        {"behind a whole request", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /", 408},
        {"idle", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"refused and silent", "GET /healthz HTTP/3.0\r\n\r\n", 505},
        {"expects to be asked", put("Content-Length: 2\r\nExpect: 100-continue\r\n", ""), 408},
    };
    std::vector<std::unique_ptr<RawClient>> clients;
    for (const Slow &row : slow) {
        clients.push_back(std::make_unique<RawClient>(node.port()));
        clients.back()->send(row.sent);
    }
    for (std::size_t i = 0; i < slow.size(); ++i) {
        const RawClient &client = *clients[i];
        QTRY_VERIFY2_WITH_TIMEOUT(client.isClosed(), slow[i].name, 20'000);
        const auto responses = client.responses();
        QVERIFY2((slow[i].status == 0) == responses.empty(), slow[i].name);
        if (!responses.empty()) {
            QCOMPARE(responses.back().status, slow[i].status);
        }
    }
    QCOMPARE(node.ask("hostile", "GET", "/api/documents/h").body, "[]");
}

void TestHttpHostile::closesHostileWebSockets_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::addColumn<QByteArray>("close"); // code and reason
    const auto row = [](const char *name, const QByteArray &sent, int code, const char *reason) {
        QByteArray close;
        close += static_cast<char>(code >> 8);
        close += static_cast<char>(code);
        QTest::newRow(name) << sent << close + reason;
    };
    row("unmasked", QByteArray("\x81\x02{}"), 1002, "unmasked-frame");
    row("too long", clientFrame(0x81, QByteArray(16'385, 'x')), 1009, "message-too-big");
    row("too long, only its head",
        clientFrame(0x81, QByteArray(16'385, 'x')).first(8),
        1009,
        "message-too-big");
    row("length of 63 bits",
        QByteArray("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10),
        1009,
        "message-too-big");
    row("fragmented for ever",
        clientFrame(0x01, "x") + clientFrame(0x00, QByteArray(100, 'x')).repeated(1'000),
        1009,
        "message-too-big");
    row("binary, fragmented for ever",
        clientFrame(0x02, "x") + clientFrame(0x00, QByteArray(100, 'x')).repeated(1'000),
        1009,
        "message-too-big");
    row("reserved bit", clientFrame(0xc1, "{}"), 1002, "no-extensions-here");
    row("reserved opcode", clientFrame(0x83, "{}"), 1002, "unknown-opcode");
    row("fragmented ping", clientFrame(0x09, "{}"), 1002, "control-frame-malformed");
    row("long ping", clientFrame(0x89, QByteArray(126, 'x')), 1002, "control-frame-malformed");
    row("nothing to continue", clientFrame(0x80, "{}"), 1002, "nothing-to-continue");
    row("message within a message",
        clientFrame(0x01, "{") + clientFrame(0x81, "}"),
        1002,
        "message-unfinished");
    row("no UTF-8", clientFrame(0x81, "\xff"), 1007, "text-is-not-utf-8");
    row("close of one byte", clientFrame(0x88, "x"), 1002, "close-frame-malformed");
    row("close",
        clientFrame(0x88,
            "\x03\xe8"
            "done"),
        1000,
        "closing");
    row("HTTP", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 1002, "no-extensions-here");
}

void TestHttpHostile::closesHostileWebSockets()
{
    QFETCH(const QByteArray, sent);
    QFETCH(const QByteArray, close);
    RawClient client(m_node->port());
    client.send(upgrade());
    QTRY_COMPARE(client.responses().size(), 1U);
    QCOMPARE(client.responses().front().status, 101);
    client.received.clear();
    client.send(
        sent + clientFrame(0x81, R"({"type":"health-check"})")); // which is not heard any more
    QTRY_VERIFY(client.isClosed());
    QCOMPARE(client.received, '\x88' + QByteArray(1, static_cast<char>(close.size())) + close);
}

// Who answers no ping is cut off, also if he sends pings of his own.
void TestHttpHostile::cutsOffASilentWebSocket()
{
    HttpNode node(HttpNode::Settings {{"Node:Limits:PingSeconds", "1"}});
    RawClient client(node.port());
    client.send(upgrade());
    QTRY_COMPARE(client.responses().size(), 1U);
    client.received.clear();
    client.send(clientFrame(0x89, "mine"));
    QTRY_VERIFY_WITH_TIMEOUT(client.isClosed(), 20'000);
    QCOMPARE(client.received, QByteArray("\x8a\x04mine\x89\x00\x89\x00", 10));
}

QTEST_GUILESS_MAIN(TestHttpHostile)
#include "tst_http_hostile.moc"
