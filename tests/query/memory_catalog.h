#pragma once

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

    Result<std::unique_ptr<Cursor>> documents(
        const QByteArray &collection, const FieldSet &wanted) override;
    Result<std::optional<Value>> find(
        const QByteArray &collection, const Value &id, const FieldSet &wanted) override;
    [[nodiscard]] bool contains(const QByteArray &collection) const override;
    Result<Value> newId(const QByteArray &collection, IdType type) override;
    void taken(const QByteArray &collection, const Value &id) override;

private:
    struct Less
    {
        bool operator()(const Value &a, const Value &b) const
        {
            return std::is_lt(compareValues(a, b));
        }
    };
    struct Collection
    {
        std::map<Value, Value, Less> documents;
        std::int64_t lastNumber = 0;
    };

    const Services &m_services;
    std::map<QByteArray, Collection> m_collections; ///< by folded name
};

} // namespace driftless::query
