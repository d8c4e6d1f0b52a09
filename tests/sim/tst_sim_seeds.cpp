#include "seed_runner.h"
#include "sim_run.h"

#include <QHashSeed>
#include <QLoggingCategory>
#include <QTest>

using namespace driftless::sim;

/// Whole clusters with faults, from seeds: nothing acknowledged is lost, every copy is what the
/// judge says, and all agree in the end.
class SimSeedsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void fixedSeeds();
    void freshSeeds();
    void sameSeedIsSameRun();
};

void SimSeedsTest::initTestCase()
{
    QHashSeed::setDeterministicGlobalSeed();
    QLoggingCategory::setFilterRules(
        QStringLiteral("driftless.*=false")); // a deleted database is loud about what was not sent
}

void SimSeedsTest::fixedSeeds()
{
    const auto failure = firstFailure(runCluster, 0, 250, "");
    QVERIFY2(!failure, failure.value_or(QByteArray()).constData());
}

void SimSeedsTest::freshSeeds()
{
    const auto failure = firstFailure(runCluster, freshSeed(), 50, "");
    QVERIFY2(!failure, failure.value_or(QByteArray()).constData());
}

void SimSeedsTest::sameSeedIsSameRun()
{
    const auto story = [](std::uint64_t seed) {
        QByteArray lines;
        runCluster(seed, [&lines](const QByteArray &line) { lines += line + '\n'; });
        return lines;
    };
    QCOMPARE(story(8), story(8));
    QVERIFY(story(8) != story(9));
}

QTEST_APPLESS_MAIN(SimSeedsTest)
#include "tst_sim_seeds.moc"
