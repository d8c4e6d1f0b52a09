#pragma once

#include "storage/conflicts.h"
#include "storage/connection.h"
#include "storage/digest.h"
#include "storage/index_store.h"
#include "storage/loaded_document.h"
#include "storage/operation_log.h"

#include <map>
#include <set>
#include <unordered_map>

namespace driftless::storage {

/// The rows of the documents, their digest and their listed conflicts. Changes of the counts and
/// the digest live in memory until `flush`, and can be taken back. Store thread.
class DocumentStore
{
public:
    struct Counts
    {
        Digest digest;
        qint64 documents = 0;
        qint64 conflicts = 0;
    };

    static Result<std::unique_ptr<DocumentStore>> load(Connection &connection,
        OperationLog &log,
        IncarnationTable &incarnations,
        IndexStore &indexes,
        const Counts &counts);

    Result<LoadedDocument> document(const DocumentKey &key);
    /// Writes the document's state over its row, whose new content it has then, and what it shows
    /// into the indexes: the one place where either changes. `spelling`: of the collection, should
    /// it be new.
    Result<void> save(LoadedDocument &document, QByteArrayView spelling);

    Result<void> quarantine(LogPosition position, const DocumentKey &key);
    Result<void> release(LogPosition position);
    Result<std::vector<LogPosition>> quarantinedOperations();
    Result<std::vector<DocumentKey>> quarantinedDocuments();
    [[nodiscard]] qint64 quarantinedCount() const { return m_quarantined; }

    [[nodiscard]] const Counts &counts() const { return m_counts; }
    /// Lists the conflicts of the documents that the transaction touched and that have (or had)
    /// several heads.
    Result<void> listConflicts();
    /// The collection's key; a collection that is new is listed from now on.
    Result<std::int64_t> collectionKey(QByteArrayView folded, QByteArrayView spelling);
    /// 0 if there is none.
    [[nodiscard]] std::int64_t findCollection(const QByteArray &folded) const;
    void committed();
    void rolledBack();

private:
    DocumentStore(Connection &connection,
        OperationLog &log,
        IncarnationTable &incarnations,
        IndexStore &indexes,
        const Counts &counts);
    /// The document's entries, where an index covers it.
    Result<void> updateIndexes(LoadedDocument &document,
        std::int64_t collection,
        const std::optional<QByteArray> &mergedBody);
    /// Adds a row to the totals, or takes it out.
    void count(const DocumentKey &key, const DocumentRow &row, int sign);
    Result<void> listConflictsOf(const DocumentKey &key);

    Connection &m_connection;
    OperationLog &m_log;
    IncarnationTable &m_incarnations;
    IndexStore &m_indexes;
    Statement m_select;
    Statement m_insert;
    Statement m_update;
    Statement m_setConflicts;
    Statement m_deleteConflicts;
    Statement m_insertConflict;
    std::map<QByteArray, std::int64_t> m_collections; ///< by folded name
    std::vector<QByteArray> m_newCollections; ///< of this transaction
    Counts m_counts;
    Counts m_committedCounts;
    qint64 m_quarantined = 0;
    qint64 m_committedQuarantined = 0;
    std::set<DocumentKey>
        m_toList; ///< documents whose conflicts may have changed in this transaction
};

} // namespace driftless::storage
