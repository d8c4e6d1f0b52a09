#include "api/http_status.h"

#include <QTest>

using namespace driftless;
using namespace driftless::api;

/// The promised statuses, and that every code has one with a title of its own.
class TestHttpStatus : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsItsPromises_data();
    void keepsItsPromises();
    void everyCodeHasAStatusWithATitle();
};

void TestHttpStatus::keepsItsPromises_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("status");
    const auto row = [](ErrorCode code, int status) {
        QTest::newRow(errorName(code).constData()) << static_cast<int>(code) << status;
    };
    row(ErrorCode::InvalidJson, 400);
    row(ErrorCode::InvalidApiKey, 403);
    row(ErrorCode::NotFound, 404);
    row(ErrorCode::VersionMismatch, 409);
    row(ErrorCode::NotANumber, 409);
    row(ErrorCode::DocumentQuarantined, 409);
    row(ErrorCode::DatabaseDeleted, 410);
    row(ErrorCode::PreconditionFailed, 412);
    row(ErrorCode::TooLarge, 413);
    row(ErrorCode::UnsupportedMediaType, 415);
    row(ErrorCode::Storage, 500);
    row(ErrorCode::Busy, 503);
    row(ErrorCode::ShuttingDown, 503);
    row(ErrorCode::DiskFull, 507);
}

void TestHttpStatus::keepsItsPromises()
{
    QFETCH(int, code);
    QFETCH(int, status);
    QCOMPARE(httpStatus(static_cast<ErrorCode>(code)), status);
}

void TestHttpStatus::everyCodeHasAStatusWithATitle()
{
    for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
        const int status = httpStatus(static_cast<ErrorCode>(code));
        QVERIFY(status >= 400);
        QVERIFY(!statusTitle(status).startsWith("Status "));
        QVERIFY(statusType(status).startsWith("https://"));
    }
    QCOMPARE(statusTitle(426), "Upgrade Required"); // net's own, for another version of WebSocket
}

QTEST_APPLESS_MAIN(TestHttpStatus)
#include "tst_http_status.moc"
