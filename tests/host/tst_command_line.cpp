#include "host/command_line.h"
#include "host/nearest_word.h"

#include <QTest>

using namespace driftless;
using namespace driftless::host;

class TestCommandLine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void settingsAreTakenInEverySpelling_data();
    void settingsAreTakenInEverySpelling();
    void switchesAreSet();
    void wrongUseIsSaid_data();
    void wrongUseIsSaid();
    void theNearestWordIsFound_data();
    void theNearestWordIsFound();
};

void TestCommandLine::settingsAreTakenInEverySpelling_data()
{
    QTest::addColumn<QByteArrayList>("arguments");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("value");
    const QByteArray nodeId = "Node:NodeId";
    QTest::newRow("--key=value") << QByteArrayList {"--Node:NodeId=n2"} << nodeId
                                 << QByteArray("n2");
    QTest::newRow("--key value") << QByteArrayList {"--Node:NodeId", "n2", "--server"} << nodeId
                                 << QByteArray("n2");
    QTest::newRow("/key value") << QByteArrayList {"/node:nodeid", "n2"} << nodeId
                                << QByteArray("n2");
    QTest::newRow("/key=value") << QByteArrayList {"/Node:NodeId=n2"} << nodeId << QByteArray("n2");
    QTest::newRow("key=value") << QByteArrayList {"Node:NodeId=n2"} << nodeId << QByteArray("n2");
    QTest::newRow("value with =") << QByteArrayList {"--Auth:RootApiKey=a=b"}
                                  << QByteArray("Auth:RootApiKey") << QByteArray("a=b");
    QTest::newRow("empty value") << QByteArrayList {"--Auth:RootApiKey="}
                                 << QByteArray("Auth:RootApiKey") << QByteArray("");
    QTest::newRow("later wins") << QByteArrayList {"--Node:NodeId=n1", "--NODE:NODEID=n2"} << nodeId
                                << QByteArray("n2");
    QTest::newRow("urls") << QByteArrayList {"--urls=http://a:1"} << QByteArray("urls")
                          << QByteArray("http://a:1");
    QTest::newRow("listen") << QByteArrayList {"--listen", "127.0.0.1:17001"} << QByteArray("urls")
                            << QByteArray("http://127.0.0.1:17001");
    QTest::newRow("listen, no port")
        << QByteArrayList {"--listen=::1"} << QByteArray("urls") << QByteArray("http://[::1]:1446");
    QTest::newRow("listen, IPv6") << QByteArrayList {"--listen=[::1]:8"} << QByteArray("urls")
                                  << QByteArray("http://[::1]:8");
    QTest::newRow("listen wins over urls")
        << QByteArrayList {"--listen=*:7", "--listen=::1", "--urls=http://a:1"}
        << QByteArray("urls") << QByteArray("http://*:7;http://[::1]:1446");
    QTest::newRow("data-dir") << QByteArrayList {"--data-dir", "/d"}
                              << QByteArray("Node:DataDirectory") << QByteArray("/d");
}

void TestCommandLine::settingsAreTakenInEverySpelling()
{
    QFETCH(const QByteArrayList, arguments);
    QFETCH(const QByteArray, key);
    QFETCH(const QByteArray, value);
    const auto line = CommandLine::parse(arguments);
    QVERIFY2(line, line ? "" : line.error().message.constData());
    QCOMPARE(line->settings.entries().size(), std::size_t(1));
    const auto *entry = line->settings.find(key);
    QVERIFY(entry);
    QCOMPARE(*entry->value, value);
    QVERIFY(entry->origin.startsWith("command line"));
}

void TestCommandLine::switchesAreSet()
{
    const auto line = CommandLine::parse({"--server", "--config", "/c.json", "--log-format=json"});
    QVERIFY(line);
    QVERIFY(line->server && !line->help && !line->version);
    QCOMPARE(*line->configFile, QByteArray("/c.json"));
    QVERIFY(line->logFormat == LogFormat::Json);
    QVERIFY(CommandLine::parse({"-h"})->help);
    QVERIFY(CommandLine::parse({"--help"})->help);
    QVERIFY(CommandLine::parse({"--version"})->version);
    const auto nothing = CommandLine::parse({});
    QVERIFY(nothing && !nothing->server && !nothing->configFile
        && nothing->logFormat == LogFormat::Text);
}

void TestCommandLine::wrongUseIsSaid_data()
{
    QTest::addColumn<QByteArrayList>("arguments");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("misspelled") << QByteArrayList {"--sever"}
                                << QByteArray("did you mean --server?");
    QTest::newRow("unlike any") << QByteArrayList {"--xyzzyxyzzy"}
                                << QByteArray("no option '--xyzzyxyzzy'.");
    QTest::newRow("a word") << QByteArrayList {"start"} << QByteArray("'start' is no option");
    QTest::newRow("a line's end in it")
        << QByteArrayList {"a\nb"} << QByteArray(R"('a\x0ab' is no option)");
    QTest::newRow("short") << QByteArrayList {"-s"} << QByteArray("'-s' is no option");
    QTest::newRow("no value") << QByteArrayList {"--listen"}
                              << QByteArray("--listen needs a value");
    QTest::newRow("an option as value")
        << QByteArrayList {"--config", "--server"} << QByteArray("--config needs a value");
    QTest::newRow("empty value") << QByteArrayList {"--config="}
                                 << QByteArray("--config needs a value");
    QTest::newRow("value too much")
        << QByteArrayList {"--server=yes"} << QByteArray("--server takes no value");
    QTest::newRow("log format") << QByteArrayList {"--log-format=xml"}
                                << QByteArray("'text' or 'json'");
}

void TestCommandLine::wrongUseIsSaid()
{
    QFETCH(const QByteArrayList, arguments);
    QFETCH(const QByteArray, said);
    const auto line = CommandLine::parse(arguments);
    QVERIFY(!line);
    QVERIFY(line.error().code == ErrorCode::InvalidArgument);
    QVERIFY2(line.error().message.contains(said), line.error().message.constData());
}

void TestCommandLine::theNearestWordIsFound_data()
{
    QTest::addColumn<QByteArray>("word");
    QTest::addColumn<QByteArray>("nearest");
    QTest::newRow("same") << QByteArray("NODEID") << QByteArray("NodeId");
    QTest::newRow("one more") << QByteArray("NodeIds") << QByteArray("NodeId");
    QTest::newRow("one fewer") << QByteArray("odeId") << QByteArray("NodeId");
    QTest::newRow("swapped") << QByteArray("NodeDi") << QByteArray("NodeId");
    QTest::newRow("far") << QByteArray("zzz") << QByteArray();
    QTest::newRow("empty") << QByteArray() << QByteArray();
    QTest::newRow("huge") << QByteArray(100'000, 'x') << QByteArray();
}

void TestCommandLine::theNearestWordIsFound()
{
    QFETCH(const QByteArray, word);
    QFETCH(const QByteArray, nearest);
    QCOMPARE(nearestWord(word, {"NodeId", "BaseUrls"}), nearest);
}

QTEST_APPLESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
