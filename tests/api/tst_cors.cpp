#include "api/cors.h"

#include <QTest>

using namespace driftless;
using namespace driftless::api;

/// Which pages may call, and what a preflight is answered (transcript `cors`).
class TestCors : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allows_data();
    void allows();
    void answersPreflights();
    void leavesOtherRequestsAlone();
    void addsHeaders();
};

namespace {

Request from(const QByteArray &origin)
{
    Request request;
    request.headers.emplace_back("Origin", origin);
    return request;
}

QByteArray headersOf(const Response &response)
{
    QByteArray out;
    for (const auto &[name, value] : response.headers) {
        out += name + ": " + value + '\n';
    }
    return out;
}

} // namespace

void TestCors::allows_data()
{
    QTest::addColumn<QByteArray>("origin");
    QTest::addColumn<bool>("byDefault");
    QTest::addColumn<bool>("configured"); // for https://studio.example
    QTest::newRow("localhost") << QByteArray("http://localhost:5206") << true << false;
    QTest::newRow("loopback, another scheme")
        << QByteArray("https://127.0.0.1:9999") << true << false;
    QTest::newRow("without a port") << QByteArray("http://LOCALHOST") << true << false;
    QTest::newRow("evil") << QByteArray("http://evil.example") << false << false;
    QTest::newRow("begins alike") << QByteArray("http://localhost.evil.example") << false << false;
    QTest::newRow("begins alike, an address")
        << QByteArray("http://127.0.0.1.evil.example") << false << false;
    QTest::newRow("ends alike") << QByteArray("http://evil-localhost") << false << false;
    QTest::newRow("null") << QByteArray("null") << false << false;
    QTest::newRow("configured") << QByteArray("https://studio.example") << false << true;
    QTest::newRow("another port") << QByteArray("https://studio.example:444") << false << false;
}

void TestCors::allows()
{
    QFETCH(QByteArray, origin);
    QFETCH(bool, byDefault);
    QFETCH(bool, configured);
    QCOMPARE(CorsPolicy({}).allowedOrigin(from(origin)).has_value(), byDefault);
    QCOMPARE(CorsPolicy({" https://studio.example/ "}).allowedOrigin(from(origin)).has_value(),
        configured);
    QVERIFY(!CorsPolicy({}).allowedOrigin(Request {}));
}

void TestCors::answersPreflights()
{
    const CorsPolicy policy({});
    Request request = from("http://localhost:5206");
    request.method = Method::Options;
    request.headers.emplace_back("Access-Control-Request-Method", "PUT");
    request.headers.emplace_back("Access-Control-Request-Headers", "apikey,content-type,database");
    const auto answer = policy.preflight(request);
    QVERIFY(answer);
    QCOMPARE(answer->status, 204);
    QCOMPARE(headersOf(*answer),
        "Access-Control-Allow-Headers: apikey,content-type,database\nAccess-Control-Allow-Methods: "
        "PUT\n"
        "Access-Control-Allow-Origin: http://localhost:5206\nVary: Origin\n");
    request.headers[0].second = "http://evil.example";
    const auto refused = policy.preflight(request);
    QVERIFY(refused);
    QCOMPARE(refused->status, 204);
    QVERIFY(refused->headers.empty());
}

void TestCors::leavesOtherRequestsAlone()
{
    const CorsPolicy policy({});
    Request request = from("http://localhost:5206");
    request.method = Method::Options;
    QVERIFY(!policy.preflight(request));
    request.method = Method::Put;
    request.headers.emplace_back("Access-Control-Request-Method", "PUT");
    QVERIFY(!policy.preflight(request));
}

void TestCors::addsHeaders()
{
    Response response = Response::empty(200);
    CorsPolicy::allow(response, "http://localhost:5206");
    QCOMPARE(headersOf(response),
        "Access-Control-Allow-Origin: http://localhost:5206\nAccess-Control-Expose-Headers: ETag, "
        "Link, Retry-After\nVary: Origin\n");
}

QTEST_APPLESS_MAIN(TestCors)
#include "tst_cors.moc"
