#include "seed_runner.h"
#include "storage_history.h"

#include <QTest>

using namespace driftless::sim;

namespace {

std::optional<QByteArray> run(
    std::uint64_t seed, const std::function<void(const QByteArray &)> &trace)
{
    return StorageHistory(seed, trace).run();
}

} // namespace

/// The real storage is what the judge says, on every copy after every step of random histories.
class MergeHistoriesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fixedSeeds();
    void freshSeeds();
    void sameSeedIsSameHistory();
};

void MergeHistoriesTest::fixedSeeds()
{
    const auto failure = firstFailure(run, 0, 300, "--histories ");
    QVERIFY2(!failure, failure.value_or(QByteArray()).constData());
}

void MergeHistoriesTest::freshSeeds()
{
    const auto failure = firstFailure(run, freshSeed(), 100, "--histories ");
    QVERIFY2(!failure, failure.value_or(QByteArray()).constData());
}

void MergeHistoriesTest::sameSeedIsSameHistory()
{
    const auto story = [](std::uint64_t seed) {
        QByteArray lines;
        StorageHistory(seed, [&lines](const QByteArray &line) { lines += line + '\n'; }).run();
        return lines;
    };
    QCOMPARE(story(5), story(5));
    QVERIFY(story(5) != story(6));
}

QTEST_APPLESS_MAIN(MergeHistoriesTest)
#include "tst_merge_histories.moc"
