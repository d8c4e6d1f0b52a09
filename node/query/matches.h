#pragma once

#include "query/planner.h"

namespace driftless::query {

/// Which documents a statement goes through, and how.
struct Search
{
    QByteArray collection; ///< perhaps a system one
    ExpressionPointer where; ///< null: all
    std::span<const ExpressionPointer> includes;
    std::vector<SortKey> orderBy; ///< by expressions over the document, no aliases
    FieldSet wanted; ///< whatever the statement touches
    bool needsOrder = true; ///< false: they may come in any order
};

/// The members that the includes of a search exchange.
FieldSet includedFields(std::span<const ExpressionPointer> includes);

/// The plan for a search; of a system collection a scan.
Result<Plan> planFor(const Search &search, const Context &context);

/// The documents that the condition of a search holds for, with what they include, one after the
/// other: sorted where the plan has them so, else by id. One thread; outlives neither the context
/// nor the includes.
class Matches
{
public:
    static Result<Matches> open(
        const Search &search, const Context &context, MemoryAccount &account);
    /// One empty document: what a SELECT without FROM is about.
    static Matches ofNothing(const Context &context);

    /// False: there is no such collection.
    [[nodiscard]] bool isKnown() const { return m_cursor != nullptr; }
    /// True: they come as ORDER BY wants them.
    [[nodiscard]] bool isSorted() const { return m_isSorted; }
    Result<std::optional<Value>> next();

private:
    explicit Matches(const Context &context)
        : m_context(&context)
    {
    }
    [[nodiscard]] Result<bool> holds(const Value &document) const;

    const Context *m_context;
    std::unique_ptr<Cursor> m_cursor;
    std::optional<Program> m_where;
    std::span<const ExpressionPointer> m_includes;
    bool m_isIncludedFirst = false; ///< the condition looks at what is included
    bool m_isSorted = false;
};

} // namespace driftless::query
