#pragma once

#include "query/catalog.h"
#include "query/program.h"
#include "query/watch.h"

#include <functional>

namespace driftless::query {

/// What one statement may keep in memory, as Value::weight counts it.
inline constexpr std::size_t kQueryMemoryBytesMax = 256'000'000;

/// What a statement runs with. Everything outlives the run.
struct Context
{
    Catalog &catalog;
    const Parameters &parameters;
    const Services &services;
    Watch *watch = nullptr; ///< null: nothing ends it
    std::size_t memoryBytesMax = kQueryMemoryBytesMax;
};

/// Takes the next row; answers false to end the statement there.
using RowVisitor = std::function<Result<bool>(const Value &row)>;

/// Hands the rows of a SELECT to the visitor as they come: without ORDER BY, GROUP BY, DISTINCT and
/// `*` nothing is kept. Errors end it where they happen; rows before were delivered.
Result<void> runSelect(const Select &select, const Context &context, const RowVisitor &visit);

enum class ChangeKind : std::uint8_t { Insert, Replace, Remove };

/// One member of the root of a document that an UPDATE names.
struct MemberChange
{
    QByteArray name; ///< as the statement spells it; an existing member keeps its own spelling
    Value value; ///< the new one
    /// Set where the statement adds a constant to the number that the member is (`stock = stock -
    /// 2` adds -2): what to add, so that additions of others are kept. `value` is the sum.
    std::optional<Value> addend;
};

/// One write that a statement wants.
struct Change
{
    ChangeKind kind = ChangeKind::Insert;
    Value id;
    Value document; ///< of an Insert, with its `_id` first
    /// Of a Replace, no name twice: these members get their new values, all others stay. `_id`
    /// is among them only if the statement names it, with an equal value.
    std::vector<MemberChange> members;
};

/// INSERT, UPDATE and DELETE evaluate all before anything is written: the whole list, in the order
/// of the documents, or an error. Its size is what the statement answers.
Result<std::vector<Change>> evaluateInsert(const Insert &insert, const Context &context);
Result<std::vector<Change>> evaluateUpdate(const Update &update, const Context &context);
Result<std::vector<Change>> evaluateDelete(const Delete &statement, const Context &context);

} // namespace driftless::query
