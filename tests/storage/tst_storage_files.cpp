#include "storage/database_file.h"
#include "storage/migrations.h"
#include "storage/node_registry.h"
#include "till.h"

#include <QDir>
#include <QFile>
#include <QTest>

#include <array>
#include <fcntl.h>
#include <functional>
#include <map>
#include <sys/wait.h>
#include <unistd.h>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

QByteArray bytesOf(const QByteArray &path)
{
    QFile file(QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
}

void write(const QByteArray &path, const QByteArray &bytes)
{
    QFile file(QString::fromUtf8(path));
    DRIFTLESS_ASSERT(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
}

/// Every file of a folder by its name, the shared memory of SQLite left out: it is made anew
/// whenever a file is opened.
std::map<QString, QByteArray> contentsOf(const support::TemporaryFolder &folder)
{
    std::map<QString, QByteArray> contents;
    for (const QString &name : QDir(QString::fromUtf8(folder.path())).entryList(QDir::Files)) {
        if (!name.endsWith(QLatin1String("-shm"))) {
            contents[name] = bytesOf(folder.path(name.toUtf8()));
        }
    }
    return contents;
}

void sql(const QByteArray &path, const char *statements)
{
    must(must(Connection::open(path, Connection::Mode::ReadWrite))->execute(statements));
}

std::int64_t number(const QByteArray &path, const char *query)
{
    return must(must(Connection::open(path, Connection::Mode::ReadWrite))->queryInteger(query));
}

using Make = std::function<void(const QByteArray &path)>;

/// A database of a few documents, closed.
void makeDatabase(const QByteArray &path)
{
    Till till("a");
    for (int i = 0; i < 100; ++i) {
        till.put(QByteArray::number(i), R"({"Id":"x","text":")" + QByteArray(200, 'x') + R"("})");
    }
    till.close();
    write(path, bytesOf(till.path()));
}

} // namespace

Q_DECLARE_METATYPE(Make)

/// A file is made, led to the newest version, or refused with a reason that names it, and then left
/// as it is.
class TestStorageFiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void makesAFile();
    void takesAnEmptyFile();
    void refuses_data();
    void refuses();
    void refusesWithAWriteAheadLog();
    void refusesASecondOpening();
    void aRefusedOpeningDropsNoLocks();
    void refusesWhatCannotBeOpened();
    void damageInsideIsSaid();
    void migratesForward();
    void aFailedMigrationLeavesTheFile();
    void migratesAFileOfVersionOne();
};

void TestStorageFiles::makesAFile()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("new.db");
    must(DatabaseFile::open(path, {}));
    QCOMPARE(number(path, "PRAGMA user_version"),
        static_cast<std::int64_t>(databaseSchema().steps.size()));
    QCOMPARE(number(path, "PRAGMA application_id"), databaseSchema().applicationId);
    QVERIFY(number(path,
                "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE "
                "'%STRICT%' AND name NOT LIKE 'sqlite_%'")
        == 0);
    must(DatabaseFile::open(path, {.isSynchronousFull = false, .cacheBytes = 1'000'000}));
}

void TestStorageFiles::takesAnEmptyFile()
{
    // What a node leaves that is killed between the creation of a file and its first page.
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("new.db");
    write(path, {});
    auto file = must(DatabaseFile::open(path, {}));
    QVERIFY(file->vector().isEmpty());
    QCOMPARE(file->path(), path);
}

void TestStorageFiles::refuses_data()
{
    QTest::addColumn<Make>("make");
    QTest::addColumn<ErrorCode>("code");
    const auto row = [](const char *name, ErrorCode code, Make make) {
        QTest::newRow(name) << std::move(make) << code;
    };
    row("garbage", ErrorCode::FileDamaged, [](const QByteArray &path) {
        write(path, QByteArray(10'000, 'x'));
    });
    row("a few bytes", ErrorCode::FileDamaged, [](const QByteArray &path) {
        write(path, "hello");
    });
    row("cut to half", ErrorCode::FileDamaged, [](const QByteArray &path) {
        makeDatabase(path);
        const QByteArray bytes = bytesOf(path);
        write(path, bytes.first(bytes.size() / 8192 * 4096));
    });
    row("cut in its first page", ErrorCode::FileDamaged, [](const QByteArray &path) {
        makeDatabase(path);
        write(path, bytesOf(path).first(600));
    });
    row("its header is overwritten", ErrorCode::FileDamaged, [](const QByteArray &path) {
        makeDatabase(path);
        write(path, QByteArray(100, '\0') + bytesOf(path).mid(100));
    });
    row("a digest of the wrong size", ErrorCode::FileDamaged, [](const QByteArray &path) {
        makeDatabase(path);
        sql(path, "UPDATE state SET digest = x'00'");
    });
    row("another program's", ErrorCode::FileDamaged, [](const QByteArray &path) {
        sql(path, "CREATE TABLE notes(text)");
    });
    row("another program's, marked, and still empty",
        ErrorCode::FileDamaged,
        [](const QByteArray &path) { sql(path, "PRAGMA application_id=77"); });
    row("another program's, with a version of its own",
        ErrorCode::FileDamaged,
        [](const QByteArray &path) { sql(path, "PRAGMA user_version=1"); });
    row("a node registry", ErrorCode::FileDamaged, [](const QByteArray &path) {
        must(NodeRegistry::open(path));
    });
    row("newer", ErrorCode::FileNewer, [](const QByteArray &path) {
        makeDatabase(path);
        sql(path, "PRAGMA user_version=999; CREATE TABLE future(x)");
    });
}

void TestStorageFiles::refuses()
{
    QFETCH(Make, make);
    QFETCH(ErrorCode, code);
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("shop.db");
    make(path);
    const auto before = contentsOf(folder);
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto file = DatabaseFile::open(path, {});
        QVERIFY(!file.isOk());
        QCOMPARE(errorName(file.error().code), errorName(code));
        QVERIFY2(file.error().message.contains(path), file.error().message.constData());
        QVERIFY(contentsOf(folder) == before);
    }
}

void TestStorageFiles::refusesWithAWriteAheadLog()
{
    // A newer program was killed: part of its file is still in the write-ahead log, which must not
    // be copied back by a program that does not know what it says.
    support::TemporaryFolder folder;
    {
        Till till("a");
        till.put("1", R"({"Id":"1"})");
        till.restart(); // closing leaves no write-ahead log
        QVERIFY(contentsOf(till.folder()).at(QStringLiteral("shop.db-wal")).isEmpty());
        till.put("2", R"({"Id":"2"})");
        support::copyFolder(till.folder().path(), folder.path());
    }
    const QByteArray path = folder.path("shop.db");
    {
        auto newer = must(Connection::open(path, Connection::Mode::ReadWrite));
        must(newer->execute("PRAGMA user_version=999"));
        support::TemporaryFolder killed;
        support::copyFolder(folder.path(), killed.path());
        newer.reset();
        support::copyFolder(killed.path(), folder.path());
    }
    const auto before = contentsOf(folder);
    QVERIFY(!before.at(QStringLiteral("shop.db-wal")).isEmpty());
    const auto file = DatabaseFile::open(path, {});
    QVERIFY(!file.isOk());
    QCOMPARE(file.error().code, ErrorCode::FileNewer);
    QVERIFY(contentsOf(folder) == before);
}

void TestStorageFiles::refusesASecondOpening()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const auto before = contentsOf(a.folder());
    const auto second = DatabaseFile::open(a.path(), {});
    QVERIFY(!second.isOk());
    QCOMPARE(second.error().code, ErrorCode::FileInUse);
    QVERIFY(second.error().message.contains(a.path()));
    QVERIFY(contentsOf(a.folder()) == before);
    a.put("2", R"({"Id":"2"})"); // the first goes on
    a.close();
    QVERIFY(DatabaseFile::open(a.path(), {}).isOk());
    a.open();
    QCOMPARE(a.file().documentCount(), 2);
}

void TestStorageFiles::aRefusedOpeningDropsNoLocks()
{
    // A process loses its record locks on a file with any descriptor of it that it closes; another
    // program would then take the last connection for its own, and delete the write-ahead log under
    // the node.
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const auto isLocked = [&a] {
        const pid_t child = ::fork();
        if (child == 0) {
            const int descriptor = ::open(a.path().constData(), O_RDWR | O_CLOEXEC);
            struct flock sharedBytes
            {
            }; // SQLite's, of whoever has the file open
            sharedBytes.l_type = F_WRLCK;
            sharedBytes.l_whence = SEEK_SET;
            sharedBytes.l_start = 0x40000002;
            sharedBytes.l_len = 510;
            ::_exit(::fcntl(descriptor, F_GETLK, &sharedBytes) == 0 && sharedBytes.l_type != F_UNLCK
                    ? 0
                    : 1);
        }
        int status = 0;
        return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)
            && WEXITSTATUS(status) == 0;
    };
    QVERIFY(isLocked());
    QVERIFY(!DatabaseFile::open(a.path(), {}).isOk());
    QVERIFY(isLocked());
}

void TestStorageFiles::refusesWhatCannotBeOpened()
{
    support::TemporaryFolder folder;
    for (const QByteArray &path : {folder.path(), folder.path("missing/shop.db")}) {
        const auto file = DatabaseFile::open(path, {});
        QVERIFY(!file.isOk());
        QCOMPARE(file.error().code, ErrorCode::Storage);
        QVERIFY(file.error().message.contains(path));
    }
    QVERIFY(!DocumentReader::open(folder.path("none.db"), std::chrono::seconds(1)).isOk());
    QVERIFY(!QFile::exists(QString::fromUtf8(folder.path("none.db"))));
}

void TestStorageFiles::damageInsideIsSaid()
{
    // A row that points at an operation that is not there is an error that names the file, not a
    // wrong document.
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    a.close();
    sql(a.path(), "UPDATE documents SET operation = 777");
    a.open();
    const auto state = a.file().load(Till::key("1"));
    QVERIFY(!state.isOk());
    QCOMPARE(state.error().code, ErrorCode::FileDamaged);
    QVERIFY(state.error().message.contains(a.path()));
    QVERIFY(!a.reader()->document("products", "1").isOk());
    a.close();
    sql(a.path(), "UPDATE documents SET operation = 2, state = x'ff'");
    a.open();
    QVERIFY(!a.file().load(Till::key("1")).isOk());
}

void TestStorageFiles::migratesForward()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("x.db");
    auto connection = must(Connection::open(path, Connection::Mode::ReadWrite));
    constexpr std::array<const char *, 3> steps {"CREATE TABLE one(x TEXT) STRICT",
        "CREATE TABLE two(x TEXT) STRICT",
        "ALTER TABLE one ADD COLUMN y TEXT"};
    const auto upTo = [&steps](std::size_t count) {
        return Schema {4711, std::span(steps).first(count), "thing"};
    };
    must(migrate(*connection, upTo(1)));
    must(connection->execute("INSERT INTO one VALUES('kept')"));
    must(migrate(*connection, upTo(3)));
    must(migrate(*connection, upTo(3))); // nothing to do
    QCOMPARE(must(connection->queryInteger("PRAGMA user_version")), 3);
    QCOMPARE(
        must(connection->queryInteger("SELECT count(*) FROM one WHERE x = 'kept' AND y IS NULL")),
        1);
    QCOMPARE(must(connection->queryInteger("SELECT count(*) FROM two")), 0);
    const auto back = migrate(*connection, upTo(2)); // forward only
    QVERIFY(!back.isOk());
    QCOMPARE(back.error().code, ErrorCode::FileNewer);
}

void TestStorageFiles::aFailedMigrationLeavesTheFile()
{
    support::TemporaryFolder folder;
    const QByteArray path = folder.path("x.db");
    constexpr std::array<const char *, 2> steps {
        "CREATE TABLE one(x TEXT) STRICT", "CREATE TABLE one(x TEXT) STRICT"};
    auto connection = must(Connection::open(path, Connection::Mode::ReadWrite));
    must(migrate(*connection, {4711, std::span(steps).first(1), "thing"}));
    connection.reset();
    const auto before = contentsOf(folder);
    connection = must(Connection::open(path, Connection::Mode::ReadWrite));
    QVERIFY(!migrate(*connection, {4711, steps, "thing"}).isOk());
    QCOMPARE(must(connection->queryInteger("PRAGMA user_version")), 1);
    connection.reset();
    QVERIFY(contentsOf(folder) == before);
}

void TestStorageFiles::migratesAFileOfVersionOne()
{
    Till a("a");
    Till b("b");
    for (int i = 0; i < 4; ++i) {
        a.put(QByteArray::number(i), R"({"Id":"x"})");
        b.put(QByteArray::number(i), R"({"Id":"y"})");
        a.read(b); // operations of the two stand in turns: many runs
    }
    const std::vector<Operation> before = a.log();
    const char *const runs = "SELECT sum(incarnation * 1000 + sequence * 100 + position) FROM runs";
    const std::int64_t runsBefore = number(a.path(), runs);
    a.close();
    sql(a.path(),
        "DROP TABLE indexes; DROP TABLE index_entries; DROP TABLE runs; CREATE UNIQUE INDEX "
        "operations_by_dot ON operations(incarnation, "
        "sequence); PRAGMA user_version = 1");
    a.open();
    QCOMPARE(number(a.path(), runs), runsBefore);
    QVERIFY(before.size() > 8);
    for (const Operation &operation : before) {
        const auto found = must(a.file().findOperation(operation.header.version.dot));
        QVERIFY(found && found->headerBytes == operation.headerBytes);
    }
    a.put("1", R"({"Id":"1","after":1})");
    QCOMPARE(a.log().size(), before.size() + 2); // and the `open` of the new incarnation
}

QTEST_GUILESS_MAIN(TestStorageFiles)
#include "tst_storage_files.moc"
