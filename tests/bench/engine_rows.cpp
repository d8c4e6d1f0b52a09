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
    static Result<Pair> open(Bench &bench, Orders::Ids ids)
    {
        Pair pair {Orders(ids), {}, {}};
        DRIFTLESS_TRY_ASSIGN(
            pair.m_plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
        DRIFTLESS_TRY_ASSIGN(pair.m_node, EngineNode::open(bench.folder.emptied("node")));
        return pair;
    }

    struct Costs
    {
        std::size_t documents = 0;
        Cost here;
        Cost plain;
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
    const QByteArray &wanted)
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
        wanted,
        {{"plainPerSecond",
             static_cast<double>(costs.documents) / Report::seconds(costs.plain.wall)},
            {"cpuUs", perDocument(costs.here.cpu)},
            {"plainCpuUs", perDocument(costs.plain.cpu)}}});
}

Result<void> measurePlainCommit(Bench &bench)
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
        "the absolute numbers hold at 0.1 ms",
        {{"p99Ms", Report::milliseconds(latencies.percentile(0.99))}}});
    return {};
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
    report(
        bench, "engine-insert-" + name, "engine: inserts by 1,000, ids " + name, inserts, "2.0x");
    // Neighbours in time are neighbours in the file only with ascending ids and in the order of the
    // inserts.
    const auto updates = isAscending
        ? pair.run(count, kBatch, 1, &PlainSqlite::update, &EngineNode::putGroup, &sameIndex)
        : pair.run(
            count, kBatch, 1, &PlainSqlite::update, &EngineNode::putGroup, [count](std::size_t i) {
                return i * 7'919 % count;
            });
    DRIFTLESS_TRY(updates);
    DRIFTLESS_TRY(pair.verify(count, 1));
    report(bench,
        "engine-update-" + name,
        "engine: updates of one member by 1,000, ids " + name,
        *updates,
        "3.0x");
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

Result<void> measureGrowth(Bench &bench)
{
    const std::size_t small = 10'000;
    const std::size_t count = std::max(bench.options.scaled(300'000), 2 * small);
    DRIFTLESS_TRY_ASSIGN(Pair pair, Pair::open(bench, Orders::Ids::Ascending));
    const auto write = [&pair](std::size_t first, std::size_t number) {
        return pair.run(
            number, kBatch, 0, &PlainSqlite::insert, &EngineNode::putGroup, [first](std::size_t i) {
                return first + i;
            });
    };
    DRIFTLESS_TRY_ASSIGN(const auto begin, write(0, small));
    DRIFTLESS_TRY(write(small, count - 2 * small));
    DRIFTLESS_TRY_ASSIGN(const auto end, write(count - small, small));
    bench.report.add({"engine-growth",
        "engine: cost of a write at " + QByteArray::number(quint64 {count})
            + " documents against 10,000",
        Report::ratio(end.here.wall, begin.here.wall),
        "x",
        Report::ratio(end.here.wall, end.plain.wall),
        Report::ratio(end.here.cpu, end.plain.cpu),
        "1.5x at 2,000,000",
        {{"plainGrowth", Report::ratio(end.plain.wall, begin.plain.wall)},
            {"cpuGrowth", Report::ratio(end.here.cpu, begin.here.cpu)}}});
    return {};
}

constexpr std::array kRows {
    Row {
        "plain-commit", "the yardstick: one tiny transaction of plain SQLite", &measurePlainCommit},
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

std::span<const Row> engineRows()
{
    return kRows;
}

} // namespace driftless::bench
