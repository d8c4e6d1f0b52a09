#include "case_file.h"

#include <QDir>
#include <QTest>

using namespace driftless;
using namespace driftless::query;

/// The files of `cases/` are answered as they say, and the runner itself notices what differs.
class TestQueryCases : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void judges_data();
    void judges();
    void runsFiles_data();
    void runsFiles();
};

void TestQueryCases::judges_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("failing"); // -1: no file of cases
    const auto row = [](const char *name, const char *text, int failing) {
        QTest::newRow(name) << QByteArray(text) << failing;
    };
    row("an equal row", "case a\nexpr 1 + 1\nis 2\n", 0);
    row("another value", "case a\nexpr 1 + 1\nis 3\n", 1);
    row("another type", "case a\nexpr 1 + 1\nis 2.0\n", 1);
    row("a row too few",
        "collection c\n{a: 1}\n{a: 2}\ncase a\nquery SELECT a FROM c\nrow {a: 1}\n",
        1);
    row("a row too many",
        "collection c\n{a: 1}\ncase a\nquery SELECT a FROM c\nrow {a: 1}\nrow {a: 2}\n",
        1);
    row("an error", "case a\nquery SELECT\nerror Expected\n| SELECT\n|       ^\n", 0);
    row("another error", "case a\nquery SELECT\nerror Something\n", 1);
    row("no error", "case a\nexpr 1\nerror Expected\n", 1);
    row("an unexpected error", "case a\nquery SELECT\n", 1);
    row("a line that goes on", "case a\nexpr 1\n  + 1\nis 2\n", 0);
    row("a case after the other",
        "collection c\n{a: 1}\ncase a\nquery DELETE c\nrow 1\ncase b\nquery SELECT a FROM c\nrow "
        "{a: 1}\n",
        0);
    row("no directive", "cases a\n", -1);
    row("no JSON", "case a\nexpr 1\nis {\n", -1);
}

void TestQueryCases::judges()
{
    QFETCH(QByteArray, text);
    QFETCH(int, failing);
    const auto report = runCaseFile(text);
    QCOMPARE(report ? static_cast<int>(report->failures.size()) : -1, failing);
}

void TestQueryCases::runsFiles_data()
{
    QTest::addColumn<QString>("path");
    const QDir folder(
        QString::fromUtf8(DRIFTLESS_SOURCE_DIR) + QLatin1String("/tests/query/cases"));
    const QStringList names = folder.entryList({QStringLiteral("*.case")}, QDir::Files, QDir::Name);
    QVERIFY(!names.isEmpty());
    for (const QString &name : names) {
        QTest::newRow(qPrintable(name)) << folder.filePath(name);
    }
}

void TestQueryCases::runsFiles()
{
    QFETCH(QString, path);
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto report = runCaseFile(file.readAll());
    QVERIFY2(report.isOk(), report ? "" : report.error().message.constData());
    QVERIFY(report->checkCount > 0);
    QVERIFY2(report->failures.isEmpty(), report->failures.join('\n').constData());
}

QTEST_APPLESS_MAIN(TestQueryCases)
#include "tst_query_cases.moc"
