#include "memory_catalog.h"

#include "core/case_fold.h"
#include "query/arithmetic.h"
#include "query/new_id.h"
#include "query/syntax_error.h"

namespace driftless::query {

namespace {

class MapCursor final : public Cursor
{
public:
    explicit MapCursor(Array documents)
        : m_documents(std::move(documents))
    {
    }
    Result<std::optional<Value>> next() override
    {
        return m_next < m_documents.size() ? std::optional(m_documents[m_next++])
                                           : std::optional<Value>();
    }

private:
    Array m_documents;
    std::size_t m_next = 0;
};

/// No member more than wanted, so that whatever asks for too little fails.
Value only(const Value &document, const FieldSet &wanted)
{
    std::vector<DocumentMember> members;
    for (const DocumentMember &member : document.toDocument().members()) {
        if (wanted.contains(member.name)) {
            members.push_back(member);
        }
    }
    return Value::document(Document::ofMembers(std::move(members)));
}

} // namespace

void MemoryCatalog::put(const QByteArray &collection, const Value &document)
{
    const Value id = document.member("_id");
    taken(collection, id);
    m_collections[foldCase(collection)].documents.insert_or_assign(id, document);
}

void MemoryCatalog::create(const QByteArray &collection)
{
    m_collections[foldCase(collection)];
}

void MemoryCatalog::apply(const QByteArray &collection, std::span<const Change> changes)
{
    for (const Change &change : changes) {
        auto &documents = m_collections[foldCase(collection)].documents;
        switch (change.kind) {
        case ChangeKind::Insert:
            documents.emplace(change.id, change.document);
            break;
        case ChangeKind::Replace: {
            const auto at = documents.find(change.id);
            Document changed = at->second.toDocument();
            for (const MemberChange &member : change.members) {
                changed.set(member.name, member.value);
            }
            at->second = Value::document(std::move(changed));
            break;
        }
        case ChangeKind::Remove:
            documents.erase(change.id);
        }
    }
}

Result<std::unique_ptr<Cursor>> MemoryCatalog::documents(
    const QByteArray &collection, const FieldSet &wanted)
{
    const auto found = m_collections.find(foldCase(collection));
    if (found == m_collections.end()) {
        return std::unique_ptr<Cursor>();
    }
    Array all;
    for (const auto &[id, document] : found->second.documents) {
        all.push_back(only(document, wanted));
    }
    return std::unique_ptr<Cursor>(std::make_unique<MapCursor>(std::move(all)));
}

Result<std::optional<Value>> MemoryCatalog::find(
    const QByteArray &collection, const Value &id, const FieldSet &wanted)
{
    const auto found = m_collections.find(foldCase(collection));
    if (found == m_collections.end()) {
        return std::optional<Value>();
    }
    const auto document = found->second.documents.find(id);
    return document == found->second.documents.end()
        ? std::optional<Value>()
        : std::optional(only(document->second, wanted));
}

bool MemoryCatalog::contains(const QByteArray &collection) const
{
    return m_collections.contains(foldCase(collection));
}

Result<Value> MemoryCatalog::newId(const QByteArray &collection, IdType type)
{
    switch (type) {
    case IdType::ObjectId:
        return newObjectId(m_services);
    case IdType::Guid:
        return newGuid(m_services);
    default:
        break;
    }
    Collection &held = m_collections[foldCase(collection)];
    if (!held.documents.empty() && !held.documents.rbegin()->first.isNumber()) {
        return evaluationError(QByteArrayLiteral("The highest _id is no number to count on from."));
    }
    ++held.lastNumber;
    return type == IdType::Int64 ? Value::int64(held.lastNumber) : wholeNumber(held.lastNumber);
}

void MemoryCatalog::taken(const QByteArray &collection, const Value &id)
{
    if (const auto number = roundedToInt64(id)) {
        Collection &held = m_collections[foldCase(collection)];
        held.lastNumber = std::max(held.lastNumber, *number);
    }
}

} // namespace driftless::query
