#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "test_certificate.h"

#include <QSignalSpy>
#include <QSslSocket>
#include <QTest>
#include <QWebSocket>

#include <memory>

using namespace driftless;
using namespace std::chrono_literals;

// TLS is a setting of the listener and of the client; behind it everything is as without.
class TlsTest final : public QObject
{
    Q_OBJECT

private:
    SystemClock m_clock;
    std::unique_ptr<test::FakeHandler> m_handler;
    std::unique_ptr<net::HttpServer> m_server;
    quint16 m_port = 0;

private Q_SLOTS:
    void init()
    {
        net::HttpLimits limits;
        limits.outputBytesMax = 256 * 1'024;
        limits.drainTimeout = 300ms;
        m_handler = std::make_unique<test::FakeHandler>();
        m_server = std::make_unique<net::HttpServer>(limits, *m_handler, m_clock);
        const auto port = m_server->listen({"127.0.0.1", 0, test::serverTls()});
        QVERIFY(port);
        m_port = *port;
    }
    void cleanup()
    {
        m_server.reset();
        m_handler.reset();
    }

    void carriesCallsOfOurClient()
    {
        net::HttpClient client({}, m_clock, test::clientTls());
        const QByteArray url = "https://127.0.0.1:" + QByteArray::number(m_port);
        const QByteArray body(5'000'000, 'x');
        std::vector<QByteArray> bodies;
        const auto keep = [&](Result<replication::TransportReply> reply) {
            bodies.push_back(reply ? reply->body : reply.error().message);
        };
        client.send({"POST", url, "/echo", {}, body}, keep);
        QTRY_COMPARE(bodies.size(), 1U);
        QVERIFY(bodies[0] == body);
        client.send({"GET", url, "/facts", {}, {}}, keep);
        QTRY_COMPARE(bodies.size(), 2U);
        QVERIFY(bodies[1].contains(" 127.0.0.1 https|"));
        QCOMPARE(client.connectionCount(), 1);
    }

    void doesNotTrustStrangers()
    {
        net::HttpClient client({}, m_clock);
        std::optional<ErrorCode> error;
        client.send({"GET", "https://127.0.0.1:" + QByteArray::number(m_port), "/echo", {}, {}},
            [&](Result<replication::TransportReply> reply) {
                error = reply ? ErrorCode::Internal : reply.error().code;
            });
        QTRY_VERIFY(error);
        QCOMPARE(error, ErrorCode::Unreachable);
        QCOMPARE(m_handler->requestCount, 0);
    }

    void carriesWebSockets()
    {
        QWebSocket socket;
        socket.setSslConfiguration(test::clientTls());
        QSignalSpy answers(&socket, &QWebSocket::textMessageReceived);
        socket.open(QUrl(QStringLiteral("wss://127.0.0.1:%1/ws").arg(m_port)));
        QTRY_COMPARE(socket.state(), QAbstractSocket::ConnectedState);
        socket.sendTextMessage(QStringLiteral("hint"));
        QTRY_COMPARE(answers.count(), 1);
        QCOMPARE(answers[0][0].toString(), QStringLiteral("echo hint"));
        socket.close();
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }

    // Back-pressure counts what is encrypted and not yet sent.
    void stopsReadingWhoDoesNotRead()
    {
        QSslSocket socket;
        socket.setSslConfiguration(test::clientTls());
        socket.setReadBufferSize(1'024);
        socket.connectToHostEncrypted(QStringLiteral("127.0.0.1"), m_port);
        QTRY_VERIFY(socket.isEncrypted());
        socket.write(QByteArray("GET /big/100000 HTTP/1.1\r\nHost: a\r\n\r\n").repeated(400));
        QTRY_VERIFY(m_handler->requestCount > 4);
        int seen = 0;
        QTRY_VERIFY(std::exchange(seen, m_handler->requestCount) == m_handler->requestCount);
        QVERIFY(m_handler->requestCount < 200);
        qint64 receivedBytes = 0;
        connect(&socket, &QSslSocket::readyRead, this, [&] {
            receivedBytes += socket.readAll().size();
        });
        socket.setReadBufferSize(0);
        receivedBytes += socket.readAll().size();
        QTRY_VERIFY(receivedBytes > 400 * 100'000);
        QCOMPARE(m_handler->requestCount, 400);
    }

    void showsARefusalToAClientThatStillSends()
    {
        QSslSocket socket;
        socket.setSslConfiguration(test::clientTls());
        socket.connectToHostEncrypted(QStringLiteral("127.0.0.1"), m_port);
        QTRY_VERIFY(socket.isEncrypted());
        socket.write("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
        socket.write(QByteArray(4'000'000, 'x'));
        QTRY_COMPARE(socket.bytesToWrite() + socket.encryptedBytesToWrite(), 0);
        QByteArray received;
        QTRY_VERIFY((received += socket.readAll()).startsWith("HTTP/1.1 413 "));
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }
};

QTEST_GUILESS_MAIN(TlsTest)
#include "tst_tls.moc"
