#pragma once

#include "query/catalog.h"
#include "query/program.h"

#include <functional>

namespace driftless::query {

/// What a statement runs with. Everything outlives the run.
struct Context
{
    Catalog &catalog;
    const Parameters &parameters;
    const Services &services;
};

/// Takes the next row; answers false to end the statement there.
using RowVisitor = std::function<Result<bool>(const Value &row)>;

/// Hands the rows of a SELECT to the visitor as they come: without ORDER BY, GROUP BY, DISTINCT and
/// `*` nothing is kept. Errors end it where they happen; rows before were delivered.
Result<void> runSelect(const Select &select, const Context &context, const RowVisitor &visit);

enum class ChangeKind : std::uint8_t { Insert, Replace, Remove };

/// One write that a statement wants.
struct Change
{
    ChangeKind kind = ChangeKind::Insert;
    Value id;
    Value document; ///< with its `_id` first; null where it is removed
};

/// INSERT, UPDATE and DELETE evaluate all before anything is written: the whole list, in the order
/// of the documents, or an error. Its size is what the statement answers.
Result<std::vector<Change>> evaluateInsert(const Insert &insert, const Context &context);
Result<std::vector<Change>> evaluateUpdate(const Update &update, const Context &context);
Result<std::vector<Change>> evaluateDelete(const Delete &statement, const Context &context);

} // namespace driftless::query
