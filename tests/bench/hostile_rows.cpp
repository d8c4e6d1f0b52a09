#include "hostile_client.h"
#include "requests.h"
#include "rows.h"
#include "served_node.h"

#include <algorithm>
#include <array>
#include <sched.h>
#include <utility>

namespace driftless::bench {

namespace {

constexpr int kConnections = 16; ///< of everybody else
constexpr Nanoseconds kPace
    = std::chrono::milliseconds(2); ///< between two of their reads, or writes
constexpr Nanoseconds kPauseMin = std::chrono::microseconds(100);
constexpr int kRounds = 3; ///< of quiet and attack in turn
constexpr std::size_t kDocuments = 10'000;
constexpr qsizetype kLargeBytes = 100'000;
constexpr char kLargePath[] = "/api/documents/large/1";
constexpr char kListPath[] = "/api/documents/orders?take=10000";

/// Of the others' requests.
struct Seen
{
    Latencies gets;
    Latencies puts;
};

QByteArray largeWrite(qsizetype bytes)
{
    return request("PUT", "/api/documents/h/1", "{\"a\":\"" + QByteArray(bytes, 'x') + "\"}");
}

Attack nobody()
{
    return {.connections = 0};
}

Attack pipelining()
{
    return {.opening = {},
        .repeated = getRequest(Orders(Orders::Ids::Random).id(1)).repeated(200),
        .isReading = true};
}

Attack strangers()
{
    return {.opening = {},
        .repeated = QByteArray("GET /api/documents HTTP/1.1\r\nHost: a\r\n\r\n").repeated(1'000),
        .isReading = true};
}

Attack noReader()
{
    return {
        .opening = {}, .repeated = request("GET", kLargePath).repeated(200), .isReading = false};
}

Attack lists()
{
    return {.opening = {}, .repeated = request("GET", kListPath).repeated(20), .isReading = true};
}

Attack untakenLists()
{
    return {.opening = {}, .repeated = request("GET", kListPath).repeated(20), .isReading = false};
}

Attack headers()
{
    return {.opening = {},
        .repeated = "GET / HTTP/1.1\r\nX: " + QByteArray(40'000, 'x') + "\r\n\r\n",
        .isReading = true};
}

Attack reconnects()
{
    return {.opening = {},
        .repeated = QByteArray("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        .isReading = true};
}

Attack slowHeaders()
{
    return {.opening = "GET / HTTP/1.1\r\nX: " + QByteArray(30'000, 'x'),
        .repeated = {},
        .isReading = true};
}

Attack slowBodies()
{
    return {.opening = largeWrite(1'000'000).chopped(100'000), .repeated = {}, .isReading = true};
}

Attack writes()
{
    return {.opening = {}, .repeated = largeWrite(kLargeBytes), .isReading = true};
}

Attack batches()
{
    return {.opening = {},
        .repeated = batchRequest(Orders(Orders::Ids::Random).documents(kDocuments, 1'000)),
        .isReading = true};
}

/// What the others meet, who ask at a moderate pace, some for reads and some for writes, so that no
/// read waits for a slow disk. The time of each request counts from when it was due.
class Others
{
public:
    Others(HttpClients &clients, const Orders &orders)
        : m_clients(clients)
        , m_orders(orders)
    {
    }

    Result<void> askFor(Nanoseconds duration, Seen &seen)
    {
        const Nanoseconds end = now() + duration;
        m_nextRead = m_nextWrite = now();
        const HttpClients::OnAnswer onAnswer = [&](const HttpAnswer &answer) -> Result<void> {
            if (answer.status != 200) {
                return Error {ErrorCode::Internal,
                    "Somebody else's request was answered with " + QByteArray::number(answer.status)
                        + '.',
                    {}};
            }
            const auto place = static_cast<std::size_t>(answer.connection);
            (isReader(answer.connection) ? seen.gets : seen.puts).add(now() - m_due[place]);
            --m_busy;
            return {};
        };
        while (now() < end || m_busy > 0) {
            for (int i = 0; i < m_clients.count() && now() < end; ++i) {
                const int connection = (m_first + i) % m_clients.count();
                Nanoseconds &next = isReader(connection) ? m_nextRead : m_nextWrite;
                if (!m_clients.isBusy(connection) && next <= now()) {
                    m_due[static_cast<std::size_t>(connection)] = std::exchange(next, next + kPace);
                    DRIFTLESS_TRY(ask(connection));
                }
            }
            // All in turn: the node ends a connection that is quiet for long.
            m_first = (m_first + 1) % m_clients.count();
            // Never without a pause: spinning would take the processor from the node.
            DRIFTLESS_TRY(m_clients.wait(
                std::clamp(std::min(m_nextRead, m_nextWrite) - now(), kPauseMin, kPace), onAnswer));
        }
        return {};
    }

private:
    [[nodiscard]] bool isReader(int connection) const { return connection % 2 == 0; }

    Result<void> ask(int connection)
    {
        const std::uint64_t document = scrambled(++m_index) % kDocuments;
        const QByteArray id = m_orders.id(document);
        ++m_busy;
        return m_clients.send(connection,
            isReader(connection)
                ? getRequest(id)
                : putRequest({id, m_orders.body(document, static_cast<int>(m_index % 1'000'000))}));
    }

    HttpClients &m_clients;
    const Orders &m_orders;
    std::vector<Nanoseconds> m_due = std::vector<Nanoseconds>(kConnections);
    Nanoseconds m_nextRead {0};
    Nanoseconds m_nextWrite {0};
    int m_busy = 0;
    int m_first = 0;
    std::uint64_t m_index = 0;
};

/// Lets this thread, while it lives, run at once when an answer comes, as on a machine of its own;
/// otherwise it would wait for the processor that the attack keeps busy, and its wait would count
/// as the node's. Only root may; without the right the numbers are the worse.
class OwnMachine
{
public:
    OwnMachine()
    {
        const sched_param first {.sched_priority = 1};
        static_cast<void>(sched_setscheduler(0, SCHED_FIFO, &first));
    }
    ~OwnMachine()
    {
        const sched_param usual {};
        static_cast<void>(sched_setscheduler(0, SCHED_OTHER, &usual));
    }
    OwnMachine(const OwnMachine &) = delete;
    OwnMachine &operator=(const OwnMachine &) = delete;
};

/// A line of the report: what `attack` costs.
Result<void> measureAttack(Bench &bench, const char *name, const char *what, const Attack &attack)
{
    const Orders orders(Orders::Ids::Random);
    bench.folder.emptied("node-a");
    DRIFTLESS_TRY_ASSIGN(const auto node, ServedNode::start(bench, "node-a"));
    DRIFTLESS_TRY(node->fill(orders, kDocuments));
    DRIFTLESS_TRY(
        node->call("PUT", kLargePath, "{\"a\":\"" + QByteArray(kLargeBytes, 'x') + "\"}"));
    DRIFTLESS_TRY_ASSIGN(const auto clients, node->connect(kConnections));
    const Nanoseconds slice(static_cast<std::int64_t>(bench.options.seconds * 1e9 / (2 * kRounds)));
    Seen quiet;
    Seen attacked;
    Others others(*clients, orders);
    double quietPeakMb = 0;
    const OwnMachine ownMachine; // begins behind the node, which would inherit it
    for (int round = 0; round < kRounds; ++round) {
        DRIFTLESS_TRY(others.askFor(slice, quiet));
        quietPeakMb = round == 0 ? node->process().memory().peakMb : quietPeakMb;
        auto hostile = std::make_unique<HostileClient>(node->port(), attack);
        DRIFTLESS_TRY(others.askFor(slice * 3 / 4, attacked));
        hostile.reset(); // the end of all its connections is a part of what it costs
        DRIFTLESS_TRY(others.askFor(slice / 4, attacked));
    }
    const auto at = [](Latencies &latencies, double share) {
        return Report::milliseconds(latencies.percentile(share));
    };
    const double getRatio = at(attacked.gets, 0.99) / at(quiet.gets, 0.99);
    const double putRatio = at(attacked.puts, 0.99) / at(quiet.puts, 0.99);
    const double ratio = std::max(getRatio, putRatio);
    const double memoryMb = node->process().memory().peakMb - quietPeakMb;
    bench.report.add({name,
        "one client: " + QByteArray(what),
        memoryMb,
        "MB",
        {},
        {},
        {"64 MB, p99 of others 2x",
            {},
            {Bound::notAbove(memoryMb, 64, 64), Bound::notAbove(ratio, 2, 2)}},
        {{"p99Ratio", ratio},
            {"getP99Ms", at(attacked.gets, 0.99)},
            {"quietGetP99Ms", at(quiet.gets, 0.99)},
            {"putP99Ms", at(attacked.puts, 0.99)},
            {"quietPutP99Ms", at(quiet.puts, 0.99)},
            {"getP50Ms", at(attacked.gets, 0.5)},
            {"quietGetP50Ms", at(quiet.gets, 0.5)}}});
    return {};
}

struct NamedAttack
{
    const char *name;
    const char *what;
    Attack (*make)();
};

constexpr std::array kAttacks {
    NamedAttack {
        "hostile-nobody", "nothing: what the machine itself does to these numbers", &nobody},
    NamedAttack {"hostile-pipelining",
        "reads without end on each connection, all answers taken",
        &pipelining},
    NamedAttack {"hostile-strangers", "requests without a key, without end", &strangers},
    NamedAttack {"hostile-no-reader", "reads of 100 KB without end, no answer taken", &noReader},
    NamedAttack {"hostile-lists", "lists of 8 MB without end, all taken", &lists},
    NamedAttack {"hostile-untaken-lists", "lists of 8 MB without end, none taken", &untakenLists},
    NamedAttack {"hostile-headers", "headers of 40 KB, each refused, over and over", &headers},
    NamedAttack {"hostile-reconnects", "connections, each ended after one request", &reconnects},
    NamedAttack {"hostile-slow-headers", "30 KB of a header, and no more", &slowHeaders},
    NamedAttack {"hostile-slow-bodies", "900 KB of a body of 1 MB, and no more", &slowBodies},
    NamedAttack {"hostile-writes", "writes of 100 KB without end", &writes},
    NamedAttack {"hostile-batches", "batches of 1,000 documents without end", &batches},
};

template <std::size_t place> Result<void> measure(Bench &bench)
{
    const NamedAttack &attack = kAttacks[place];
    return measureAttack(bench, attack.name, attack.what, attack.make());
}

template <std::size_t... places> constexpr auto rowsOf(std::index_sequence<places...> /*places*/)
{
    return std::array {Row {kAttacks[places].name, kAttacks[places].what, &measure<places>}...};
}

constexpr auto kRows = rowsOf(std::make_index_sequence<kAttacks.size()>());

} // namespace

std::span<const Row> hostileRows()
{
    return kRows;
}

} // namespace driftless::bench
