#include "plain_sqlite.h"
#include "requests.h"
#include "rows.h"
#include "served_node.h"

#include <algorithm>
#include <array>

namespace driftless::bench {

namespace {

constexpr int kConnections = 32;
constexpr int kSlices = 16; ///< node and plain SQLite take turns, so that whatever else the machine
                            ///< does troubles both alike
constexpr std::size_t kBatch = 1'000;

/// What writing the same documents came to on both sides.
struct Comparison
{
    std::uint64_t documents = 0;
    Load load;
    Nanoseconds nodeCpu {0};
    Cost plain;
    Latencies plainTransactions;

    [[nodiscard]] double perSecond() const
    {
        return static_cast<double>(documents) / Report::seconds(load.cost.wall);
    }
    [[nodiscard]] double ratio() const { return Report::ratio(load.cost.wall, plain.wall); }
    [[nodiscard]] double cpuRatio() const { return Report::ratio(nodeCpu, plain.cpu); }
    /// Of one processor, which the node cannot have.
    [[nodiscard]] double generatorShare() const
    {
        return Report::ratio(load.cost.cpu, load.cost.wall);
    }
};

struct WritePlan
{
    Orders::Ids ids = Orders::Ids::Ascending;
    int connections = 1;
    std::size_t perRequest = 1; ///< documents; one is a PUT, more are a batch
    std::size_t perTransaction = 1; ///< of plain SQLite
};

Result<Comparison> compareWrites(Bench &bench, const WritePlan &plan)
{
    bench.folder.emptied("node-a");
    DRIFTLESS_TRY_ASSIGN(const auto node, ServedNode::start(bench, "node-a"));
    DRIFTLESS_TRY_ASSIGN(
        const auto plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
    DRIFTLESS_TRY_ASSIGN(const auto clients, node->connect(plan.connections));
    DRIFTLESS_TRY(
        node->call("PUT", "/api/documents/warmup/1", R"({"Id":"1"})")); // makes the database
    const Orders orders(plan.ids);
    LoadGenerator generator(*clients);
    Comparison result;
    const Nanoseconds slice(static_cast<std::int64_t>(bench.options.seconds * 1e9 / kSlices));
    for (int i = 0; i < kSlices; ++i) {
        const Nanoseconds cpu = node->process().cpuTime();
        DRIFTLESS_TRY_ASSIGN(Load load, generator.run(slice, [&orders, &plan](std::uint64_t index) {
            return plan.perRequest == 1
                ? putRequest({orders.id(index), orders.body(index)})
                : batchRequest(orders.documents(index * plan.perRequest, plan.perRequest));
        }));
        result.nodeCpu += node->process().cpuTime() - cpu;
        result.load += std::move(load);
        const std::uint64_t count = generator.sent() * plan.perRequest;
        while (result.documents < count) {
            const auto size = static_cast<std::size_t>(
                std::min<std::uint64_t>(plan.perTransaction, count - result.documents));
            const std::vector<Document> documents = orders.documents(result.documents, size);
            const Stopwatch watch;
            DRIFTLESS_TRY(plain->insert(documents));
            const Cost cost = watch.elapsed();
            result.plain += cost;
            result.plainTransactions.add(cost.wall);
            result.documents += size;
        }
    }
    DRIFTLESS_TRY(node->verify(orders, result.documents));
    return result;
}

const char *nameOf(Orders::Ids ids)
{
    return ids == Orders::Ids::Ascending ? "ascending" : "random";
}

Result<void> measurePuts(Bench &bench)
{
    for (const Orders::Ids ids : {Orders::Ids::Ascending, Orders::Ids::Random}) {
        DRIFTLESS_TRY_ASSIGN(
            Comparison result, compareWrites(bench, {ids, kConnections, 1, kConnections}));
        const double p99 = Report::milliseconds(result.load.latencies.percentile(0.99));
        bench.report.add({QByteArray("http-put-") + nameOf(ids),
            QByteArray("PUT over HTTP, 32 connections, ids ") + nameOf(ids)
                + " (plain: 32 a commit)",
            result.perSecond(),
            "/s",
            result.ratio(),
            result.cpuRatio(),
            {"25,000/s, p99 5 ms",
                "40,000/s, p99 3 ms",
                {Bound::notBelow(result.perSecond(), 25'000, 40'000), Bound::notAbove(p99, 5, 3)}},
            {{"p50Ms", Report::milliseconds(result.load.latencies.percentile(0.5))},
                {"p99Ms", p99},
                {"generatorCpu", result.generatorShare()}}});
    }
    return {};
}

Result<void> measureLoneWriter(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(
        Comparison result, compareWrites(bench, {Orders::Ids::Ascending, 1, 1, 1}));
    const Nanoseconds here = result.load.latencies.percentile(0.5);
    const Nanoseconds plain = result.plainTransactions.percentile(0.5);
    // What is above 0.1 ms, in plain commits.
    const double commits = (Report::milliseconds(here) - 0.1) / Report::milliseconds(plain);
    bench.report.add({"http-lone-writer",
        "PUT over HTTP, one connection, median (plain: one a commit)",
        Report::milliseconds(here),
        "ms",
        Report::ratio(here, plain),
        result.cpuRatio(),
        {"1.5x plain + 0.1 ms", "1.2x plain + 0.1 ms", {Bound::notAbove(commits, 1.5, 1.2)}},
        {{"plainCommitsAbove100Us", commits},
            {"p99Ms", Report::milliseconds(result.load.latencies.percentile(0.99))},
            {"plainMs", Report::milliseconds(plain)}}});
    return {};
}

Result<void> measureBatches(Bench &bench)
{
    for (const Orders::Ids ids : {Orders::Ids::Ascending, Orders::Ids::Random}) {
        DRIFTLESS_TRY_ASSIGN(Comparison result, compareWrites(bench, {ids, 2, kBatch, kBatch}));
        const bool isAscending = ids == Orders::Ids::Ascending;
        const std::uint64_t atLeast = isAscending ? 80'000 : 35'000;
        const std::uint64_t aim = isAscending ? 120'000 : 50'000;
        bench.report.add({QByteArray("http-batch-") + nameOf(ids),
            QByteArray("POST /api/batch of 1,000, 2 connections, ids ") + nameOf(ids),
            result.perSecond(),
            "/s",
            result.ratio(),
            result.cpuRatio(),
            {Report::thousands(atLeast) + "/s",
                Report::thousands(aim) + "/s",
                {Bound::notBelow(
                    result.perSecond(), static_cast<double>(atLeast), static_cast<double>(aim))}},
            {{"p50Ms", Report::milliseconds(result.load.latencies.percentile(0.5))},
                {"generatorCpu", result.generatorShare()}}});
    }
    return {};
}

Result<void> measureGets(Bench &bench)
{
    const std::size_t count = bench.options.scaled(100'000);
    const Orders orders(Orders::Ids::Random);
    bench.folder.emptied("node-a");
    DRIFTLESS_TRY_ASSIGN(const auto node, ServedNode::start(bench, "node-a"));
    DRIFTLESS_TRY(node->fill(orders, count));
    DRIFTLESS_TRY_ASSIGN(
        const auto plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
    for (std::size_t first = 0; first < count; first += kBatch) {
        DRIFTLESS_TRY(plain->insert(orders.documents(first, kBatch)));
    }
    DRIFTLESS_TRY_ASSIGN(const auto clients, node->connect(kConnections));
    LoadGenerator generator(*clients);
    Comparison result;
    const auto idOf
        = [&orders, count](std::uint64_t index) { return orders.id(scrambled(index) % count); };
    for (int i = 0; i < kSlices; ++i) {
        const Nanoseconds cpu = node->process().cpuTime();
        DRIFTLESS_TRY_ASSIGN(Load load,
            generator.run(
                Nanoseconds(static_cast<std::int64_t>(bench.options.seconds * 1e9 / kSlices)),
                [&idOf](std::uint64_t index) { return getRequest(idOf(index)); }));
        result.nodeCpu += node->process().cpuTime() - cpu;
        result.load += std::move(load);
        const Stopwatch watch;
        for (; result.documents < generator.sent(); ++result.documents) {
            DRIFTLESS_TRY_ASSIGN(const qsizetype size, plain->select(idOf(result.documents)));
            DRIFTLESS_ASSERT(size == kBodyBytes);
        }
        result.plain += watch.elapsed();
    }
    DRIFTLESS_TRY(node->verify(orders, count));
    bench.report.add({"http-get",
        "GET by id over HTTP, 32 connections, " + Report::thousands(count) + " documents",
        result.perSecond(),
        "/s",
        result.ratio(),
        result.cpuRatio(),
        {"50,000/s", "70,000/s", {Bound::notBelow(result.perSecond(), 50'000, 70'000)}},
        {{"p50Ms", Report::milliseconds(result.load.latencies.percentile(0.5))},
            {"p99Ms", Report::milliseconds(result.load.latencies.percentile(0.99))},
            {"generatorCpu", result.generatorShare()}}});
    return {};
}

Result<void> measureMemory(Bench &bench)
{
    const std::size_t count = bench.options.scaled(100'000);
    const Orders orders(Orders::Ids::Ascending);
    bench.folder.emptied("node-a");
    NodeProcess::Memory written;
    {
        DRIFTLESS_TRY_ASSIGN(const auto node, ServedNode::start(bench, "node-a"));
        DRIFTLESS_TRY(node->fill(orders, count));
        DRIFTLESS_TRY(node->verify(orders, count));
        written = node->process().memory();
    }
    DRIFTLESS_TRY_ASSIGN(const auto node, ServedNode::start(bench, "node-a"));
    DRIFTLESS_TRY(node->verify(orders, count));
    const double restarted = node->process().memory().residentMb;
    const double most = std::max(written.residentMb, restarted);
    bench.report.add({"memory",
        "resident memory, " + Report::thousands(count)
            + " documents, after writing in batches or a restart",
        most,
        "MB",
        {},
        {},
        {"64 MB", "40 MB", {Bound::notAbove(most, 64, 40)}},
        {{"writtenMb", written.residentMb},
            {"peakMb", written.peakMb},
            {"afterRestartMb", restarted}}});
    return {};
}

constexpr std::array kRows {
    Row {"http-put", "durable single PUTs over HTTP, 32 connections", &measurePuts},
    Row {"http-lone-writer", "durable single PUTs over HTTP, one connection", &measureLoneWriter},
    Row {"http-get", "GET by id over HTTP, 32 connections", &measureGets},
    Row {"http-batch", "POST /api/batch of 1,000 documents", &measureBatches},
    Row {"memory", "resident memory with 100,000 documents", &measureMemory},
};

} // namespace

std::span<const Row> serverRows()
{
    return kRows;
}

} // namespace driftless::bench
