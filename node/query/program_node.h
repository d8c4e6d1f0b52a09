#pragma once

#include "query/budget.h"
#include "query/program.h"

namespace driftless::query {

/// A step of a program: the closures of an expression. Immutable.
class Program::Node
{
public:
    virtual ~Node() = default;
    [[nodiscard]] virtual Result<Value> evaluate(const Row &row) const = 0;
    /// As evaluate, but without a copy of what is there already: the answer points to it, or to
    /// `room`, and lasts as long as both and the row's parts.
    [[nodiscard]] virtual Result<const Value *> view(const Row &row, Value &room) const
    {
        DRIFTLESS_TRY_ASSIGN(room, evaluate(row));
        return &room;
    }
};

using NodePointer = std::unique_ptr<const Program::Node>;

NodePointer compileNode(const Expression &expression);
NodePointer compilePath(const Expression &path);
NodePointer compileLambda(const Expression &lambda);
NodePointer compileOperator(const Expression &binary);

/// Counts the steps against the statement's budget.
inline Result<void> spend(const Row &row, std::int64_t steps)
{
    Budget *budget = row.services != nullptr ? row.services->budget : nullptr;
    return budget != nullptr ? budget->spend(steps) : Result<void>();
}

/// The row inside of a filter or lambda: `*` is the root again.
inline Row elementRow(const Row &outer, const Value &element)
{
    Row row = outer;
    row.current = &element;
    row.source = nullptr;
    return row;
}

} // namespace driftless::query
