#include "engine_node.h"
#include "plain_sqlite.h"
#include "rows.h"

#include <algorithm>
#include <array>

namespace driftless::bench {

namespace {

constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kSmallBatch = 32; ///< what 32 connections can have in one commit
constexpr int kSamples = 50;

/// Two databases that get the same batches in turn, so that whatever else the machine does troubles
/// both alike.
class Pair
{
public:
    /// Their folders have `suffix` in their names.
    static Result<Pair> open(Bench &bench, Orders::Ids ids, const QByteArray &suffix = {})
    {
        Pair pair {Orders(ids), {}, {}};
        DRIFTLESS_TRY_ASSIGN(
            pair.m_plain, PlainSqlite::open(bench.folder.emptied("plain" + suffix) + "/plain.db"));
        DRIFTLESS_TRY_ASSIGN(pair.m_node, EngineNode::open(bench.folder.emptied("node" + suffix)));
        return pair;
    }

    struct Costs
    {
        std::size_t documents = 0;
        Cost here;
        Cost plain;

        Costs &operator+=(const Costs &other)
        {
            documents += other.documents;
            here += other.here;
            plain += other.plain;
            return *this;
        }
    };
    using PlainWork = Result<void> (PlainSqlite::*)(std::span<const Document>);
    using NodeWork = Result<void> (EngineNode::*)(std::span<const Document>);

    /// `order` maps the n-th document written to its index.
    template <typename IndexOf>
    Result<Costs> run(std::size_t count,
        std::size_t batchSize,
        int revision,
        PlainWork plainWork,
        NodeWork nodeWork,
        IndexOf indexOf)
    {
        Costs costs;
        std::vector<Document> batch;
        for (std::size_t begin = 0; begin < count; begin += batchSize) {
            batch.clear();
            for (std::size_t i = begin; i < std::min(begin + batchSize, count); ++i) {
                const std::uint64_t index = indexOf(i);
                batch.push_back({m_orders.id(index), m_orders.body(index, revision)});
            }
            const Stopwatch plain;
            DRIFTLESS_TRY((*m_plain.*plainWork)(batch));
            costs.plain += plain.elapsed();
            const Stopwatch here;
            DRIFTLESS_TRY((*m_node.*nodeWork)(batch));
            costs.here += here.elapsed();
        }
        costs.documents = count;
        return costs;
    }

    /// Reads some back and compares.
    Result<void> verify(std::size_t count, int revision)
    {
        for (int i = 0; i < kSamples; ++i) {
            const std::uint64_t index = scrambled(static_cast<std::uint64_t>(i)) % count;
            DRIFTLESS_TRY_ASSIGN(const QByteArray shown, m_node->shown(m_orders.id(index)));
            if (shown != m_orders.body(index, revision)) {
                return Error {ErrorCode::Internal,
                    "Document " + m_orders.id(index) + " is not what was written.",
                    {}};
            }
        }
        return {};
    }

private:
    Pair(Orders orders, std::unique_ptr<PlainSqlite> plain, std::unique_ptr<EngineNode> node)
        : m_orders(std::move(orders))
        , m_plain(std::move(plain))
        , m_node(std::move(node))
    {
    }

    Orders m_orders;
    std::unique_ptr<PlainSqlite> m_plain;
    std::unique_ptr<EngineNode> m_node;
};

std::uint64_t sameIndex(std::size_t i)
{
    return i;
}

void report(Bench &bench,
    const QByteArray &row,
    const QByteArray &what,
    const Pair::Costs &costs,
    const Goal &goal)
{
    const auto perDocument = [&costs](Nanoseconds duration) {
        return static_cast<double>(duration.count()) / 1e3 / static_cast<double>(costs.documents);
    };
    bench.report.add({row,
        what,
        static_cast<double>(costs.documents) / Report::seconds(costs.here.wall),
        "/s",
        Report::ratio(costs.here.wall, costs.plain.wall),
        Report::ratio(costs.here.cpu, costs.plain.cpu),
        goal,
        {{"plainPerSecond",
             static_cast<double>(costs.documents) / Report::seconds(costs.plain.wall)},
            {"cpuUs", perDocument(costs.here.cpu)},
            {"plainCpuUs", perDocument(costs.plain.cpu)}}});
}

/// At most so many times what plain SQLite takes.
Goal ratioGoal(const Pair::Costs &costs, double atLeast, double aim)
{
    const auto text = [](double ratio) { return QByteArray::number(ratio, 'f', 1) + "x plain"; };
    return {text(atLeast),
        text(aim),
        {Bound::notAbove(Report::ratio(costs.here.wall, costs.plain.wall), atLeast, aim)}};
}

Result<void> measureInserts(Bench &bench, Orders::Ids ids)
{
    const std::size_t count = bench.options.scaled(100'000);
    const bool isAscending = ids == Orders::Ids::Ascending;
    const QByteArray name = isAscending ? "ascending" : "random";
    DRIFTLESS_TRY_ASSIGN(Pair pair, Pair::open(bench, ids));
    DRIFTLESS_TRY_ASSIGN(const auto inserts,
        pair.run(count, kBatch, 0, &PlainSqlite::insert, &EngineNode::putGroup, &sameIndex));
    DRIFTLESS_TRY(pair.verify(count, 0));
    report(bench,
        "engine-insert-" + name,
        "engine: inserts by 1,000, ids " + name,
        inserts,
        ratioGoal(inserts, 2.0, 1.5));
    // Neighbours in time are neighbours in the file only with ascending ids and in the order of the
    // inserts.
    const auto updates = isAscending
        ? pair.run(count, kBatch, 1, &PlainSqlite::update, &EngineNode::putGroup, &sameIndex)
        : pair.run(
            count, kBatch, 1, &PlainSqlite::update, &EngineNode::putGroup, [count](std::size_t i) {
                return i * 7'919 % count;
            });
    if (!updates) {
        return updates.error();
    }
    DRIFTLESS_TRY(pair.verify(count, 1));
    report(bench,
        "engine-update-" + name,
        "engine: updates of one member by 1,000, ids " + name,
        *updates,
        ratioGoal(*updates, 3.0, 2.0));
    return {};
}

Result<void> measureSmallCommits(Bench &bench)
{
    const std::size_t count = bench.options.scaled(20'000);
    DRIFTLESS_TRY_ASSIGN(Pair pair, Pair::open(bench, Orders::Ids::Ascending));
    DRIFTLESS_TRY_ASSIGN(const auto inserts,
        pair.run(count, kSmallBatch, 0, &PlainSqlite::insert, &EngineNode::putEach, &sameIndex));
    DRIFTLESS_TRY(pair.verify(count, 0));
    report(bench, "engine-commit-32", "engine: single inserts, 32 a commit", inserts, {});
    return {};
}

constexpr std::size_t kSmall = 10'000; ///< documents of a database that has hardly grown
constexpr int kSmallDatabases = 10;

/// Writes documents `first` to `first + count`.
Result<Pair::Costs> append(Pair &pair, std::size_t first, std::size_t count)
{
    return pair.run(
        count, kBatch, 0, &PlainSqlite::insert, &EngineNode::putGroup, [first](std::size_t i) {
            return first + i;
        });
}

/// What kSmall documents cost around the kSmall-th, in a new database each time.
Result<Pair::Costs> appendToSmall(Bench &bench, int times)
{
    Pair::Costs costs;
    for (int i = 0; i < times; ++i) {
        DRIFTLESS_TRY_ASSIGN(Pair pair, Pair::open(bench, Orders::Ids::Ascending, "-small"));
        DRIFTLESS_TRY(append(pair, 0, kSmall / 2));
        DRIFTLESS_TRY_ASSIGN(const Pair::Costs here, append(pair, kSmall / 2, kSmall));
        costs += here;
    }
    return costs;
}

/// As many documents at the end of a large database as around the 10,000th of small ones, half of
/// which are made before and half after it: with other work on the machine that comes and goes, the
/// comparison still holds.
Result<void> measureGrowth(Bench &bench)
{
    const std::size_t window = kSmall * kSmallDatabases;
    const std::size_t count = std::max(bench.options.scaled(2'000'000), 2 * window);
    DRIFTLESS_TRY_ASSIGN(Pair::Costs begin, appendToSmall(bench, kSmallDatabases / 2));
    DRIFTLESS_TRY_ASSIGN(Pair pair, Pair::open(bench, Orders::Ids::Ascending));
    DRIFTLESS_TRY(append(pair, 0, count - window));
    DRIFTLESS_TRY_ASSIGN(const Pair::Costs end, append(pair, count - window, window));
    DRIFTLESS_TRY(pair.verify(count, 0));
    DRIFTLESS_TRY_ASSIGN(
        const Pair::Costs after, appendToSmall(bench, kSmallDatabases - kSmallDatabases / 2));
    begin += after;
    const double growth = Report::ratio(end.here.wall, begin.here.wall);
    bench.report.add({"engine-growth",
        "engine: cost of a write at " + Report::thousands(count) + " documents against 10,000",
        growth,
        "x",
        Report::ratio(end.here.wall, end.plain.wall),
        Report::ratio(end.here.cpu, end.plain.cpu),
        {"1.5x at 2,000,000", "1.2x", {Bound::notAbove(growth, 1.5, 1.2)}},
        {{"plainGrowth", Report::ratio(end.plain.wall, begin.plain.wall)},
            {"cpuGrowth", Report::ratio(end.here.cpu, begin.here.cpu)},
            {"plainCpuGrowth", Report::ratio(end.plain.cpu, begin.plain.cpu)},
            {"perSecond", static_cast<double>(window) / Report::seconds(end.here.wall)}}});
    for (const char *folder : {"plain", "node", "plain-small", "node-small"}) {
        bench.folder.remove(folder); // several gigabytes
    }
    return {};
}

constexpr std::array kRows {
    Row {"engine-ascending",
        "the engine alone: inserts and updates, ascending ids",
        [](Bench &bench) { return measureInserts(bench, Orders::Ids::Ascending); }},
    Row {"engine-random",
        "the engine alone: inserts and updates, random ids",
        [](Bench &bench) { return measureInserts(bench, Orders::Ids::Random); }},
    Row {"engine-commit-32",
        "the engine alone: single writes, 32 in one commit",
        &measureSmallCommits},
    Row {"engine-growth", "the engine alone: cost of a write in a large database", &measureGrowth},
};

} // namespace

Result<void> measureYardstick(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(
        const auto plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
    Latencies latencies;
    const Nanoseconds end = now() + std::chrono::seconds(1);
    while (latencies.count() < 100 || now() < end) {
        const Nanoseconds begin = now();
        DRIFTLESS_TRY(plain->writeTiny());
        latencies.add(now() - begin);
    }
    bench.plainCommit = latencies.percentile(0.5);
    bench.report.add({"plain-commit",
        "plain SQLite: one tiny transaction, median",
        Report::milliseconds(bench.plainCommit),
        "ms",
        {},
        {},
        {},
        {{"p99Ms", Report::milliseconds(latencies.percentile(0.99))}}});
    return {};
}

std::span<const Row> engineRows()
{
    return kRows;
}

} // namespace driftless::bench
