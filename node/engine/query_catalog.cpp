#include "engine/query_catalog.h"

#include "core/case_fold.h"
#include "query/json_document.h"
#include "query/parser.h"
#include "query/syntax_error.h"

#include <algorithm>

namespace driftless::engine {

namespace {

using query::Value;

constexpr QByteArrayView kSystemPrefix = "_sys_";

/// What of a document is read.
struct Wanted
{
    Wanted(const query::FieldSet &named, bool showsFacts)
        : members(named)
        , isIdWanted(named.contains("_id"))
        , areFactsWanted(named.isAll()
                  ? showsFacts
                  : std::any_of(named.names().begin(),
                      named.names().end(),
                      [](const QByteArray &name) { return name.startsWith(kSystemPrefix); }))
    {
        isIdAlone = !named.isAll() && named.names().size() == 1 && isIdWanted;
        if (isIdWanted) {
            members.add("id"); // which mostly spells it
        }
    }

    query::FieldSet members;
    bool isIdWanted;
    bool areFactsWanted;
    bool isIdAlone = false;
};

void addFacts(query::Document &document, const storage::DocumentFacts &facts)
{
    document.set("_sys_version", Value::string(facts.token.hex()));
    document.set("_sys_deleted", Value::boolean(false));
    document.set("_sys_tombstone", Value::boolean(false));
    document.set("_sys_last_writer_node_id", Value::string(facts.writer.bytes()));
    document.set(
        "_sys_last_modified_utc", Value::dateTime(facts.modified.time_since_epoch().count()));
}

Result<Value> valueOf(const storage::DocumentCursor &row, const Wanted &wanted)
{
    DRIFTLESS_TRY_ASSIGN(Value body, query::documentFromJson(row.body(), wanted.members));
    if (!wanted.isIdWanted && !wanted.areFactsWanted) {
        return body;
    }
    query::Document document = body.toDocument();
    std::optional<storage::DocumentFacts> facts;
    const Value *named = document.find("Id");
    if (named != nullptr && named->isString() && foldCase(named->bytes()) == row.foldedId()
        && !wanted.areFactsWanted) {
        document.setFirst("_id", Value(*named));
        return Value::document(std::move(document));
    }
    DRIFTLESS_TRY_ASSIGN(facts, row.facts());
    document.setFirst("_id", Value::string(facts->id));
    if (wanted.areFactsWanted) {
        addFacts(document, *facts);
    }
    return Value::document(std::move(document));
}

bool isOwn(const QByteArray &collection)
{
    return collection.startsWith('$') || foldCase(collection).startsWith(kSystemPrefix);
}

} // namespace

class QueryCatalog::DocumentsCursor final : public query::Cursor
{
public:
    DocumentsCursor(QueryCatalog &catalog, storage::DocumentCursor rows, Wanted wanted)
        : m_catalog(catalog)
        , m_rows(std::move(rows))
        , m_wanted(std::move(wanted))
    {
    }

    Result<std::optional<Value>> next() override
    {
        if (m_bytes > 0 && isPauseDue()) {
            m_catalog.m_pausedAt = m_rows.foldedId().toByteArray();
            return std::optional<Value>();
        }
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_rows.next());
        if (!hasRow) {
            return std::optional<Value>();
        }
        m_bytes += m_rows.body().size();
        DRIFTLESS_TRY_ASSIGN(Value value, valueOf(m_rows, m_wanted));
        return std::optional(std::move(value));
    }

private:
    [[nodiscard]] bool isPauseDue() const
    {
        const auto &pauseAt = m_catalog.m_options.pauseAt;
        return pauseAt && (m_bytes > kPauseBytes || SystemClock().instant() >= *pauseAt);
    }

    QueryCatalog &m_catalog;
    storage::DocumentCursor m_rows;
    const Wanted m_wanted;
    qsizetype m_bytes = 0; ///< read so far
};

Result<std::unique_ptr<query::Cursor>> QueryCatalog::scan(
    const QByteArray &collection, QByteArrayView after, const query::FieldSet &wanted)
{
    if (isOwn(collection)) {
        return std::unique_ptr<query::Cursor>();
    }
    DRIFTLESS_TRY_ASSIGN(auto rows, m_documents.scan(collection, after));
    if (!rows) {
        return std::unique_ptr<query::Cursor>();
    }
    return std::unique_ptr<query::Cursor>(std::make_unique<DocumentsCursor>(
        *this, std::move(*rows), Wanted(wanted, m_options.showsFacts)));
}

Result<std::unique_ptr<query::Cursor>> QueryCatalog::documents(
    const QByteArray &collection, const query::FieldSet &wanted)
{
    return scan(collection, m_options.after, wanted);
}

Result<std::unique_ptr<query::Cursor>> QueryCatalog::documentsFrom(
    const QByteArray &collection, const Value &first, const query::FieldSet &wanted)
{
    // No id lies between a text and the same text without the last of its bytes but those that
    // begin with the latter: the cursor begins a little early.
    QByteArray above = first.isString() ? foldCase(first.bytes()) : QByteArray();
    above.chop(1);
    return scan(collection, std::max(above, m_options.after), wanted);
}

Result<std::optional<Value>> QueryCatalog::find(
    const QByteArray &collection, const Value &id, const query::FieldSet &wanted)
{
    if (isOwn(collection) || !id.isString()) {
        return std::optional<Value>();
    }
    // A plan over ids asks for many of one collection, INCLUDE for those of another by turns.
    if (!m_lookup || m_lookupCollection != collection) {
        m_lookup.reset();
        DRIFTLESS_TRY_ASSIGN(m_lookup, m_documents.find(collection, id.bytes()));
        m_lookupCollection = collection;
    } else {
        m_lookup->seek(id.bytes());
    }
    if (!m_lookup) {
        return std::optional<Value>();
    }
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_lookup->next());
    if (!hasRow) {
        return std::optional<Value>();
    }
    DRIFTLESS_TRY_ASSIGN(Value found, valueOf(*m_lookup, Wanted(wanted, m_options.showsFacts)));
    return std::optional(std::move(found));
}

bool QueryCatalog::contains(const QByteArray &collection) const
{
    const auto known = m_documents.contains(collection);
    return !isOwn(collection) && known && *known;
}

Result<std::optional<std::int64_t>> QueryCatalog::count(const QByteArray &collection)
{
    if (isOwn(collection)) {
        return std::optional<std::int64_t>();
    }
    DRIFTLESS_TRY_ASSIGN(const std::int64_t count, m_documents.count(collection));
    return std::optional(count);
}

/// Read once: a statement sees one state.
Result<const std::vector<storage::IndexInfo> *> QueryCatalog::indexInfos(
    const QByteArray &collection)
{
    const QByteArray folded = foldCase(collection);
    auto known = m_indexes.find(folded);
    if (known == m_indexes.end()) {
        DRIFTLESS_TRY_ASSIGN(auto infos, m_documents.indexes(collection));
        known = m_indexes.emplace(folded, std::move(infos)).first;
    }
    return &known->second;
}

Result<std::vector<query::Index>> QueryCatalog::indexes(const QByteArray &collection)
{
    std::vector<query::Index> found;
    if (m_options.pauseAt || isOwn(collection)) {
        return found;
    }
    DRIFTLESS_TRY_ASSIGN(const auto *infos, indexInfos(collection));
    for (const storage::IndexInfo &info : *infos) {
        auto expression = query::parseExpression(info.expression);
        if (expression) { // else a newer program made it
            found.push_back({info.name,
                std::move(expression).value(),
                false,
                info.state == storage::IndexState::Ready});
        }
    }
    return found;
}

/// The documents of several ranges of an index, one range after the other.
class QueryCatalog::EntriesCursor final : public query::Cursor
{
public:
    EntriesCursor(QueryCatalog &catalog, std::int64_t index, query::IndexScan scan, Wanted wanted)
        : m_catalog(catalog)
        , m_index(index)
        , m_scan(std::move(scan))
        , m_wanted(std::move(wanted))
    {
        if (m_scan.isDescending) {
            std::reverse(m_scan.ranges.begin(), m_scan.ranges.end());
        }
    }

    Result<std::optional<Value>> next() override
    {
        for (;;) {
            if (m_rows) {
                DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_rows->next());
                if (hasRow) {
                    DRIFTLESS_TRY_ASSIGN(Value value, current());
                    return std::optional(std::move(value));
                }
            }
            if (m_nextRange == m_scan.ranges.size()) {
                return std::optional<Value>();
            }
            const query::KeyRange &range = m_scan.ranges[m_nextRange++];
            storage::IndexRange wanted;
            wanted.from = range.from;
            wanted.to = range.to.isEmpty() ? std::nullopt : std::optional(range.to);
            wanted.isDescending = m_scan.isDescending;
            wanted.withBodies = !m_wanted.isIdAlone;
            DRIFTLESS_TRY_ASSIGN(m_rows, m_catalog.m_documents.indexed(m_index, wanted));
        }
    }

private:
    [[nodiscard]] Result<Value> current() const
    {
        if (!m_wanted.isIdAlone) {
            return valueOf(*m_rows, m_wanted);
        }
        query::Document document; // its id folded: to find it by, not to be shown
        document.set("_id", Value::string(m_rows->foldedId().toByteArray()));
        return Value::document(std::move(document));
    }

    QueryCatalog &m_catalog;
    const std::int64_t m_index;
    query::IndexScan m_scan;
    const Wanted m_wanted;
    std::size_t m_nextRange = 0;
    std::optional<storage::DocumentCursor> m_rows;
};

Result<std::unique_ptr<query::Cursor>> QueryCatalog::indexed(
    const QByteArray &collection, const query::IndexScan &scan, const query::FieldSet &wanted)
{
    DRIFTLESS_TRY_ASSIGN(const auto *infos, indexInfos(collection));
    for (const storage::IndexInfo &info : *infos) {
        if (info.name == scan.index && info.state == storage::IndexState::Ready) {
            return std::unique_ptr<query::Cursor>(std::make_unique<EntriesCursor>(
                *this, info.id, scan, Wanted(wanted, m_options.showsFacts)));
        }
    }
    return std::unique_ptr<query::Cursor>();
}

Result<std::vector<QByteArray>> QueryCatalog::collections()
{
    DRIFTLESS_TRY_ASSIGN(auto names, m_documents.collections());
    std::erase_if(names, isOwn);
    return names;
}

Result<Value> QueryCatalog::database()
{
    query::Document row;
    row.set("name", Value::string(m_options.database));
    return Value::document(std::move(row));
}

Result<Value> QueryCatalog::newId(const QByteArray & /*collection*/, query::IdType /*type*/)
{
    return query::evaluationError("INSERT VALUES payload must include 'Id' (or '_id').");
}

} // namespace driftless::engine
