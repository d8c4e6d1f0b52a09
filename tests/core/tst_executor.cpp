#include "core/executor.h"

#include <QTest>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

using namespace driftless;

/// The queue is bounded, keeps its order, runs all it took, and tells when a batch has ended.
class TestExecutor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runsInOrderOnOneThread();
    void refusesWhatDoesNotFit();
    void takesWhatEndsSomethingBegunBeyondTheBound();
    void endsEveryBatch();
    void drainsBeforeItStops();
    void tasksPostTasks();
    void releasesATaskBeforeTheBatchEnds();
    void takesFromManyThreads();
};

namespace {

/// Keeps an executor from going on, so that what waits behind is known.
class Gate
{
public:
    /// Returns when the thread stands at the gate.
    explicit Gate(Executor &executor)
    {
        std::promise<void> reached;
        const std::shared_future<void> open = m_open.get_future().share();
        m_posted = executor.post([open, &reached] {
            reached.set_value();
            open.wait();
        });
        if (m_posted) {
            reached.get_future().wait();
        }
    }
    [[nodiscard]] bool isPosted() const { return m_posted; }
    void open() { m_open.set_value(); }

private:
    std::promise<void> m_open;
    bool m_posted = false;
};

} // namespace

void TestExecutor::runsInOrderOnOneThread()
{
    std::vector<int> seen;
    std::thread::id first;
    bool same = true;
    ThreadExecutor executor("ordered", 1'000, 7, nullptr);
    for (int i = 0; i < 1'000; ++i) {
        QVERIFY(executor.post([&, i] {
            first = i == 0 ? std::this_thread::get_id() : first;
            same = same && first == std::this_thread::get_id();
            seen.push_back(i);
        }));
    }
    executor.drainAndStop();
    QCOMPARE(seen.size(), std::size_t {1'000});
    QVERIFY(std::is_sorted(seen.begin(), seen.end()));
    QVERIFY(same);
    QVERIFY(first != std::this_thread::get_id());
}

void TestExecutor::refusesWhatDoesNotFit()
{
    std::atomic<int> ran = 0;
    ThreadExecutor executor("bounded", 3, 10, nullptr);
    Gate gate(executor);
    QVERIFY(gate.isPosted());
    for (int i = 0; i < 3; ++i) {
        QVERIFY(executor.post([&ran] { ++ran; }));
    }
    for (int i = 0; i < 5; ++i) {
        QVERIFY(!executor.post([&ran] { ran += 1'000; }));
    }
    gate.open();
    executor.drainAndStop();
    QCOMPARE(ran.load(), 3);
}

void TestExecutor::takesWhatEndsSomethingBegunBeyondTheBound()
{
    std::atomic<int> ran = 0;
    ThreadExecutor executor("unbounded", 1, 10, nullptr);
    Gate gate(executor);
    QVERIFY(executor.post([&ran] { ++ran; }));
    QVERIFY(!executor.post([&ran] { ran += 1'000; }));
    for (int i = 0; i < 100; ++i) {
        QVERIFY(executor.postUnbounded([&ran] { ++ran; }));
    }
    gate.open();
    executor.drainAndStop();
    QCOMPARE(ran.load(), 101);
    QVERIFY(!executor.postUnbounded([&ran] { ran += 1'000; }));
}

/// With 10 tasks behind the first and at most 4 a batch: 1, 4, 4, 2.
void TestExecutor::endsEveryBatch()
{
    int inBatch = 0;
    std::vector<int> batches;
    ThreadExecutor executor(
        "batches", 100, 4, [&] { batches.push_back(std::exchange(inBatch, 0)); });
    Gate gate(executor);
    ++inBatch;
    for (int i = 0; i < 10; ++i) {
        QVERIFY(executor.post([&inBatch] { ++inBatch; }));
    }
    gate.open();
    executor.drainAndStop();
    QCOMPARE(batches, (std::vector<int> {1, 4, 4, 2}));
}

void TestExecutor::drainsBeforeItStops()
{
    std::atomic<int> ran = 0;
    std::atomic<int> commits = 0;
    {
        ThreadExecutor executor("drained", 100, 5, [&commits] { ++commits; });
        for (int i = 0; i < 50; ++i) {
            QVERIFY(executor.post([&ran] { ++ran; }));
        }
        executor.drainAndStop();
        QCOMPARE(ran.load(), 50);
        QVERIFY(commits.load() >= 10);
        executor.drainAndStop();
        QVERIFY(!executor.post([&ran] { ++ran; }));
    }
    {
        ThreadExecutor executor("destroyed", 100, 5, nullptr);
        QVERIFY(executor.post([&ran] { ++ran; }));
    }
    QCOMPARE(ran.load(), 51);
    ThreadExecutor never("idle", 1, 1, [&commits] { commits += 1'000; });
    never.drainAndStop();
    QVERIFY(commits.load() < 1'000);
}

void TestExecutor::tasksPostTasks()
{
    std::promise<int> done;
    ThreadExecutor executor("chain", 1, 1, nullptr);
    std::function<void(int)> step = [&](int left) {
        if (left == 0) {
            done.set_value(1);
        } else if (!executor.post([&step, left] { step(left - 1); })) {
            done.set_value(-1);
        }
    };
    QVERIFY(executor.post([&step] { step(100); }));
    QCOMPARE(done.get_future().get(), 1);
    executor.drainAndStop();
}

/// A commit must not wait for, nor keep alive, what a finished task carried.
void TestExecutor::releasesATaskBeforeTheBatchEnds()
{
    const auto carried = std::make_shared<int>(1);
    long owners = 0;
    ThreadExecutor executor("release", 10, 10, [&] { owners = carried.use_count(); });
    QVERIFY(executor.post([kept = carried] { Q_UNUSED(kept); }));
    executor.drainAndStop();
    QCOMPARE(owners, 1L);
}

void TestExecutor::takesFromManyThreads()
{
    int sum = 0;
    std::atomic<int> refused = 0;
    constexpr int perThread = 5'000;
    ThreadExecutor executor("many", 50, 16, nullptr);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < perThread; ++i) {
                refused += executor.post([&sum] { ++sum; }) ? 0 : 1;
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    executor.drainAndStop();
    QCOMPARE(sum + refused.load(), 4 * perThread);
    QVERIFY(sum > 0);
}

QTEST_APPLESS_MAIN(TestExecutor)
#include "tst_executor.moc"
