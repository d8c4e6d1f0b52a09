#include "manual_clock.h"
#include "manual_executor.h"
#include "sim_network.h"
#include "temporary_folder.h"

#include <QFile>
#include <QTest>

using namespace driftless;
using namespace driftless::support;
using namespace std::chrono_literals;

namespace {

struct Outcome
{
    int status = 0; ///< of the answer; 0 while there is none, -1 Unreachable, -2 Timeout
};

struct Net
{
    SimTimeline timeline;
    SimNetwork network;
    std::vector<QByteArray> served;

    explicit Net(std::uint64_t seed)
        : network(timeline, seed)
    {
        network.attach("b",
            [this](
                const replication::TransportRequest &request, const SimNetwork::Respond &respond) {
                served.push_back(request.path);
                respond({200, request.path});
            });
    }
    std::shared_ptr<Outcome> call(const QByteArray &path)
    {
        auto outcome = std::make_shared<Outcome>();
        network.transportOf("a").send({"POST", "b", path, {}, {}, 1'000ms},
            [outcome](Result<replication::TransportReply> reply) {
                outcome->status = reply                        ? reply->status
                    : reply.error().code == ErrorCode::Timeout ? -2
                                                               : -1;
            });
        return outcome;
    }
};

} // namespace

class SupportTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clockMovesOnlyWhenTold();
    void seedMeansSameNumbers();
    void executorRunsInBatches();
    void timelineKeepsOrder();
    void networkAnswers();
    void networkTimesOutWhereNothingComes();
    void networkRefusesWhereNobodyListens();
    void networkRepeatsWithSeed();
    void folderIsCopiedAndGone();
};

void SupportTest::clockMovesOnlyWhenTold()
{
    ManualClock clock;
    const Instant before = clock.instant();
    clock.advance(5ms);
    clock.jump(-10'000ms);
    QCOMPARE((clock.instant() - before).count(), 5);
    QCOMPARE((clock.wallTime() - ManualClock::kStart).count(), -9'995);
}

void SupportTest::seedMeansSameNumbers()
{
    SeededRandom a(7);
    SeededRandom b(7);
    SeededRandom c(8);
    const std::uint64_t first = a.next();
    QCOMPARE(first, b.next());
    QVERIFY(first != c.next());
    // The reference values of xoshiro256** seeded with splitmix64(0): a change of the generator
    // would change what every seed means.
    SeededRandom zero(0);
    QCOMPARE(zero.next(), std::uint64_t {11'091'344'671'253'066'420U});
    QCOMPARE(zero.next(), std::uint64_t {13'793'997'310'169'335'082U});
}

void SupportTest::executorRunsInBatches()
{
    ManualExecutor executor(2);
    QByteArray order;
    executor.setAfterBatch([&order] { order += '|'; });
    QVERIFY(executor.post([&] {
        order += 'a';
        QVERIFY(executor.postUnbounded([&order] { order += 'c'; }));
    }));
    QVERIFY(executor.post([&order] { order += 'b'; }));
    QVERIFY(!executor.post([] {}));
    executor.runUntilIdle();
    QCOMPARE(order, "ab|c|");
    executor.kill();
    QVERIFY(!executor.postUnbounded([] {}));
}

void SupportTest::timelineKeepsOrder()
{
    SimTimeline timeline;
    QByteArray order;
    timeline.after(2ms, [&] { order += 'c'; });
    timeline.after(1ms, [&] {
        order += 'a';
        timeline.after(0ms, [&order] { order += 'b'; });
    });
    timeline.after(2ms, [&] { order += 'd'; });
    timeline.runUntil(2ms);
    QCOMPARE(order, "abcd");
    QCOMPARE(timeline.now().count(), 2);
}

void SupportTest::networkAnswers()
{
    Net net(1);
    const auto outcome = net.call("/x");
    net.timeline.runUntil(100ms);
    QCOMPARE(outcome->status, 200);
    QCOMPARE(net.served, std::vector<QByteArray> {"/x"});
}

void SupportTest::networkTimesOutWhereNothingComes()
{
    Net net(1);
    net.network.setHanging("b", true);
    const auto hanging = net.call("/x");
    net.timeline.runUntil(999ms);
    QCOMPARE(hanging->status, 0);
    net.timeline.runUntil(1'000ms);
    QCOMPARE(hanging->status, -2);

    net.network.setHanging("b", false);
    net.network.block("b", "a"); // the request arrives, the answer does not
    const auto oneWay = net.call("/y");
    net.timeline.runUntil(3'000ms);
    QCOMPARE(oneWay->status, -2);
    QCOMPARE(net.served, std::vector<QByteArray> {"/y"});
}

void SupportTest::networkRefusesWhereNobodyListens()
{
    Net net(1);
    net.network.block("a", "b", true);
    const auto blocked = net.call("/x");
    net.timeline.runUntil(100ms);
    QCOMPARE(blocked->status, -1);
    net.network.unblockAll();
    net.network.detach("b");
    const auto gone = net.call("/x");
    net.timeline.runUntil(200ms);
    QCOMPARE(gone->status, -1);
    const auto dead = net.call("/x");
    net.network.detach("a"); // who is dead hears no answer
    net.timeline.runUntil(5'000ms);
    QCOMPARE(dead->status, 0);
}

void SupportTest::networkRepeatsWithSeed()
{
    const auto run = [](std::uint64_t seed) {
        Net net(seed);
        net.network.setFaults({20, 10, 20, 1ms, 50ms});
        QByteArray story;
        std::vector<std::shared_ptr<Outcome>> outcomes;
        for (int i = 0; i < 50; ++i) {
            outcomes.push_back(net.call("/" + QByteArray::number(i)));
        }
        net.timeline.runUntil(2'000ms);
        for (const QByteArray &path : net.served) {
            story += path;
        }
        for (const auto &outcome : outcomes) {
            story += QByteArray::number(outcome->status) + ' ';
        }
        return story;
    };
    QCOMPARE(run(3), run(3));
    QVERIFY(run(3) != run(4));
    QVERIFY(run(3).contains("-1") && run(3).contains("-2") && run(3).contains("200"));
}

void SupportTest::folderIsCopiedAndGone()
{
    QByteArray path;
    {
        TemporaryFolder folder;
        path = folder.path();
        QVERIFY(QFile(QString::fromUtf8(folder.path("x"))).open(QIODevice::WriteOnly) == true);
        TemporaryFolder other;
        copyFolder(folder.path(), other.path("copy"));
        QVERIFY(QFile::exists(QString::fromUtf8(other.path("copy/x"))));
    }
    QVERIFY(!QFile::exists(QString::fromUtf8(path)));
}

QTEST_APPLESS_MAIN(SupportTest)
#include "tst_support.moc"
