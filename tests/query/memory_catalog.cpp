#include "memory_catalog.h"

#include "core/case_fold.h"
#include "query/arithmetic.h"
#include "query/new_id.h"
#include "query/printer.h"
#include "query/syntax_error.h"

#include <algorithm>
#include <set>

namespace driftless::query {

namespace {

class MapCursor final : public Cursor
{
public:
    MapCursor(Array documents, std::int64_t &documentsRead)
        : m_documents(std::move(documents))
        , m_documentsRead(documentsRead)
    {
    }
    Result<std::optional<Value>> next() override
    {
        if (m_next == m_documents.size()) {
            return std::optional<Value>();
        }
        ++m_documentsRead;
        return std::optional(m_documents[m_next++]);
    }

private:
    Array m_documents;
    std::int64_t &m_documentsRead;
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

MemoryCatalog::Collection &MemoryCatalog::made(const QByteArray &collection)
{
    Collection &found = m_collections[foldCase(collection)];
    if (found.name.isEmpty()) {
        found.name = collection;
    }
    return found;
}

const MemoryCatalog::Collection *MemoryCatalog::held(const QByteArray &collection) const
{
    const auto found = m_collections.find(foldCase(collection));
    return found == m_collections.end() ? nullptr : &found->second;
}

void MemoryCatalog::put(const QByteArray &collection, const Value &document)
{
    const Value id = document.member("_id");
    taken(collection, id);
    made(collection).documents.insert_or_assign(id, document);
}

void MemoryCatalog::create(const QByteArray &collection)
{
    made(collection);
}

void MemoryCatalog::apply(const QByteArray &collection, std::span<const Change> changes)
{
    for (const Change &change : changes) {
        auto &documents = made(collection).documents;
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
    return documentsFrom(collection, Value::minValue(), wanted);
}

Result<std::unique_ptr<Cursor>> MemoryCatalog::documentsFrom(
    const QByteArray &collection, const Value &first, const FieldSet &wanted)
{
    const Collection *found = held(collection);
    if (found == nullptr) {
        return std::unique_ptr<Cursor>();
    }
    Array all;
    for (auto at = found->documents.lower_bound(first); at != found->documents.end(); ++at) {
        all.push_back(only(at->second, wanted));
    }
    return std::unique_ptr<Cursor>(std::make_unique<MapCursor>(std::move(all), m_documentsRead));
}

Result<std::unique_ptr<Cursor>> MemoryCatalog::documentsInAnyOrder(
    const QByteArray &collection, const FieldSet &wanted)
{
    const Collection *found = held(collection);
    if (found == nullptr) {
        return std::unique_ptr<Cursor>();
    }
    Array all;
    for (auto at = found->documents.rbegin(); at != found->documents.rend(); ++at) {
        all.push_back(only(at->second, wanted));
    }
    return std::unique_ptr<Cursor>(std::make_unique<MapCursor>(std::move(all), m_documentsRead));
}

Result<std::optional<Value>> MemoryCatalog::find(
    const QByteArray &collection, const Value &id, const FieldSet &wanted)
{
    const Collection *found = held(collection);
    if (found == nullptr) {
        return std::optional<Value>();
    }
    std::optional<Value> document;
    if (const auto at = found->documents.find(id); at != found->documents.end()) {
        document = only(at->second, wanted);
        ++m_documentsRead;
    }
    return document;
}

Result<std::optional<std::int64_t>> MemoryCatalog::count(const QByteArray &collection)
{
    const Collection *found = held(collection);
    return std::optional(found != nullptr ? static_cast<std::int64_t>(found->documents.size()) : 0);
}

Result<std::vector<Index>> MemoryCatalog::indexes(const QByteArray &collection)
{
    std::vector<Index> all;
    const Collection *found = held(collection);
    if (found != nullptr) {
        for (const auto &[name, index] : found->indexes) {
            all.push_back({name, index.expression.expression(), index.isUnique, true});
        }
    }
    return all;
}

/// The entries are worked out anew each time: documents here are few.
Result<std::unique_ptr<Cursor>> MemoryCatalog::indexed(
    const QByteArray &collection, const IndexScan &scan, const FieldSet &wanted)
{
    const Collection *found = held(collection);
    if (found == nullptr || !found->indexes.contains(scan.index)) {
        return std::unique_ptr<Cursor>();
    }
    std::map<QByteArray, Array> entries;
    for (const auto &[id, document] : found->documents) {
        std::vector<QByteArray> keys;
        found->indexes.at(scan.index).expression.appendKeys(document, keys);
        for (const QByteArray &key : keys) {
            const bool isWanted = std::any_of(scan.ranges.begin(),
                scan.ranges.end(),
                [&key](const KeyRange &range) { return range.contains(key); });
            if (isWanted) {
                entries[key].push_back(only(document, wanted));
            }
        }
    }
    Array all;
    const auto append = [&all](const auto &entry) {
        all.insert(all.end(), entry.second.begin(), entry.second.end());
    };
    if (scan.isDescending) {
        std::for_each(entries.rbegin(), entries.rend(), append);
    } else {
        std::for_each(entries.begin(), entries.end(), append);
    }
    return std::unique_ptr<Cursor>(std::make_unique<MapCursor>(std::move(all), m_documentsRead));
}

Result<std::vector<QByteArray>> MemoryCatalog::collections()
{
    std::vector<QByteArray> names;
    for (const auto &[folded, collection] : m_collections) {
        names.push_back(collection.name);
    }
    return names;
}

Result<bool> MemoryCatalog::createIndex(const CreateIndex &create)
{
    if (print(*create.expression) == "$._id") {
        return false;
    }
    DRIFTLESS_TRY_ASSIGN(auto expression, IndexExpression::of(create.expression));
    Collection &found = made(create.collection);
    const auto known = found.indexes.find(create.name);
    if (known != found.indexes.end()) {
        if (known->second.expression.text() == expression.text()) {
            return false;
        }
        return evaluationError("There is an index of this name with another expression.");
    }
    std::set<QByteArray> seen;
    for (const auto &[id, document] : found.documents) {
        std::vector<QByteArray> keys;
        expression.appendKeys(document, keys);
        if (create.isUnique && !seen.insert(keys.front()).second) {
            return evaluationError("Two documents have the same key.");
        }
    }
    found.indexes.insert({create.name, HeldIndex {std::move(expression), create.isUnique}});
    return true;
}

Result<bool> MemoryCatalog::dropIndex(const DropIndex &drop)
{
    if (drop.name == "_id") {
        return evaluationError("The index of the ids stays.");
    }
    const auto found = m_collections.find(foldCase(drop.collection));
    return found != m_collections.end() && found->second.indexes.erase(drop.name) > 0;
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
    Collection &found = made(collection);
    if (!found.documents.empty() && !found.documents.rbegin()->first.isNumber()) {
        return evaluationError(QByteArrayLiteral("The highest _id is no number to count on from."));
    }
    ++found.lastNumber;
    return type == IdType::Int64 ? Value::int64(found.lastNumber) : wholeNumber(found.lastNumber);
}

void MemoryCatalog::taken(const QByteArray &collection, const Value &id)
{
    if (const auto number = roundedToInt64(id)) {
        Collection &found = made(collection);
        found.lastNumber = std::max(found.lastNumber, *number);
    }
}

} // namespace driftless::query
