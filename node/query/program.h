#pragma once

#include "query/ast.h"
#include "query/function_table.h"

#include <memory>

namespace driftless::query {

/// Named values, found without regard to case; null for a name that is not there.
class Parameters
{
public:
    void set(const QByteArray &name, Value value) { m_values.set(name, std::move(value)); }
    [[nodiscard]] Value value(QByteArrayView name) const;
    /// Null if there is none.
    [[nodiscard]] const Value *find(QByteArrayView name) const { return m_values.find(name); }

private:
    Document m_values;
};

/// What one evaluation looks at. Everything outlives it.
struct Row
{
    const Value *root = nullptr; ///< `$`; null where there is no one document (aggregates)
    const Value *current = nullptr; ///< `@`
    const Value *source = nullptr; ///< `*`, an array; null: the root alone
    const Parameters *parameters = nullptr;
    const Services *services = nullptr;
    const std::vector<Result<Value>> *gathered = nullptr; ///< of query/aggregates.h
};

/// An expression made ready to run many times: names folded into the nodes, functions as pointers.
/// It and the parser are the only homes of what the language means. Immutable; any thread.
class Program
{
public:
    class Node;

    static Program compile(const Expression &expression);
    Program(Program &&) noexcept;
    Program &operator=(Program &&) noexcept;
    ~Program();

    /// The value; of a sequence the array of its elements. Errors: what the language cannot answer
    /// (a number too large, an operand of AND that is no boolean), as one sentence.
    [[nodiscard]] Result<Value> evaluate(const Row &row) const;
    /// The same without a copy of what the row holds already: the answer points to that, or to
    /// `room`.
    [[nodiscard]] Result<const Value *> view(const Row &row, Value &room) const;
    /// True only for the boolean true.
    [[nodiscard]] Result<bool> holds(const Row &row) const;

private:
    explicit Program(std::unique_ptr<const Node> node);

    std::unique_ptr<const Node> m_node;
};

/// What ITEMS and a scalar argument of an aggregate become: the elements of an array, the bytes of
/// a binary as Int32, or the value itself alone. Answered as an array; a binary may be too large.
Result<Value> spread(const Value &value);

/// LIKE: `%` for any run, `_` for one UTF-16 unit, all else by folded case.
bool isLike(const QByteArray &text, const QByteArray &pattern);

} // namespace driftless::query
