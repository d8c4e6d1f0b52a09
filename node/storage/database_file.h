#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/result.h"
#include "storage/index_info.h"
#include "storage/operation.h"
#include "storage/version_vector.h"

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace driftless::storage {

class DocumentState;
class IndexLanguage;
class VisibleDocuments;
struct LoadedDocument;

struct StoredOperation
{
    LogPosition position;
    QByteArray headerBytes;
    QByteArray body;
};

/// Two different operations under one dot: a machine was rolled back while it ran.
struct Fork
{
    Dot dot;
    Hash128 hashHere;
    Hash128 hashThere;
};

/// A document that an arriving or local write touched, for whoever waits for news of it.
struct DocumentKey
{
    QByteArray collection; ///< folded
    QByteArray id; ///< folded
    friend bool operator==(const DocumentKey &, const DocumentKey &) = default;
    friend auto operator<=>(const DocumentKey &a, const DocumentKey &b)
    {
        const int order = a.collection.compare(b.collection);
        return (order != 0 ? order : a.id.compare(b.id)) <=> 0;
    }
};

/// One database: `{database}.db`, which holds all that a write must commit together. The only
/// writer of the file; one thread, the store thread. Every method that changes something needs an
/// open transaction; what it changed in memory goes back with it.
class DatabaseFile
{
public:
    struct Options
    {
        bool isSynchronousFull
            = true; ///< an answered commit survives a power cut (Node:Durability)
        qint64 cacheBytes = 16'000'000;
        /// Of the indexes' expressions; outlives the file. Null: no index is kept.
        const IndexLanguage *indexLanguage = nullptr;
    };

    /// Opens or creates. Errors, each naming the file and what to do: FileDamaged, FileNewer,
    /// FileInUse (another process has it), DiskFull, Storage. A file that cannot be opened is left
    /// as it is.
    static Result<std::unique_ptr<DatabaseFile>> open(
        const QByteArray &path, const Options &options);
    ~DatabaseFile();

    // Transactions.
    /// Begins one if none is open. FileInUse after 2 s where another process holds the lock on the
    /// file, and at once as long as it still does.
    Result<void> begin();
    [[nodiscard]] bool isInTransaction() const;
    /// Makes everything since `begin` durable, or (on an error) as if it had not been. Conflicts of
    /// the documents touched are listed here, once a transaction.
    Result<void> commit();
    void rollback();
    /// Commits what is there already: an error tells that the disk does not take writes. Not inside
    /// of a transaction.
    Result<void> tryWriting();
    /// Copies the WAL back into the file as far as readers allow.
    Result<void> checkpoint();
    /// The same once the WAL is long (16 MB). To be called between transactions, when whoever
    /// waited for the last one has been answered: no commit does it by itself. What fails is tried
    /// again after the next commit; what is committed is on disk already.
    void checkpointWhenDue();

    // What the copy has. Inside of a transaction, with its changes.
    [[nodiscard]] const VersionVector &vector() const;
    /// Of the canonical form: without incarnations that another's `open` continues from their last
    /// sequence, and with a mark for each that is continued but not here at all.
    [[nodiscard]] Hash128 vectorHash() const;
    [[nodiscard]] Hash128 digest() const;
    [[nodiscard]] qint64
    documentCount() const; ///< visible ones; entries of `cache` are not counted
    [[nodiscard]] qint64 conflictCount() const;
    [[nodiscard]] qint64 quarantinedCount() const;
    /// Documents left out of the digest because an operation of theirs is quarantined, ascending.
    [[nodiscard]] Result<std::vector<DocumentKey>> quarantinedDocuments() const;
    /// The highest hybrid clock in the file.
    [[nodiscard]] std::uint64_t hlc() const;
    [[nodiscard]] LogPosition lastPosition() const;
    [[nodiscard]] LogPosition committedPosition() const; ///< durable up to here
    [[nodiscard]] Result<LogPosition> oldestPosition() const; ///< 0 for an empty log
    /// The nodes of the database's cluster: creators, and those admitted.
    [[nodiscard]] const std::set<NodeId> &roster() const;
    /// Forks found so far; their incarnations take no more operations.
    [[nodiscard]] const std::vector<Fork> &forks() const;
    [[nodiscard]] bool isStopped(const Incarnation &incarnation) const;

    // The log.
    /// In log order, positions above `after`: at most `countMax` operations, and no more once
    /// `bytesMax` is reached (at least one, if there is one).
    [[nodiscard]] Result<std::vector<StoredOperation>> readLog(
        LogPosition after, int countMax, qsizetype bytesMax) const;
    [[nodiscard]] Result<std::optional<StoredOperation>> findOperation(const Dot &dot) const;

    // Applying.
    /// Appends a whole group (or a single operation) to the log, moves the vector, and joins it
    /// into the documents. The caller has checked that each is the next of its incarnation and that
    /// what it was built on is here. If one of it is not understood or contradicts itself, or with
    /// `quarantine`, the whole group is stored and its claims wait.
    Result<void> apply(std::span<const Operation> group, bool quarantine = false);
    /// As `apply`, for a write of this node's own: the document as it was loaded in this
    /// transaction, and the operation's body as it was parsed (unused for a delete). A group is
    /// given write by write.
    Result<void> applyOwn(const Operation &operation, LoadedDocument &document, json::Object body);
    /// Joins the claims of quarantined operations that this program understands by now. Answers how
    /// many it released.
    Result<int> releaseQuarantined();
    Result<void> recordFork(const Fork &fork);
    /// The incarnation that this file was last written under by its own node; a local writer
    /// continues it.
    [[nodiscard]] std::optional<Incarnation> lastOwnIncarnation() const;
    void setOwnIncarnation(const Incarnation &incarnation);

    // Documents, for writers.
    /// As the open transaction has left them so far.
    [[nodiscard]] VisibleDocuments visibleDocuments() const;
    /// The state of a document; an empty one where there is none.
    [[nodiscard]] Result<DocumentState> load(const DocumentKey &key) const;
    /// The same with what `applyOwn` needs besides.
    [[nodiscard]] Result<LoadedDocument> loadForWrite(const DocumentKey &key) const;
    /// Makes the collection be listed before it has a document. Local: no operation.
    Result<void> registerCollection(const QByteArray &name);

    // Indexes: this node's own, no operation tells of them.
    /// Begins one; its collection is registered where it is new. Answers true, or false if there is
    /// one of that name (in any case) and expression. Errors: VersionMismatch (of that name and
    /// another expression), InvalidArgument (the name, the expression, too many).
    Result<bool> createIndex(
        const QByteArray &collection, const QByteArray &name, const QByteArray &expression);
    /// Answers false if there is none. Nobody finds it any more; its entries go in slices.
    Result<bool> dropIndex(const QByteArray &collection, const QByteArray &name);
    /// Whether an index is to be built or removed.
    [[nodiscard]] bool hasIndexWork() const;
    /// Builds or removes a slice, in a transaction of its own. Not inside of one.
    Result<void> workOnIndexes(const Clock &clock, const IndexSlice &slice);

    [[nodiscard]] const QByteArray &path() const;

private:
    struct Impl;
    explicit DatabaseFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace driftless::storage
