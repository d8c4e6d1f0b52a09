#include "engine/query_runner.h"

#include "core/random.h"
#include "engine/query_catalog.h"
#include "engine/query_watch.h"
#include "engine/row_pipe.h"
#include "engine/row_writer.h"

namespace driftless::engine {

namespace {

constexpr qsizetype kWholeBytesMax = 256'000; ///< of rows that are answered at once

Error tooLarge(qsizetype bytesMax)
{
    return {ErrorCode::TooLarge,
        "The query needs more than the " + QByteArray::number(bytesMax)
            + " bytes that Node:Limits:QueryBytes allows. Ask for fewer rows or fewer members.",
        {},
        Limit::QueryBytes};
}

bool isWholeDocument(const query::Expression &expression)
{
    return expression.kind == query::ExpressionKind::Path
        && expression.root == query::PathRoot::Root && expression.steps.empty();
}

/// Whether `_sys_…` of whole documents are looked at. `SELECT $` hands them on, and they are taken
/// away again unless the client wants them.
bool showsFacts(const query::Select &select, bool includesReserved)
{
    const bool isRow = select.items.size() == 1 && isWholeDocument(*select.items[0].expression);
    if (!isRow || includesReserved) {
        return true;
    }
    query::Select rest = select;
    rest.items.clear();
    return query::fieldsOf(rest).isAll();
}

/// One state of the database while it lives.
class Snapshot
{
public:
    explicit Snapshot(storage::DocumentReader &reader)
        : m_reader(reader)
    {
    }
    ~Snapshot() { m_reader.endSnapshot(); }
    Snapshot(const Snapshot &) = delete;
    Snapshot &operator=(const Snapshot &) = delete;

private:
    storage::DocumentReader &m_reader;
};

} // namespace

Result<qint64> runSelect(const QueryText &text,
    const QueryRequest &request,
    storage::DocumentReader &reader,
    const storage::ReadToken &token,
    qsizetype bytesMax,
    const RowSink &sink)
{
    const auto &select = std::get<query::Select>(text.statement);
    SystemClock clock;
    SystemRandom random;
    DRIFTLESS_TRY(reader.beginSnapshot(token));
    const Snapshot snapshot(reader);
    QueryCatalog::Options options;
    options.database = request.database;
    options.showsFacts = showsFacts(select, request.includesReserved);
    QueryCatalog catalog(reader.visibleDocuments(), std::move(options));
    QueryWatch watch(token);
    const query::Services services {clock, random, watch.budget()};
    const RowWriter writer(request.format, request.includesReserved);
    qint64 count = 0;
    QByteArray row;
    DRIFTLESS_TRY(query::runSelect(select,
        {catalog, text.parameters, services, &watch, static_cast<std::size_t>(bytesMax)},
        [&](const query::Value &value) -> Result<bool> {
            row.resize(0); // its memory serves the next one
            writer.append(row, value);
            DRIFTLESS_TRY_ASSIGN(const bool goesOn, sink(row));
            return ++count < text.take && goesOn;
        }));
    return count;
}

void answerSelect(const QueryText &text,
    const QueryRequest &request,
    storage::DocumentReader &reader,
    const std::shared_ptr<storage::ReadToken> &token,
    const Settings &settings,
    Executor &front,
    const std::function<void(Result<QueryOutcome>)> &answer)
{
    QueryOutcome outcome;
    outcome.text = text.text;
    outcome.requestedTake = text.take;
    std::shared_ptr<RowPipe> pipe;
    QByteArray rows = "[";
    const auto pass = [&](const QByteArray &row) -> Result<bool> {
        if (row.size() > settings.queryBytesMax) {
            return tooLarge(settings.queryBytesMax);
        }
        rows.append(!pipe && rows.size() == 1 ? "" : ",").append(row);
        if (rows.size() < (pipe ? RowPipe::kPieceBytes : kWholeBytesMax)) {
            return true;
        }
        if (pipe) {
            DRIFTLESS_TRY(pipe->write(std::exchange(rows, {})));
            return true;
        }
        pipe = std::make_shared<RowPipe>(front, token, settings.queryStallMax);
        outcome.more = pipe;
        outcome.rows = std::exchange(rows, {});
        answer(std::move(outcome));
        return true;
    };
    Result<qint64> count = runSelect(text, request, reader, *token, settings.queryBytesMax, pass);
    if (pipe) {
        if (const auto written = count && !rows.isEmpty() ? pipe->write(rows) : Result<void>();
            !written) {
            count = written.error();
        }
        pipe->finish(std::move(count));
        return;
    }
    if (!count) {
        answer(count.error());
        return;
    }
    outcome.matched = outcome.returned = *count;
    outcome.rows = rows.append(']');
    answer(std::move(outcome));
}

} // namespace driftless::engine
