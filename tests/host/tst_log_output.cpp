#include "host/log_output.h"

#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace driftless;
using namespace driftless::host;

class TestLogOutput : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aMessageIsOneLine_data();
    void aMessageIsOneLine();
    void theJournalIsKnownByItsStream();
};

void TestLogOutput::aMessageIsOneLine_data()
{
    QTest::addColumn<int>("style");
    QTest::addColumn<int>("type");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QByteArray>("line");
    const int text = static_cast<int>(LogStyle::Text);
    const int journal = static_cast<int>(LogStyle::Journal);
    const int json = static_cast<int>(LogStyle::Json);
    const QString plain = QStringLiteral("ä \"b\"");
    QTest::newRow("text") << text << int(QtInfoMsg) << plain
                          << QByteArray("2026-03-01T00:00:00.5Z info driftless.node: ä \"b\"\n");
    QTest::newRow("text, warning")
        << text << int(QtWarningMsg) << plain
        << QByteArray("2026-03-01T00:00:00.5Z warning driftless.node: ä \"b\"\n");
    QTest::newRow("text, error") << text << int(QtCriticalMsg) << plain
                                 << QByteArray(
                                        "2026-03-01T00:00:00.5Z error driftless.node: ä \"b\"\n");
    QTest::newRow("text, lines") << text << int(QtDebugMsg) << QStringLiteral("a\nb\r\nc\rd")
                                 << QByteArray(
                                        "2026-03-01T00:00:00.5Z debug driftless.node: a b c d\n");
    QTest::newRow("journal") << journal << int(QtInfoMsg) << plain
                             << QByteArray("<6>driftless.node: ä \"b\"\n");
    QTest::newRow("journal, error") << journal << int(QtCriticalMsg) << QStringLiteral("a\n<0>b")
                                    << QByteArray("<3>driftless.node: a <0>b\n");
    QTest::newRow("json")
        << json << int(QtFatalMsg) << plain
        << QByteArray(
               R"({"ts":"2026-03-01T00:00:00.5Z","level":"fatal","cat":"driftless.node","msg":"ä \"b\""})"
               "\n");
}

void TestLogOutput::aMessageIsOneLine()
{
    QFETCH(const int, style);
    QFETCH(const int, type);
    QFETCH(const QString, message);
    QFETCH(const QByteArray, line);
    constexpr WallTime kTime {std::chrono::milliseconds {1'772'323'200'500}};
    QCOMPARE(formatLogLine(static_cast<LogStyle>(style),
                 static_cast<QtMsgType>(type),
                 "driftless.node",
                 message,
                 kTime),
        line);
}

void TestLogOutput::theJournalIsKnownByItsStream()
{
    struct stat status
    {
    };
    QVERIFY(::fstat(STDERR_FILENO, &status) == 0);
    const QByteArray ours = QByteArray::number(quint64(status.st_dev)) + ':'
        + QByteArray::number(quint64(status.st_ino));
    QVERIFY(chooseLogStyle(LogFormat::Text, ours) == LogStyle::Journal);
    QVERIFY(chooseLogStyle(LogFormat::Text, "1:2") == LogStyle::Text);
    QVERIFY(chooseLogStyle(LogFormat::Text, {}) == LogStyle::Text);
    QVERIFY(chooseLogStyle(LogFormat::Json, ours) == LogStyle::Json);
}

QTEST_APPLESS_MAIN(TestLogOutput)
#include "tst_log_output.moc"
