#pragma once

#include "core/result.h"
#include "query/field_set.h"

#include <memory>
#include <optional>

namespace driftless::query {

/// Documents of one collection, one after the other.
class Cursor
{
public:
    virtual ~Cursor() = default;
    /// The next document; nothing at the end.
    virtual Result<std::optional<Value>> next() = 0;
};

/// The only door of the language to documents: whoever stores them implements it. One thread, its
/// owner's; what it shows does not change while a statement runs.
class Catalog
{
public:
    virtual ~Catalog() = default;
    /// The documents in the order of their ids, with at least the wanted members
    /// (documentFromJson); null if there is no such collection. Names match in any case. The cursor
    /// does not outlive the catalog, `wanted` is not kept.
    virtual Result<std::unique_ptr<Cursor>> documents(
        const QByteArray &collection, const FieldSet &wanted)
        = 0;
    /// The document with that `_id`, with at least the wanted members; nothing if there is none.
    virtual Result<std::optional<Value>> find(
        const QByteArray &collection, const Value &id, const FieldSet &wanted)
        = 0;
    [[nodiscard]] virtual bool contains(const QByteArray &collection) const = 0;
    /// An id that no document of the collection ever had. Called while an INSERT is evaluated, also
    /// with every id that it brings along itself (`taken`), which a counter must stay above of.
    virtual Result<Value> newId(const QByteArray &collection, IdType type) = 0;
    virtual void taken(const QByteArray &collection, const Value &id) = 0;
};

} // namespace driftless::query
