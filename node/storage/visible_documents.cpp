#include "storage/visible_documents.h"

#include "core/case_fold.h"
#include "storage/row_codec.h"

namespace driftless::storage {

namespace {

constexpr std::string_view kSelect
    = "SELECT d.id, d.body, o.body, d.operation, d.state, o.header FROM documents d JOIN "
      "operations o ON o.position = d.operation WHERE d.collection = ?1 AND d.flags & 1 AND ";

} // namespace

Result<bool> DocumentCursor::next()
{
    return m_rows.step();
}

void DocumentCursor::seek(const QByteArray &id)
{
    m_rows.reset();
    m_rows.bindCopy(2, foldCase(id));
}

Result<DocumentFacts> DocumentCursor::facts() const
{
    Operation newestWrite;
    DRIFTLESS_TRY_ASSIGN(newestWrite.header, decodeHeader(m_rows.blobView(5)));
    DocumentFacts facts;
    facts.id = newestWrite.header.documentId;
    facts.token = newestWrite.header.id();
    facts.writer = newestWrite.header.version.dot.incarnation.origin;
    facts.modified = WallTime(
        std::chrono::milliseconds(static_cast<std::int64_t>(newestWrite.header.version.hlc >> 16)));
    if (isComposed()) {
        newestWrite.body = m_rows.blob(2);
        DRIFTLESS_TRY_ASSIGN(const DocumentState state,
            RowCodec::decode(m_rows.blob(4), &newestWrite, {m_rows.integer(3)}));
        facts.token = state.token(m_collection, foldedId()).value_or(facts.token);
    }
    return facts;
}

Result<std::int64_t> VisibleDocuments::keyOf(const QByteArray &folded) const
{
    DRIFTLESS_TRY_ASSIGN(
        Statement select, m_connection.prepare("SELECT id FROM collections WHERE folded = ?"));
    select.bindBlob(1, folded);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
    return hasRow ? select.integer(0) : 0;
}

Result<bool> VisibleDocuments::contains(const QByteArray &collection) const
{
    DRIFTLESS_TRY_ASSIGN(const std::int64_t key, keyOf(foldCase(collection)));
    return key != 0;
}

Result<std::vector<QByteArray>> VisibleDocuments::collections() const
{
    DRIFTLESS_TRY_ASSIGN(
        Statement select, m_connection.prepare("SELECT name FROM collections ORDER BY folded"));
    std::vector<QByteArray> names;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return names;
        }
        names.push_back(select.blob(0));
    }
}

Result<std::int64_t> VisibleDocuments::count(const QByteArray &collection) const
{
    DRIFTLESS_TRY_ASSIGN(const std::int64_t key, keyOf(foldCase(collection)));
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection.prepare("SELECT count(*) FROM documents WHERE collection = ? AND flags & 1"));
    select.bind(1, key);
    DRIFTLESS_TRY(select.step());
    return select.integer(0);
}

Result<std::optional<DocumentCursor>> VisibleDocuments::open(
    const QByteArray &collection, std::string_view condition, QByteArrayView foldedId) const
{
    QByteArray folded = foldCase(collection);
    DRIFTLESS_TRY_ASSIGN(const std::int64_t key, keyOf(folded));
    if (key == 0) {
        return std::optional<DocumentCursor>();
    }
    DRIFTLESS_TRY_ASSIGN(
        Statement rows, m_connection.prepare(std::string(kSelect).append(condition)));
    rows.bind(1, key).bindCopy(2, foldedId);
    return std::optional(DocumentCursor(std::move(rows), std::move(folded)));
}

Result<std::optional<DocumentCursor>> VisibleDocuments::scan(
    const QByteArray &collection, QByteArrayView after) const
{
    return open(collection, "d.id > ?2 ORDER BY d.id", after);
}

Result<std::optional<DocumentCursor>> VisibleDocuments::find(
    const QByteArray &collection, const QByteArray &id) const
{
    return open(collection, "d.id = ?2", foldCase(id));
}

Result<std::vector<IndexInfo>> VisibleDocuments::indexes(
    const std::optional<QByteArray> &collection) const
{
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection.prepare("SELECT i.id, c.name, i.name, i.expression, i.state, i.done, i.total "
                             "FROM indexes i JOIN collections c ON c.id = i.collection "
                             "WHERE i.state < 2 AND (?1 IS NULL OR c.folded = ?1) "
                             "ORDER BY c.folded, lower(i.name)"));
    const QByteArray folded = collection ? foldCase(*collection) : QByteArray();
    collection ? select.bindBlob(1, folded) : select.bindNull(1);
    std::vector<IndexInfo> indexes;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return indexes;
        }
        indexes.push_back({select.integer(0),
            select.blob(1),
            select.blob(2),
            select.blob(3),
            static_cast<IndexState>(select.integer(4)),
            select.integer(5),
            select.integer(6)});
    }
}

Result<std::optional<DocumentCursor>> VisibleDocuments::indexed(
    std::int64_t indexId, const IndexRange &range) const
{
    // The catalog and the entries are looked at by two statements.
    DRIFTLESS_ASSERT(m_connection.isInTransaction());
    DRIFTLESS_TRY_ASSIGN(Statement ready,
        m_connection.prepare("SELECT c.id, c.folded FROM indexes i JOIN collections c "
                             "ON c.id = i.collection WHERE i.id = ? AND i.state = 1"));
    ready.bind(1, indexId);
    DRIFTLESS_TRY_ASSIGN(const bool isReady, ready.step());
    if (!isReady) {
        return std::optional<DocumentCursor>();
    }
    // CROSS JOIN: the entries come first, in their order.
    std::string sql = range.withBodies
        ? "SELECT d.id, d.body, o.body, d.operation, d.state, o.header, e.key FROM index_entries e "
          "CROSS JOIN documents d ON d.collection = ?4 AND d.id = e.document "
          "CROSS JOIN operations o ON o.position = d.operation"
        : "SELECT e.document, NULL, NULL, NULL, NULL, NULL, e.key FROM index_entries e";
    sql += " WHERE e.index_id = ?1 AND e.key >= ?2";
    sql += range.to ? " AND e.key < ?3" : "";
    sql += range.isDescending ? " ORDER BY e.key DESC, e.document" : " ORDER BY e.key, e.document";
    DRIFTLESS_TRY_ASSIGN(Statement rows, m_connection.prepare(sql));
    rows.bind(1, indexId).bindCopy(2, range.from);
    if (range.to) {
        rows.bindCopy(3, *range.to);
    }
    if (range.withBodies) {
        rows.bind(4, ready.integer(0));
    }
    return std::optional(DocumentCursor(std::move(rows), ready.blob(1)));
}

} // namespace driftless::storage
