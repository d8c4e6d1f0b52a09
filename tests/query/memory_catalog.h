#pragma once

#include "query/index_expression.h"
#include "query/statement.h"
#include "query/value_order.h"

#include <map>

namespace driftless::query {

/// Collections in memory, as the language sees them through its door. Counters for ids go up from
/// the highest that was ever seen.
class MemoryCatalog final : public Catalog
{
public:
    explicit MemoryCatalog(const Services &services)
        : m_services(services)
    {
    }

    /// Puts a document in, as if it had always been there.
    void put(const QByteArray &collection, const Value &document);
    void create(const QByteArray &collection);
    void apply(const QByteArray &collection, std::span<const Change> changes);
    /// True if it is new; false if it is there with this expression, or goes by `_id`.
    Result<bool> createIndex(const CreateIndex &create);
    /// False if there is none.
    Result<bool> dropIndex(const DropIndex &drop);

    Result<std::unique_ptr<Cursor>> documents(
        const QByteArray &collection, const FieldSet &wanted) override;
    Result<std::optional<Value>> find(
        const QByteArray &collection, const Value &id, const FieldSet &wanted) override;
    [[nodiscard]] bool contains(const QByteArray &collection) const override;
    Result<Value> newId(const QByteArray &collection, IdType type) override;
    void taken(const QByteArray &collection, const Value &id) override;
    Result<std::unique_ptr<Cursor>> documentsFrom(
        const QByteArray &collection, const Value &first, const FieldSet &wanted) override;
    Result<std::unique_ptr<Cursor>> documentsInAnyOrder(
        const QByteArray &collection, const FieldSet &wanted) override;
    Result<std::optional<std::int64_t>> count(const QByteArray &collection) override;
    Result<std::vector<Index>> indexes(const QByteArray &collection) override;
    Result<std::unique_ptr<Cursor>> indexed(
        const QByteArray &collection, const IndexScan &scan, const FieldSet &wanted) override;
    Result<std::vector<QByteArray>> collections() override;

    /// How many documents were handed out.
    [[nodiscard]] std::int64_t documentsRead() const { return m_documentsRead; }

private:
    struct Less
    {
        bool operator()(const Value &a, const Value &b) const
        {
            return std::is_lt(compareValues(a, b));
        }
    };
    struct HeldIndex
    {
        IndexExpression expression;
        bool isUnique = false;
    };
    struct Collection
    {
        QByteArray name;
        std::map<QByteArray, HeldIndex> indexes; ///< by name
        std::map<Value, Value, Less> documents;
        std::int64_t lastNumber = 0;
    };

    Collection &made(const QByteArray &collection);
    [[nodiscard]] const Collection *held(const QByteArray &collection) const;

    const Services &m_services;
    std::int64_t m_documentsRead = 0;
    std::map<QByteArray, Collection> m_collections; ///< by folded name
};

} // namespace driftless::query
