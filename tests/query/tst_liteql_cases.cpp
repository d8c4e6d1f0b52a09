#include "case_runner.h"

#include <QFile>
#include <QTest>

using namespace driftless;
using namespace driftless::query;

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString sourcePath(const char *path)
{
    return QString::fromUtf8(DRIFTLESS_SOURCE_DIR) + QLatin1String(path);
}

} // namespace

/// The cases of the reference are answered as it answers them, but for those that differences.md
/// and pending.md list; and every row of these lists still has its reason.
class TestLiteqlCases : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void judgesStrictly_data();
    void judgesStrictly();
    void readsLists();
    void agreesButForTheLists();
};

void TestLiteqlCases::judgesStrictly_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("differing");
    const auto row = [](const char *text, int differing) {
        QTest::newRow(text) << QByteArray(text) << differing;
    };
    row(R"([{"id":"a-1","expr":"1","expect":{"values":[1]}}])", 0);
    row(R"([{"id":"a-1","expr":"1","expect":{"values":[{"$numberLong":"1"}]}}])", 1);
    row(R"([{"id":"a-1","expr":"{$numberDecimal:'1.0'}","expect":{"values":[{"$numberDecimal":"1.00"}]}}])",
        1);
    row(R"([{"id":"a-1","expr":"{b:1,a:2}","expect":{"values":[{"a":2,"b":1}]}}])", 0);
    row(R"([{"id":"a-1","expr":"1 +","expect":{"error":true,"code":203}}])", 0);
    row(R"([{"id":"a-1","expr":"1","expect":{"error":true,"code":203}}])", 1);
    row(R"([{"id":"a-1","query":"SELECT $ FROM c","collection":"c","collection_docs":[{"_id":1}],)"
        R"("expect":{"rows":[{"_id":1}]}}])",
        0);
    row(R"([{"id":"a-1","queries":["DELETE c","SELECT $ FROM c"],"collection":"c",)"
        R"("collection_docs":[{"_id":1}],"expect":{"steps":[{"rows":[1]},{"rows":[]}]}}])",
        0);
}

void TestLiteqlCases::judgesStrictly()
{
    QFETCH(QByteArray, text);
    QFETCH(int, differing);
    const auto report = runCases(text);
    QVERIFY2(report.isOk(), report ? "" : report.error().message.constData());
    QCOMPARE(report->caseCount, 1);
    QCOMPARE(static_cast<int>(report->differences.size()), differing);
}

void TestLiteqlCases::readsLists()
{
    const std::set<QByteArray> expected = {"lex-1", "sel-2"};
    QCOMPARE(
        listedIds("# List\n\n| case | why |\n|---|---|\n| lex-1 | a |\n| sel-2 | b |\n"), expected);
}

void TestLiteqlCases::agreesButForTheLists()
{
    const auto report = runCases(contentOf(sourcePath("/tests/query/reference/liteql-cases.json")));
    QVERIFY2(report.isOk(), report ? "" : report.error().message.constData());
    auto listed = listedIds(contentOf(sourcePath("/tests/query/differences.md")));
    listed.merge(listedIds(contentOf(sourcePath("/tests/query/pending.md"))));
    for (const CaseDifference &difference : report->differences) {
        QVERIFY2(listed.erase(difference.id) == 1,
            (difference.id + ": expected " + difference.expected + ", actual " + difference.actual)
                .constData());
    }
    for (const QByteArray &id : listed) {
        QFAIL((id + " is listed, but agrees or is no case").constData());
    }
}

QTEST_APPLESS_MAIN(TestLiteqlCases)
#include "tst_liteql_cases.moc"
