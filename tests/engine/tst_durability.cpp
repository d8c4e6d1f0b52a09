#include "engine/database.h"
#include "manual_clock.h"
#include "seeded_random.h"
#include "temporary_folder.h"

#include <QTest>
#include <sqlite3.h>

using namespace driftless;
using engine::Database;
using engine::Durability;

namespace {

sqlite3_vfs *systemVfs = nullptr;
sqlite3_vfs countingVfs;
const sqlite3_io_methods *systemMethods = nullptr;
sqlite3_io_methods countingMethods;
int logSyncs = 0; ///< of write-ahead logs, since the start

int syncLog(sqlite3_file *file, int flags)
{
    ++logSyncs;
    return systemMethods->xSync(file, flags);
}

int openFile(
    sqlite3_vfs * /*vfs*/, sqlite3_filename name, sqlite3_file *file, int flags, int *outFlags)
{
    const int code = systemVfs->xOpen(systemVfs, name, file, flags, outFlags);
    if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
        systemMethods = file->pMethods;
        countingMethods = *systemMethods;
        countingMethods.xSync = syncLog;
        file->pMethods = &countingMethods;
    }
    return code;
}

/// How often the log was synced for the third of three writes, each with a commit of its own. (The
/// first begins the log.)
int syncsOfACommit(const engine::Settings &settings)
{
    const support::TemporaryFolder folder;
    support::SeededRandom random(1);
    const support::ManualClock clock;
    auto database = Database::open(
        folder.path("shop.db"), *DatabaseName::parse("shop"), {settings, random, clock});
    int syncs = -1;
    for (int i = 0; database && i < 3; ++i) {
        const int before = logSyncs;
        engine::WriteRequest request;
        request.collection = "sales";
        request.id = QByteArray::number(i);
        request.body = *json::Object::check("{}");
        if (!(*database)->file().begin() || !(*database)->write(request)
            || !(*database)->file().commit()) {
            return -1;
        }
        syncs = logSyncs - before;
    }
    return syncs;
}

} // namespace

/// kill -9 leaves to the system what a process has written; only a power cut shows whether the disk
/// had it. So the syncs are counted: SQLite's own VFS does the work.
class TestDurability : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void aCommitIsOnTheDisk();
    void lessIsDoneOnlyWhereItIsAskedFor();
};

void TestDurability::initTestCase()
{
    systemVfs = sqlite3_vfs_find(nullptr);
    countingVfs = *systemVfs;
    countingVfs.pNext = nullptr;
    countingVfs.zName = "counting";
    countingVfs.xOpen = openFile;
    QCOMPARE(sqlite3_vfs_register(&countingVfs, 1), SQLITE_OK);
}

void TestDurability::cleanupTestCase()
{
    sqlite3_vfs_unregister(&countingVfs);
}

void TestDurability::aCommitIsOnTheDisk()
{
    engine::Settings settings;
    settings.nodeId = *NodeId::parse("a");
    QVERIFY(syncsOfACommit(settings) >= 1);
}

void TestDurability::lessIsDoneOnlyWhereItIsAskedFor()
{
    engine::Settings settings;
    settings.nodeId = *NodeId::parse("a");
    settings.durability = Durability::Normal;
    QCOMPARE(syncsOfACommit(settings), 0);
}

QTEST_GUILESS_MAIN(TestDurability)
#include "tst_durability.moc"
