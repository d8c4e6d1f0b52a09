#include "core/clock.h"
#include "engine/query_runner.h"
#include "plain_sqlite.h"
#include "requests.h"
#include "rows.h"
#include "served_node.h"

#include <algorithm>
#include <array>
#include <thread>

namespace driftless::bench {

namespace {

constexpr std::size_t kDocuments = 1'000'000;
constexpr std::size_t kBatch = 1'000;
constexpr std::size_t kRowsOfOne = 20; ///< documents with the same Revision
constexpr std::size_t kUpdated = 100'000;
constexpr std::size_t kWritten = 50'000; ///< to each of two collections
constexpr int kScans = 3;
constexpr int kLookups = 2'000;
constexpr int kParsed = 20'000;
constexpr std::chrono::milliseconds kReadMax {60'000};
constexpr std::chrono::milliseconds kIndexLook {50};
constexpr std::chrono::minutes kIndexMax {10};
constexpr qsizetype kQueryMemory = 256'000'000;

QByteArray queryBody(const QByteArray &statement, const QByteArray &members = {})
{
    return R"({"Query":")" + statement + '"' + members + '}';
}

Error unexpected(const QByteArray &what, const QByteArray &answer)
{
    return {ErrorCode::Internal, what + " was answered with " + answer.left(300), {}};
}

/// The number behind a member's name; -1 if it is not there.
qint64 numberIn(const QByteArray &json, const QByteArray &name)
{
    const qsizetype at = json.indexOf('"' + name + "\":");
    return at < 0 ? -1
                  : json.mid(at + name.size() + 3)
                        .split(',')
                        .front()
                        .split('}')
                        .front()
                        .trimmed()
                        .toLongLong();
}

/// One node and plain SQLite with the same documents.
class Shop
{
public:
    static Result<std::unique_ptr<Shop>> open(Bench &bench)
    {
        std::unique_ptr<Shop> shop(new Shop(bench));
        bench.folder.emptied("node-a");
        DRIFTLESS_TRY_ASSIGN(shop->m_node, ServedNode::start(bench, "node-a"));
        DRIFTLESS_TRY_ASSIGN(
            shop->m_plain, PlainSqlite::open(bench.folder.emptied("plain") + "/plain.db"));
        DRIFTLESS_TRY(shop->fill());
        return shop;
    }

    [[nodiscard]] std::size_t count() const { return m_count; }
    [[nodiscard]] QByteArray databasePath() const
    {
        return m_bench.folder.path() + "/node-a/node-a/" + kDatabase + ".db";
    }
    ServedNode &node() { return *m_node; }
    PlainSqlite &plain() { return *m_plain; }
    [[nodiscard]] int revisionOf(std::uint64_t index) const
    {
        return static_cast<int>(index % (std::max(m_count, kRowsOfOne) / kRowsOfOne));
    }

    Result<QByteArray> query(const QByteArray &statement, const QByteArray &members = {})
    {
        return m_node->call("POST", "/api/query", queryBody(statement, members));
    }

private:
    explicit Shop(Bench &bench)
        : m_bench(bench)
        , m_count(std::max<std::size_t>(kBatch,
              static_cast<std::size_t>(static_cast<double>(kDocuments) * bench.options.scale)
                  / kBatch * kBatch))
    {
    }

    Result<void> fill()
    {
        const Orders orders(Orders::Ids::Ascending);
        for (std::size_t first = 0; first < m_count; first += kBatch) {
            std::vector<Document> batch;
            for (std::size_t i = first; i < first + kBatch; ++i) {
                batch.push_back({orders.id(i), orders.body(i, revisionOf(i))});
            }
            DRIFTLESS_TRY(m_plain->insert(batch));
            DRIFTLESS_TRY(m_node->send(batchRequest(batch)));
        }
        return {};
    }

    Bench &m_bench;
    const std::size_t m_count;
    std::unique_ptr<ServedNode> m_node;
    std::unique_ptr<PlainSqlite> m_plain;
};

/// A statement over all documents against what plain SQLite says for the same.
struct Scan
{
    const char *row;
    const char *what;
    const char *statement;
    const char *sql;
    double atLeast; ///< time here / time of plain SQLite
    double aim;
    const char *atLeastText;
    const char *aimText;
};

constexpr std::array kScansOfAll {
    Scan {"query-filter",
        "query: filter on one member, all documents read",
        "SELECT COUNT(*) AS n FROM orders WHERE Total > 900",
        "SELECT count(*) FROM documents WHERE json_extract(body, '$.Total') > 900",
        1.0,
        0.5,
        "as fast as plain",
        "2x faster"},
    Scan {"query-group",
        "query: GROUP BY one member with SUM of another, all documents read",
        "SELECT @key AS s, SUM(*.Total) AS n FROM orders GROUP BY Status",
        "SELECT count(*) FROM (SELECT json_extract(body, '$.Status'), sum(json_extract(body, "
        "'$.Total')) FROM documents GROUP BY 1)",
        0.5,
        0.25,
        "2x faster than plain",
        "4x faster"},
};

Result<void> measureScan(Bench &bench, Shop &shop, const Scan &scan)
{
    Nanoseconds here {0};
    Nanoseconds plain {0};
    for (int i = 0; i < kScans; ++i) {
        Nanoseconds begin = now();
        DRIFTLESS_TRY(shop.query(scan.statement));
        here += now() - begin;
        begin = now();
        DRIFTLESS_TRY(shop.plain().ask(scan.sql));
        plain += now() - begin;
    }
    const double ratio = Report::ratio(here, plain);
    bench.report.add({scan.row,
        scan.what,
        Report::milliseconds(here / kScans),
        "ms",
        ratio,
        {},
        {scan.atLeastText, scan.aimText, {Bound::notAbove(ratio, scan.atLeast, scan.aim)}},
        {{"documents", static_cast<double>(shop.count())},
            {"plainMs", Report::milliseconds(plain / kScans)}}});
    return {};
}

Result<void> makeIndex(ServedNode &node, const QByteArray &collection, const QByteArray &name)
{
    const QByteArray path = "/api/indexes/" + collection + '/' + name;
    DRIFTLESS_TRY(node.call("PUT", path, R"({"Expression":"$.Revision"})"));
    const Nanoseconds end = now() + kIndexMax;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const QByteArray state, node.call("GET", path));
        if (state.contains("\"State\":\"Ready\"")) {
            return {};
        }
        if (now() > end) {
            return unexpected("An index that is being made", state);
        }
        std::this_thread::sleep_for(kIndexLook);
    }
}

QByteArray lookup(int revision)
{
    return "SELECT $ FROM orders WHERE Revision = " + QByteArray::number(1'000'000 + revision);
}

/// The statement alone, on this thread, by a reader of its own.
Result<Latencies> timeInEngine(Shop &shop)
{
    DRIFTLESS_TRY_ASSIGN(
        const auto reader, storage::DocumentReader::open(shop.databasePath(), kReadMax));
    Latencies latencies;
    for (int i = 0; i < kLookups; ++i) {
        engine::QueryRequest request;
        request.text = lookup(shop.revisionOf(scrambled(static_cast<std::uint64_t>(i))));
        const Nanoseconds begin = now();
        DRIFTLESS_TRY_ASSIGN(const engine::QueryText text, engine::readQuery(request));
        const storage::ReadToken token(kReadMax);
        qint64 bytes = 0;
        DRIFTLESS_TRY_ASSIGN(const qint64 rows,
            engine::runSelect(text,
                request,
                *reader,
                token,
                kQueryMemory,
                [&bytes](const QByteArray &row) -> Result<bool> {
                    bytes += row.size();
                    return true;
                }));
        latencies.add(now() - begin);
        if (rows != static_cast<qint64>(kRowsOfOne)) {
            return unexpected(request.text, QByteArray::number(rows) + " rows");
        }
    }
    return latencies;
}

Result<void> measureLookups(Bench &bench, Shop &shop)
{
    const Nanoseconds begin = now();
    DRIFTLESS_TRY(makeIndex(shop.node(), kCollection, "revision"));
    const Nanoseconds built = now() - begin;
    Latencies overHttp;
    for (int i = 0; i < kLookups; ++i) {
        const QByteArray statement
            = lookup(shop.revisionOf(scrambled(static_cast<std::uint64_t>(i))));
        const Nanoseconds sent = now();
        DRIFTLESS_TRY_ASSIGN(const QByteArray answer, shop.query(statement));
        overHttp.add(now() - sent);
        if (numberIn(answer, "ReturnedRows") != static_cast<qint64>(kRowsOfOne)) {
            return unexpected(statement, answer);
        }
    }
    const double httpMs = Report::milliseconds(overHttp.percentile(0.5));
    bench.report.add({"query-indexed",
        "query: indexed equality, 20 rows, over HTTP, one connection (p50)",
        httpMs,
        "ms",
        {},
        {},
        {"0.4 ms", "0.2 ms", {Bound::notAbove(httpMs, 0.4, 0.2)}},
        {{"p99Ms", Report::milliseconds(overHttp.percentile(0.99))},
            {"indexBuiltMs", Report::milliseconds(built)}}});
    DRIFTLESS_TRY_ASSIGN(Latencies inEngine, timeInEngine(shop));
    const double engineMs = Report::milliseconds(inEngine.percentile(0.5));
    bench.report.add({"query-indexed-engine",
        "query: the same in the engine (p50)",
        engineMs,
        "ms",
        {},
        {},
        {"0.08 ms", "0.04 ms", {Bound::notAbove(engineMs, 0.08, 0.04)}},
        {{"p99Ms", Report::milliseconds(inEngine.percentile(0.99))}}});
    return {};
}

Result<void> measureParsing(Bench &bench)
{
    engine::QueryRequest request;
    request.text = "SELECT Id, Customer.Name AS name, Total FROM orders WHERE Status = 'open' AND "
                   "Total > 100 ORDER BY Date DESC LIMIT 50";
    Latencies latencies;
    for (int i = 0; i < kParsed; ++i) {
        const Nanoseconds begin = now();
        DRIFTLESS_TRY(engine::readQuery(request));
        latencies.add(now() - begin);
    }
    const double ms = Report::milliseconds(latencies.percentile(0.5));
    bench.report.add({"query-parse",
        "query: a usual statement read and checked (p50)",
        ms,
        "ms",
        {},
        {},
        {"0.04 ms", "0.015 ms", {Bound::notAbove(ms, 0.04, 0.015)}},
        {{"p99Ms", Report::milliseconds(latencies.percentile(0.99))}}});
    return {};
}

Result<void> measureUpdate(Bench &bench, Shop &shop)
{
    const std::size_t wanted = std::min(kUpdated, shop.count());
    const auto below = static_cast<int>(wanted / kRowsOfOne);
    const QByteArray statement = "UPDATE orders SET Currency = 'SEK' WHERE Revision < "
        + QByteArray::number(1'000'000 + below);
    const Nanoseconds begin = now();
    DRIFTLESS_TRY_ASSIGN(const QByteArray answer, shop.query(statement, R"(,"Atomic":false)"));
    const Nanoseconds took = now() - begin;
    const qint64 applied = numberIn(answer, "AppliedCount");
    if (applied != static_cast<qint64>(wanted)) {
        return unexpected(statement, answer);
    }
    const double perSecond = static_cast<double>(applied) / Report::seconds(took);
    bench.report.add({"query-update",
        "query: UPDATE of " + Report::thousands(wanted) + " documents, not atomic",
        perSecond,
        "/s",
        {},
        {},
        {"40,000/s", "60,000/s", {Bound::notBelow(perSecond, 40'000, 60'000)}},
        {}});
    return {};
}

/// The same documents to a collection with an index and to one without, in turn.
Result<void> measureIndexCost(Bench &bench, Shop &shop)
{
    const Orders orders(Orders::Ids::Ascending);
    DRIFTLESS_TRY(shop.node().call("PUT", "/api/documents/indexed/1", R"({"Revision":1})"));
    DRIFTLESS_TRY(makeIndex(shop.node(), "indexed", "revision"));
    const auto count = std::max<std::size_t>(kBatch,
        static_cast<std::size_t>(static_cast<double>(kWritten) * bench.options.scale) / kBatch
            * kBatch);
    Nanoseconds with {0};
    Nanoseconds without {0};
    for (std::size_t first = 0; first < count; first += kBatch) {
        std::vector<Document> batch;
        for (std::size_t i = first; i < first + kBatch; ++i) {
            batch.push_back({orders.id(i), orders.body(i, shop.revisionOf(scrambled(i)))});
        }
        for (const bool isIndexed : {first % (2 * kBatch) == 0, first % (2 * kBatch) != 0}) {
            const QByteArray sent = batchRequest(batch, isIndexed ? "indexed" : "plain");
            const Nanoseconds begin = now();
            DRIFTLESS_TRY(shop.node().send(sent));
            (isIndexed ? with : without) += now() - begin;
        }
    }
    const double ratio = Report::ratio(with, without);
    bench.report.add({"query-index-cost",
        "query: writing with one scalar index against without, batches of 1,000",
        ratio,
        "x",
        {},
        {},
        {"1.35x", "1.2x", {Bound::notAbove(ratio, 1.35, 1.2)}},
        {{"perSecond", static_cast<double>(count) / Report::seconds(with)}}});
    return {};
}

Result<void> measureQueries(Bench &bench)
{
    DRIFTLESS_TRY(measureParsing(bench));
    DRIFTLESS_TRY_ASSIGN(const auto shop, Shop::open(bench));
    for (const Scan &scan : kScansOfAll) {
        DRIFTLESS_TRY(measureScan(bench, *shop, scan));
    }
    DRIFTLESS_TRY(measureLookups(bench, *shop));
    DRIFTLESS_TRY(measureUpdate(bench, *shop));
    return measureIndexCost(bench, *shop);
}

constexpr std::array kRows {Row {"query", "statements over a million documents", &measureQueries}};

} // namespace

std::span<const Row> queryRows()
{
    return kRows;
}

} // namespace driftless::bench
