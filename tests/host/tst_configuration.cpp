#include "host/configuration.h"

#include <QTemporaryDir>
#include <QTest>

using namespace driftless;
using namespace driftless::host;

namespace {

/// "key=value;key=value", in order of the keys; a null value as "key".
QByteArray shown(const Configuration &configuration)
{
    QByteArrayList parts;
    for (const auto &[folded, entry] : configuration.entries()) {
        parts += entry.value ? entry.key + '=' + *entry.value : entry.key;
    }
    return parts.join(';');
}

} // namespace

class TestConfiguration : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void jsonIsFlattenedAsDotNetDoes_data();
    void jsonIsFlattenedAsDotNetDoes();
    void badJsonIsRefusedWithItsLine_data();
    void badJsonIsRefusedWithItsLine();
    void anEntryKnowsItsLine();
    void laterSourcesWinInAnySpelling();
    void onlyVariablesForANodeAreTaken();
    void theOwnUrlsVariableGoesFirst();
    void aFileIsReadOrItsTroubleSaid();
};

void TestConfiguration::jsonIsFlattenedAsDotNetDoes_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("expected");
    QTest::newRow("empty") << QByteArray("{}") << QByteArray();
    QTest::newRow("nested") << QByteArray(R"({"Node":{"NodeId":"n1"},"urls":"x"})")
                            << QByteArray("Node:NodeId=n1;urls=x");
    QTest::newRow("array") << QByteArray(R"({"A":[{"B":"x"},{"B":"y"},"z"]})")
                           << QByteArray("A:0:B=x;A:1:B=y;A:2=z");
    QTest::newRow("flat key") << QByteArray(R"({"Node:NodeId":"n1"})")
                              << QByteArray("Node:NodeId=n1");
    QTest::newRow("numbers keep their text")
        << QByteArray(R"({"a":1000,"b":-1.50,"c":1e3})") << QByteArray("a=1000;b=-1.50;c=1e3");
    QTest::newRow("words") << QByteArray(R"({"a":true,"b":false,"c":null})")
                           << QByteArray("a=true;b=false;c");
    QTest::newRow("empty containers") << QByteArray(R"({"a":{},"b":[]})") << QByteArray("a;b");
    QTest::newRow("line comment") << QByteArray("{ // why\n\"a\":1 // and\n}") << QByteArray("a=1");
    QTest::newRow("block comment")
        << QByteArray("/* x */{/*\n*/\"a\"/**/:/**/1/**/}//") << QByteArray("a=1");
    QTest::newRow("no comment in text")
        << QByteArray(R"({"a":"http://x/*y*/"})") << QByteArray("a=http://x/*y*/");
    QTest::newRow("trailing commas")
        << QByteArray(R"({"a":[1,2,],"b":{"c":3,},})") << QByteArray("a:0=1;a:1=2;b:c=3");
    QTest::newRow("byte order mark") << QByteArray("\xef\xbb\xbf{\"a\":1}") << QByteArray("a=1");
    QTest::newRow("escapes") << QByteArray(R"({"a\"b":"\\\/\b\f\n\r\té😀"})")
                             << QByteArray("a\"b=\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
}

void TestConfiguration::jsonIsFlattenedAsDotNetDoes()
{
    QFETCH(const QByteArray, json);
    QFETCH(const QByteArray, expected);
    const auto read = readJsonConfiguration(json, "f.json");
    QVERIFY2(read, read ? "" : read.error().message.constData());
    QCOMPARE(shown(*read), expected);
}

void TestConfiguration::badJsonIsRefusedWithItsLine_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("empty") << QByteArray() << QByteArray("f.json:1: ");
    QTest::newRow("array") << QByteArray("[1]") << QByteArray("f.json:1: ");
    QTest::newRow("unfinished") << QByteArray("{\n\"a\":1\n") << QByteArray("f.json:3: ");
    QTest::newRow("no colon") << QByteArray("{\n\"a\" 1}") << QByteArray("f.json:2: ");
    QTest::newRow("no comma") << QByteArray("{\"a\":1\n\"b\":2}") << QByteArray("f.json:2: ");
    QTest::newRow("two commas") << QByteArray("{\"a\":1,,}") << QByteArray("f.json:1: ");
    QTest::newRow("only a comma") << QByteArray("{,}") << QByteArray("f.json:1: ");
    QTest::newRow("unquoted name") << QByteArray("{a:1}") << QByteArray("f.json:1: ");
    QTest::newRow("unquoted value") << QByteArray("{\"a\":yes}") << QByteArray("f.json:1: ");
    QTest::newRow("infinity") << QByteArray("{\"a\":inf}") << QByteArray("f.json:1: ");
    QTest::newRow("mixed brackets") << QByteArray("{\"a\":[1}") << QByteArray("f.json:1: ");
    QTest::newRow("text over a line's end")
        << QByteArray("{\"a\":\"x\ny\"}") << QByteArray("f.json:1: ");
    QTest::newRow("Windows path") << QByteArray(R"({"a":"C:\Data"})") << QByteArray("backslash");
    QTest::newRow("half a character")
        << QByteArray(R"({"a":"\ud83d"})") << QByteArray("half a character");
    QTest::newRow("bad digits") << QByteArray(R"({"a":"\u00g1"})") << QByteArray("hexadecimal");
    QTest::newRow("endless comment") << QByteArray("{ /* x }") << QByteArray("f.json:1: ");
    QTest::newRow("behind the end") << QByteArray("{}\n{}") << QByteArray("f.json:2: ");
    QTest::newRow("twice") << QByteArray("{\"a\":1,\n\"A\":2}")
                           << QByteArray("f.json:2: 'A' is given twice");
    QTest::newRow("twice, with a line's end in the name")
        << QByteArray(R"({"a\nb":1,"A\nb":2})") << QByteArray(R"('A\x0ab' is given twice)");
    QTest::newRow("deep") << "{\"a\":" + QByteArray(70, '[') + QByteArray(70, ']') + '}'
                          << QByteArray("too deep");
}

void TestConfiguration::badJsonIsRefusedWithItsLine()
{
    QFETCH(const QByteArray, json);
    QFETCH(const QByteArray, said);
    const auto read = readJsonConfiguration(json, "f.json");
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::Configuration);
    QVERIFY2(read.error().message.contains(said), read.error().message.constData());
    QVERIFY2(!read.error().message.contains('\n'), read.error().message.constData());
}

void TestConfiguration::anEntryKnowsItsLine()
{
    const auto read
        = readJsonConfiguration("{\n/*\n*/\n\"Node\": {\n  \"NodeId\": \"x\" } }", "/etc/f.json");
    QVERIFY(read);
    const auto *entry = read->find("NODE:nodeid");
    QVERIFY(entry);
    QCOMPARE(entry->origin, QByteArray("/etc/f.json:5"));
}

void TestConfiguration::laterSourcesWinInAnySpelling()
{
    Configuration first;
    first.set({"Node:NodeId", "a", "first"});
    first.set({"urls", "u", "first"});
    Configuration second;
    second.set({"NODE:NODEID", "b", "second"});
    first.merge(second);
    QCOMPARE(shown(first), QByteArray("NODE:NODEID=b;urls=u"));
}

void TestConfiguration::onlyVariablesForANodeAreTaken()
{
    const Configuration read = readEnvironment({{"Node__NodeId", "a"},
        {"AUTH__ApiKeys__0__Key", "k"},
        {"Studio__CorsOrigins__0", "o"},
        {"NODE_ENV", "production"},
        {"NODE", "x"},
        {"NodeX__NodeId", "x"},
        {"PATH", "/bin"}});
    QCOMPARE(shown(read), QByteArray("AUTH:ApiKeys:0:Key=k;Node:NodeId=a;Studio:CorsOrigins:0=o"));
    QCOMPARE(read.find("Node:NodeId")->origin, QByteArray("environment variable Node__NodeId"));
}

void TestConfiguration::theOwnUrlsVariableGoesFirst()
{
    QCOMPARE(shown(readEnvironment({{"DOTNET_URLS", "c"}})), QByteArray("urls=c"));
    QCOMPARE(shown(readEnvironment({{"DOTNET_URLS", "c"}, {"ASPNETCORE_URLS", "b"}})),
        QByteArray("urls=b"));
    QCOMPARE(
        shown(readEnvironment({{"DOTNET_URLS", "c"}, {"ASPNETCORE_URLS", "b"}, {"URLS", "a"}})),
        QByteArray("URLS=a"));
}

void TestConfiguration::aFileIsReadOrItsTroubleSaid()
{
    QTemporaryDir folder;
    const QByteArray name = folder.filePath(QStringLiteral("appsettings.json")).toUtf8();
    auto read = readConfigurationFile(name);
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::NotFound);
    read = readConfigurationFile(
        folder.path().toUtf8()); // a folder can be opened by nobody as a file
    QVERIFY(!read);
    QVERIFY(read.error().code == ErrorCode::Configuration);
    QFile file(QString::fromUtf8(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"a\":1}");
    file.close();
    read = readConfigurationFile(name);
    QVERIFY(read);
    QCOMPARE(shown(*read), QByteArray("a=1"));
}

QTEST_APPLESS_MAIN(TestConfiguration)
#include "tst_configuration.moc"
