#include "core/clock.h"

#include <QTest>

using namespace driftless;

/// Times are written as the reference writes them, and the clock goes forward.
class TestClock : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesIso_data();
    void writesIso();
    void goesForward();
};

void TestClock::writesIso_data()
{
    QTest::addColumn<qint64>("ms");
    QTest::newRow("1970-01-01T00:00:00Z") << qint64 {0};
    QTest::newRow("1970-01-01T00:00:00.001Z") << qint64 {1};
    QTest::newRow("1970-01-01T00:00:00.01Z") << qint64 {10};
    QTest::newRow("1970-01-01T00:00:00.1Z") << qint64 {100};
    QTest::newRow("1970-01-01T00:00:10Z") << qint64 {10'000};
    QTest::newRow("1969-12-31T23:59:59.999Z") << qint64 {-1};
    QTest::newRow("2000-02-29T12:00:00Z") << qint64 {951'825'600'000};
    QTest::newRow("2026-11-21T08:16:58.589Z") << qint64 {1'795'249'018'589};
    QTest::newRow("9999-12-31T23:59:59.999Z") << qint64 {253'402'300'799'999};
}

void TestClock::writesIso()
{
    QFETCH(qint64, ms);
    QCOMPARE(
        toIsoUtc(WallTime(std::chrono::milliseconds(ms))), QByteArray(QTest::currentDataTag()));
}

void TestClock::goesForward()
{
    const SystemClock clock;
    Instant last = clock.instant();
    for (int i = 0; i < 1'000; ++i) {
        const Instant now = clock.instant();
        QVERIFY(now >= last);
        last = now;
    }
    QVERIFY(toIsoUtc(clock.wallTime()) > "2024");
}

QTEST_APPLESS_MAIN(TestClock)
#include "tst_clock.moc"
