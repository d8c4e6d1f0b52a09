#include "plain_sqlite.h"
#include "requests.h"
#include "rows.h"
#include "served_node.h"

#include <array>
#include <numeric>
#include <set>
#include <thread>

namespace driftless::bench {

namespace {

constexpr std::size_t kBatch = 1'000;
constexpr std::chrono::milliseconds kPoll {20};
constexpr Nanoseconds kSpreadMax = std::chrono::seconds(120);

/// Nodes that are all each other's peers, each with an empty folder.
Result<std::vector<std::unique_ptr<ServedNode>>> startMesh(Bench &bench, int count)
{
    std::vector<std::unique_ptr<ServedNode>> nodes;
    for (int i = 0; i < count; ++i) {
        const QByteArray name = QByteArray("node-") + static_cast<char>('a' + i);
        bench.folder.emptied(name);
        DRIFTLESS_TRY_ASSIGN(auto node, ServedNode::start(bench, name));
        nodes.push_back(std::move(node));
    }
    for (const auto &node : nodes) {
        for (const auto &other : nodes) {
            if (node != other) {
                DRIFTLESS_TRY(node->setPeer(*other));
            }
        }
    }
    return nodes;
}

/// Waits until all have as many documents, and the same digest.
Result<void> waitUntilEqual(
    std::span<const std::unique_ptr<ServedNode>> nodes, std::uint64_t documents)
{
    const Nanoseconds end = now() + kSpreadMax;
    while (now() < end) {
        std::set<QByteArray> digests;
        std::uint64_t least = documents;
        for (const auto &node : nodes) {
            DRIFTLESS_TRY_ASSIGN(const auto state, node->state());
            digests.insert(state.digest);
            least = std::min(least, state.documents);
        }
        if (digests.size() == 1 && least == documents) {
            return {};
        }
        std::this_thread::sleep_for(kPoll);
    }
    return Error {ErrorCode::Timeout, "The nodes did not become equal.", {}};
}

/// Writes at a steady rate to one node and asks another, as fast as it answers, for one of the
/// documents after the other: from its acknowledgement until it is there.
class VisibilityProbe
{
public:
    static constexpr Nanoseconds kInterval = std::chrono::milliseconds(1);

    VisibilityProbe(HttpClients &clients, const Orders &orders)
        : m_clients(clients)
        , m_orders(orders)
        , m_writes(static_cast<std::size_t>(clients.count() - 1))
    {
        m_idle.resize(m_writes.size());
        std::iota(m_idle.begin(), m_idle.end(), 1);
    }

    /// Connection 0 leads to the node that is asked, the others to the one that is written to.
    Result<void> run(Nanoseconds duration)
    {
        const Nanoseconds begin = now();
        const HttpClients::OnAnswer onAnswer = [this](const HttpAnswer &answer) {
            return answer.connection == 0 ? onRead(answer.status) : onWritten(answer);
        };
        while (now() < begin + duration) {
            const Nanoseconds due = begin + kInterval * static_cast<std::int64_t>(written);
            if (now() >= due && !m_idle.empty()) {
                const int connection = m_idle.back();
                m_idle.pop_back();
                m_writes[static_cast<std::size_t>(connection) - 1] = written;
                DRIFTLESS_TRY(m_clients.send(
                    connection, putRequest({m_orders.id(written), m_orders.body(written)})));
                ++written;
                continue;
            }
            DRIFTLESS_TRY(m_clients.wait(m_idle.empty() ? kInterval : due - now(), onAnswer));
        }
        while (m_asked || m_idle.size() < m_writes.size()) {
            DRIFTLESS_TRY(m_clients.wait(kInterval, onAnswer));
            if (now() > begin + duration + kSpreadMax) {
                return Error {ErrorCode::Timeout, "A document never came to the peer.", {}};
            }
        }
        return {};
    }

    std::uint64_t written = 0;
    Latencies latencies;

private:
    Result<void> onWritten(const HttpAnswer &answer)
    {
        if (answer.status != 200) {
            return Error {ErrorCode::Internal,
                "A write was answered with " + QByteArray::number(answer.status) + '.',
                {}};
        }
        m_idle.push_back(answer.connection);
        if (m_asked) {
            return {};
        }
        m_asked = m_writes[static_cast<std::size_t>(answer.connection) - 1];
        m_acknowledged = now();
        return ask();
    }

    Result<void> ask() { return m_clients.send(0, getRequest(m_orders.id(*m_asked))); }

    Result<void> onRead(int status)
    {
        if (status != 200) {
            return ask();
        }
        latencies.add(now() - m_acknowledged);
        m_asked.reset();
        return {};
    }

    HttpClients &m_clients;
    const Orders &m_orders;
    std::vector<std::uint64_t> m_writes; ///< by connection less one: what it writes
    std::vector<int> m_idle;
    std::optional<std::uint64_t> m_asked;
    Nanoseconds m_acknowledged {0};
};

Result<void> measureVisibility(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(const auto nodes, startMesh(bench, 2));
    DRIFTLESS_TRY(nodes.front()->call("PUT", "/api/documents/warmup/1", R"({"Id":"1"})"));
    DRIFTLESS_TRY(waitUntilEqual(nodes, 1));
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
    const Nanoseconds median = probe.latencies.percentile(0.5);
    bench.report.add({"visible",
        "from the acknowledgement until a peer shows it, median, 1,000 writes/s",
        Report::milliseconds(median),
        "ms",
        {},
        {},
        "p50 1 ms, p99 5 ms, + 2 plain commits",
        {{"p99Ms", Report::milliseconds(probe.latencies.percentile(0.99))},
            {"samples", static_cast<double>(probe.latencies.count())},
            {"writesPerSecond", perSecond}}});
    return {};
}

/// Operations a second in the last quarter against the first: below 1 it decays.
double lastAgainstFirst(std::span<const Nanoseconds> quarterEnds)
{
    return static_cast<double>(quarterEnds[0].count())
        / static_cast<double>((quarterEnds[3] - quarterEnds[2]).count());
}

Result<std::vector<Nanoseconds>> plainQuarters(
    Bench &bench, const Orders &orders, std::size_t count)
{
    DRIFTLESS_TRY_ASSIGN(
        const auto plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
    std::vector<Nanoseconds> ends;
    Nanoseconds spent {0};
    for (std::size_t first = 0; first < count; first += kBatch) {
        const auto documents = orders.documents(first, kBatch);
        const Stopwatch watch;
        DRIFTLESS_TRY(plain->insert(documents));
        spent += watch.elapsed().wall;
        if ((first + kBatch) * 4 >= count * (ends.size() + 1)) {
            ends.push_back(spent);
        }
    }
    return ends;
}

Result<void> measureCatchUp(Bench &bench)
{
    const std::size_t count = bench.options.scaled(100'000);
    const Orders orders(Orders::Ids::Ascending);
    for (const char *folder : {"node-a", "node-b"}) {
        bench.folder.emptied(folder);
    }
    std::vector<std::unique_ptr<ServedNode>> nodes(2);
    DRIFTLESS_TRY_ASSIGN(nodes[0], ServedNode::start(bench, "node-a"));
    {
        DRIFTLESS_TRY_ASSIGN(const auto clients, nodes[0]->connect(64));
        LoadGenerator generator(*clients);
        DRIFTLESS_TRY(generator.run(std::chrono::hours(1), [&orders, count](std::uint64_t index) {
            return index < count ? putRequest({orders.id(index), orders.body(index)})
                                 : QByteArray();
        }));
    }
    DRIFTLESS_TRY_ASSIGN(nodes[1], ServedNode::start(bench, "node-b"));
    DRIFTLESS_TRY(nodes[1]->call("PUT", "/api/databases/shop"));
    const Nanoseconds begin = now();
    DRIFTLESS_TRY(nodes[1]->setPeer(*nodes[0]));
    DRIFTLESS_TRY(nodes[0]->setPeer(*nodes[1]));
    std::vector<Nanoseconds> quarters;
    while (quarters.size() < 4) {
        DRIFTLESS_TRY_ASSIGN(const auto state, nodes[1]->state());
        const Nanoseconds spent = now() - begin;
        while (quarters.size() < 4 && state.documents * 4 >= count * (quarters.size() + 1)) {
            quarters.push_back(spent);
        }
        if (spent > kSpreadMax) {
            return Error {ErrorCode::Timeout,
                "Only " + QByteArray::number(quint64 {state.documents})
                    + " documents arrived in two minutes.",
                {}};
        }
        std::this_thread::sleep_for(kPoll);
    }
    DRIFTLESS_TRY(waitUntilEqual(nodes, count));
    DRIFTLESS_TRY(nodes[1]->verify(orders, count));
    DRIFTLESS_TRY_ASSIGN(const auto plain, plainQuarters(bench, orders, count));
    bench.report.add({"catch-up",
        "catch-up of an empty node, " + QByteArray::number(quint64 {count})
            + " operations (plain: 1,000 a commit)",
        static_cast<double>(count) / Report::seconds(quarters.back()),
        "/s",
        Report::ratio(quarters.back(), plain.back()),
        {},
        "40,000/s, decay no worse than plain SQLite's",
        {{"lastAgainstFirst", lastAgainstFirst(quarters)},
            {"plainLastAgainstFirst", lastAgainstFirst(plain)}}});
    return {};
}

Result<void> measureIdle(Bench &bench)
{
    DRIFTLESS_TRY_ASSIGN(const auto nodes, startMesh(bench, 3));
    DRIFTLESS_TRY(nodes.front()->call("PUT", "/api/documents/warmup/1", R"({"Id":"1"})"));
    DRIFTLESS_TRY(waitUntilEqual(nodes, 1));
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto spent = [&nodes] {
        Nanoseconds sum {0};
        for (const auto &node : nodes) {
            sum += node->process().cpuTime();
        }
        return sum;
    };
    const Nanoseconds before = spent();
    const Nanoseconds begin = now();
    std::this_thread::sleep_for(std::chrono::duration<double>(bench.options.seconds));
    const double share
        = Report::ratio(spent() - before, now() - begin) / static_cast<double>(nodes.size());
    bench.report.add({"idle",
        "three connected nodes without work, share of a core each",
        share * 100,
        "%",
        {},
        {},
        "0.5 %",
        {}});
    return {};
}

constexpr std::array kRows {
    Row {"visible", "time until a write is visible on a peer", &measureVisibility},
    Row {"catch-up", "catch-up of an empty node", &measureCatchUp},
    Row {"idle", "three connected nodes without work", &measureIdle},
};

} // namespace

std::span<const Row> clusterRows()
{
    return kRows;
}

} // namespace driftless::bench
