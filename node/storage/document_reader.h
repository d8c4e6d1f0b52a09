#pragma once

#include "storage/conflicts.h"
#include "storage/connection.h"
#include "storage/index_info.h"
#include "storage/read_token.h"
#include "storage/visible_documents.h"

#include <chrono>
#include <optional>
#include <unordered_map>

namespace driftless::storage {

/// What readers ask of a database, by a read-only connection of their own: they see what is
/// committed, block nobody, and are ended when a read takes too long, so that the WAL can be copied
/// back. One thread, a reader thread.
class DocumentReader
{
public:
    struct Document
    {
        QByteArray body;
        Hash128 token;
    };
    struct Page
    {
        std::vector<QByteArray> bodies; ///< ascending by folded id
        std::optional<QByteArray> lastId; ///< folded id of the last, where more follow
    };
    struct Conflict
    {
        QByteArray collection; ///< folded
        QByteArray id; ///< folded
        QByteArray member; ///< folded, or "*"
        std::optional<Operation> winner; ///< nothing where it was pruned
        std::optional<Operation> loser;
    };

    /// Errors as of Connection::open; the file must exist.
    static Result<std::unique_ptr<DocumentReader>> open(
        const QByteArray &path, std::chrono::milliseconds readMax);

    /// Names in any case. Nothing if there is no visible document.
    Result<std::optional<Document>> document(const QByteArray &collection, const QByteArray &id);
    /// `after`: folded ids above this one; `skip` counts from there. `take` at least 1.
    Result<Page> documents(const QByteArray &collection,
        const std::optional<QByteArray> &after,
        qint64 skip,
        int take);
    /// As first written here, ascending by folded name.
    Result<std::vector<QByteArray>> collections();
    Result<std::vector<Conflict>> conflicts(qint64 skip, int take);
    Result<qint64> conflictCount();
    /// Those of one collection (in any case), or of all; by collection, then by name.
    Result<std::vector<IndexInfo>> indexes(const std::optional<QByteArray> &collection);

    /// One state of the database from now until `endSnapshot`, read until `token` is over, which
    /// outlives it. Meanwhile only what `visibleDocuments` answers is asked.
    Result<void> beginSnapshot(const ReadToken &token);
    void endSnapshot();
    [[nodiscard]] VisibleDocuments visibleDocuments() { return VisibleDocuments(*m_connection); }

private:
    explicit DocumentReader(std::unique_ptr<Connection> connection);
    Result<void> prepare();
    /// 0 if there is none.
    Result<std::int64_t> collectionKey(const QByteArray &collection);
    Result<Document> complete(QByteArrayView folded, QByteArrayView foldedId);
    Result<std::optional<Operation>> operation(std::int64_t incarnation, std::int64_t sequence);

    std::unique_ptr<Connection> m_connection;
    Statement m_collection;
    Statement m_document;
    Statement m_page;
    Statement m_conflicts;
    Statement m_operation;
    std::unordered_map<QByteArray, std::int64_t>
        m_collections; ///< by folded name; a collection once made stays
};

} // namespace driftless::storage
