#include "net/request_parser.h"

#include <QTest>

#include <random>

using namespace driftless;
using net::HttpLimits;
using net::RequestParser;

namespace {

struct Reading
{
    std::vector<QByteArray> requests;
    bool isFailed = false;
};

/// Feeds `input` in pieces that end at the given offsets, as a connection does.
Reading read(const HttpLimits &limits, const QByteArray &input, const std::vector<qsizetype> &cuts)
{
    RequestParser parser(limits);
    Reading reading;
    QByteArray unread;
    qsizetype from = 0;
    for (const qsizetype cut : cuts) {
        unread += input.sliced(from, cut - from);
        from = cut;
        for (bool isMoving = true; isMoving;) {
            qsizetype consumed = 0;
            const RequestParser::Step step = parser.advance(unread, consumed);
            unread.remove(0, consumed);
            switch (step) {
            case RequestParser::Step::NeedMore:
                isMoving = false;
                break;
            case RequestParser::Step::Head:
                if (parser.setBodyBytesMax(1'000) == RequestParser::Step::Failed) {
                    reading.isFailed = true;
                    return reading;
                }
                break;
            case RequestParser::Step::Complete: {
                const api::Request request = parser.take();
                QByteArray text = request.methodName + ' ' + request.path + '?' + request.query;
                for (const auto &[name, value] : request.headers) {
                    text += '|' + name + '=' + value;
                }
                reading.requests.push_back(text + '|' + request.body);
                break;
            }
            case RequestParser::Step::Failed:
                reading.isFailed = true;
                return reading;
            }
        }
    }
    return reading;
}

} // namespace

class RequestParserTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Whatever the bytes are, how they are cut does not matter: the same requests come out, and it
    // fails or not alike.
    void readsTheSameHoweverItIsCut()
    {
        constexpr unsigned kSeed = 20'261;
        constexpr int kRounds = 6'000;
        HttpLimits limits;
        limits.headerBytesMax = 400;
        limits.headerCountMax = 8;
        limits.targetBytesMax = 100;
        const QByteArray stream
            = "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\n\r\n"
              "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
              "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5;q=1\r\nhello\r\n1\r\n!\r\n0\r\nX: trailer\r\n\r\n"
              "\r\nDELETE http://x/d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        const QByteArray bytes = "\r\n\t :;,/?0159afXZ\xff" + QByteArray(1, '\0');
        std::mt19937 random(kSeed);
        const auto below = [&random](qsizetype bound) {
            return static_cast<qsizetype>(random() % static_cast<unsigned>(bound));
        };
        int completeCount = 0;
        for (int round = 0; round < kRounds; ++round) {
            QByteArray input = stream;
            for (qsizetype change = below(4); change > 0; --change) {
                const qsizetype at = below(input.size());
                switch (below(4)) {
                case 0:
                    input[at] = bytes[below(bytes.size())];
                    break;
                case 1:
                    input.insert(at, bytes[below(bytes.size())]);
                    break;
                case 2:
                    input.remove(at, 1 + below(3));
                    break;
                default:
                    input.insert(at, input.mid(below(input.size()), below(60)));
                }
            }
            std::vector<qsizetype> cuts;
            for (qsizetype at = below(9); at < input.size();
                 at += 1 + below(round % 2 == 0 ? 3 : 90)) {
                cuts.push_back(at);
            }
            cuts.push_back(input.size());
            const Reading whole = read(limits, input, {input.size()});
            const Reading pieces = read(limits, input, cuts);
            QVERIFY2(whole.requests == pieces.requests && whole.isFailed == pieces.isFailed,
                qPrintable(QStringLiteral("round %1: %2")
                               .arg(round)
                               .arg(QString::fromLatin1(input.toPercentEncoding(" /:")))));
            completeCount += static_cast<int>(whole.requests.size());
        }
        QVERIFY(completeCount > kRounds); // the inputs are not all noise
    }

    // A line that is just within its bound may be cut behind its CR.
    void takesTheLongestRequestLineHoweverItIsCut()
    {
        HttpLimits limits;
        limits.targetBytesMax = 100;
        const qsizetype lineBytes = limits.targetBytesMax + 64; // method, blanks and version beside
        const QByteArray method(lineBytes - 100 - 10, 'M'); // " " and " HTTP/1.1"
        for (const int more : {0, 1}) {
            const QByteArray line
                = method + QByteArray(more, 'M') + " /" + QByteArray(99, 't') + " HTTP/1.1";
            const QByteArray input = line + "\r\nHost: a\r\n\r\n";
            const Reading whole = read(limits, input, {input.size()});
            const Reading pieces = read(limits, input, {line.size() + 1, input.size()});
            QCOMPARE(whole.isFailed, more == 1);
            QCOMPARE(pieces.isFailed, more == 1);
        }
    }

    // An empty body in one chunk may come byte by byte; Beast asserts otherwise.
    void readsAnEmptyChunkedBodyByteByByte()
    {
        const QByteArray input = "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n0\r\n\r\n";
        std::vector<qsizetype> cuts;
        for (qsizetype cut = 1; cut <= input.size(); ++cut) {
            cuts.push_back(cut);
        }
        const Reading reading = read({}, input, cuts);
        QVERIFY(!reading.isFailed);
        QCOMPARE(reading.requests.size(), 1U);
        QCOMPARE(reading.requests[0], "PUT /c?|Host=a|Transfer-Encoding=chunked|");
    }

    // A trailer is no header: it must not pass for one that was checked.
    void dropsTrailers()
    {
        const QByteArray input = "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n0\r\nApiKey: x\r\n\r\n";
        const Reading reading = read({}, input, {input.size()});
        QCOMPARE(reading.requests.size(), 1U);
        QCOMPARE(reading.requests[0], "PUT /c?|Host=a|Transfer-Encoding=chunked|");
    }
};

QTEST_GUILESS_MAIN(RequestParserTest)
#include "tst_request_parser.moc"
