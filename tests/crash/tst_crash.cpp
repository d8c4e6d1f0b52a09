#include "crash_cluster.h"
#include "large_file.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

namespace {

using driftless::crash::CrashCluster;
using driftless::crash::Numbers;

constexpr int kRoundCycles = 10; // then a new folder: making a database is part of the story

QByteArray words(const Numbers &numbers)
{
    const auto count = [](qint64 number) { return QByteArray::number(number); };
    return count(numbers.cycles) + " cycles, " + count(numbers.kills) + " kills while writing ("
        + count(numbers.killsInStop) + " of them after SIGTERM) and " + count(numbers.killsInStart)
        + " while starting, " + count(numbers.acknowledged) + " acknowledged writes, "
        + count(numbers.missing) + " missing, " + count(numbers.halfWrites) + " torn, "
        + count(numbers.openMade) + " made and " + count(numbers.openUnmade)
        + " not made of those not acknowledged, slowest reopening "
        + count(numbers.slowestReopening.count() / 1'000) + " ms";
}

/// From the environment, or else `otherwise`.
std::uint64_t number(const char *name, std::uint64_t otherwise)
{
    bool isNumber = false;
    const std::uint64_t value = qgetenv(name).toULongLong(&isNumber);
    return isNumber ? value : otherwise;
}

} // namespace

/// A node that is killed at any moment has, when it is started again, every write that it
/// acknowledged, no part of a batch, exact counters and sound files.
class TestCrash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void acknowledgedWritesOutliveKills_data();
    void acknowledgedWritesOutliveKills();
    void aLargeFileIsOpenedAgain();
};

void TestCrash::acknowledgedWritesOutliveKills_data()
{
    QTest::addColumn<int>("nodes");
    QTest::addColumn<int>("cycles");
    QTest::newRow("one node") << 1 << 8;
    QTest::newRow("two nodes while they replicate") << 2 << 6;
}

void TestCrash::acknowledgedWritesOutliveKills()
{
    QFETCH(const int, nodes);
    QFETCH(const int, cycles);
    const auto wanted
        = static_cast<qint64>(number("DRIFTLESS_CRASH_CYCLES", static_cast<std::uint64_t>(cycles)));
    std::uint64_t seed = number("DRIFTLESS_CRASH_SEED", driftless::SystemRandom().below(1'000'000));
    Numbers sum;
    for (qint64 done = 0; done < wanted; done += kRoundCycles, ++seed) {
        qInfo("DRIFTLESS_CRASH_SEED=%llu", static_cast<unsigned long long>(seed));
        QTemporaryDir folder;
        CrashCluster cluster(nodes, seed, folder.path().toUtf8());
        auto result = cluster.start();
        const qint64 inRound = std::min<qint64>(kRoundCycles, wanted - done);
        for (qint64 cycle = 0; result && cycle < inRound; ++cycle) {
            result = cluster.cycle();
        }
        if (result) {
            result = cluster.finish();
        }
        sum.add(cluster.numbers());
        if (!result) {
            folder.setAutoRemove(false);
            qInfo("%s", words(sum).constData());
            const QByteArray text = result.error().message + "\nSeed "
                + QByteArray::number(static_cast<qulonglong>(seed)) + ", files in '"
                + folder.path().toUtf8() + "'.";
            QFAIL(text.constData());
        }
    }
    qInfo("%s", words(sum).constData());
}

// However much of it the WAL holds. How long it took is shown, never judged.
void TestCrash::aLargeFileIsOpenedAgain()
{
    const auto wanted = static_cast<qint64>(number("DRIFTLESS_CRASH_DOCUMENTS", 3'000));
    QTemporaryDir folder;
    const auto found = driftless::crash::reopenLargeFile(folder.path().toUtf8(), wanted);
    if (!found) {
        folder.setAutoRemove(false);
        const QByteArray text
            = found.error().message + "\nFiles in '" + folder.path().toUtf8() + "'.";
        QFAIL(text.constData());
    }
    qInfo("%lld documents, a WAL of %lld MB beside a file of %lld MB, reopened in %lld ms",
        static_cast<long long>(found->documents),
        static_cast<long long>(found->walBytes / 1'000'000),
        static_cast<long long>(found->fileBytes / 1'000'000),
        static_cast<long long>(found->startTime.count() / 1'000));
    QVERIFY(found->walBytes > found->documents * 500); // else it is another file that was opened
}

QTEST_GUILESS_MAIN(TestCrash)
#include "tst_crash.moc"
