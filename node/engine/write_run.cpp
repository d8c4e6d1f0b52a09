#include "engine/write_run.h"

#include "core/case_fold.h"
#include "core/decimal.h"
#include "engine/insert_documents.h"
#include "engine/names.h"
#include "engine/query_catalog.h"
#include "engine/query_watch.h"
#include "engine/row_writer.h"
#include "query/syntax_error.h"
#include "wire/object_writer.h"

#include <algorithm>

namespace driftless::engine {

namespace {

using Requests = std::vector<WriteRequest>;

/// Of what is not atomic: the store thread is free again after some tens of milliseconds.
constexpr std::chrono::milliseconds kPause {6};
constexpr std::size_t kGroupMax = 500;

Error tooMany(std::size_t count, int operationsMax)
{
    return {ErrorCode::TooLarge,
        "The statement would write " + QByteArray::number(static_cast<qulonglong>(count))
            + " documents; one atomic group has at most " + QByteArray::number(operationsMax)
            + " (Node:Limits:GroupOperations). Nothing was written. Send \"Atomic\":false to write "
              "them in groups, or \"Take\" to write the first ones.",
        {},
        Limit::GroupOperations};
}

/// Members that are not a document's own.
bool isReserved(QByteArrayView folded)
{
    return folded == "_id" || folded.startsWith("_sys_");
}

void appendMember(QByteArray &out, const QByteArray &name, const QByteArray &value)
{
    out += out.isEmpty() ? '{' : ',';
    json::appendString(out, name);
    out += ':' + value;
}

Result<json::Object> checked(const QByteArray &members, qsizetype bytesMax)
{
    return json::Object::check(
        members.isEmpty() ? QByteArray("{}") : members + '}', {.bytesMax = bytesMax});
}

/// The same number as JSON, if it can be an addition.
std::optional<QByteArray> additionText(const std::optional<query::Value> &addend)
{
    if (!addend) {
        return std::nullopt;
    }
    QByteArray text
        = addend->type() == query::Type::Decimal ? addend->toDecimal().toText() : QByteArray();
    if (text.isEmpty()) {
        appendStored(text, *addend);
    }
    return Decimal::parseCounter(text) ? std::optional(text) : std::nullopt;
}

} // namespace

Result<WriteRequest> WriteRun::requestOf(
    const QByteArray &collection, const query::Change &change, const Settings &settings) const
{
    WriteRequest request;
    request.kind = WriteKind::Delete;
    request.collection = collection;
    request.id = change.id.bytes();
    request.mayInsert = false;
    if (change.kind == query::ChangeKind::Remove) {
        return request;
    }
    request.kind = WriteKind::Set;
    QByteArray members;
    QByteArray sums;
    for (const query::MemberChange &member : change.members) {
        const QByteArray folded = foldCase(member.name);
        if (isReserved(folded)) {
            continue;
        }
        if (folded == "id") {
            if (!member.value.isString() || member.value.bytes() != request.id) {
                return query::evaluationError("UPDATE: the Id of a document cannot change.");
            }
            continue;
        }
        QByteArray value;
        appendStored(value, member.value);
        if (const auto addition = additionText(member.addend)) {
            appendMember(members, member.name, R"({"$inc":)" + *addition + '}');
            appendMember(sums, member.name, value);
        } else {
            appendMember(members, member.name, value);
        }
    }
    DRIFTLESS_TRY_ASSIGN(request.body, checked(members, settings.documentBytesMax));
    if (!sums.isEmpty()) {
        DRIFTLESS_TRY_ASSIGN(request.sums, checked(sums, settings.documentBytesMax));
    }
    return request;
}

Result<Requests> WriteRun::insertNext(const query::Insert &insert, const Settings &settings)
{
    if (!m_inserts) {
        DRIFTLESS_TRY_ASSIGN(
            m_inserts, insertRequests(m_text.text, insert, settings.documentBytesMax));
        const std::size_t count = m_inserts->size();
        if (m_request.isAtomic && count > static_cast<std::size_t>(settings.groupOperationsMax)) {
            return tooMany(count, settings.groupOperationsMax);
        }
        m_matched = static_cast<qint64>(count);
        for (WriteRequest &request : *m_inserts) {
            request.mayInsert = m_request.mayInsert;
            request.mayUpdate = m_request.mayUpdate;
        }
    }
    const std::size_t left = m_inserts->size() - m_inserted;
    const std::size_t count = m_request.isAtomic ? left : std::min(left, kGroupMax);
    const auto first = m_inserts->begin() + static_cast<std::ptrdiff_t>(m_inserted);
    Requests group(std::make_move_iterator(first),
        std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    m_inserted += count;
    m_isDone = m_inserted == m_inserts->size();
    return group;
}

Result<Requests> WriteRun::changeNext(const storage::VisibleDocuments &documents,
    const Settings &settings,
    const query::Services &services)
{
    QueryCatalog::Options options;
    options.showsFacts = true;
    options.after = m_after;
    if (!m_request.isAtomic) {
        options.pauseAt = SystemClock().instant() + kPause;
    }
    QueryCatalog catalog(documents, std::move(options));
    QueryWatch watch(*m_token);
    const query::Services watched {services.clock, services.random, watch.budget()};
    const query::Context context {catalog,
        m_text.parameters,
        watched,
        &watch,
        static_cast<std::size_t>(settings.queryBytesMax)};
    const auto *update = std::get_if<query::Update>(&m_text.statement);
    const auto *remove = std::get_if<query::Delete>(&m_text.statement);
    DRIFTLESS_TRY_ASSIGN(std::vector<query::Change> changes,
        update != nullptr ? query::evaluateUpdate(*update, context)
                          : query::evaluateDelete(*remove, context));
    m_matched += static_cast<qint64>(changes.size());
    if (m_request.take) {
        const auto left = static_cast<std::size_t>(m_text.take - m_applied);
        changes.erase(changes.begin() + static_cast<std::ptrdiff_t>(std::min(changes.size(), left)),
            changes.end());
    }
    if (m_request.isAtomic
        && changes.size() > static_cast<std::size_t>(settings.groupOperationsMax)) {
        return tooMany(changes.size(), settings.groupOperationsMax);
    }
    m_isDone = !catalog.pausedAt();
    m_after = catalog.pausedAt().value_or(QByteArray());
    Requests requests;
    requests.reserve(changes.size());
    const QByteArray &collection = update != nullptr ? update->collection : remove->collection;
    for (const query::Change &change : changes) {
        DRIFTLESS_TRY_ASSIGN(WriteRequest request, requestOf(collection, change, settings));
        requests.push_back(std::move(request));
    }
    return requests;
}

Result<Requests> WriteRun::next(const storage::VisibleDocuments &documents,
    const Settings &settings,
    const query::Services &services)
{
    if (!std::exchange(m_isBegun, true)) {
        m_token->restart(settings.queryMax);
    }
    if (m_token->isOver()) {
        return m_token->error();
    }
    if (const auto *insert = std::get_if<query::Insert>(&m_text.statement)) {
        return insertNext(*insert, settings);
    }
    return changeNext(documents, settings, services);
}

void WriteRun::written(const BatchOutcome &outcome)
{
    const char *operation = std::holds_alternative<query::Insert>(m_text.statement) ? "INSERT"
        : std::holds_alternative<query::Update>(m_text.statement)                   ? "UPDATE"
                                                                                    : "DELETE";
    for (const WriteOutcome &result : outcome.results) {
        m_rows += m_applied == 0 ? '[' : ',';
        ++m_applied;
        wire::ObjectWriter row(m_rows);
        row.text("operation", operation).text("collection", result.collection);
        row.text("id", result.id);
        if (result.token) {
            row.hash("version", *result.token);
        } else {
            row.null("version");
        }
        row.boolean("isDeleted", result.isDeleted).end();
    }
}

Error WriteRun::failed(Error error) const
{
    if (m_applied > 0) {
        error.message += " Before that " + QByteArray::number(m_applied)
            + " documents were written, which stay so.";
    }
    return error;
}

QueryOutcome WriteRun::outcome() const
{
    QueryOutcome outcome;
    outcome.text = m_text.text;
    outcome.matched = m_matched;
    outcome.applied = m_applied;
    outcome.returned = m_applied;
    const bool isInsert = std::holds_alternative<query::Insert>(m_text.statement);
    outcome.requestedTake = isInsert || !m_request.take
        ? static_cast<int>(std::max<qint64>(m_matched, isInsert ? 1 : m_text.take))
        : m_text.take;
    outcome.rows = m_rows.isEmpty() ? QByteArray("[]") : m_rows + ']';
    return outcome;
}

} // namespace driftless::engine
