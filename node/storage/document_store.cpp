#include "storage/document_store.h"

#include "storage/row_codec.h"

namespace driftless::storage {

namespace {

constexpr std::int64_t kVisibleFlag = 1;
constexpr std::int64_t kQuarantinedFlag = 2;

} // namespace

DocumentStore::DocumentStore(Connection &connection,
    OperationLog &log,
    IncarnationTable &incarnations,
    IndexStore &indexes,
    const Counts &counts)
    : m_connection(connection)
    , m_log(log)
    , m_incarnations(incarnations)
    , m_indexes(indexes)
    , m_counts(counts)
    , m_committedCounts(counts)
{
}

Result<std::unique_ptr<DocumentStore>> DocumentStore::load(Connection &connection,
    OperationLog &log,
    IncarnationTable &incarnations,
    IndexStore &indexes,
    const Counts &counts)
{
    std::unique_ptr<DocumentStore> store(
        new DocumentStore(connection, log, incarnations, indexes, counts));
    DRIFTLESS_TRY_ASSIGN(store->m_select,
        connection.prepare("SELECT d.operation, d.flags, d.conflicts, d.hash, d.state, o.header, "
                           "o.body FROM documents d LEFT JOIN operations o ON o.position = "
                           "d.operation WHERE d.collection = ? AND d.id = ?"));
    DRIFTLESS_TRY_ASSIGN(store->m_insert,
        connection.prepare("INSERT INTO documents(collection, id, operation, flags, conflicts, "
                           "hash, state, body) VALUES(?1,?2,?3,?4,0,?5,?6,?7)"));
    DRIFTLESS_TRY_ASSIGN(store->m_update,
        connection.prepare("UPDATE documents SET operation=?3, flags=?4, hash=?5, state=?6, "
                           "body=?7 WHERE collection=?1 AND id=?2"));
    DRIFTLESS_TRY_ASSIGN(store->m_setConflicts,
        connection.prepare("UPDATE documents SET conflicts = ? WHERE collection = ? AND id = ?"));
    DRIFTLESS_TRY_ASSIGN(store->m_deleteConflicts,
        connection.prepare("DELETE FROM conflicts WHERE collection = ? AND id = ?"));
    DRIFTLESS_TRY_ASSIGN(
        store->m_insertConflict, connection.prepare("INSERT INTO conflicts VALUES(?,?,?,?,?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(
        Statement collections, connection.prepare("SELECT id, folded FROM collections"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, collections.step());
        if (!hasRow) {
            break;
        }
        store->m_collections.emplace(collections.blob(1), collections.integer(0));
    }
    DRIFTLESS_TRY_ASSIGN(
        store->m_quarantined, connection.queryInteger("SELECT count(*) FROM quarantine"));
    store->m_committedQuarantined = store->m_quarantined;
    return store;
}

Result<std::int64_t> DocumentStore::collectionKey(QByteArrayView folded, QByteArrayView spelling)
{
    const QByteArray name = folded.toByteArray();
    const auto found = m_collections.find(name);
    if (found != m_collections.end()) {
        return found->second;
    }
    DRIFTLESS_TRY_ASSIGN(Statement insert,
        m_connection.prepare("INSERT INTO collections(folded, name) VALUES(?,?)"));
    insert.bindBlob(1, folded).bindBlob(2, spelling);
    DRIFTLESS_TRY(insert.run());
    const std::int64_t key = m_connection.lastInsertRowId();
    m_collections.emplace(name, key);
    m_newCollections.push_back(name);
    return key;
}

std::int64_t DocumentStore::findCollection(const QByteArray &folded) const
{
    const auto found = m_collections.find(folded);
    return found == m_collections.end() ? 0 : found->second;
}

Result<LoadedDocument> DocumentStore::document(const DocumentKey &key)
{
    LoadedDocument document {key, {}, std::nullopt};
    const auto collection = m_collections.find(key.collection);
    if (collection == m_collections.end()) {
        return document;
    }
    m_select.bind(1, collection->second).bindBlob(2, key.id);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_select.step());
    if (!hasRow) {
        return document;
    }
    DocumentRow &row = document.row.emplace();
    row.operation.value = m_select.integer(0);
    row.isVisible = (m_select.integer(1) & kVisibleFlag) != 0;
    row.isQuarantined = (m_select.integer(1) & kQuarantinedFlag) != 0;
    row.conflicts = m_select.integer(2);
    row.hash = Hash128::fromBytes(m_select.blobView(3)).value_or(Hash128 {});
    const QByteArray state = m_select.blob(4);
    // Stored bytes were checked when they were taken; hashing each body again would double the cost
    // of an update.
    auto header = decodeIdentity(m_select.blobView(5));
    QByteArray body = m_select.blob(6);
    m_select.reset();
    std::optional<Operation> newestWrite;
    if (row.operation.value != 0) {
        if (!header) {
            DRIFTLESS_TRY(m_log.at(row.operation)); // which says what is wrong
            return header.error();
        }
        newestWrite = Operation {std::move(header).value(), {}, std::move(body)};
    }
    DRIFTLESS_TRY_ASSIGN(document.state,
        RowCodec::decode(state, newestWrite ? &*newestWrite : nullptr, row.operation));
    if (m_indexes.covers(collection->second, key.id)) {
        document.shownBefore = document.state.shown();
    }
    return document;
}

Result<void> DocumentStore::save(LoadedDocument &document, QByteArrayView spelling)
{
    const DocumentKey &key = document.key;
    const DocumentState &state = document.state;
    const qint64 conflicts = document.row ? document.row->conflicts : 0;
    const DocumentRow row {state.newestWritePosition(),
        state.isVisible(),
        state.isQuarantined(),
        conflicts,
        state.hash(key.collection, key.id)};
    DRIFTLESS_TRY_ASSIGN(const std::int64_t collection, collectionKey(key.collection, spelling));
    if (isInDigest(key.collection)) {
        if (document.row) {
            count(key, *document.row, -1);
        }
        count(key, row, 1);
    }
    const std::array<char, 16> hash = row.hash.byteArray();
    const QByteArray stateBytes = RowCodec::encodeState(state);
    std::optional<QByteArray> body;
    if (row.isVisible && !state.showsNewestWrite()) {
        body = state.shown();
    }
    Statement &write = document.row ? m_update : m_insert;
    write.bind(1, collection).bindBlob(2, key.id).bind(3, row.operation.value);
    write.bind(4, (row.isVisible ? kVisibleFlag : 0) | (row.isQuarantined ? kQuarantinedFlag : 0))
        .bindBlob(5, hash);
    stateBytes.isEmpty() ? write.bindNull(6) : write.bindBlob(6, stateBytes);
    body ? write.bindBlob(7, *body) : write.bindNull(7);
    DRIFTLESS_TRY(write.run());
    DRIFTLESS_TRY(updateIndexes(document, collection, body));
    if (state.heads().size() > 1 || conflicts > 0) {
        m_toList.insert(key);
    }
    document.row = row;
    return {};
}

Result<void> DocumentStore::updateIndexes(
    LoadedDocument &document, std::int64_t collection, const std::optional<QByteArray> &mergedBody)
{
    if (!m_indexes.covers(collection, document.key.id)) {
        return {};
    }
    std::optional<QByteArray> after = mergedBody ? mergedBody : document.state.shown();
    DRIFTLESS_TRY(m_indexes.update(collection, document.key.id, document.shownBefore, after));
    document.shownBefore = std::move(after);
    return {};
}

void DocumentStore::count(const DocumentKey &key, const DocumentRow &row, int sign)
{
    m_counts.documents += row.isVisible ? sign : 0;
    if (row.isQuarantined) {
        return;
    }
    if (sign > 0) {
        m_counts.digest.add(key.id, row.hash);
    } else {
        m_counts.digest.remove(key.id, row.hash);
    }
}

Result<void> DocumentStore::quarantine(LogPosition position, const DocumentKey &key)
{
    DRIFTLESS_TRY_ASSIGN(Statement insert,
        m_connection.prepare("INSERT INTO quarantine(position, collection, id) VALUES(?,?,?)"));
    insert.bind(1, position.value);
    if (key.collection.isEmpty()) {
        insert.bindNull(2).bindNull(3);
    } else {
        DRIFTLESS_TRY_ASSIGN(
            const std::int64_t collection, collectionKey(key.collection, key.collection));
        insert.bind(2, collection).bindBlob(3, key.id);
    }
    ++m_quarantined;
    return insert.run();
}

Result<void> DocumentStore::release(LogPosition position)
{
    DRIFTLESS_TRY_ASSIGN(
        Statement remove, m_connection.prepare("DELETE FROM quarantine WHERE position = ?"));
    remove.bind(1, position.value);
    --m_quarantined;
    return remove.run();
}

Result<std::vector<LogPosition>> DocumentStore::quarantinedOperations()
{
    std::vector<LogPosition> result;
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection.prepare("SELECT position FROM quarantine ORDER BY position"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return result;
        }
        result.push_back({select.integer(0)});
    }
}

Result<std::vector<DocumentKey>> DocumentStore::quarantinedDocuments()
{
    std::vector<DocumentKey> result;
    if (m_quarantined == 0) {
        return result;
    }
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection.prepare("SELECT DISTINCT c.folded, q.id FROM quarantine q JOIN collections c "
                             "ON c.id = q.collection ORDER BY c.folded, q.id"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return result;
        }
        result.push_back({select.blob(0), select.blob(1)});
    }
}

Result<void> DocumentStore::listConflicts()
{
    for (const DocumentKey &key : m_toList) {
        DRIFTLESS_TRY(listConflictsOf(key));
    }
    m_toList.clear();
    return {};
}

Result<void> DocumentStore::listConflictsOf(const DocumentKey &key)
{
    const std::int64_t collection = m_collections.at(key.collection);
    DRIFTLESS_TRY_ASSIGN(const LoadedDocument document, this->document(key));
    const auto find = [this](const Dot &dot) -> Result<std::optional<Operation>> {
        DRIFTLESS_TRY_ASSIGN(auto stored, m_log.find(dot));
        if (!stored) {
            return std::optional<Operation>();
        }
        Operation operation;
        DRIFTLESS_TRY_ASSIGN(operation.header, decodeHeader(stored->headerBytes));
        operation.body = std::move(stored->body);
        return std::optional(std::move(operation));
    };
    const DocumentState &state = document.state;
    DRIFTLESS_TRY_ASSIGN(const std::vector<ConflictPair> pairs,
        findConflicts(state.heads(), find, state.quarantined()));
    m_deleteConflicts.bind(1, collection).bindBlob(2, key.id);
    DRIFTLESS_TRY(m_deleteConflicts.run());
    for (const ConflictPair &pair : pairs) {
        m_insertConflict.bind(1, collection).bindBlob(2, key.id).bindBlob(3, pair.member);
        m_insertConflict.bind(4, m_incarnations.keyOf(pair.winner.dot.incarnation))
            .bind(5, static_cast<std::int64_t>(pair.winner.dot.sequence));
        m_insertConflict.bind(6, m_incarnations.keyOf(pair.loser.dot.incarnation))
            .bind(7, static_cast<std::int64_t>(pair.loser.dot.sequence));
        DRIFTLESS_TRY(m_insertConflict.run());
    }
    const auto count = static_cast<qint64>(pairs.size());
    m_counts.conflicts += count - document.row->conflicts;
    m_setConflicts.bind(1, count).bind(2, collection).bindBlob(3, key.id);
    return m_setConflicts.run();
}

void DocumentStore::committed()
{
    m_committedCounts = m_counts;
    m_committedQuarantined = m_quarantined;
    m_newCollections.clear();
}

void DocumentStore::rolledBack()
{
    for (const QByteArray &name : m_newCollections) {
        m_collections.erase(name);
    }
    m_newCollections.clear();
    m_counts = m_committedCounts;
    m_quarantined = m_committedQuarantined;
    m_toList.clear();
}

} // namespace driftless::storage
