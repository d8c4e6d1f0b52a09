#include "query/unique_keys.h"

#include "query/syntax_error.h"

namespace driftless::query {

namespace {

Error isTaken(const QByteArray &index)
{
    return evaluationError(
        QByteArrayLiteral("Two documents would have the same key in the unique index ") + index
        + QByteArrayLiteral(": nothing was written."));
}

} // namespace

Result<UniqueKeys> UniqueKeys::load(Catalog &catalog, const QByteArray &collection)
{
    UniqueKeys made;
    DRIFTLESS_TRY_ASSIGN(const auto indexes, catalog.indexes(collection));
    for (const Index &index : indexes) {
        if (index.isUnique && index.isReady) {
            DRIFTLESS_TRY_ASSIGN(auto expression, IndexExpression::of(index.expression));
            made.m_indexes.push_back({index.name, std::move(expression), {}});
        }
    }
    return made;
}

FieldSet UniqueKeys::fields() const
{
    FieldSet fields;
    for (const Held &index : m_indexes) {
        fields.add(index.expression.fields());
    }
    return fields;
}

Result<void> UniqueKeys::take(const Value &id, const Value &document)
{
    if (m_indexes.empty()) {
        return {};
    }
    m_ids.insert(keyOf(id));
    for (Held &index : m_indexes) {
        std::vector<QByteArray> keys;
        index.expression.appendKeys(document, keys);
        for (const QByteArray &key : keys) {
            if (index.keys.contains(key)) {
                return isTaken(index.name);
            }
            index.keys.insert(key);
        }
    }
    return {};
}

Result<void> UniqueKeys::check(Catalog &catalog, const QByteArray &collection) const
{
    for (const Held &index : m_indexes) {
        for (const QByteArray &key : index.keys) {
            const IndexScan scan {index.name, {rangeOfPrefix(key)}, false};
            DRIFTLESS_TRY_ASSIGN(
                const auto holders, catalog.indexed(collection, scan, FieldSet::of({"_id"})));
            while (holders) {
                DRIFTLESS_TRY_ASSIGN(const auto holder, holders->next());
                if (!holder) {
                    break;
                }
                if (!m_ids.contains(keyOf(holder->member("_id")))) {
                    return isTaken(index.name);
                }
            }
        }
    }
    return {};
}

} // namespace driftless::query
