#include "source_tree.h"

#include <QTest>

using namespace driftless::tidy;

namespace {

constexpr qsizetype kLinesMax = 700;
constexpr qsizetype kLinesGood = 600;
constexpr qsizetype kReadmeLinesMax = 40;

QByteArray verdict(const QByteArrayList &found)
{
    return "\n    " + found.join("\n    ");
}

} // namespace

/// The rules of the house that a machine can hold everybody to.
class TestTidy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void looksAtCodeOnly_data();
    void looksAtCodeOnly();
    void words_data();
    void words();
    void nothingIsLeftForLater();
    void headersAreIncludedOnce();
    void filesAreOfASize();
    void modulesDescribeThemselves();
    void everyLimitIsUsed();
};

void TestTidy::looksAtCodeOnly_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char *name, const char *text, const char *code) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(code);
    };
    row("code", "int a = b;", "int a = b;");
    row("a comment", "a; // throw\nb;", "a;         \nb;");
    row("a long comment", "a /* x\ny */ b", "a     \n     b");
    row("a string", "a(\"throw\\\"x\", b)", "a(          , b)");
    row("a character", "a('\"', '\\'', b)", "a(   ,     , b)");
    row("a digit separator", "1'000 + x'y", "1'000 + x'y");
    row("a raw string", "R\"(\"throw\" // )\" + b", "                 + b");
    row("a raw string with a mark", "R\"x()\" )x\" b", "           b");
    row("a comment in a string", "\"//\" b", "     b");
}

void TestTidy::looksAtCodeOnly()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, code);
    QCOMPARE(codeOf(text), code);
}

void TestTidy::words_data()
{
    QTest::addColumn<QString>("pattern");
    QTest::addColumn<QStringList>("folders");
    QTest::addColumn<QStringList>("except"); // paths that begin so
    QTest::addColumn<QString>("instead");
    const auto row = [](const char *name,
                         const char *pattern,
                         const QStringList &folders,
                         const QStringList &except,
                         const char *instead) {
        QTest::newRow(name) << QString::fromLatin1(pattern) << folders << except
                            << QString::fromLatin1(instead);
    };
    const auto list = [](std::initializer_list<const char *> texts) {
        QStringList result;
        for (const char *text : texts) {
            result += QString::fromLatin1(text);
        }
        return result;
    };
    const QStringList program = list({"node", "app"});
    const QStringList everywhere = list({"node", "app", "tests"});
    const QStringList belowNet = list({"node/core",
        "node/storage",
        "node/wire",
        "node/query",
        "node/auth",
        "node/cache",
        "node/replication",
        "node/engine",
        "node/api"});
    row("exceptions", R"(\b(throw|try|catch)\b)", everywhere, {}, "Result<T>");
    row("QSqlDatabase", R"(\bQSql\w+)", program, {}, "storage::Connection");
    row("nested event loops",
        R"(\bQEventLoop\b|\bprocessEvents\b)",
        program,
        {},
        "signals and completions");
    row("exec outside of main",
        R"((\.|->)exec\(\))",
        program,
        list({"app/main.cpp", "app/headless_main.cpp"}),
        "the loop that main runs");
    row("singletons", R"(\binstance\(\))", program, {}, "what the constructor is given");
    row("the system's clock",
        R"(\bcurrent(DateTime|MSecsSinceEpoch|SecsSinceEpoch)|\b(system|steady|high_resolution)_clock::now\b|\bQElapsedTimer\b)",
        program,
        list({"node/core/clock.cpp"}),
        "Clock");
    row("the system's chance",
        R"(\bQRandomGenerator\b|\brandom_device\b|\brand\(\))",
        program,
        list({"node/core/random.cpp"}),
        "Random");
    row("locks",
        R"(\bstd::(mutex|shared_mutex|condition_variable)\b|\bQMutex\b|\bQReadWriteLock\b)",
        program,
        list({"node/core/executor", "node/net/qt_executor"}),
        "Executor::post");
    row("documents through QJson",
        R"(\bQJson(Document|Object|Array|Value)\b)",
        list({"node/core", "node/storage", "node/engine", "node/replication"}),
        {},
        "core/json.h: the bytes stay as they are");
    row("QObject below net",
        R"(\bQ_(OBJECT|GADGET|NAMESPACE)\b|\bQObject\b|\bQTimer\b)",
        belowNet,
        {},
        "values, executors and effects");
    row("sockets below net",
        R"(\bQ(Tcp|Ssl|Udp|Local|Web)(Socket|Server)\b|\bQNetwork\w+)",
        belowNet,
        {},
        "replication::Transport");
    row("connections by name",
        R"(\b(SIGNAL|SLOT)\()",
        everywhere,
        {},
        "member pointers with a context object");
    row("sleeping tests",
        R"(\b(qWait|qSleep|sleep_for|sleep_until|msleep|usleep|sleep)\()",
        list({"tests"}),
        list({"tests/bench"}),
        "ManualClock, ManualExecutor or QTRY_*");
    row("namespaces in headers", R"(^\s*using namespace\b)", everywhere, {}, "full names");
    row("memory by hand",
        R"(\b(malloc|calloc|realloc|free)\()",
        program,
        {},
        "unique_ptr and values");
}

void TestTidy::words()
{
    QFETCH(QString, pattern);
    QFETCH(QStringList, folders);
    QFETCH(QStringList, except);
    QFETCH(QString, instead);
    const bool isForHeaders = pattern.contains(QLatin1String("using namespace"));
    QByteArrayList found;
    for (const SourceFile &file : cppBelow(folders)) {
        const bool isExcepted = std::any_of(except.begin(),
            except.end(),
            [&file](const QString &path) { return file.path.startsWith(path); });
        if (!isExcepted && (!isForHeaders || file.isHeader())) {
            found += linesThatMatch(file, pattern);
        }
    }
    QVERIFY2(found.isEmpty(), (verdict(found) + "\n  instead: " + instead.toUtf8()).constData());
}

void TestTidy::nothingIsLeftForLater()
{
    // Spelled so that this file is no finding itself.
    const QString marks = QStringLiteral("\\b(TO"
                                         "DO|FIX"
                                         "ME|X"
                                         "XX|HA"
                                         "CK)\\b");
    QByteArrayList found;
    for (const SourceFile &file : filesBelow({})) {
        found += linesThatMatch(file, marks, false);
    }
    QVERIFY2(found.isEmpty(), verdict(found).constData());
}

void TestTidy::headersAreIncludedOnce()
{
    QByteArrayList found;
    for (const SourceFile &file :
        cppBelow({QStringLiteral("node"), QStringLiteral("app"), QStringLiteral("tests")})) {
        if (file.isHeader() && !file.text.startsWith("#pragma once\n")) {
            found += file.path.toUtf8() + ": begin it with #pragma once";
        }
    }
    QVERIFY2(found.isEmpty(), verdict(found).constData());
}

void TestTidy::filesAreOfASize()
{
    QByteArrayList found;
    for (const SourceFile &file :
        cppBelow({QStringLiteral("node"), QStringLiteral("app"), QStringLiteral("tests")})) {
        const qsizetype lines = file.text.count('\n');
        const QByteArray line = file.path.toUtf8() + ": " + QByteArray::number(lines) + " lines";
        if (lines > kLinesMax && !file.path.endsWith(QLatin1String("_table.h"))) {
            found += line;
        } else if (lines > kLinesGood) {
            qInfo("%s, wants splitting soon", line.constData());
        }
    }
    QVERIFY2(found.isEmpty(), (verdict(found) + "\n  split along an idea").constData());
}

void TestTidy::modulesDescribeThemselves()
{
    QSet<QString> modules;
    QHash<QString, qsizetype> readmes;
    for (const SourceFile &file : filesBelow(QStringLiteral("node"))) {
        if (file.path.endsWith(QLatin1String("CMakeLists.txt"))) {
            modules += file.folder();
        } else if (file.path.endsWith(QLatin1String("README.md"))) {
            readmes[file.folder()] = file.text.count('\n');
        }
    }
    QVERIFY(modules.size() >= 9);
    QByteArrayList found;
    for (const QString &module : modules) {
        if (!readmes.contains(module)) {
            found += module.toUtf8() + ": no README.md";
        } else if (readmes[module] > kReadmeLinesMax) {
            found += module.toUtf8() + "/README.md: " + QByteArray::number(readmes[module])
                + " lines, at most " + QByteArray::number(kReadmeLinesMax);
        }
    }
    QVERIFY2(found.isEmpty(), verdict(found).constData());
}

void TestTidy::everyLimitIsUsed()
{
    // The defaults of settings are held to their constants by tests.
    QByteArray limits;
    QByteArray code;
    for (const SourceFile &file :
        cppBelow({QStringLiteral("node"), QStringLiteral("app"), QStringLiteral("tests")})) {
        (file.path == QLatin1String("node/core/limits.h") ? limits : code) += file.code;
    }
    static const QRegularExpression constant(QStringLiteral(R"(\b(k[A-Z]\w+)\s*=)"));
    QByteArrayList found;
    int count = 0;
    for (auto matches = constant.globalMatch(QString::fromUtf8(limits)); matches.hasNext();
         ++count) {
        const QString name = matches.next().captured(1);
        if (!QString::fromUtf8(code).contains(
                QRegularExpression(QStringLiteral("\\b%1\\b").arg(name)))) {
            found += name.toUtf8() + ": a bound that nobody keeps";
        }
    }
    QVERIFY(count > 10);
    QVERIFY2(found.isEmpty(), verdict(found).constData());
}

QTEST_GUILESS_MAIN(TestTidy)
#include "tst_tidy.moc"
