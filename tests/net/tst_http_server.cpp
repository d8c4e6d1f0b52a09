#include "core/clock.h"
#include "net/http_server.h"
#include "raw_client.h"
#include "server_test.h"

#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace driftless;
using namespace std::chrono_literals;
using net::HttpLimits;
using test::RawClient;
using test::RawResponse;

namespace {

/// Small bounds that each test can hit, and times that none does by accident.
HttpLimits testLimits()
{
    HttpLimits limits;
    limits.headerBytesMax = 2'048;
    limits.headerCountMax = 10;
    limits.targetBytesMax = 512;
    limits.pipelinedRequestsMax = 4;
    limits.outputBytesMax = 256 * 1'024;
    limits.drainTimeout = 2s;
    return limits;
}

QByteArray chunked(const QByteArray &headers, const QByteArray &chunks)
{
    return "POST /echo HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + chunks;
}

} // namespace

class HttpServerTest final : public test::ServerTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { start(testLimits()); }

    void cleanup() { stop(); }

    // What is sent decides the status, and whether the connection lives on.
    void answersEachShapeOfRequest_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("isKept");
        const auto row = [](const char *name, QByteArray sent, int status, bool isKept) {
            QTest::newRow(name) << sent << status << isKept;
        };
        const QByteArray host = "Host: a\r\n";
        // Ordinary ones.
        row("get", "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, true);
        row("length", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 200, true);
        row("length 0", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 200, true);
        row("chunked",
            chunked("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
            200,
            true);
        row("Chunked",
            chunked("transfer-encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
            200,
            true);
        row("trailer",
            chunked("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\nX: y\r\n\r\n"),
            200,
            true);
        row("empty lines before", "\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, true);
        row("close", "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200, false);
        row("1.0", "GET /echo HTTP/1.0\r\n\r\n", 200, false);
        row("1.0 kept", "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, true);
        row("absolute form", "GET http://other:1/echo?x HTTP/1.1\r\nHost: a\r\n\r\n", 200, true);
        row("options *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, true);
        row("empty host", "GET /echo HTTP/1.1\r\nHost:\r\n\r\n", 200, true);
        row("ipv6 host", "GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200, true);
        row("unknown method", "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n", 200, true);
        row("h2c offer",
            "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
            "h2c\r\nHTTP2-Settings: AA\r\n\r\n",
            200,
            true);
        row("expect without body",
            "GET /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
            200,
            true);
        // The request line.
        row("no version", "GET /echo\r\n\r\n", 400, false);
        row("two blanks", "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("version 2.0", "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n", 505, false);
        row("version 1.2", "GET /echo HTTP/1.2\r\nHost: a\r\n\r\n", 505, false);
        row("version word", "GET /echo HTTP/x.1\r\nHost: a\r\n\r\n", 400, false);
        row("http/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false);
        row("authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("absolute without host", "GET http:///echo HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("get *", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("fragment", "GET /echo#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("raw utf-8", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, false);
        row("tls hello", QByteArray("\x16\x03\x01\x02\x00\x01", 6), 400, false);
        // The header.
        row("no host", "GET /echo HTTP/1.1\r\n\r\n", 400, false);
        row("two hosts", "GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, false);
        row("two hosts in 1.0", "GET /echo HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, false);
        row("bad host", "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, false);
        row("folded", "GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400, false);
        row("folded first", "GET /echo HTTP/1.1\r\n Host: a\r\n\r\n", 400, false);
        row("bare LF", "GET /echo HTTP/1.1\nHost: a\n\n", 400, false);
        row("bare LF inside", "GET /echo HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, false);
        row("bare CR", "GET /echo HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400, false);
        row("NUL",
            QByteArray("GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n").replace('y', '\0'),
            400,
            false);
        row("space before colon", "GET /echo HTTP/1.1\r\nHost : a\r\n\r\n", 400, false);
        row("no colon", "GET /echo HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, false);
        row("no name", "GET /echo HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, false);
        row("expect other",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 200-ok\r\n\r\n",
            417,
            false);
        // Framing that two readers might take differently.
        row("length and chunked",
            chunked("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            400,
            false);
        row("chunked and length",
            chunked("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
            400,
            false);
        row("xchunked", chunked("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501, false);
        row("gzip, chunked",
            chunked("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            501,
            false);
        row("chunked, gzip",
            chunked("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
            501,
            false);
        row("identity", chunked("Transfer-Encoding: identity\r\n", ""), 501, false);
        row("empty encoding", chunked("Transfer-Encoding:\r\n", ""), 501, false);
        row("chunked twice",
            chunked("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            400,
            false);
        row("gzip and chunked",
            chunked("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            501,
            false);
        row("chunked in 1.0",
            "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            false);
        row("length twice",
            chunked("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
            400,
            false);
        row("length list", chunked("Content-Length: 3, 3\r\n", "abc"), 400, false);
        row("length differs",
            chunked("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"),
            400,
            false);
        row("length negative", chunked("Content-Length: -1\r\n", ""), 400, false);
        row("length plus", chunked("Content-Length: +3\r\n", "abc"), 400, false);
        row("length hex", chunked("Content-Length: 0x3\r\n", "abc"), 400, false);
        row("length empty", chunked("Content-Length:\r\n", ""), 400, false);
        row("length enormous", chunked("Content-Length: 99999999999999999999\r\n", ""), 400, false);
        row("chunk negative", chunked("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n"), 400, false);
        row("chunk no hex", chunked("Transfer-Encoding: chunked\r\n", "x\r\n\r\n"), 400, false);
        row("chunk 0x",
            chunked("Transfer-Encoding: chunked\r\n", "0x3\r\nabc\r\n0\r\n\r\n"),
            400,
            false);
        row("chunk overflow",
            chunked("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
            400,
            false);
        row("chunk too short",
            chunked("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"),
            400,
            false);
        // The bounds.
        row("target", "GET /" + QByteArray(600, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, false);
        row("target without end", "GET /" + QByteArray(700, 'x'), 414, false);
        row("header bytes",
            "GET /echo HTTP/1.1\r\nHost: a\r\nX: " + QByteArray(2'100, 'x') + "\r\n\r\n",
            431,
            false);
        row("header without end",
            "GET /echo HTTP/1.1\r\nHost: a\r\nX: " + QByteArray(2'100, 'x'),
            431,
            false);
        row("header count",
            "GET /echo HTTP/1.1\r\nHost: a\r\n" + QByteArray("X: y\r\n").repeated(10) + "\r\n",
            431,
            false);
        row("header count at most",
            "GET /echo HTTP/1.1\r\nHost: a\r\n" + QByteArray("X: y\r\n").repeated(9) + "\r\n",
            200,
            true);
        row("body length",
            "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n",
            413,
            false);
        row("body chunked",
            "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n"
                + QByteArray(50, 'x') + "\r\n33\r\n",
            413,
            false);
        row("body at most",
            "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + QByteArray(100, 'x'),
            200,
            true);
        row("trailer bytes",
            chunked("Transfer-Encoding: chunked\r\n", "0\r\nX: " + QByteArray(2'100, 'x')),
            400,
            false);
        row("chunk extension bytes",
            chunked("Transfer-Encoding: chunked\r\n", "3;" + QByteArray(2'100, 'x')),
            400,
            false);
    }

    void answersEachShapeOfRequest()
    {
        QFETCH(const QByteArray, sent);
        QFETCH(const int, status);
        QFETCH(const bool, isKept);
        RawClient client(m_port);
        client.send(sent);
        QTRY_COMPARE(client.responses().size(), 1U);
        QCOMPARE(client.responses().front().status, status);
        if (isKept) {
            QVERIFY(!client.responses().front().head.contains("Connection: close"));
            client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
            QTRY_COMPARE(client.responses().size(), 2U);
            QCOMPARE(client.responses().back().status, 200);
        } else {
            QVERIFY(client.responses().front().head.contains("Connection: close\r\n"));
            QTRY_VERIFY(client.isClosed());
            QCOMPARE(client.responses().size(), 1U);
            QTRY_COMPARE(m_server->connectionCount(), 0);
        }
    }

    // However the bytes are cut, the same request is read.
    void readsRequestsInAnyPieces()
    {
        const QByteArray sent = "POST /facts?q=1 HTTP/1.1\r\nHost: a\r\nX-One:  two three "
                                "\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2\r\nde\r\n0\r\nHost: b\r\n\r\n";
        for (qsizetype cut = 1; cut < sent.size(); ++cut) {
            RawClient client(m_port);
            QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
            client.send(sent.first(cut));
            QTRY_COMPARE(client.socket.bytesToWrite(), 0);
            QCoreApplication::processEvents();
            client.send(sent.sliced(cut));
            QTRY_COMPARE(client.responses().size(), 1U);
            QCOMPARE(client.responses().front().body,
                "POST /facts?q=1 5 body 127.0.0.1 http|Host=a|X-One=two "
                "three|Transfer-Encoding=chunked");
        }
    }

    void sendsNoBodyWhereThereIsNone()
    {
        RawClient client(m_port);
        client.send(
            "HEAD /big/1000 HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /empty?204 HTTP/1.1\r\nHost: a\r\n\r\nGET /empty?304 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(client.responses(true).size(), 3U);
        const auto responses = client.responses(true);
        QVERIFY(responses[0].head.contains("Content-Length: 1000\r\n"));
        QVERIFY(responses[0].head.contains("Content-Type: text/plain; charset=utf-8\r\n"));
        QVERIFY(responses[0].head.contains("Date: "));
        QVERIFY(!responses[1].head.contains("Content-Length"));
        QVERIFY(!responses[2].head.contains("Content-Length"));
        QVERIFY(client.received.endsWith("\r\n\r\n"));
    }

    // Answers come in the order of requests, in whatever order the handler gives them.
    void keepsTheOrderOfPipelinedRequests()
    {
        RawClient client(m_port);
        client.send(
            "GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /later/2 HTTP/1.1\r\nHost: a\r\n\r\n"
            "GET /later/3 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(m_handler->waiting.size(), 3U);
        QVERIFY(m_handler->release("3"));
        QVERIFY(m_handler->release("2"));
        QCoreApplication::processEvents();
        QCOMPARE(client.received, QByteArray());
        QVERIFY(m_handler->release("1"));
        QTRY_COMPARE(client.responses().size(), 3U);
        QCOMPARE(client.responses()[0].body, "1");
        QCOMPARE(client.responses()[1].body, "2");
        QCOMPARE(client.responses()[2].body, "3");
    }

    // A pipelined read sees the write before it: writes run alone.
    void runsWritesAlone()
    {
        RawClient client(m_port);
        client.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\nPUT /later/2 HTTP/1.1\r\nHost: "
                    "a\r\nContent-Length: 1\r\n\r\nx"
                    "GET /later/3 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(m_handler->requestCount, 1);
        QVERIFY(m_handler->release("1"));
        QTRY_COMPARE(m_handler->requestCount, 2);
        QVERIFY(!m_handler->release("3"));
        QVERIFY(m_handler->release("2"));
        QTRY_COMPARE(m_handler->requestCount, 3);
        QVERIFY(m_handler->release("3"));
        QTRY_COMPARE(client.responses().size(), 3U);
    }

    void bearsAConnectionThatDiesBeforeTheAnswer()
    {
        {
            RawClient client(m_port);
            client.send(
                "GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /later/2 HTTP/1.1\r\nHost: a\r\n\r\n");
            QTRY_COMPARE(m_handler->waiting.size(), 2U);
            client.reset();
        }
        QTRY_COMPARE(m_server->connectionCount(), 0);
        QCOMPARE(m_server->counters().answersLost, 2U);
        QVERIFY(m_handler->release("1"));
        m_server.reset();
        QVERIFY(m_handler->release("2"));
    }

    // A client that ends its side behind its requests still gets every answer, in whatever order
    // the end, the requests and the answers come; then the connection is closed.
    void answersWhoHasSaidAll_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<QByteArrayList>("released");
        QTest::addColumn<int>("answers");
        const QByteArray one = "GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\n";
        QTest::newRow("one") << one << QByteArrayList {"1"} << 1;
        QTest::newRow("behind an answered one")
            << "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n" + one << QByteArrayList {"1"} << 2;
        QTest::newRow("a write that is held back")
            << one + "PUT /later/2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
            << QByteArrayList {"1", "2"} << 2;
        QTest::newRow("more than are in work at once")
            << one + QByteArray("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").repeated(20)
            << QByteArrayList {"1"} << 21;
        QTest::newRow("a large answer") << one + "GET /big/3000000 HTTP/1.1\r\nHost: a\r\n\r\n"
                                        << QByteArrayList {"1"} << 2;
        QTest::newRow("half a request behind it")
            << one + "GET /echo HTTP/1.1\r\nHo" << QByteArrayList {"1"} << 1;
    }

    void answersWhoHasSaidAll()
    {
        QFETCH(const QByteArray, sent);
        QFETCH(const QByteArrayList, released);
        QFETCH(const int, answers);
        RawClient client(m_port);
        client.send(sent);
        QTRY_COMPARE(client.socket.bytesToWrite(), 0);
        client.endInput();
        for (const QByteArray &name : released) {
            QTRY_VERIFY(m_handler->isWaiting(name));
            QVERIFY(m_handler->release(name));
        }
        QTRY_VERIFY(client.isClosed());
        QCOMPARE(client.responses().size(), static_cast<std::size_t>(answers));
        QTRY_COMPARE(m_server->connectionCount(), 0);
        QCOMPARE(m_server->counters().answersLost, 0U);
    }

    // Who has said all before he asked for anything is let go.
    void letsGoWhoSaysNothing()
    {
        RawClient client(m_port);
        QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
        client.send("GET /ec");
        QTRY_COMPARE(client.socket.bytesToWrite(), 0);
        client.endInput();
        QTRY_VERIFY(client.isClosed());
        QCOMPARE(client.received, QByteArray());
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }

    // No more than the bound are with the handler, and reading goes on when one is answered.
    void boundsPipelinedRequests()
    {
        RawClient client(m_port);
        QByteArray sent;
        for (int i = 0; i < 6; ++i) {
            sent += "GET /later/" + QByteArray::number(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
        }
        client.send(sent);
        QTRY_COMPARE(m_handler->requestCount, 4);
        QCoreApplication::processEvents();
        QCOMPARE(m_handler->requestCount, 4);
        QVERIFY(m_handler->release("0"));
        QTRY_COMPARE(m_handler->requestCount, 5);
        for (int i = 1; i < 6; ++i) {
            QTRY_VERIFY(!m_handler->waiting.empty());
            QVERIFY(m_handler->release(QByteArray::number(i)));
        }
        QTRY_COMPARE(client.responses().size(), 6U);
    }

    void asksForTheBodyThatWaitsForIt()
    {
        RawClient client(m_port);
        client.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: "
                    "a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
        QTRY_COMPARE(m_handler->requestCount, 1);
        QVERIFY(client.received.isEmpty()); // the answer to the first comes first
        QVERIFY(m_handler->release("1"));
        QTRY_VERIFY(client.received.endsWith("HTTP/1.1 100 Continue\r\n\r\n"));
        client.send("abc");
        QTRY_COMPARE(client.responses().size(), 3U);
        QCOMPARE(client.responses()[2].body, "abc");
    }

    // A client that sends all of a refused body before it looks still sees the answer.
    void showsARefusalToAClientThatStillSends()
    {
        RawClient client(m_port);
        client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
        client.send(QByteArray(8'000'000, 'x'));
        QTRY_COMPARE(client.socket.bytesToWrite(), 0);
        QTRY_COMPARE(client.responses().size(), 1U);
        QCOMPARE(client.responses().front().status, 413);
        QCOMPARE(m_server->counters().bodyTooLarge, 1U);
        QCOMPARE(m_handler->requestCount, 0);
    }

    // A client that asks and does not read is not read either, and takes no memory beyond the
    // bound.
    void stopsReadingWhoDoesNotRead()
    {
        RawClient client(m_port, 1'024);
        client.isReading = false;
        const QByteArray request = "GET /big/100000 HTTP/1.1\r\nHost: a\r\n\r\n";
        client.send(request.repeated(400));
        QTRY_VERIFY(m_handler->requestCount > 4);
        int seen = 0;
        QTRY_VERIFY(std::exchange(seen, m_handler->requestCount) == m_handler->requestCount);
        QVERIFY(m_handler->requestCount < 200);
        client.isReading = true;
        client.socket.setReadBufferSize(0);
        client.received += client.socket.readAll();
        QTRY_COMPARE(client.responses().size(), 400U);
        QCOMPARE(m_handler->requestCount, 400);
    }

    void boundsConnections()
    {
        HttpLimits limits = testLimits();
        limits.connectionsPerAddressMax = 2;
        start(limits);
        RawClient first(m_port);
        auto second = std::make_unique<RawClient>(m_port);
        QTRY_COMPARE(m_server->connectionCount(), 2);
        RawClient third(m_port);
        QTRY_COMPARE(third.responses().size(), 1U);
        QCOMPARE(third.responses().front().status, 503);
        QVERIFY(third.responses().front().head.contains("Retry-After: 1\r\n"));
        QTRY_VERIFY(third.isClosed());
        QCOMPARE(m_server->counters().connectionsRefused, 1U);
        second.reset();
        QTRY_COMPARE(m_server->connectionCount(), 1);
        RawClient fourth(m_port);
        fourth.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(fourth.responses().size(), 1U);
        QCOMPARE(fourth.responses().front().status, 200);
    }

    void boundsTime_data()
    {
        QTest::addColumn<QByteArray>("sent");
        QTest::addColumn<int>("status");
        QTest::newRow("nothing") << QByteArray() << 0;
        QTest::newRow("half a line") << QByteArray("GET /ec") << 408;
        QTest::newRow("half a header") << QByteArray("GET /echo HTTP/1.1\r\nHost: a\r\n") << 408;
        QTest::newRow("half a body")
            << QByteArray("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na") << 408;
        QTest::newRow("no chunk") << QByteArray(
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                                  << 408;
        QTest::newRow("idle") << QByteArray("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n") << 200;
    }

    void boundsTime()
    {
        QFETCH(const QByteArray, sent);
        QFETCH(const int, status);
        HttpLimits limits = testLimits();
        limits.headerTimeout = 60ms;
        limits.bodyTimeout = 60ms;
        limits.idleTimeout = 60ms;
        start(limits);
        RawClient client(m_port);
        client.send(sent);
        QTRY_COMPARE(client.socket.state(), QAbstractSocket::ConnectedState);
        QTRY_VERIFY(client.isClosed());
        QCOMPARE(client.responses().size(), status == 0 ? 0U : 1U);
        if (status != 0) {
            QCOMPARE(client.responses().front().status, status);
        }
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }

    // A handler may take as long as it likes.
    void waitsForTheHandler()
    {
        HttpLimits limits = testLimits();
        limits.headerTimeout = limits.bodyTimeout = limits.idleTimeout = 40ms;
        start(limits);
        RawClient client(m_port);
        client.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        RawClient idle(m_port);
        QTRY_VERIFY(idle.socket.state() == QAbstractSocket::ConnectedState);
        QTRY_VERIFY(idle.isClosed());
        QTRY_COMPARE(m_handler->waiting.size(), 1U);
        QVERIFY(m_handler->release("1"));
        QTRY_COMPARE(client.responses().size(), 1U);
    }

    void cutsOffAStalledReader()
    {
        HttpLimits limits = testLimits();
        limits.idleTimeout = 80ms;
        start(limits);
        RawClient client(m_port, 1'024);
        client.isReading = false;
        client.send("GET /big/20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(m_handler->requestCount, 1);
        QTRY_COMPARE(m_server->counters().timedOut, 1U);
        QCOMPARE(m_server->connectionCount(), 0);
    }

    // stop(): the idle go at once, what is under way is answered, nobody new comes in.
    void stopsGracefully()
    {
        RawClient idle(m_port);
        RawClient busy(m_port);
        busy.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(m_handler->waiting.size(), 1U);
        QTRY_COMPARE(m_server->connectionCount(), 2);
        QSignalSpy stopped(m_server.get(), &net::HttpServer::stopped);
        m_server->stop(10s);
        QTRY_VERIFY(idle.isClosed());
        QCOMPARE(stopped.count(), 0);
        RawClient late(m_port);
        QTRY_VERIFY(late.isClosed());
        QVERIFY(m_handler->release("1"));
        QTRY_COMPARE(busy.responses().size(), 1U);
        QVERIFY(busy.responses().front().head.contains("Connection: close\r\n"));
        QTRY_COMPARE(stopped.count(), 1);
    }

    void cutsOffAfterTheGrace()
    {
        HttpLimits limits = testLimits();
        limits.drainTimeout = 40ms; // sets the pace of the clock
        start(limits);
        RawClient busy(m_port);
        busy.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(m_handler->waiting.size(), 1U);
        QSignalSpy stopped(m_server.get(), &net::HttpServer::stopped);
        m_server->stop(0ms);
        QTRY_COMPARE(stopped.count(), 1);
        QTRY_VERIFY(busy.isClosed());
    }

    void saysWhereItCannotListen()
    {
        const auto taken = m_server->listen({"127.0.0.1", m_port, {}});
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, ErrorCode::Unreachable);
        QVERIFY(taken.error().message.contains(QByteArray::number(m_port)));
    }

    void readsAddressesToListenOn()
    {
        const auto check = [](const char *text, const char *host, int port, bool isLoopback) {
            const auto address = net::ListenAddress::parse(text);
            return address && address->host == host && address->port == port
                && address->isLoopback() == isLoopback;
        };
        QVERIFY(check("127.0.0.1:1446", "127.0.0.1", 1446, true));
        QVERIFY(check("localhost:0", "localhost", 0, true));
        QVERIFY(check("[::1]:80", "::1", 80, true));
        QVERIFY(check("*:80", "*", 80, false));
        QVERIFY(check("0.0.0.0:80", "0.0.0.0", 80, false));
        QVERIFY(check("1446", "*", 1446, false));
        QVERIFY(!net::ListenAddress::parse("localhost"));
        QVERIFY(!net::ListenAddress::parse("a b:1"));
        QVERIFY(!net::ListenAddress::parse("127.0.0.1:70000"));
        QVERIFY(!net::ListenAddress::parse(""));
    }
};

QTEST_GUILESS_MAIN(HttpServerTest)
#include "tst_http_server.moc"
