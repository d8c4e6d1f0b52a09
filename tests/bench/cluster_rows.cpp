#include "mesh.h"
#include "plain_sqlite.h"
#include "requests.h"
#include "rows.h"
#include "visibility_probe.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

namespace driftless::bench {

namespace {

Result<void> measureVisibility(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(const auto nodes, startMesh(bench, 2));
    std::vector<std::uint16_t> ports(17, nodes.front()->port());
    ports.front() = nodes.back()->port();
    DRIFTLESS_TRY_ASSIGN(const auto clients, HttpClients::open(ports, HttpClients::Bodies::Drop));
    const Orders orders(Orders::Ids::Ascending);
    VisibilityProbe probe(*clients, orders);
    const Nanoseconds begin = now();
    DRIFTLESS_TRY(probe.run(Nanoseconds(static_cast<std::int64_t>(bench.options.seconds * 1e9))));
    const double perSecond = static_cast<double>(probe.written) / Report::seconds(now() - begin);
    DRIFTLESS_TRY(waitUntilEqual(nodes, probe.written + 1));
    DRIFTLESS_TRY(nodes.back()->verify(orders, probe.written));
    const double p50 = Report::milliseconds(probe.latencies.percentile(0.5));
    const double p99 = Report::milliseconds(probe.latencies.percentile(0.99));
    const double commits = 2 * Report::milliseconds(bench.plainCommit);
    bench.report.add({"visible",
        "from the acknowledgement until a peer shows it, median, 1,000 writes/s",
        p50,
        "ms",
        {},
        {},
        {"p50 1, p99 5 ms (+2c)",
            "p50 0.4, p99 2.5 ms (+2c)",
            {Bound::notAbove(p50, 1 + commits, 0.4 + commits),
                Bound::notAbove(p99, 5 + commits, 2.5 + commits)}},
        {{"p99Ms", p99},
            {"twoPlainCommitsMs", commits},
            {"samples", static_cast<double>(probe.latencies.count())},
            {"writesPerSecond", perSecond}}});
    return {};
}

constexpr std::size_t kBatch = 1'000;

/// How far a copy was at a moment.
struct Mark
{
    std::uint64_t documents = 0;
    Cost cost;
};

/// The first documents, and then each fifth of them.
class Marks
{
public:
    explicit Marks(std::uint64_t documents)
        : m_documents(documents)
    {
    }
    void note(const Mark &mark)
    {
        if (mark.documents * kParts >= m_documents * m_marks.size()
            && (!m_marks.empty() || mark.documents > 0)) {
            m_marks.push_back(mark);
        }
    }
    [[nodiscard]] bool isComplete() const { return m_marks.size() == kParts + 1; }
    [[nodiscard]] const Mark &last() const { return m_marks.back(); }
    /// Documents a second in the last part against the first: below 1 it decays. By the wall clock
    /// or of the processor's time.
    [[nodiscard]] double lastAgainstFirst(Nanoseconds Cost::*clock) const
    {
        const std::size_t size = m_marks.size();
        return perSecond(m_marks[size - 2], m_marks[size - 1], clock)
            / perSecond(m_marks[0], m_marks[1], clock);
    }

private:
    static constexpr std::size_t kParts = 5;

    static double perSecond(const Mark &from, const Mark &to, Nanoseconds Cost::*clock)
    {
        return static_cast<double>(to.documents - from.documents)
            / Report::seconds(to.cost.*clock - from.cost.*clock);
    }

    const std::uint64_t m_documents;
    std::vector<Mark> m_marks;
};

Result<Marks> plainMarks(Bench &bench, const Orders &orders, std::size_t count)
{
    DRIFTLESS_TRY_ASSIGN(
        const auto plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
    Marks marks(count);
    Mark mark;
    for (std::size_t first = 0; first < count; first += kBatch) {
        const auto documents = orders.documents(first, kBatch);
        const Stopwatch watch;
        DRIFTLESS_TRY(plain->insert(documents));
        mark.cost += watch.elapsed();
        mark.documents += kBatch;
        marks.note(mark);
    }
    return marks;
}

/// Writes documents 0 to `count` one by one.
Result<void> writeSingly(const ServedNode &node, const Orders &orders, std::size_t count)
{
    DRIFTLESS_TRY_ASSIGN(const auto clients, node.connect(64));
    LoadGenerator generator(*clients);
    DRIFTLESS_TRY(generator.run(std::chrono::hours(1), [&orders, count](std::uint64_t index) {
        return index < count ? putRequest({orders.id(index), orders.body(index)}) : QByteArray();
    }));
    return {};
}

/// From the moment at which `empty` hears of a peer that has `count` documents.
Result<Marks> catchUp(ServedNode &empty, ServedNode &full, std::size_t count)
{
    Marks marks(count);
    const Nanoseconds cpu = empty.process().cpuTime();
    const Nanoseconds begin = now();
    DRIFTLESS_TRY(empty.setPeer(full));
    DRIFTLESS_TRY(full.setPeer(empty));
    while (!marks.isComplete()) {
        DRIFTLESS_TRY_ASSIGN(const auto state, empty.state());
        marks.note({state.documents, {now() - begin, empty.process().cpuTime() - cpu}});
        if (now() - begin > kSpreadMax) {
            return Error {ErrorCode::Timeout,
                "Only " + Report::thousands(state.documents)
                    + " documents arrived in five minutes.",
                {}};
        }
        std::this_thread::sleep_for(kPoll);
    }
    return marks;
}

Result<void> measureCatchUp(Bench &bench)
{
    const std::size_t count = std::max(bench.options.scaled(500'000), 50 * kBatch);
    const Orders orders(Orders::Ids::Ascending);
    for (const char *folder : {"node-a", "node-b"}) {
        bench.folder.emptied(folder);
    }
    Mesh nodes(2);
    DRIFTLESS_TRY_ASSIGN(nodes[0], ServedNode::start(bench, "node-a"));
    DRIFTLESS_TRY(writeSingly(*nodes[0], orders, count));
    DRIFTLESS_TRY_ASSIGN(nodes[1], ServedNode::start(bench, "node-b"));
    DRIFTLESS_TRY(nodes[1]->call("PUT", "/api/databases/shop"));
    DRIFTLESS_TRY_ASSIGN(const Marks node, catchUp(*nodes[1], *nodes[0], count));
    DRIFTLESS_TRY(waitUntilEqual(nodes, count));
    DRIFTLESS_TRY(nodes[1]->verify(orders, count));
    DRIFTLESS_TRY_ASSIGN(const Marks plain, plainMarks(bench, orders, count));
    const double perSecond = static_cast<double>(count) / Report::seconds(node.last().cost.wall);
    const double decay = node.lastAgainstFirst(&Cost::wall);
    const double plainDecay = plain.lastAgainstFirst(&Cost::wall);
    bench.report.add({"catch-up",
        "catch-up of an empty node, " + Report::thousands(count)
            + " operations (plain: 1,000 a commit)",
        perSecond,
        "/s",
        Report::ratio(node.last().cost.wall, plain.last().cost.wall),
        Report::ratio(node.last().cost.cpu, plain.last().cost.cpu),
        {"40,000/s, decay as plain",
            "80,000/s, decay as plain",
            {Bound::notBelow(perSecond, 40'000, 80'000),
                Bound::notBelow(decay, plainDecay, plainDecay)}},
        {{"lastFifthAgainstFirst", decay},
            {"plainLastFifthAgainstFirst", plainDecay},
            {"cpuLastFifthAgainstFirst", node.lastAgainstFirst(&Cost::cpu)},
            {"plainCpuLastFifthAgainstFirst", plain.lastAgainstFirst(&Cost::cpu)}}});
    return {};
}

constexpr std::size_t kMeshNodes = 5;
constexpr std::uint64_t kMeshDocuments = 1'000; ///< that all nodes write to by turns
constexpr Nanoseconds kMeshInterval = std::chrono::milliseconds(2);

Result<ServedNode::Received> receivedBy(const Mesh &nodes)
{
    ServedNode::Received sum;
    for (const auto &node : nodes) {
        DRIFTLESS_TRY_ASSIGN(const auto received, node->received());
        sum.applied += received.applied;
        sum.duplicates += received.duplicates;
        sum.leftOut += received.leftOut;
    }
    return sum;
}

struct MeshPlan
{
    const char *row;
    const char *what;
    std::size_t writers; ///< nodes that are written to
    std::uint64_t documents; ///< that are written again and again
};

/// What all nodes receive in all, for each write and each node that did not make it.
Result<void> measureMesh(Bench &bench, const MeshPlan &plan)
{
    DRIFTLESS_TRY_ASSIGN(const Mesh nodes, startMesh(bench, static_cast<int>(kMeshNodes)));
    std::vector<std::uint16_t> ports;
    for (std::size_t i = 0; i < 4 * kMeshNodes; ++i) {
        ports.push_back(nodes[i % plan.writers]->port());
    }
    DRIFTLESS_TRY_ASSIGN(const auto clients, HttpClients::open(ports, HttpClients::Bodies::Drop));
    DRIFTLESS_TRY_ASSIGN(const auto before, receivedBy(nodes));
    const Orders orders(Orders::Ids::Ascending);
    LoadGenerator generator(*clients);
    DRIFTLESS_TRY_ASSIGN(const Load load,
        generator.runAtRate(Nanoseconds(static_cast<std::int64_t>(bench.options.seconds * 1e9)),
            kMeshInterval,
            [&orders, &plan](std::uint64_t index) {
                const std::uint64_t document = index % plan.documents;
                return putRequest({orders.id(document),
                    orders.body(document, static_cast<int>(index / plan.documents))});
            }));
    DRIFTLESS_TRY(waitUntilEqual(nodes, std::min(load.answered, plan.documents) + 1));
    DRIFTLESS_TRY_ASSIGN(const auto after, receivedBy(nodes));
    const auto perWrite = [&load](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(load.answered)
            / static_cast<double>(kMeshNodes - 1);
    };
    const double transfers = perWrite(after.sum() - before.sum());
    bench.report.add({plan.row,
        plan.what,
        transfers,
        "x (n-1)",
        {},
        {},
        {"1.3x (n-1)", "1.1x (n-1)", {Bound::notAbove(transfers, 1.3, 1.1)}},
        {{"applied", perWrite(after.applied - before.applied)},
            {"duplicates", perWrite(after.duplicates - before.duplicates)},
            {"leftOut", perWrite(after.leftOut - before.leftOut)},
            {"writesPerSecond",
                static_cast<double>(load.answered) / Report::seconds(load.cost.wall)}}});
    return {};
}

Result<void> measureMesh(Bench &bench)
{
    constexpr auto kEndless = std::numeric_limits<std::uint64_t>::max();
    for (const MeshPlan &plan : {MeshPlan {"mesh-one-writer",
                                     "transfers per write, mesh of 5, 500 new documents/s at one",
                                     1,
                                     kEndless},
             MeshPlan {"mesh-all-write",
                 "transfers per write, mesh of 5, 500 new documents/s over all",
                 kMeshNodes,
                 kEndless},
             MeshPlan {"mesh-shared",
                 "transfers per write, mesh of 5, 500 writes/s over all to the same documents",
                 kMeshNodes,
                 kMeshDocuments}}) {
        DRIFTLESS_TRY(measureMesh(bench, plan));
    }
    return {};
}

Result<void> measureIdle(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(const auto nodes, startMesh(bench, 3));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    std::vector<Nanoseconds> before;
    before.reserve(nodes.size());
    for (const auto &node : nodes) {
        before.push_back(node->process().cpuTime());
    }
    const Nanoseconds begin = now();
    std::this_thread::sleep_for(std::chrono::duration<double>(bench.options.seconds));
    double most = 0; // percent of a core
    double sum = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const double share
            = 100 * Report::ratio(nodes[i]->process().cpuTime() - before[i], now() - begin);
        most = std::max(most, share);
        sum += share;
    }
    bench.report.add({"idle",
        "three connected nodes without work, the busiest one's share of a core",
        most,
        "%",
        {},
        {},
        {"0.5 % each", "0.1 % each", {Bound::notAbove(most, 0.5, 0.1)}},
        {{"meanPercent", sum / static_cast<double>(nodes.size())}}});
    return {};
}

constexpr std::array kRows {
    Row {"visible", "time until a write is visible on a peer", &measureVisibility},
    Row {"catch-up", "catch-up of an empty node", &measureCatchUp},
    Row {"mesh", "operations that five nodes send each other for a write", &measureMesh},
    Row {"idle", "three connected nodes without work", &measureIdle},
};

} // namespace

std::span<const Row> clusterRows()
{
    return kRows;
}

} // namespace driftless::bench
