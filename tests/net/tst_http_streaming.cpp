#include "chunked_body.h"
#include "net/http_server.h"
#include "raw_client.h"
#include "server_test.h"

#include <QTest>

using namespace driftless;
using support::dechunked;
using test::FakeStream;
using test::RawClient;

namespace {

QByteArray get(const QByteArray &path)
{
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

QByteArrayView behindHead(const QByteArray &received)
{
    const qsizetype end = received.indexOf("\r\n\r\n");
    return end < 0 ? QByteArrayView() : QByteArrayView(received).sliced(end + 4);
}

} // namespace

/// Bodies that come piece by piece.
class HttpStreamingTest final : public test::ServerTest
{
    Q_OBJECT

private Q_SLOTS:
    void init() { start({}); }
    void cleanup() { stop(); }

    // In chunks, whole; the next request on the connection is answered behind it.
    void sendsPieces_data()
    {
        QTest::addColumn<int>("pieces");
        QTest::newRow("none") << 0;
        QTest::newRow("one") << 1;
        QTest::newRow("more than is held at once") << 2'000;
    }
    void sendsPieces()
    {
        QFETCH(const int, pieces);
        RawClient client(m_port);
        client.send(get("/stream/" + QByteArray::number(pieces)) + get("/facts"));
        QTRY_VERIFY(client.received.contains("GET /facts"));
        QVERIFY(client.received.startsWith("HTTP/1.1 200 OK\r\n"));
        QVERIFY(client.received.contains("\r\nTransfer-Encoding: chunked\r\n"));
        QVERIFY(
            !client.received.first(client.received.indexOf("\r\n\r\n")).contains("Content-Length"));
        QByteArrayView rest = behindHead(client.received);
        const auto body = dechunked(rest);
        QVERIFY(body);
        QCOMPARE(*body, QByteArray(pieces * FakeStream::kPieceBytes, 's'));
        QVERIFY(rest.startsWith("HTTP/1.1 200 OK\r\n"));
        QCOMPARE(m_handler->streamsAlive, 0);
    }

    // HTTP/1.0 knows no chunks: the end of the connection ends the body.
    void closesBehindItForHttp10()
    {
        RawClient client(m_port);
        client.send("GET /stream/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        QTRY_VERIFY(client.isClosed());
        QVERIFY(!client.received.contains("chunked"));
        QVERIFY(client.received.contains("\r\nConnection: close\r\n"));
        QCOMPARE(behindHead(client.received).toByteArray(),
            QByteArray(3 * FakeStream::kPieceBytes, 's'));
    }

    void sendsNoBodyForHead()
    {
        RawClient client(m_port);
        client.send("HEAD /stream/3 HTTP/1.1\r\nHost: a\r\n\r\n" + get("/facts"));
        QTRY_VERIFY(client.received.contains("GET /facts"));
        QVERIFY(behindHead(client.received).startsWith("HTTP/1.1 200 OK\r\n"));
        QCOMPARE(m_handler->piecesMade, 0);
        QCOMPARE(m_handler->streamsAlive, 0);
    }

    // What breaks off is not to be taken for the whole.
    void closesWhereItBreaksOff()
    {
        RawClient client(m_port);
        client.send(get("/broken/3"));
        QTRY_VERIFY(client.isClosed());
        QByteArrayView rest = behindHead(client.received);
        QVERIFY(!dechunked(rest));
        QCOMPARE(m_handler->streamsAlive, 0);
    }

    // Who takes nothing is made nothing; and when he goes, nobody works for him any more.
    void waitsForTheReader()
    {
        constexpr int kPieces = 100'000;
        RawClient client(m_port, 1'024);
        client.isReading = false;
        client.send(get("/stream/" + QByteArray::number(kPieces)));
        QTRY_VERIFY(m_handler->piecesMade > 0);
        // The system's buffers take some megabytes at most; then it stands still.
        int made = 0;
        QTRY_VERIFY(std::exchange(made, m_handler->piecesMade) == m_handler->piecesMade);
        QVERIFY(m_handler->piecesMade < kPieces);
        QCOMPARE(m_handler->streamsAlive, 1);
        client.reset();
        QTRY_COMPARE(m_handler->streamsAlive, 0);
    }

    // Who takes nothing is cut off when what he was to get breaks off.
    void closesWhereItBreaksOffUntaken()
    {
        RawClient client(m_port, 1'024);
        client.isReading = false;
        client.send(get("/late"));
        QTRY_VERIFY(m_handler->askedPiece);
        const auto asked = std::exchange(m_handler->askedPiece, {});
        asked(QByteArray(64'000'000, 'x'));
        QVERIFY(!m_handler->askedPiece);
        m_handler->breakStream({ErrorCode::Timeout, "Nobody takes it.", {}});
        QTRY_COMPARE(m_server->connectionCount(), 0);
    }

    // Pieces that come later, and one that comes when the client has gone.
    void sendsLatePieces()
    {
        RawClient client(m_port);
        client.send(get("/late") + get("/facts"));
        QTRY_VERIFY(m_handler->askedPiece);
        const auto answer = [this](Result<QByteArray> piece) {
            const auto asked = std::exchange(m_handler->askedPiece, {});
            asked(std::move(piece));
        };
        answer(QByteArray("first"));
        QTRY_VERIFY(client.received.endsWith("5\r\nfirst\r\n"));
        QTRY_VERIFY(m_handler->askedPiece);
        answer(QByteArray("second"));
        QTRY_VERIFY(client.received.endsWith("6\r\nsecond\r\n"));
        QTRY_VERIFY(m_handler->askedPiece);
        answer(QByteArray());
        QTRY_VERIFY(client.received.contains("GET /facts"));

        client.send(get("/late"));
        QTRY_VERIFY(m_handler->askedPiece);
        const auto asked = m_handler->askedPiece;
        client.reset();
        QTRY_COMPARE(m_server->connectionCount(), 0);
        asked(QByteArray("too late"));
    }
};

QTEST_GUILESS_MAIN(HttpStreamingTest)

#include "tst_http_streaming.moc"
