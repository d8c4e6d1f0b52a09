#pragma once

#include "core/clock.h"
#include "storage/connection.h"
#include "storage/index_info.h"
#include "storage/operation.h"

#include <optional>
#include <vector>

namespace driftless::storage {

/// What is known of a visible document besides its body.
struct DocumentFacts
{
    QByteArray id; ///< as its newest writer spells it
    Hash128 token;
    NodeId writer; ///< who wrote it last
    WallTime modified {}; ///< when, by that node's clock
};

/// Visible documents of one collection, one after the other: in ascending order of their folded
/// ids, or as an index has them. Belongs to the thread of its connection, and must not outlive it.
class DocumentCursor
{
public:
    /// False at the end.
    Result<bool> next();
    /// Of a cursor over one document: now over the one with this id, which `next` comes to. Cheaper
    /// than another cursor.
    void seek(const QByteArray &id);
    // Of the document that `next` has come to; views hold until the next call of it.
    [[nodiscard]] QByteArrayView foldedId() const { return m_rows.blobView(0); }
    [[nodiscard]] QByteArrayView body() const { return m_rows.blobView(isComposed() ? 1 : 2); }
    /// Of the index that it goes through.
    [[nodiscard]] QByteArrayView key() const { return m_rows.blobView(6); }
    /// Reads the operation's header and, of a document that was merged, its state.
    [[nodiscard]] Result<DocumentFacts> facts() const;

private:
    friend class VisibleDocuments;
    DocumentCursor(Statement rows, QByteArray foldedCollection)
        : m_rows(std::move(rows))
        , m_collection(std::move(foldedCollection))
    {
    }
    /// What it shows is no operation's body.
    [[nodiscard]] bool isComposed() const { return !m_rows.isNull(1); }

    Statement m_rows;
    QByteArray m_collection;
};

/// The visible documents of a database, as one connection sees them: for a reader what is
/// committed, for the writer with the changes of its transaction. Names match in any case. One
/// thread, that of the connection, which outlives it.
class VisibleDocuments
{
public:
    explicit VisibleDocuments(Connection &connection)
        : m_connection(connection)
    {
    }

    [[nodiscard]] Result<bool> contains(const QByteArray &collection) const;
    /// As first written here, ascending by folded name.
    [[nodiscard]] Result<std::vector<QByteArray>> collections() const;
    /// Looks at every one of them, but at no body. 0 if there is no such collection.
    [[nodiscard]] Result<std::int64_t> count(const QByteArray &collection) const;
    /// From the first document whose folded id is above `after`; nothing if there is no such
    /// collection.
    [[nodiscard]] Result<std::optional<DocumentCursor>> scan(
        const QByteArray &collection, QByteArrayView after = {}) const;
    /// A cursor over that document alone, or over nothing.
    [[nodiscard]] Result<std::optional<DocumentCursor>> find(
        const QByteArray &collection, const QByteArray &id) const;

    /// Those of one collection, or of all; by collection, then by name.
    [[nodiscard]] Result<std::vector<IndexInfo>> indexes(
        const std::optional<QByteArray> &collection) const;
    /// The entries of an index, in an open snapshot or transaction. A document comes once for each
    /// of its keys in the range. Nothing where the index is not ready in that snapshot, or not
    /// there.
    [[nodiscard]] Result<std::optional<DocumentCursor>> indexed(
        std::int64_t indexId, const IndexRange &range) const;

private:
    /// 0 if there is none.
    [[nodiscard]] Result<std::int64_t> keyOf(const QByteArray &folded) const;
    [[nodiscard]] Result<std::optional<DocumentCursor>> open(
        const QByteArray &collection, std::string_view condition, QByteArrayView foldedId) const;

    Connection &m_connection;
};

} // namespace driftless::storage
