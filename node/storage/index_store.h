#pragma once

#include "core/clock.h"
#include "storage/connection.h"
#include "storage/index_info.h"
#include "storage/index_language.h"

#include <memory>
#include <optional>
#include <vector>

namespace driftless::storage {

/// The indexes of a database: their catalog, and the one table of their entries `(index, key,
/// document)`. They are this node's own: no operation tells of them and the digest does not know
/// them. What changes a document changes its entries in the same transaction; building and removing
/// happen in slices. Changes of the catalog live in memory too, and go back with a transaction.
/// Store thread.
class IndexStore
{
public:
    /// Without a language no index is kept right, and each is emptied. `connection` and `language`
    /// outlive the store.
    static Result<std::unique_ptr<IndexStore>> load(
        Connection &connection, const IndexLanguage *language);

    /// Whether some index was made by another version of the language, or of another spelling of
    /// its expression; `renew`, in a transaction, begins to build those anew.
    [[nodiscard]] bool hasStale() const;
    Result<void> renew();

    /// Whether an index of the collection covers the document, so that `update` needs what it
    /// showed.
    [[nodiscard]] bool covers(std::int64_t collection, QByteArrayView id) const;
    /// What a document shows changed; nothing where it is not visible. In the transaction of the
    /// change.
    Result<void> update(std::int64_t collection,
        QByteArrayView id,
        const std::optional<QByteArray> &before,
        const std::optional<QByteArray> &after);

    /// Whether an index can have that name and that expression: InvalidArgument if not.
    [[nodiscard]] Result<void> check(const QByteArray &name, const QByteArray &expression) const;
    /// True if it was made, false if it is there already with this expression. Errors:
    /// VersionMismatch (there with another expression), InvalidArgument (as `check`, or a
    /// collection with too many), those of SQLite. In a transaction.
    Result<bool> create(
        std::int64_t collection, const QByteArray &name, const QByteArray &expression);
    /// False if there is none of that name. In a transaction.
    Result<bool> drop(std::int64_t collection, const QByteArray &name);

    /// Whether something is to be built or removed.
    [[nodiscard]] bool hasWork() const;
    /// Builds or removes a slice, in an open transaction.
    Result<void> work(const Clock &clock, const IndexSlice &slice);

    void committed();
    void rolledBack();

private:
    struct Budget;
    struct Index
    {
        std::int64_t id = 0;
        std::int64_t collection = 0;
        QByteArray name;
        QByteArray expression;
        std::int64_t keyVersion = 0;
        IndexState state = IndexState::Building;
        QByteArray builtTo; ///< folded id of the last document that it covers; empty: of none
        std::int64_t done = 0; ///< documents that it covers, tombstones included
        std::int64_t total = 0; ///< documents of the collection when the building began; 0: not yet
                                ///< counted
        QByteArray countedTo;
        std::int64_t counted = 0;
        std::shared_ptr<const IndexExpression> program; ///< null: it cannot be kept right here

        [[nodiscard]] bool covers(QByteArrayView documentId) const;
    };

    IndexStore(Connection &connection, const IndexLanguage *language);
    Result<void> prepare();
    Result<void> loadCatalog();
    [[nodiscard]] bool isStale(const Index &index) const;
    Index *find(std::int64_t collection, const QByteArray &name);
    Result<void> insert(Index index);
    Result<void> save(const Index &index);
    [[nodiscard]] std::vector<QByteArray> keysOf(
        const Index &index, const std::optional<QByteArray> &body) const;
    Result<void> put(const Index &index, const QByteArray &key, QByteArrayView document);
    Result<void> build(Index &index, Budget &budget);
    Result<void> count(Index &index, Budget &budget);
    Result<void> buildSome(Index &index, Budget &budget);
    /// True: nothing is left of it.
    Result<bool> removeSome(const Index &index, Budget &budget);

    Connection &m_connection;
    const IndexLanguage *m_language;
    Statement m_put;
    Statement m_take;
    Statement m_walk;
    std::vector<Index> m_indexes;
    std::optional<std::vector<Index>>
        m_committed; ///< as they were, where a transaction changed some
};

} // namespace driftless::storage
