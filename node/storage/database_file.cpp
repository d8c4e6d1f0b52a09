#include "storage/database_file.h"

#include "core/case_fold.h"
#include "core/log.h"
#include "storage/document_store.h"
#include "storage/file_lock.h"
#include "storage/migrations.h"
#include "storage/visible_documents.h"

#include <algorithm>

namespace driftless::storage {

namespace {

/// SQLite's own limit is 1,000. A page that is written often is copied back once for all of its
/// versions in the WAL, so that fewer checkpoints write less, and fewer writers wait for one.
constexpr int kWalPagesMax = 4'000;

/// Whether the claims of an operation can be joined. Of a group all or none are.
bool canJoin(const Operation &operation)
{
    const OperationHeader &header = operation.header;
    if (!header.isUnderstood
        || (header.kind == OperationKind::Admit && !NodeId::parse(header.documentId))) {
        return false;
    }
    return !header.isAboutDocument() || DocumentState::check(operation).isOk();
}

} // namespace

struct DatabaseFile::Impl
{
    FileLock lock; // first in, last out: see file_lock.h
    std::unique_ptr<Connection> connection;
    std::unique_ptr<IncarnationTable> incarnations;
    std::unique_ptr<OperationLog> log;
    std::unique_ptr<IndexStore> indexes;
    std::unique_ptr<DocumentStore> documents;
    Statement saveState;
    std::set<NodeId> roster;
    std::set<NodeId> committedRoster;
    std::uint64_t hlc = 0;
    std::uint64_t committedHlc = 0;
    std::int64_t ownKey = 0;
    std::int64_t committedOwnKey = 0;
    bool isOpen = false; ///< a transaction
    bool isDirty = false;

    Result<void> openConnection(const QByteArray &path, const Options &options);
    Result<void> loadState(const IndexLanguage *language);
    /// Even a failed read makes SQLite roll back. What came behind it would be committed one by
    /// one: half a group, and without its vector.
    Result<void> checkOpen() const;
    Result<void> flush();
    Result<void> admit(const NodeId &node);
    Result<void> joinRoster(const OperationHeader &header);
    Result<void> applyOne(const Operation &operation, bool quarantine);
    Result<void> applyToDocument(const Operation &operation, LogPosition position, bool quarantine);
};

DatabaseFile::DatabaseFile(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

DatabaseFile::~DatabaseFile()
{
    if (m_impl->isOpen) {
        rollback();
    }
}

Result<std::unique_ptr<DatabaseFile>> DatabaseFile::open(
    const QByteArray &path, const Options &options)
{
    auto impl = std::make_unique<Impl>();
    DRIFTLESS_TRY(impl->openConnection(path, options));
    DRIFTLESS_TRY(impl->loadState(options.indexLanguage));
    impl->connection->checkpointOnClose();
    impl->connection->checkpointByHand();
    std::unique_ptr<DatabaseFile> file(new DatabaseFile(std::move(impl)));
    if (file->m_impl->indexes->hasStale()) {
        DRIFTLESS_TRY(file->begin());
        DRIFTLESS_TRY(file->m_impl->indexes->renew());
        DRIFTLESS_TRY(file->commit());
    }
    return file;
}

Result<void> DatabaseFile::Impl::openConnection(const QByteArray &path, const Options &options)
{
    DRIFTLESS_TRY_ASSIGN(lock, FileLock::take(path));
    DRIFTLESS_TRY_ASSIGN(connection, Connection::open(path, Connection::Mode::ReadWrite));
    DRIFTLESS_TRY(migrate(*connection, databaseSchema()));
    const QByteArray settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous="
        + QByteArray(options.isSynchronousFull ? "FULL" : "NORMAL") + "; PRAGMA cache_size=-"
        + QByteArray::number(options.cacheBytes / 1024)
        + "; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY";
    return connection->execute(settings.constData());
}

Result<void> DatabaseFile::Impl::loadState(const IndexLanguage *language)
{
    DocumentStore::Counts counts;
    DRIFTLESS_TRY_ASSIGN(Statement select,
        connection->prepare(
            "SELECT hlc, digest, documents, conflicts, own_incarnation FROM state WHERE id = 1"));
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
    if (hasRow) {
        hlc = static_cast<std::uint64_t>(select.integer(0));
        const auto digest = Digest::fromBytes(select.blobView(1));
        if (!digest) {
            return Error {ErrorCode::FileDamaged,
                "The file '" + connection->path()
                    + "' is damaged: its digest has the wrong size. Set it aside and restore a "
                      "backup.",
                {}};
        }
        counts.digest = *digest;
        counts.documents = select.integer(2);
        counts.conflicts = select.integer(3);
        ownKey = committedOwnKey = select.integer(4);
        select.reset();
    }
    committedHlc = hlc;
    DRIFTLESS_TRY_ASSIGN(saveState,
        connection->prepare("INSERT OR REPLACE INTO state(id, hlc, digest, documents, conflicts, "
                            "own_incarnation) VALUES(1,?,?,?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(incarnations, IncarnationTable::load(*connection));
    DRIFTLESS_TRY_ASSIGN(log, OperationLog::load(*connection, *incarnations));
    DRIFTLESS_TRY_ASSIGN(indexes, IndexStore::load(*connection, language));
    DRIFTLESS_TRY_ASSIGN(
        documents, DocumentStore::load(*connection, *log, *incarnations, *indexes, counts));
    DRIFTLESS_TRY_ASSIGN(Statement nodes, connection->prepare("SELECT node FROM roster"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasNode, nodes.step());
        if (!hasNode) {
            break;
        }
        DRIFTLESS_TRY_ASSIGN(NodeId node, NodeId::parse(nodes.blobView(0)));
        roster.insert(std::move(node));
    }
    committedRoster = roster;
    return {};
}

Result<void> DatabaseFile::begin()
{
    if (m_impl->isOpen) {
        return {};
    }
    const auto begun = m_impl->connection->execute("BEGIN IMMEDIATE");
    // Whoever holds the lock for longer than a moment holds up one write, not each.
    m_impl->connection->waitForLock(begun || begun.error().code != ErrorCode::FileInUse);
    DRIFTLESS_TRY(begun);
    m_impl->isOpen = true;
    m_impl->isDirty = false;
    return {};
}

bool DatabaseFile::isInTransaction() const
{
    return m_impl->isOpen;
}

Result<void> DatabaseFile::Impl::checkOpen() const
{
    if (connection->isInTransaction()) {
        return {};
    }
    return Error {ErrorCode::Storage,
        "A transaction on the file '" + connection->path()
            + "' was given up after a fault of the disk or of memory; nothing of it was written. "
              "Try again.",
        {}};
}

Result<void> DatabaseFile::Impl::flush()
{
    DRIFTLESS_TRY(checkOpen());
    if (!isDirty) {
        return {};
    }
    DRIFTLESS_TRY(documents->listConflicts());
    DRIFTLESS_TRY(incarnations->flush());
    const DocumentStore::Counts &counts = documents->counts();
    const QByteArray digest = counts.digest.bytes();
    saveState.bind(1, static_cast<std::int64_t>(hlc))
        .bindBlob(2, digest)
        .bind(3, counts.documents)
        .bind(4, counts.conflicts)
        .bind(5, ownKey);
    return saveState.run();
}

Result<void> DatabaseFile::commit()
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    auto written = [this]() -> Result<void> {
        DRIFTLESS_TRY(m_impl->flush());
        return m_impl->connection->execute("COMMIT");
    }();
    if (!written) {
        rollback();
        return written;
    }
    m_impl->isOpen = false;
    m_impl->incarnations->committed();
    m_impl->log->committed();
    m_impl->documents->committed();
    m_impl->indexes->committed();
    m_impl->committedRoster = m_impl->roster;
    m_impl->committedHlc = m_impl->hlc;
    m_impl->committedOwnKey = m_impl->ownKey;
    return {};
}

Result<void> DatabaseFile::tryWriting()
{
    DRIFTLESS_ASSERT(!m_impl->isOpen);
    DRIFTLESS_TRY(begin());
    m_impl->isDirty = true;
    return commit();
}

void DatabaseFile::rollback()
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    // SQLite may have rolled back by itself (disk full, I/O error); then there is nothing left to
    // undo, and it says so.
    if (const auto undone = m_impl->connection->execute("ROLLBACK"); !undone) {
        m_impl->isOpen = false;
    }
    m_impl->isOpen = false;
    m_impl->incarnations->rolledBack();
    m_impl->log->rolledBack();
    m_impl->documents->rolledBack();
    m_impl->indexes->rolledBack();
    m_impl->roster = m_impl->committedRoster;
    m_impl->hlc = m_impl->committedHlc;
    m_impl->ownKey = m_impl->committedOwnKey;
}

Result<void> DatabaseFile::checkpoint()
{
    return m_impl->connection->checkpoint(false);
}

void DatabaseFile::checkpointWhenDue()
{
    if (m_impl->connection->walPages() < kWalPagesMax) {
        return;
    }
    if (const auto copied = m_impl->connection->checkpoint(false); !copied) {
        qCWarning(logStorage, "%s", copied.error().message.constData());
    }
}

const VersionVector &DatabaseFile::vector() const
{
    return m_impl->incarnations->vector();
}

Hash128 DatabaseFile::vectorHash() const
{
    return m_impl->incarnations->canonicalHash();
}

Hash128 DatabaseFile::digest() const
{
    return m_impl->documents->counts().digest.total();
}

qint64 DatabaseFile::documentCount() const
{
    return m_impl->documents->counts().documents;
}

qint64 DatabaseFile::conflictCount() const
{
    return m_impl->documents->counts().conflicts;
}

qint64 DatabaseFile::quarantinedCount() const
{
    return m_impl->documents->quarantinedCount();
}

Result<std::vector<DocumentKey>> DatabaseFile::quarantinedDocuments() const
{
    return m_impl->documents->quarantinedDocuments();
}

std::uint64_t DatabaseFile::hlc() const
{
    return m_impl->hlc;
}

LogPosition DatabaseFile::lastPosition() const
{
    return m_impl->log->last();
}

LogPosition DatabaseFile::committedPosition() const
{
    return m_impl->log->lastCommitted();
}

Result<LogPosition> DatabaseFile::oldestPosition() const
{
    return m_impl->log->oldest();
}

const std::set<NodeId> &DatabaseFile::roster() const
{
    return m_impl->roster;
}

const std::vector<Fork> &DatabaseFile::forks() const
{
    return m_impl->incarnations->forks();
}

bool DatabaseFile::isStopped(const Incarnation &incarnation) const
{
    return m_impl->incarnations->isStopped(incarnation);
}

Result<std::vector<StoredOperation>> DatabaseFile::readLog(
    LogPosition after, int countMax, qsizetype bytesMax) const
{
    return m_impl->log->read(after, countMax, bytesMax);
}

Result<std::optional<StoredOperation>> DatabaseFile::findOperation(const Dot &dot) const
{
    return m_impl->log->find(dot);
}

VisibleDocuments DatabaseFile::visibleDocuments() const
{
    return VisibleDocuments(*m_impl->connection);
}

Result<DocumentState> DatabaseFile::load(const DocumentKey &key) const
{
    DRIFTLESS_TRY_ASSIGN(LoadedDocument document, m_impl->documents->document(key));
    return std::move(document.state);
}

Result<LoadedDocument> DatabaseFile::loadForWrite(const DocumentKey &key) const
{
    return m_impl->documents->document(key);
}

Result<void> DatabaseFile::registerCollection(const QByteArray &name)
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    DRIFTLESS_TRY(m_impl->checkOpen());
    DRIFTLESS_TRY(m_impl->documents->collectionKey(foldCase(name), name));
    return {};
}

Result<bool> DatabaseFile::createIndex(
    const QByteArray &collection, const QByteArray &name, const QByteArray &expression)
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    DRIFTLESS_TRY(m_impl->checkOpen());
    DRIFTLESS_TRY(m_impl->indexes->check(name, expression)); // before a collection is made for it
    DRIFTLESS_TRY_ASSIGN(
        const std::int64_t key, m_impl->documents->collectionKey(foldCase(collection), collection));
    return m_impl->indexes->create(key, name, expression);
}

Result<bool> DatabaseFile::dropIndex(const QByteArray &collection, const QByteArray &name)
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    DRIFTLESS_TRY(m_impl->checkOpen());
    return m_impl->indexes->drop(m_impl->documents->findCollection(foldCase(collection)), name);
}

bool DatabaseFile::hasIndexWork() const
{
    return m_impl->indexes->hasWork();
}

Result<void> DatabaseFile::workOnIndexes(const Clock &clock, const IndexSlice &slice)
{
    DRIFTLESS_ASSERT(!m_impl->isOpen);
    DRIFTLESS_TRY(begin());
    if (auto worked = m_impl->indexes->work(clock, slice); !worked) {
        rollback();
        return worked;
    }
    return commit();
}

const QByteArray &DatabaseFile::path() const
{
    return m_impl->connection->path();
}

Result<void> DatabaseFile::apply(std::span<const Operation> group, bool quarantine)
{
    DRIFTLESS_ASSERT(m_impl->isOpen && !group.empty());
    DRIFTLESS_TRY(m_impl->checkOpen());
    const OperationHeader &first = group.front().header;
    // A single write finds out by being joined.
    const bool isApplicable = group.size() == 1 && first.isAboutDocument()
        ? first.isUnderstood
        : std::all_of(group.begin(), group.end(), canJoin);
    m_impl->isDirty = true;
    for (const Operation &operation : group) {
        DRIFTLESS_TRY(m_impl->applyOne(operation, quarantine || !isApplicable));
    }
    return {};
}

Result<void> DatabaseFile::Impl::admit(const NodeId &node)
{
    if (!roster.insert(node).second) {
        return {};
    }
    DRIFTLESS_TRY_ASSIGN(
        Statement insert, connection->prepare("INSERT OR IGNORE INTO roster(node) VALUES(?)"));
    insert.bindText(1, node.bytes());
    return insert.run();
}

Result<void> DatabaseFile::Impl::applyOne(const Operation &operation, bool quarantine)
{
    const OperationHeader &header = operation.header;
    DRIFTLESS_TRY_ASSIGN(const LogPosition position, log->append(operation));
    hlc = std::max(hlc, header.version.hlc);
    if (header.isAboutDocument()) {
        return applyToDocument(operation, position, quarantine);
    }
    return quarantine ? documents->quarantine(position, {}) : joinRoster(header);
}

Result<void> DatabaseFile::Impl::joinRoster(const OperationHeader &header)
{
    if (header.kind == OperationKind::Open && header.parents.empty()) {
        return admit(
            header.version.dot.incarnation.origin); // the creator of a copy that continues nothing
    }
    if (header.kind == OperationKind::Admit) {
        DRIFTLESS_TRY_ASSIGN(const NodeId node, NodeId::parse(header.documentId));
        return admit(node);
    }
    return {};
}

Result<void> DatabaseFile::Impl::applyToDocument(
    const Operation &operation, LogPosition position, bool quarantine)
{
    const OperationHeader &header = operation.header;
    const DocumentKey key {foldCase(header.collection), foldCase(header.documentId)};
    DRIFTLESS_TRY_ASSIGN(LoadedDocument document, documents->document(key));
    document.state.admitHead(header);
    if (!quarantine) {
        // What contradicts itself waits in quarantine like what is not understood: refusing it
        // would wedge its origin.
        quarantine = !document.state.join(operation, position).isOk();
    }
    if (quarantine) {
        document.state.setQuarantined(header.version.dot, true);
        DRIFTLESS_TRY(documents->quarantine(position, key));
    }
    return documents->save(document, header.collection);
}

Result<void> DatabaseFile::applyOwn(
    const Operation &operation, LoadedDocument &document, json::Object body)
{
    DRIFTLESS_ASSERT(m_impl->isOpen && operation.header.isAboutDocument());
    DRIFTLESS_TRY(m_impl->checkOpen());
    m_impl->isDirty = true;
    const OperationHeader &header = operation.header;
    DRIFTLESS_TRY_ASSIGN(const LogPosition position, m_impl->log->append(operation));
    m_impl->hlc = std::max(m_impl->hlc, header.version.hlc);
    document.state.admitHead(header);
    const bool isDelete = header.kind == OperationKind::Delete;
    DRIFTLESS_TRY(isDelete ? document.state.join(operation, position)
                           : document.state.join(operation, position, std::move(body)));
    return m_impl->documents->save(document, header.collection);
}

Result<int> DatabaseFile::releaseQuarantined()
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    DRIFTLESS_TRY_ASSIGN(
        const std::vector<LogPosition> waiting, m_impl->documents->quarantinedOperations());
    // A group waits as a whole for its last operation.
    std::set<std::pair<Incarnation, std::uint64_t>> blockedGroups;
    std::vector<std::pair<LogPosition, Operation>> candidates;
    for (const LogPosition position : waiting) {
        DRIFTLESS_TRY_ASSIGN(Operation operation, m_impl->log->at(position));
        const Dot &dot = operation.header.version.dot;
        const std::uint64_t first
            = operation.header.group ? operation.header.group->first : dot.sequence;
        // What was taken unread is not scanned before it has been checked.
        if ((!operation.body.isEmpty() && !isReadableBody(operation.body)) || !canJoin(operation)) {
            blockedGroups.emplace(dot.incarnation, first);
        }
        candidates.emplace_back(position, std::move(operation));
    }
    int released = 0;
    for (const auto &[position, operation] : candidates) {
        const OperationHeader &header = operation.header;
        const Dot &dot = header.version.dot;
        if (blockedGroups.contains(
                {dot.incarnation, header.group ? header.group->first : dot.sequence})) {
            continue;
        }
        DRIFTLESS_TRY(m_impl->checkOpen());
        if (header.isAboutDocument()) {
            const DocumentKey key {foldCase(header.collection), foldCase(header.documentId)};
            DRIFTLESS_TRY_ASSIGN(LoadedDocument document, m_impl->documents->document(key));
            if (!document.state.join(operation, position)) {
                continue;
            }
            document.state.setQuarantined(dot, false);
            DRIFTLESS_TRY(m_impl->documents->save(document, header.collection));
        } else {
            DRIFTLESS_TRY(m_impl->joinRoster(header));
        }
        DRIFTLESS_TRY(m_impl->documents->release(position));
        m_impl->isDirty = true;
        ++released;
    }
    return released;
}

std::optional<Incarnation> DatabaseFile::lastOwnIncarnation() const
{
    const Incarnation *incarnation = m_impl->incarnations->incarnationOf(m_impl->ownKey);
    return incarnation != nullptr ? std::optional(*incarnation) : std::nullopt;
}

void DatabaseFile::setOwnIncarnation(const Incarnation &incarnation)
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    m_impl->ownKey = m_impl->incarnations->keyOf(incarnation);
    m_impl->isDirty = true;
}

Result<void> DatabaseFile::recordFork(const Fork &fork)
{
    DRIFTLESS_ASSERT(m_impl->isOpen);
    m_impl->isDirty = true;
    m_impl->incarnations->recordFork(fork);
    return {};
}

} // namespace driftless::storage
