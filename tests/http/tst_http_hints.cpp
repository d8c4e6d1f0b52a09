#include "http_node.h"

#include <QFile>
#include <QSignalSpy>
#include <QTest>
#include <QWebSocket>

using namespace driftless::test;

/// Hints over a real WebSocket are answered word by word as the reference answers them (transcript
/// `websocket`).
class TestHttpHints : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersTheTranscript();
    void asksForTheKey();
};

namespace {

constexpr int kWaitMs = 20'000;

QNetworkRequest requestFor(const HttpNode &node, const QByteArray &key)
{
    QNetworkRequest request(
        QUrl(QStringLiteral("ws://127.0.0.1:%1/ws/replication").arg(node.port())));
    request.setRawHeader("ReplicationApiKey", key);
    return request;
}

/// Pairs of a text frame and its answer; frames that are no text are left out.
std::vector<std::pair<QByteArray, QByteArray>> framesOfTranscript()
{
    QFile file(QStringLiteral(DRIFTLESS_SOURCE_DIR "/tests/http/transcripts/websocket.http"));
    std::vector<std::pair<QByteArray, QByteArray>> frames;
    if (!file.open(QIODevice::ReadOnly)) {
        return frames;
    }
    QByteArray sent;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("> ")) {
            sent = line.sliced(2);
        } else if (line.startsWith("< ") && (!sent.startsWith("[") || sent == "[]")) {
            frames.emplace_back(sent, line.sliced(2));
        }
    }
    return frames;
}

} // namespace

void TestHttpHints::answersTheTranscript()
{
    HttpNode node;
    QWebSocket socket;
    QSignalSpy connected(&socket, &QWebSocket::connected);
    QSignalSpy answers(&socket, &QWebSocket::textMessageReceived);
    socket.open(requestFor(node, "I_AM_ONE_OF_YOU"));
    QVERIFY(connected.wait(kWaitMs));
    const auto frames = framesOfTranscript();
    QVERIFY(frames.size() > 15);
    for (const auto &[sent, expected] : frames) {
        answers.clear();
        socket.sendTextMessage(QString::fromUtf8(sent));
        QVERIFY2(answers.wait(kWaitMs), sent.constData());
        QCOMPARE(answers.first().first().toString().toUtf8(), expected);
    }
}

void TestHttpHints::asksForTheKey()
{
    HttpNode node;
    const HeaderList upgrade {{"Connection", "Upgrade"},
        {"Upgrade", "websocket"},
        {"Sec-WebSocket-Version", "13"},
        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
        {"ReplicationApiKey", "wrong"}};
    const HttpAnswer answer
        = node.call({.target = "/ws/replication", .headers = upgrade, .body = {}});
    QCOMPARE(answer.status, 403);
    QCOMPARE(answer.body, R"({"Error":"ReplicationApiKey is invalid.","Code":"invalid-api-key"})");
}

QTEST_GUILESS_MAIN(TestHttpHints)
#include "tst_http_hints.moc"
