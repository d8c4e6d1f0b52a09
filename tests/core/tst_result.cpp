#include "core/result.h"

#include <QSet>
#include <QTest>

#include <memory>

using namespace driftless;

/// Errors travel up in one word, values move, and every code has a name of its own.
class TestResult : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void carriesValues();
    void propagatesErrors();
    void namesEveryCodeOnce();
};

namespace {

Result<int> half(int value)
{
    if (value % 2 != 0) {
        return Error {ErrorCode::InvalidArgument, "Send an even number.", "$.value"};
    }
    return value / 2;
}

Result<int> quarter(int value)
{
    DRIFTLESS_TRY_ASSIGN(const int first, half(value));
    DRIFTLESS_TRY_ASSIGN(const int second, half(first));
    return second;
}

Result<void> isMultipleOfFour(int value)
{
    DRIFTLESS_TRY(quarter(value));
    return {};
}

} // namespace

void TestResult::carriesValues()
{
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    QVERIFY(result.isOk());
    const std::unique_ptr<int> taken = *std::move(result);
    QCOMPARE(*taken, 7);
    const Result<QByteArray> text = QByteArray("abc");
    QCOMPARE(text->size(), 3);
    QCOMPARE(*text, QByteArray("abc"));
}

void TestResult::propagatesErrors()
{
    QCOMPARE(*quarter(12), 3);
    QVERIFY(isMultipleOfFour(12));
    for (const int value : {5, 6}) {
        QVERIFY(!quarter(value));
        QCOMPARE(quarter(value).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(isMultipleOfFour(value).error().path, QByteArray("$.value"));
    }
}

void TestResult::namesEveryCodeOnce()
{
    QSet<QByteArray> names;
    for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code) {
        const QByteArray name = errorName(static_cast<ErrorCode>(code));
        QVERIFY(!name.isEmpty());
        QCOMPARE(name, name.toLower());
        QVERIFY(!name.contains(' '));
        names.insert(name);
    }
    QCOMPARE(names.size(), static_cast<int>(ErrorCode::Internal) + 1);
}

QTEST_APPLESS_MAIN(TestResult)
#include "tst_result.moc"
