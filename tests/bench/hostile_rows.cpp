#include "hostile_client.h"
#include "requests.h"
#include "rows.h"
#include "served_node.h"

#include <algorithm>
#include <array>

namespace driftless::bench {

namespace {

constexpr int kConnections = 8; ///< of everybody else
constexpr Nanoseconds kPace = std::chrono::milliseconds(1); ///< between two of their requests
constexpr int kRounds = 3; ///< of quiet and attack in turn
constexpr int kAttackConnections = 500; ///< the node takes 512 of one address
constexpr std::size_t kDocuments = 10'000;
constexpr qsizetype kLargeBytes = 100'000;
constexpr char kLargePath[] = "/api/documents/large/1";

/// Of the others' requests.
struct Seen
{
    Latencies gets;
    Latencies puts;
};

std::vector<Attack> attacks()
{
    const QByteArray keys = QByteArray("Host: a\r\nDatabase: ") + kDatabase
        + "\r\nApiKey: " + kRootKey + "\r\nContent-Type: application/json\r\n";
    return {
        {"pipelining",
            "reads without end on each connection, all answers taken",
            kAttackConnections,
            {},
            getRequest(Orders(Orders::Ids::Random).id(1)).repeated(200),
            true,
            true},
        {"strangers",
            "requests without a key, without end",
            kAttackConnections,
            {},
            QByteArray("GET /api/documents HTTP/1.1\r\nHost: a\r\n\r\n").repeated(1'000),
            true,
            true},
        {"no-reader",
            "reads of 100 KB without end, no answer taken",
            kAttackConnections,
            {},
            request("GET", kLargePath).repeated(200),
            false,
            true},
        {"headers",
            "headers of 40 KB, each refused, over and over",
            kAttackConnections,
            {},
            "GET / HTTP/1.1\r\nX: " + QByteArray(40'000, 'x') + "\r\n\r\n",
            true,
            true},
        {"slow-headers",
            "30 KB of a header, and no more",
            kAttackConnections,
            "GET / HTTP/1.1\r\nX: " + QByteArray(30'000, 'x'),
            {},
            true,
            true},
        {"slow-bodies",
            "900 KB of a body of 1 MB, and no more",
            kAttackConnections,
            "PUT /api/documents/h/1 HTTP/1.1\r\n" + keys
                + "Content-Length: 1000000\r\n\r\n{\"a\":\"" + QByteArray(900'000, 'x'),
            {},
            true,
            true},
        {"writes",
            "writes of 100 KB without end",
            kAttackConnections,
            {},
            request(
                "PUT", "/api/documents/h/1", "{\"a\":\"" + QByteArray(kLargeBytes, 'x') + "\"}"),
            true,
            true},
    };
}

/// What the others meet, who ask at a moderate pace: reads and writes in turn. The time of each
/// counts from when it was due.
Result<void> askForAWhile(HttpClients &clients,
    const Orders &orders,
    Nanoseconds duration,
    std::uint64_t &index,
    Seen &seen)
{
    std::vector<Nanoseconds> due(static_cast<std::size_t>(clients.count()));
    std::vector<bool> isWrite(due.size());
    const Nanoseconds end = now() + duration;
    Nanoseconds next = now();
    int busy = 0;
    const HttpClients::OnAnswer onAnswer = [&](const HttpAnswer &answer) -> Result<void> {
        const auto place = static_cast<std::size_t>(answer.connection);
        if (answer.status != 200) {
            return Error {ErrorCode::Internal,
                "Somebody else's request was answered with " + QByteArray::number(answer.status)
                    + '.',
                {}};
        }
        (isWrite[place] ? seen.puts : seen.gets).add(now() - due[place]);
        --busy;
        return {};
    };
    while (now() < end || busy > 0) {
        for (int i = 0; i < clients.count() && next <= now() && now() < end; ++i) {
            if (clients.isBusy(i)) {
                continue;
            }
            const auto place = static_cast<std::size_t>(i);
            due[place] = std::exchange(next, next + kPace);
            isWrite[place] = ++index % 2 == 0;
            const std::uint64_t document = scrambled(index) % kDocuments;
            DRIFTLESS_TRY(clients.send(i,
                isWrite[place] ? putRequest({orders.id(document),
                    orders.body(document, static_cast<int>(index % 1'000'000))})
                               : getRequest(orders.id(document))));
            ++busy;
        }
        const Nanoseconds left = next - now();
        DRIFTLESS_TRY(
            clients.wait(std::clamp(left, Nanoseconds(0), Nanoseconds(1'000'000)), onAnswer));
    }
    return {};
}

Result<void> measureAttack(Bench &bench, const Attack &attack)
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
    std::uint64_t index = 0;
    double quietPeakMb = 0;
    for (int round = 0; round < kRounds; ++round) {
        DRIFTLESS_TRY(askForAWhile(*clients, orders, slice, index, quiet));
        quietPeakMb = round == 0 ? node->process().memory().peakMb : quietPeakMb;
        const HostileClient hostile(node->port(), attack);
        DRIFTLESS_TRY(askForAWhile(*clients, orders, slice, index, attacked));
    }
    const auto ms
        = [](Latencies &latencies) { return Report::milliseconds(latencies.percentile(0.99)); };
    bench.report.add({QByteArray("hostile-") + attack.name,
        "memory that one client costs: " + QByteArray(attack.what),
        node->process().memory().peakMb - quietPeakMb,
        "MB",
        {},
        {},
        "64 MB; p99 of the others below twice the quiet one",
        {{"getP99Ms", ms(attacked.gets)},
            {"quietGetP99Ms", ms(quiet.gets)},
            {"putP99Ms", ms(attacked.puts)},
            {"quietPutP99Ms", ms(quiet.puts)}}});
    return {};
}

Result<void> measureHostile(Bench &bench)
{
    for (const Attack &attack : attacks()) {
        DRIFTLESS_TRY(measureAttack(bench, attack));
    }
    return {};
}

constexpr std::array kRows {
    Row {"hostile", "what one client at its worst costs the node and the others", &measureHostile},
};

} // namespace

std::span<const Row> hostileRows()
{
    return kRows;
}

} // namespace driftless::bench
