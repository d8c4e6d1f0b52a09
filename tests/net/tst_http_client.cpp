#include "core/clock.h"
#include "fake_handler.h"
#include "fake_peer.h"
#include "net/http_client.h"
#include "net/http_server.h"

#include <QTest>
#include <QTimer>

#include <memory>

using namespace driftless;
using namespace std::chrono_literals;
using net::HttpClient;
using net::HttpClientLimits;
using test::FakePeer;

namespace {

struct Outcome
{
    int status = 0;
    QByteArray body;
    std::optional<ErrorCode> error;
};

} // namespace

class HttpClientTest final : public QObject
{
    Q_OBJECT

private:
    void start(const HttpClientLimits &limits)
    {
        m_client = std::make_unique<HttpClient>(limits, m_clock);
    }

    /// Outcomes are collected in the order in which calls end.
    void send(const QByteArray &baseUrl,
        const QByteArray &path,
        std::chrono::milliseconds timeout = 20s,
        QByteArray body = {})
    {
        m_client->send({.method = body.isNull() ? "GET" : "POST",
                           .baseUrl = baseUrl,
                           .path = path,
                           .headers = {{"Database", "shop"}},
                           .body = std::move(body),
                           .timeout = timeout},
            [this](Result<replication::TransportReply> reply) {
                if (reply) {
                    m_outcomes.push_back({reply->status, reply->body, std::nullopt});
                } else {
                    m_outcomes.push_back({0, {}, reply.error().code});
                }
            });
    }

    SystemClock m_clock;
    std::unique_ptr<HttpClient> m_client;
    std::vector<Outcome> m_outcomes;

private Q_SLOTS:
    void init()
    {
        m_outcomes.clear();
        start({});
    }
    void cleanup() { m_client.reset(); }

    // The client and the server of the node understand each other, also about large bodies.
    void speaksWithOurServer()
    {
        test::FakeHandler handler;
        net::HttpServer server({}, handler, m_clock);
        const auto port = server.listen({"127.0.0.1", 0, {}});
        QVERIFY(port);
        const QByteArray url = "http://127.0.0.1:" + QByteArray::number(*port);
        const QByteArray body(20'000'000, 'x');
        send(url, "/echo", 20s, body);
        QTRY_COMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].status, 200);
        QVERIFY(m_outcomes[0].body == body);
        send(url, "/facts?a=b", 20s, "abc");
        QTRY_COMPARE(m_outcomes.size(), 2U);
        QCOMPARE(m_outcomes[1].body,
            "POST /facts?a=b 3 body 127.0.0.1 http|Host=127.0.0.1:" + QByteArray::number(*port)
                + "|Database=shop|Content-Length=3");
        send(url, "/empty?204");
        send(url, "/nothing");
        QTRY_COMPARE(m_outcomes.size(), 4U);
        QCOMPARE(m_outcomes[2].status, 204);
        QCOMPARE(m_outcomes[3].status, 404);
        QCOMPARE(server.counters().malformed, 0U);
    }

    void keepsItsConnection()
    {
        FakePeer peer(test::answerOk);
        for (std::size_t i = 1; i <= 5; ++i) {
            send(peer.url() + "/prefix/", "/x");
            QTRY_COMPARE(m_outcomes.size(), i);
            QCOMPARE(m_outcomes.back().body, "ok");
        }
        QCOMPARE(peer.connectionCount, 1);
        QVERIFY(peer.heads.front().startsWith("GET /prefix/x HTTP/1.1\r\nHost: 127.0.0.1:"));
    }

    void opensNoMoreConnectionsThanAllowed()
    {
        FakePeer peer(test::answerOk);
        for (int i = 0; i < 20; ++i) {
            send(peer.url(), "/" + QByteArray::number(i));
        }
        QTRY_COMPARE(m_outcomes.size(), 20U);
        QVERIFY(peer.connectionCount <= 4);
        QCOMPARE(peer.heads.size(), 20U);
    }

    void boundsWaitingCalls()
    {
        start({.connectionsPerPeerMax = 1, .waitingPerPeerMax = 2});
        FakePeer peer;
        send(peer.url(), "/1");
        QTRY_COMPARE(peer.heads.size(), 1U);
        send(peer.url(), "/2");
        send(peer.url(), "/3");
        QCOMPARE(m_outcomes.size(), 0U);
        send(peer.url(), "/4");
        QCOMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].error, ErrorCode::Busy);
        m_client.reset(); // the others end with the client
        QCOMPARE(m_outcomes.size(), 4U);
        QCOMPARE(m_outcomes[3].error, ErrorCode::Unreachable);
    }

    void givesUpInTime_data()
    {
        QTest::addColumn<QByteArray>("begun");
        QTest::newRow("no answer") << QByteArray();
        QTest::newRow("half an answer")
            << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    }

    void givesUpInTime()
    {
        QFETCH(const QByteArray, begun);
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &) { socket.write(begun); });
        send(peer.url(), "/x", 50ms);
        QTRY_COMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].error, ErrorCode::Timeout);
        QCOMPARE(
            m_client->connectionCount(), 0); // a late answer must not be taken for the next call's
    }

    // A line that carries the answer slowly, but steadily, is not given up.
    void waitsForWhatMoves()
    {
        start({.bytesPerSecondMin = 100});
        const QByteArray first(1'000, 'a');
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &) {
            socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + first);
            QTimer::singleShot(200ms, &socket, [&socket] { socket.write("b"); });
        });
        send(peer.url(), "/x", 50ms);
        QTRY_COMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].body, first + 'b');
    }

    // Calls that wait for a connection to a hanging peer end in their time too, and its other calls
    // are not lost.
    void givesUpWaiting()
    {
        start({.connectionsPerPeerMax = 1});
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &head) {
            if (!head.startsWith("GET /hang")) {
                test::answerOk(socket, head);
            }
        });
        send(peer.url(), "/hang", 300ms);
        send(peer.url(), "/waits", 50ms);
        send(peer.url(), "/at last");
        QCOMPARE(m_outcomes.size(), 1U); // a blank in a path
        QCOMPARE(m_outcomes[0].error, ErrorCode::InvalidArgument);
        send(peer.url(), "/at-last");
        QTRY_COMPARE(m_outcomes.size(), 4U);
        QCOMPARE(m_outcomes[1].error, ErrorCode::Timeout);
        QCOMPARE(m_outcomes[2].error, ErrorCode::Timeout);
        QCOMPARE(m_outcomes[3].body, "ok");
    }

    // One that hangs never delays another.
    void keepsPeersApart()
    {
        FakePeer hanging;
        FakePeer living(test::answerOk);
        for (int i = 0; i < 100; ++i) {
            send(hanging.url(), "/x");
        }
        QTRY_COMPARE(hanging.heads.size(), 4U);
        send(living.url(), "/x");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].body, "ok");
    }

    // A kept connection that the peer has closed meanwhile costs nothing but a new connection.
    void comesBackWhenAKeptConnectionWasClosed()
    {
        bool isClosing = false;
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &head) {
            if (std::exchange(isClosing, false)) {
                socket.abort();
            } else {
                test::answerOk(socket, head);
            }
        });
        send(peer.url(), "/1");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        isClosing = true; // it ends as the second call arrives
        send(peer.url(), "/2", 20s, "body");
        QTRY_COMPARE(m_outcomes.size(), 2U);
        QCOMPARE(m_outcomes[1].body, "ok");
        QCOMPARE(peer.connectionCount, 2);
        peer.closeAll(); // seen while idle
        QTRY_COMPARE(m_client->connectionCount(), 0);
        send(peer.url(), "/3");
        QTRY_COMPARE(m_outcomes.size(), 3U);
        QCOMPARE(m_outcomes[2].body, "ok");
    }

    void triesOnlyOnceMore()
    {
        int answered = 0;
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &head) {
            if (answered++ == 0) {
                test::answerOk(socket, head);
            } else {
                socket.abort();
            }
        });
        send(peer.url(), "/1");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        send(peer.url(), "/2");
        QTRY_COMPARE(m_outcomes.size(), 2U);
        QCOMPARE(m_outcomes[1].error, ErrorCode::Unreachable);
        QCOMPARE(peer.heads.size(), 3U);
    }

    void reportsWhoIsNotThere()
    {
        QByteArray url;
        {
            const FakePeer gone;
            url = gone.url();
        }
        send(url, "/x");
        send(url, "/y");
        QTRY_COMPARE(m_outcomes.size(), 2U);
        QCOMPARE(m_outcomes[0].error, ErrorCode::Unreachable);
        QCOMPARE(m_outcomes[1].error, ErrorCode::Unreachable);
    }

    void reconnectsToAPeerThatComesBack()
    {
        auto peer = std::make_unique<FakePeer>(test::answerOk);
        const QByteArray url = peer->url();
        const quint16 port = peer->port();
        send(url, "/1");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        peer.reset();
        QTRY_COMPARE(m_client->connectionCount(), 0);
        send(url, "/2");
        QTRY_COMPARE(m_outcomes.size(), 2U);
        QCOMPARE(m_outcomes[1].error, ErrorCode::Unreachable);
        test::FakeHandler handler;
        net::HttpServer server({}, handler, m_clock);
        QVERIFY(server.listen({"127.0.0.1", port, {}}));
        send(url, "/echo");
        QTRY_COMPARE(m_outcomes.size(), 3U);
        QCOMPARE(m_outcomes[2].status, 200);
    }

    void readsEachShapeOfAnswer_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<bool>("isClosed");
        QTest::addColumn<QByteArray>("body"); // null: Unreachable
        const auto row = [](const char *name, QByteArray answer, bool isClosed, QByteArray body) {
            QTest::newRow(name) << answer << isClosed << body;
        };
        row("length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, "abc");
        row("chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            false,
            "abcde");
        row("until the end", "HTTP/1.1 200 OK\r\n\r\nabc", true, "abc");
        row("1.0", "HTTP/1.0 200 OK\r\n\r\nabc", true, "abc");
        row("close",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc",
            true,
            "abc");
        row("interim",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
            "OK\r\nContent-Length: 1\r\n\r\na",
            false,
            "a");
        row("empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "");
        row("cut short", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", true, {});
        row("cut chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            true,
            {});
        row("no answer", "", true, {});
        row("too large", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", false, {});
        row("too large chunk",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + QByteArray(1'001, 'x'),
            false,
            {});
        row("header too large", "HTTP/1.1 200 OK\r\nX: " + QByteArray(2'000, 'x'), false, {});
        row("not http", "SSH-2.0-x\r\n\r\n", false, {});
        row("more than asked for",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
            false,
            {});
    }

    void readsEachShapeOfAnswer()
    {
        QFETCH(const QByteArray, answer);
        QFETCH(const bool, isClosed);
        QFETCH(const QByteArray, body);
        start({.headerBytesMax = 1'000, .responseBytesMax = 1'000});
        FakePeer peer([&](QTcpSocket &socket, const QByteArray &) {
            socket.write(answer);
            if (isClosed) {
                socket.disconnectFromHost();
            }
        });
        send(peer.url(), "/x");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        if (body.isNull()) {
            QCOMPARE(m_outcomes[0].error, ErrorCode::Unreachable);
            QTRY_COMPARE(m_client->connectionCount(), 0);
        } else {
            QCOMPARE(m_outcomes[0].status, 200);
            QCOMPARE(m_outcomes[0].body, body);
            QTRY_COMPARE(m_client->connectionCount(), isClosed ? 0 : 1);
        }
    }

    void closesIdleConnections()
    {
        start({.idleTimeout = 50ms});
        FakePeer peer(test::answerOk);
        send(peer.url(), "/x");
        QTRY_COMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_client->connectionCount(), 1);
        QTRY_COMPARE(m_client->connectionCount(), 0);
    }

    void refusesAddressesThatAreNone_data()
    {
        QTest::addColumn<QByteArray>("url");
        for (const char *url : {"",
                 "127.0.0.1:1",
                 "ftp://a",
                 "http://",
                 "http://u:p@a",
                 "http://a?b",
                 "http://a#b",
                 "http://a b"}) {
            QTest::newRow(url) << QByteArray(url);
        }
    }

    void refusesAddressesThatAreNone()
    {
        QFETCH(const QByteArray, url);
        send(url, "/x");
        QCOMPARE(m_outcomes.size(), 1U);
        QCOMPARE(m_outcomes[0].error, ErrorCode::InvalidArgument);
    }
};

QTEST_GUILESS_MAIN(HttpClientTest)
#include "tst_http_client.moc"
