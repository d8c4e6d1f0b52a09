#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_server.h"
#include "raw_client.h"

#include <QSignalSpy>
#include <QTest>
#include <QWebSocket>

#include <memory>

using namespace driftless;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

const QByteArray kUpgrade
    = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked frame as a client sends it; the mask is 0.
QByteArray frame(int opcode, const QByteArray &payload)
{
    QByteArray bytes;
    bytes.append(static_cast<char>(0x80 | opcode));
    bytes.append(static_cast<char>(0x80 | payload.size()));
    return bytes + QByteArray(4, '\0') + payload;
}

} // namespace

class WsHintsTest final : public QObject
{
    Q_OBJECT

private:
    void start(const net::HttpLimits &limits)
    {
        m_server.reset();
        m_handler = std::make_unique<test::FakeHandler>();
        m_server = std::make_unique<net::HttpServer>(limits, *m_handler, m_clock);
        const auto port = m_server->listen({"127.0.0.1", 0, {}});
        QVERIFY(port);
        m_port = *port;
    }
    QUrl url(const char *path = "/ws") const
    {
        return QUrl(QStringLiteral("ws://127.0.0.1:%1%2").arg(m_port).arg(QLatin1String(path)));
    }

    SystemClock m_clock;
    std::unique_ptr<test::FakeHandler> m_handler;
    std::unique_ptr<net::HttpServer> m_server;
    quint16 m_port = 0;

private Q_SLOTS:
    void init() { start({}); }

    void cleanup()
    {
        m_server.reset();
        m_handler.reset();
    }

    void answersMessagesInOrder()
    {
        QWebSocket socket;
        QSignalSpy answers(&socket, &QWebSocket::textMessageReceived);
        socket.open(url());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        socket.sendBinaryMessage("ignored");
        socket.sendTextMessage(QStringLiteral("later"));
        socket.sendTextMessage(QString::fromUtf8("f\xc3\xbcr dich"));
        QTRY_COMPARE(m_handler->waitingHints.size(), 1U);
        QCOMPARE(m_handler->hints.size(), 1U);
        m_handler->waitingHints.front().second("at last");
        QTRY_COMPARE(answers.count(), 2);
        QCOMPARE(answers[0][0].toString(), QStringLiteral("at last"));
        QCOMPARE(answers[1][0].toString(), QString::fromUtf8("echo f\xc3\xbcr dich"));
        QCOMPARE(m_server->counters().hints, 2U);
        QCOMPARE(m_server->counters().upgrades, 1U);
    }

    void answersPings()
    {
        QWebSocket socket;
        QSignalSpy pong(&socket, &QWebSocket::pong);
        socket.open(url());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        socket.ping("hi");
        QTRY_COMPARE(pong.count(), 1);
        QCOMPARE(pong[0][1].toByteArray(), "hi");
    }

    void refusesAMessageThatIsTooBig()
    {
        QWebSocket socket;
        QSignalSpy answers(&socket, &QWebSocket::textMessageReceived);
        socket.open(url());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        socket.sendTextMessage(QString(16'384, QLatin1Char('x')));
        QTRY_COMPARE(answers.count(), 1);
        socket.sendTextMessage(QString(16'385, QLatin1Char('x')));
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(socket.closeCode(), QWebSocketProtocol::CloseCodeTooMuchData);
        QCOMPARE(socket.closeReason(), QStringLiteral("message-too-big"));
        QCOMPARE(m_handler->hints.size(), 1U);
        QCOMPARE(m_server->counters().hintsTooLarge, 1U);
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }

    // A close frame is answered as the reference does, whatever the client said, also while a
    // message is with the handler.
    void answersACloseAtOnce()
    {
        RawClient client(m_port);
        client.send(kUpgrade);
        QTRY_COMPARE(client.responses().size(), 1U);
        client.send(frame(1, "later") + frame(8, QByteArray("\x03\xe8", 2) + "acknowledged"));
        QTRY_VERIFY(client.isClosed());
        QVERIFY(client.received.startsWith("HTTP/1.1 101 "));
        QVERIFY(client.received.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        QVERIFY(client.received.endsWith("\x88\x09\x03\xe8"
                                         "closing"));
        QTRY_COMPARE(m_server->connectionCount(), 0);
        QCOMPARE(m_handler->waitingHints.size(), 1U);
        m_handler->waitingHints.front().second("nobody hears this");
    }

    // The socket changes hands behind the answers to what was asked before.
    void upgradesBehindAPipelinedRequest()
    {
        RawClient client(m_port);
        client.send("GET /later/1 HTTP/1.1\r\nHost: a\r\n\r\n" + kUpgrade);
        QTRY_COMPARE(m_handler->waiting.size(), 1U);
        QCOMPARE(client.received, QByteArray());
        QVERIFY(m_handler->release("1"));
        QTRY_COMPARE(client.responses().size(), 2U);
        QCOMPARE(client.responses()[0].body, "1");
        QCOMPARE(client.responses()[1].status, 101);
        QCOMPARE(m_server->connectionCount(), 1);
        client.send(frame(1, "two") + frame(1, "three"));
        QTRY_VERIFY(client.received.endsWith("\x81\x08"
                                             "echo two\x81\x0a"
                                             "echo three"));
    }

    // RFC 6455 4.1: nothing may come before the answer to the handshake (QWebSocket would lose it).
    void refusesFramesBeforeTheHandshakeIsAnswered()
    {
        RawClient client(m_port);
        client.send(kUpgrade + frame(1, "one"));
        QTRY_COMPARE(client.responses().size(), 1U);
        QCOMPARE(client.responses()[0].status, 400);
        QTRY_VERIFY(client.isClosed());
    }

    void refusesUpgrades_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::addColumn<int>("status");
        QTest::newRow("by the handler") << QByteArray("/ws") << QByteArray("/other") << 403;
        QTest::newRow("version") << QByteArray("Version: 13") << QByteArray("Version: 8") << 426;
        QTest::newRow("no version")
            << QByteArray("Sec-WebSocket-Version") << QByteArray("X") << 426;
        QTest::newRow("no key") << QByteArray("Sec-WebSocket-Key") << QByteArray("X") << 400;
        QTest::newRow("bad key") << QByteArray("dGhl") << QByteArray("") << 400;
        QTest::newRow("other protocol")
            << QByteArray("WebSocket\r\n") << QByteArray("h2c\r\n") << 404;
        QTest::newRow("not asked for") << QByteArray(", Upgrade") << QByteArray() << 404;
        QTest::newRow("not a GET") << QByteArray("GET") << QByteArray("POST") << 404;
    }

    void refusesUpgrades()
    {
        QFETCH(const QByteArray, from);
        QFETCH(const QByteArray, to);
        QFETCH(const int, status);
        RawClient client(m_port);
        client.send(QByteArray(kUpgrade).replace(from, to));
        QTRY_COMPARE(client.responses().size(), 1U);
        QCOMPARE(client.responses().front().status, status);
        if (status != 400) {
            client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
            QTRY_COMPARE(client.responses().size(), 2U);
        }
        QCOMPARE(m_server->counters().upgrades, 0U);
    }

    void cutsOffWhoAnswersNoPing()
    {
        net::HttpLimits limits;
        limits.pingInterval = 30ms;
        start(limits);
        RawClient silent(m_port);
        silent.send(kUpgrade);
        QWebSocket living;
        living.open(url());
        QTRY_COMPARE(m_server->connectionCount(), 2);
        QTRY_VERIFY(silent.isClosed());
        QCOMPARE(living.state(), QAbstractSocket::ConnectedState);
        QTRY_COMPARE(m_server->connectionCount(), 1);
    }

    void closesAllWhenItStops()
    {
        QWebSocket socket;
        socket.open(url());
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        QTRY_COMPARE(m_server->counters().upgrades, 1U);
        QSignalSpy stopped(m_server.get(), &net::HttpServer::stopped);
        m_server->stop(10s);
        QTRY_COMPARE(stopped.count(), 1);
        QTRY_COMPARE(socket.state(), QAbstractSocket::UnconnectedState);
        QCOMPARE(socket.closeCode(), QWebSocketProtocol::CloseCodeGoingAway);
    }

    // Connections that became WebSockets still count against the bound of their address.
    void countsAgainstTheBoundOfConnections()
    {
        net::HttpLimits limits;
        limits.connectionsPerAddressMax = 1;
        start(limits);
        auto socket = std::make_unique<QWebSocket>();
        socket->open(url());
        QTRY_COMPARE(socket->state(), QAbstractSocket::ConnectedState);
        RawClient refused(m_port);
        QTRY_COMPARE(refused.responses().size(), 1U);
        QCOMPARE(refused.responses().front().status, 503);
        socket.reset();
        QTRY_COMPARE(m_server->connectionCount(), 0);
        RawClient taken(m_port);
        taken.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        QTRY_COMPARE(taken.responses().size(), 1U);
        QCOMPARE(taken.responses().front().status, 200);
    }
};

QTEST_GUILESS_MAIN(WsHintsTest)
#include "tst_ws_hints.moc"
