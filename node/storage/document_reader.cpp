#include "storage/document_reader.h"

#include "core/case_fold.h"
#include "core/limits.h"
#include "storage/operation_log.h"
#include "storage/row_codec.h"

namespace driftless::storage {

DocumentReader::DocumentReader(std::unique_ptr<Connection> connection)
    : m_connection(std::move(connection))
{
}

Result<std::unique_ptr<DocumentReader>> DocumentReader::open(
    const QByteArray &path, std::chrono::milliseconds readMax)
{
    DRIFTLESS_TRY_ASSIGN(auto connection, Connection::open(path, Connection::Mode::ReadOnly));
    connection->setReadDeadline(readMax);
    std::unique_ptr<DocumentReader> reader(new DocumentReader(std::move(connection)));
    DRIFTLESS_TRY(reader->prepare());
    return reader;
}

Result<void> DocumentReader::prepare()
{
    DRIFTLESS_TRY_ASSIGN(
        m_collection, m_connection->prepare("SELECT id FROM collections WHERE folded = ?"));
    DRIFTLESS_TRY_ASSIGN(m_document,
        m_connection->prepare("SELECT d.operation, d.state, d.body, o.header, o.body FROM "
                              "documents d LEFT JOIN operations o ON o.position = d.operation "
                              "WHERE d.collection = ? AND d.id = ? AND d.flags & 1"));
    DRIFTLESS_TRY_ASSIGN(m_page,
        m_connection->prepare("SELECT d.id, coalesce(d.body, o.body) FROM documents d JOIN "
                              "operations o ON o.position = d.operation "
                              "WHERE d.collection = ?1 AND d.id > ?2 AND d.flags & 1 ORDER BY d.id "
                              "LIMIT ?3 OFFSET ?4"));
    DRIFTLESS_TRY_ASSIGN(m_conflicts,
        m_connection->prepare("SELECT c.folded, x.id, x.member, x.winner_incarnation, "
                              "x.winner_sequence, x.loser_incarnation, x.loser_sequence "
                              // By name: the numbers of collections are this node's own.
                              "FROM collections c CROSS JOIN conflicts x ON x.collection = c.id "
                              "ORDER BY c.folded, x.id, x.member, "
                              "x.winner_incarnation, x.winner_sequence LIMIT ? OFFSET ?"));
    DRIFTLESS_TRY_ASSIGN(m_operation, m_connection->prepare(kSelectByDot));
    return {};
}

Result<std::int64_t> DocumentReader::collectionKey(const QByteArray &collection)
{
    const QByteArray folded = foldCase(collection);
    const auto known = m_collections.find(folded);
    if (known != m_collections.end()) {
        return known->second;
    }
    m_collection.bindBlob(1, folded);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_collection.step());
    if (!hasRow) {
        return 0;
    }
    const std::int64_t key = m_collection.integer(0);
    m_collection.reset();
    m_collections.emplace(folded, key);
    return key;
}

Result<std::optional<DocumentReader::Document>> DocumentReader::document(
    const QByteArray &collection, const QByteArray &id)
{
    m_connection->beginRead();
    DRIFTLESS_TRY_ASSIGN(const std::int64_t key, collectionKey(collection));
    if (key == 0) {
        return std::optional<Document>();
    }
    const QByteArray foldedId = foldCase(id);
    m_document.bind(1, key).bindBlob(2, foldedId);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_document.step());
    if (!hasRow) {
        return std::optional<Document>();
    }
    auto result = complete(foldCase(collection), foldedId);
    m_document.reset();
    if (!result) {
        return result.error();
    }
    return std::optional(std::move(result).value());
}

Result<DocumentReader::Document> DocumentReader::complete(
    QByteArrayView folded, QByteArrayView foldedId)
{
    Operation newestWrite;
    DRIFTLESS_TRY_ASSIGN(newestWrite.header, decodeHeader(m_document.blobView(3)));
    if (m_document.isNull(2)) {
        return Document {m_document.blob(4), newestWrite.header.id()};
    }
    newestWrite.body = m_document.blob(4);
    DRIFTLESS_TRY_ASSIGN(const DocumentState state,
        RowCodec::decode(m_document.blob(1), &newestWrite, {m_document.integer(0)}));
    return Document {m_document.blob(2), state.token(folded, foldedId).value_or(Hash128 {})};
}

Result<DocumentReader::Page> DocumentReader::documents(
    const QByteArray &collection, const std::optional<QByteArray> &after, qint64 skip, int take)
{
    m_connection->beginRead();
    Page page;
    DRIFTLESS_TRY_ASSIGN(const std::int64_t key, collectionKey(collection));
    if (key == 0) {
        return page;
    }
    const QByteArray above = after ? *after : QByteArray("");
    // One more than asked for tells whether there is a next page.
    m_page.bind(1, key).bindBlob(2, above).bind(3, take + 1).bind(4, skip);
    QByteArray id;
    qsizetype bytes = 0;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_page.step());
        if (!hasRow) {
            return page;
        }
        QByteArray body = m_page.blob(1);
        bytes += body.size();
        if (static_cast<int>(page.bodies.size()) == take
            || (bytes > kPageBytesMax && !page.bodies.empty())) {
            m_page.reset();
            page.lastId = id;
            return page;
        }
        id = m_page.blob(0);
        page.bodies.push_back(std::move(body));
    }
}

Result<std::vector<QByteArray>> DocumentReader::collections()
{
    m_connection->beginRead();
    return visibleDocuments().collections();
}

Result<std::optional<Operation>> DocumentReader::operation(
    std::int64_t incarnation, std::int64_t sequence)
{
    m_operation.bind(1, incarnation).bind(2, sequence);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_operation.step());
    if (!hasRow) {
        return std::optional<Operation>();
    }
    Operation operation;
    operation.headerBytes = m_operation.blob(1);
    operation.body = m_operation.blob(2);
    m_operation.reset();
    DRIFTLESS_TRY_ASSIGN(operation.header, decodeHeader(operation.headerBytes));
    return std::optional(std::move(operation));
}

Result<std::vector<DocumentReader::Conflict>> DocumentReader::conflicts(qint64 skip, int take)
{
    m_connection->beginRead();
    std::vector<Conflict> result;
    m_conflicts.bind(1, take).bind(2, skip);
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_conflicts.step());
        if (!hasRow) {
            return result;
        }
        Conflict conflict;
        conflict.collection = m_conflicts.blob(0);
        conflict.id = m_conflicts.blob(1);
        conflict.member = m_conflicts.blob(2);
        auto winner = operation(m_conflicts.integer(3), m_conflicts.integer(4));
        auto loser = operation(m_conflicts.integer(5), m_conflicts.integer(6));
        if (!winner || !loser) {
            m_conflicts.reset();
            return winner ? loser.error() : winner.error();
        }
        conflict.winner = std::move(winner).value();
        conflict.loser = std::move(loser).value();
        result.push_back(std::move(conflict));
    }
}

Result<qint64> DocumentReader::conflictCount()
{
    DRIFTLESS_TRY_ASSIGN(const std::int64_t count,
        m_connection->queryInteger(
            "SELECT coalesce((SELECT conflicts FROM state WHERE id = 1), 0)"));
    return qint64 {count};
}

Result<std::vector<IndexInfo>> DocumentReader::indexes(const std::optional<QByteArray> &collection)
{
    m_connection->beginRead();
    return visibleDocuments().indexes(collection);
}

Result<void> DocumentReader::beginSnapshot(const ReadToken &token)
{
    m_connection->setReadToken(&token);
    auto begun = m_connection->execute("BEGIN");
    if (!begun) {
        m_connection->setReadToken(nullptr);
    }
    return begun;
}

void DocumentReader::endSnapshot()
{
    m_connection->setReadToken(nullptr);
    if (m_connection->isInTransaction()) {
        // What it cannot end, closing the connection does.
        static_cast<void>(m_connection->execute("ROLLBACK"));
    }
}

} // namespace driftless::storage
