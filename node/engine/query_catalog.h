#pragma once

#include "core/clock.h"
#include "query/catalog.h"
#include "storage/visible_documents.h"

#include <map>
#include <optional>

namespace driftless::engine {

/// The documents of one database, as a statement sees them: with their id as `_id`, and where they
/// are asked for with `_sys_version` and its kind. One thread, that of the connection.
class QueryCatalog final : public query::Catalog
{
public:
    static constexpr qsizetype kPauseBytes = 4'000'000;

    struct Options
    {
        QByteArray database; ///< its name
        bool showsFacts = false; ///< `_sys_…` in whole documents, too
        QByteArray after; ///< only documents whose folded ids are above this one
        std::optional<Instant> pauseAt; ///< then a cursor ends early, see pausedAt(), or once it
                                        ///< has read kPauseBytes
    };

    QueryCatalog(storage::VisibleDocuments documents, Options options)
        : m_documents(documents)
        , m_options(std::move(options))
    {
    }

    Result<std::unique_ptr<query::Cursor>> documents(
        const QByteArray &collection, const query::FieldSet &wanted) override;
    Result<std::optional<query::Value>> find(const QByteArray &collection,
        const query::Value &id,
        const query::FieldSet &wanted) override;
    [[nodiscard]] bool contains(const QByteArray &collection) const override;
    Result<std::unique_ptr<query::Cursor>> documentsFrom(const QByteArray &collection,
        const query::Value &first,
        const query::FieldSet &wanted) override;
    Result<std::optional<std::int64_t>> count(const QByteArray &collection) override;
    /// None for a cursor that may pause, which goes on where it was in the order of ids.
    Result<std::vector<query::Index>> indexes(const QByteArray &collection) override;
    Result<std::unique_ptr<query::Cursor>> indexed(const QByteArray &collection,
        const query::IndexScan &scan,
        const query::FieldSet &wanted) override;
    /// Without the node's own.
    Result<std::vector<QByteArray>> collections() override;
    Result<query::Value> database() override;
    /// Nobody asks: INSERT brings its ids along.
    Result<query::Value> newId(const QByteArray &collection, query::IdType type) override;
    void taken(const QByteArray & /*collection*/, const query::Value & /*id*/) override { }

    /// The folded id of the last document that a cursor gave before it paused; nothing if it came
    /// to its end.
    [[nodiscard]] const std::optional<QByteArray> &pausedAt() const { return m_pausedAt; }

private:
    class DocumentsCursor;
    class EntriesCursor;
    Result<std::unique_ptr<query::Cursor>> scan(
        const QByteArray &collection, QByteArrayView after, const query::FieldSet &wanted);

    Result<const std::vector<storage::IndexInfo> *> indexInfos(const QByteArray &collection);

    storage::VisibleDocuments m_documents;
    const Options m_options;
    std::optional<QByteArray> m_pausedAt;
    std::optional<storage::DocumentCursor> m_lookup; ///< of the last `find`
    QByteArray m_lookupCollection;
    std::map<QByteArray, std::vector<storage::IndexInfo>> m_indexes; ///< by folded collection
};

} // namespace driftless::engine
