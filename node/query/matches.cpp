#include "query/matches.h"

#include "query/includes.h"
#include "query/system_collections.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// The one empty document of a SELECT without FROM.
class EmptyDocument final : public Cursor
{
public:
    Result<std::optional<Value>> next() override
    {
        const bool isFirst = std::exchange(m_isFirst, false);
        return isFirst ? std::optional(Value::document({})) : std::optional<Value>();
    }

private:
    bool m_isFirst = true;
};

bool isSystem(const QByteArray &collection)
{
    return collection.startsWith('$');
}

/// Included documents are looked up for every document only if the condition asks about them.
bool areIncludedFirst(const Search &search)
{
    if (!search.where) {
        return true;
    }
    const FieldSet asked = fieldsOf(*search.where);
    const FieldSet included = includedFields(search.includes);
    return std::any_of(included.names().begin(),
        included.names().end(),
        [&asked](const QByteArray &name) { return asked.contains(name); });
}

} // namespace

FieldSet includedFields(std::span<const ExpressionPointer> includes)
{
    FieldSet fields;
    for (const ExpressionPointer &path : includes) {
        fields.add(fieldsOf(*path));
    }
    return fields;
}

Result<Plan> planFor(const Search &search, const Context &context)
{
    if (isSystem(search.collection)) {
        return Plan();
    }
    return planFor(
        Wish {
            search.collection, search.where.get(), search.orderBy, includedFields(search.includes)},
        context);
}

Result<Matches> Matches::open(const Search &search, const Context &context, MemoryAccount &account)
{
    Matches matches(context);
    if (search.where) {
        matches.m_where = Program::compile(*search.where);
    }
    matches.m_includes = search.includes;
    matches.m_isIncludedFirst = areIncludedFirst(search);
    if (isSystem(search.collection)) {
        DRIFTLESS_TRY_ASSIGN(matches.m_cursor,
            openSystemCollection(context.catalog, search.collection, search.wanted));
        return matches;
    }
    DRIFTLESS_TRY_ASSIGN(const Plan plan, planFor(search, context));
    if (plan.access == Access::Scan && !search.needsOrder) {
        DRIFTLESS_TRY_ASSIGN(matches.m_cursor,
            context.catalog.documentsInAnyOrder(search.collection, search.wanted));
        return matches;
    }
    DRIFTLESS_TRY_ASSIGN(
        matches.m_cursor, openPlan(plan, search.collection, search.wanted, context, account));
    matches.m_isSorted = plan.isSorted;
    return matches;
}

Matches Matches::ofNothing(const Context &context)
{
    Matches matches(context);
    matches.m_cursor = std::make_unique<EmptyDocument>();
    return matches;
}

Result<bool> Matches::holds(const Value &document) const
{
    if (!m_where) {
        return true;
    }
    return m_where->holds(
        {&document, &document, nullptr, &m_context->parameters, &m_context->services, nullptr});
}

Result<std::optional<Value>> Matches::next()
{
    while (m_cursor) {
        DRIFTLESS_TRY_ASSIGN(auto document, m_cursor->next());
        if (!document) {
            break;
        }
        if (m_context->watch != nullptr) {
            DRIFTLESS_TRY(m_context->watch->check());
        }
        if (m_isIncludedFirst && !m_includes.empty()) {
            DRIFTLESS_TRY_ASSIGN(*document, withIncludes(*document, m_includes, *m_context));
        }
        DRIFTLESS_TRY_ASSIGN(const bool isMatch, holds(*document));
        if (!isMatch) {
            continue;
        }
        if (!m_isIncludedFirst && !m_includes.empty()) {
            DRIFTLESS_TRY_ASSIGN(*document, withIncludes(*document, m_includes, *m_context));
        }
        return document;
    }
    return std::optional<Value>();
}

} // namespace driftless::query
