#include "source_tree.h"

#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace driftless::tidy;

namespace {

using Modules = QMap<QString, QStringList>; ///< and what each may use

QString rootScript()
{
    return QString::fromUtf8(readFile(QStringLiteral(DRIFTLESS_SOURCE_DIR "/CMakeLists.txt")));
}

/// The table of the root's CMakeLists.txt.
Modules mayUse()
{
    static const QRegularExpression row(
        QStringLiteral(R"re(set\(DRIFTLESS_MAY_USE_(\w+) "?([^)"]*)"?\))re"));
    Modules table;
    for (auto matches = row.globalMatch(rootScript()); matches.hasNext();) {
        const auto match = matches.next();
        table[match.captured(1)] = match.captured(2).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    }
    return table;
}

/// What the modules that are there are linked with.
Modules linked()
{
    Modules modules;
    const QStringList lines = QString::fromUtf8(readFile(QStringLiteral(DRIFTLESS_MODULES)))
                                  .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    for (const QString &line : lines) {
        modules[line.section(QLatin1Char(':'), 0, 0)]
            = line.section(QLatin1Char(':'), 1).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    }
    return modules;
}

/// The table and driftless_module(), taken out of the root's CMakeLists.txt, with a last line: as a
/// script that CMake runs.
QString wallScript(const QString &call)
{
    const QString root = rootScript();
    const qsizetype begin = root.indexOf(QLatin1String("set(DRIFTLESS_MAY_USE_core"));
    const qsizetype function = root.indexOf(QLatin1String("function(driftless_module"), begin);
    const qsizetype end = root.indexOf(QLatin1String("endfunction()"), function);
    if (begin < 0 || function < 0 || end < 0) {
        return {};
    }
    // Scripts make no targets.
    return root.mid(begin, end - begin)
        + QStringLiteral("endfunction()\n"
                         "foreach(command add_library target_include_directories "
                         "target_link_libraries set_target_properties)\n"
                         "  cmake_language(EVAL CODE \"function(${command})\nendfunction()\")\n"
                         "endforeach()\n")
        + call + QLatin1Char('\n');
}

struct Outcome
{
    int exitCode = -1;
    QByteArray said;
};

Outcome configure(const QString &call)
{
    QTemporaryDir folder;
    QFile script(folder.filePath(QStringLiteral("walls.cmake")));
    if (!script.open(QIODevice::WriteOnly)) {
        return {};
    }
    script.write("cmake_policy(VERSION 3.25)\n" + wallScript(call).toUtf8());
    script.close();
    QProcess cmake;
    cmake.setProcessChannelMode(QProcess::MergedChannels);
    cmake.start(QStringLiteral(DRIFTLESS_CMAKE), {QStringLiteral("-P"), script.fileName()});
    if (!cmake.waitForFinished()) {
        return {};
    }
    // Messages are wrapped.
    return {cmake.exitCode(), cmake.readAll().simplified()};
}

} // namespace

/// Who may use whom is decided in one table; the configuration and every include keep to it.
class TestWalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void tableIsAnOrder();
    void linksKeepToTheTable();
    void includesKeepToTheLinks();
    void coreUsesNothing();
    void configurationStops_data();
    void configurationStops();
};

void TestWalls::tableIsAnOrder()
{
    // Each row names only what has a row, and there is no way around in a circle.
    const Modules table = mayUse();
    QVERIFY(table.size() >= 12);
    QStringList settled;
    while (settled.size() < table.size()) {
        const qsizetype before = settled.size();
        for (auto row = table.begin(); row != table.end(); ++row) {
            const bool isSettled = std::all_of(row.value().begin(),
                row.value().end(),
                [&settled](const QString &used) { return settled.contains(used); });
            if (!settled.contains(row.key()) && isSettled) {
                settled += row.key();
            }
        }
        QVERIFY2(settled.size() > before, settled.join(QLatin1Char(' ')).toUtf8().constData());
    }
}

void TestWalls::linksKeepToTheTable()
{
    const Modules table = mayUse();
    const Modules modules = linked();
    QVERIFY(modules.contains(QStringLiteral("core")));
    for (auto module = modules.begin(); module != modules.end(); ++module) {
        QVERIFY2(table.contains(module.key()), module.key().toUtf8().constData());
        for (const QString &used : module.value()) {
            QVERIFY2(table[module.key()].contains(used),
                (module.key() + QLatin1String(" links ") + used).toUtf8().constData());
        }
    }
}

void TestWalls::includesKeepToTheLinks()
{
    // A static library that nobody instantiates would link all the same.
    const Modules table = mayUse();
    const Modules modules = linked();
    const QRegularExpression include(QStringLiteral(R"re(^#include "(\w+)/)re"));
    QByteArrayList found;
    int count = 0;
    for (const SourceFile &file :
        cppBelow({QStringLiteral("node"), QStringLiteral("app"), QStringLiteral("studio")})) {
        const QString module = file.path.section(QLatin1Char('/'), 0, 0) == QLatin1String("node")
            ? file.path.section(QLatin1Char('/'), 1, 1)
            : file.path.section(QLatin1Char('/'), 0, 0);
        const QByteArrayList lines = file.text.split('\n');
        for (qsizetype i = 0; i < lines.size(); ++i) {
            const QString used = include.match(QString::fromUtf8(lines[i])).captured(1);
            if (used.isEmpty() || used == module) {
                continue;
            }
            ++count;
            const bool isLinked
                = used == QLatin1String("core") || modules.value(module).contains(used);
            if (!isLinked || !table.value(module).contains(used)) {
                found += file.path.toUtf8() + ':' + QByteArray::number(i + 1) + ": " + lines[i];
            }
        }
    }
    QVERIFY(count > 100);
    QVERIFY2(found.isEmpty(), ("\n    " + found.join("\n    ")).constData());
}

void TestWalls::coreUsesNothing()
{
    QVERIFY(mayUse().value(QStringLiteral("core")).isEmpty());
    QVERIFY(linked().value(QStringLiteral("core")).isEmpty());
    // No path from below to above, however it is spelled.
    for (const SourceFile &file : cppBelow({QStringLiteral("node")})) {
        const QByteArrayList found
            = linesThatMatch(file, QStringLiteral(R"(^#include "\.\.)"), false);
        QVERIFY2(found.isEmpty(), found.join('\n').constData());
    }
}

void TestWalls::configurationStops_data()
{
    QTest::addColumn<QString>("call");
    QTest::addColumn<QByteArray>("said"); // nothing: it goes on
    const auto row = [](const char *name, const char *call, const char *said) {
        QTest::newRow(name) << QString::fromLatin1(call) << QByteArray(said);
    };
    row("an allowed module", "driftless_module(core SOURCES a.cpp)", "");
    row("upwards",
        "driftless_module(storage SOURCES a.cpp DEPENDS replication)",
        "Module 'storage' may not use 'replication'");
    row("sideways",
        "driftless_module(query SOURCES a.cpp DEPENDS storage)",
        "Module 'query' may not use 'storage'");
    row("itself",
        "driftless_module(core SOURCES a.cpp DEPENDS core)",
        "Module 'core' may not use 'core'");
    row("a module without a row",
        "driftless_module(misc SOURCES a.cpp)",
        "Module 'misc' has no row in the table");
    row("what stands behind it",
        "driftless_module(storage SOURCES a.cpp DEPENDS core)",
        "which is not defined before it");
}

void TestWalls::configurationStops()
{
    QFETCH(QString, call);
    QFETCH(QByteArray, said);
    const Outcome outcome = configure(call);
    if (said.isEmpty()) {
        QVERIFY2(outcome.exitCode == 0, outcome.said.constData());
        return;
    }
    QVERIFY2(outcome.exitCode > 0, outcome.said.constData());
    QVERIFY2(outcome.said.contains(said), outcome.said.constData());
}

QTEST_GUILESS_MAIN(TestWalls)
#include "tst_walls.moc"
