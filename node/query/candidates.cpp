// From a plan to its documents.
#include "query/planner.h"
#include "query/value_order.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Documents found one by one, in the order of a list of ids.
class ListedDocuments final : public Cursor
{
public:
    ListedDocuments(Catalog &catalog, QByteArray collection, Array ids, FieldSet wanted)
        : m_catalog(catalog)
        , m_collection(std::move(collection))
        , m_ids(std::move(ids))
        , m_wanted(std::move(wanted))
    {
    }
    Result<std::optional<Value>> next() override
    {
        while (m_next < m_ids.size()) {
            DRIFTLESS_TRY_ASSIGN(
                auto document, m_catalog.find(m_collection, m_ids[m_next++], m_wanted));
            if (document) {
                return document;
            }
        }
        return std::optional<Value>();
    }

private:
    Catalog &m_catalog;
    QByteArray m_collection;
    Array m_ids;
    FieldSet m_wanted;
    std::size_t m_next = 0;
};

/// Documents in the order of their ids, up to one that is behind the end.
class DocumentsToEnd final : public Cursor
{
public:
    DocumentsToEnd(std::unique_ptr<Cursor> documents, QByteArray endOfIds)
        : m_documents(std::move(documents))
        , m_endOfIds(std::move(endOfIds))
    {
    }
    Result<std::optional<Value>> next() override
    {
        DRIFTLESS_TRY_ASSIGN(auto document, m_documents->next());
        if (document && keyOf(document->member("_id")) >= m_endOfIds) {
            document.reset();
        }
        return document;
    }

private:
    std::unique_ptr<Cursor> m_documents;
    QByteArray m_endOfIds;
};

FieldSet withId(FieldSet wanted)
{
    wanted.add("_id");
    return wanted;
}

Result<std::unique_ptr<Cursor>> openIdRange(
    const Plan &plan, const QByteArray &collection, const FieldSet &wanted, const Context &context)
{
    DRIFTLESS_TRY_ASSIGN(
        auto documents, context.catalog.documentsFrom(collection, plan.firstId, withId(wanted)));
    if (documents && !plan.endOfIds.isEmpty()) {
        documents = std::make_unique<DocumentsToEnd>(std::move(documents), plan.endOfIds);
    }
    return documents;
}

/// The ids of all entries, ascending, each once; nothing where there are more than may be kept.
Result<std::optional<Array>> idsOf(Cursor &entries, const Context &context, MemoryAccount &account)
{
    Array found;
    std::vector<std::pair<QByteArray, std::size_t>> keyed; // with its place in `found`
    std::size_t weight = 0;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const auto document, entries.next());
        if (!document) {
            break;
        }
        if (context.watch != nullptr) {
            DRIFTLESS_TRY(context.watch->check());
        }
        Value id = document->member("_id");
        QByteArray key = keyOf(id);
        const std::size_t bytes
            = sizeof(keyed.front()) + static_cast<std::size_t>(key.size()) + id.weight();
        weight += bytes;
        if (!account.keep(bytes)) {
            account.release(weight);
            return std::optional<Array>();
        }
        keyed.emplace_back(std::move(key), found.size());
        found.push_back(std::move(id));
    }
    if (!std::is_sorted(keyed.begin(), keyed.end())) {
        std::sort(keyed.begin(), keyed.end());
    }
    Array ids;
    ids.reserve(keyed.size());
    for (auto at = keyed.begin(); at != keyed.end(); ++at) {
        if (at == keyed.begin() || at->first != std::prev(at)->first) {
            ids.push_back(std::move(found[at->second]));
        }
    }
    return std::optional(std::move(ids));
}

} // namespace

Result<std::unique_ptr<Cursor>> openPlan(const Plan &plan,
    const QByteArray &collection,
    const FieldSet &wanted,
    const Context &context,
    MemoryAccount &account)
{
    Catalog &catalog = context.catalog;
    switch (plan.access) {
    case Access::Scan:
        return catalog.documents(collection, wanted);
    case Access::IdRange:
        return openIdRange(plan, collection, wanted, context);
    case Access::Ids:
        if (!catalog.contains(collection)) {
            return std::unique_ptr<Cursor>();
        }
        return std::unique_ptr<Cursor>(
            std::make_unique<ListedDocuments>(catalog, collection, plan.ids, wanted));
    case Access::Index:
        break;
    }
    const bool isInOrder = plan.isSorted || plan.isOneKey;
    DRIFTLESS_TRY_ASSIGN(auto entries,
        catalog.indexed(collection, plan.scan, isInOrder ? wanted : FieldSet::of({"_id"})));
    if (!entries) { // gone since the plan was made
        return catalog.documents(collection, wanted);
    }
    if (isInOrder) {
        return entries;
    }
    DRIFTLESS_TRY_ASSIGN(auto ids, idsOf(*entries, context, account));
    if (!ids) { // so many that reading all documents is as well
        return catalog.documents(collection, wanted);
    }
    return std::unique_ptr<Cursor>(
        std::make_unique<ListedDocuments>(catalog, collection, std::move(*ids), wanted));
}

} // namespace driftless::query
