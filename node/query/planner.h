#pragma once

#include "query/memory_account.h"
#include "query/statement.h"

namespace driftless::query {

enum class Access : std::uint8_t {
    Scan, ///< all documents by id
    Ids, ///< those with the ids of a list
    IdRange, ///< those from an id on, perhaps to another one
    Index, ///< those that an index has in some ranges
};

/// How a statement comes to the documents that its condition may hold for. All of them are among
/// them, and the condition is still asked of each, so that no plan changes an answer.
struct Plan
{
    Access access = Access::Scan;
    Array ids; ///< of Ids: ascending, no two equal
    Value firstId; ///< of IdRange
    QByteArray endOfIds; ///< of IdRange: the key of the first one behind it; empty: none
    Index index; ///< of Index, as is `scan`
    IndexScan scan;
    bool isOneKey
        = false; ///< of Index: all of the entries have one key, and so are in order of ids
    bool isSorted = false; ///< the documents come as ORDER BY wants them
};

/// What a plan is made for.
struct Wish
{
    const QByteArray &collection;
    const Expression *where = nullptr; ///< null: everything
    std::span<const SortKey> orderBy = {};
    /// Members that INCLUDE exchanges before the condition and the sorting look at them.
    FieldSet exchanged = {};
};

/// Of the terms of the condition that are joined by AND the cheapest that the ids or an index can
/// answer (section 11 of the language); else an index that has the documents in the order of ORDER
/// BY; else all documents.
Result<Plan> planFor(const Wish &wish, const Context &context);

/// The documents of the plan: in the order of ORDER BY where the plan is sorted, else by id; no
/// document twice. Null if there is no such collection.
Result<std::unique_ptr<Cursor>> openPlan(const Plan &plan,
    const QByteArray &collection,
    const FieldSet &wanted,
    const Context &context,
    MemoryAccount &account);

} // namespace driftless::query
