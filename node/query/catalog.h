#pragma once

#include "core/result.h"
#include "query/field_set.h"
#include "query/value_key.h"

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

/// An index of a collection, as the language sees it (query/index_expression.h).
struct Index
{
    QByteArray name; ///< case counts
    ExpressionPointer expression;
    bool isUnique = false; ///< no two documents have the same key
    bool isReady = true; ///< false: it is being built and answers nothing yet
};

/// Which entries of an index are wanted, and how.
struct IndexScan
{
    QByteArray index; ///< its name
    std::vector<KeyRange> ranges; ///< ascending, none overlaps another one
    bool isDescending = false;
};

/// The only door of the language to documents: whoever stores them implements it. One thread, its
/// owner's; what it shows does not change while a statement runs. Names of collections match in any
/// case. Cursors do not outlive the catalog; `wanted` and `scan` are not kept. Every document comes
/// with at least its wanted members (documentFromJson), its `_id` being one of them.
class Catalog
{
public:
    virtual ~Catalog() = default;
    /// The documents in the order of their ids; null if there is no such collection.
    virtual Result<std::unique_ptr<Cursor>> documents(
        const QByteArray &collection, const FieldSet &wanted)
        = 0;
    /// The document with that `_id`; nothing if there is none.
    virtual Result<std::optional<Value>> find(
        const QByteArray &collection, const Value &id, const FieldSet &wanted)
        = 0;
    [[nodiscard]] virtual bool contains(const QByteArray &collection) const = 0;
    /// An id that no document of the collection ever had. Called while an INSERT is evaluated, also
    /// with every id that it brings along itself (`taken`), which a counter must stay above of.
    virtual Result<Value> newId(const QByteArray &collection, IdType type) = 0;
    virtual void taken(const QByteArray &collection, const Value &id) = 0;

    // What can be answered faster than by reading all documents. None of it changes an answer.

    /// As `documents`, from the first one whose id is not below `first`; may begin before it.
    virtual Result<std::unique_ptr<Cursor>> documentsFrom(
        const QByteArray &collection, const Value &first, const FieldSet &wanted);
    /// As `documents`, in whatever order they are read fastest.
    virtual Result<std::unique_ptr<Cursor>> documentsInAnyOrder(
        const QByteArray &collection, const FieldSet &wanted);
    /// How many documents the collection has, where that is known.
    virtual Result<std::optional<std::int64_t>> count(const QByteArray &collection);
    virtual Result<std::vector<Index>> indexes(const QByteArray &collection);
    /// The documents that a ready index has in the ranges, in the order of their keys, those of one
    /// key by id (ascending either way); once for each key that a document has there. Where nothing
    /// but `_id` is wanted, the documents themselves need not be looked at. Null if there is no
    /// such index.
    virtual Result<std::unique_ptr<Cursor>> indexed(
        const QByteArray &collection, const IndexScan &scan, const FieldSet &wanted);

    // What the system collections show.

    /// The names of all collections, as first spelled, in order.
    virtual Result<std::vector<QByteArray>> collections();
    /// The one row of `$database`.
    virtual Result<Value> database();
};

} // namespace driftless::query
