#include "query/system_collections.h"

#include "core/case_fold.h"
#include "query/printer.h"
#include "query/syntax_error.h"

namespace driftless::query {

namespace {

class Rows final : public Cursor
{
public:
    explicit Rows(Array rows)
        : m_rows(std::move(rows))
    {
    }
    Result<std::optional<Value>> next() override
    {
        return m_next < m_rows.size() ? std::optional(m_rows[m_next++]) : std::optional<Value>();
    }

private:
    Array m_rows;
    std::size_t m_next = 0;
};

Value collectionRow(const QByteArray &name, const char *type)
{
    Document row;
    row.set("name", Value::string(name));
    row.set("type", Value::string(type));
    return Value::document(std::move(row));
}

Value indexRow(const QByteArray &collection,
    const QByteArray &name,
    const QByteArray &expression,
    bool isUnique)
{
    Document row;
    row.set("collection", Value::string(collection));
    row.set("name", Value::string(name));
    row.set("expression", Value::string(expression));
    row.set("unique", Value::boolean(isUnique));
    return Value::document(std::move(row));
}

Result<Array> collectionRows(Catalog &catalog)
{
    DRIFTLESS_TRY_ASSIGN(const auto names, catalog.collections());
    Array rows;
    for (const QByteArray &name : names) {
        rows.push_back(collectionRow(name, "user"));
    }
    for (const char *name : {"$cols", "$database", "$indexes"}) {
        rows.push_back(collectionRow(name, "system"));
    }
    return rows;
}

Result<Array> indexRows(Catalog &catalog)
{
    DRIFTLESS_TRY_ASSIGN(const auto names, catalog.collections());
    Array rows;
    for (const QByteArray &name : names) {
        rows.push_back(indexRow(name, "_id", "$._id", true));
        DRIFTLESS_TRY_ASSIGN(const auto indexes, catalog.indexes(name));
        for (const Index &index : indexes) {
            rows.push_back(indexRow(name, index.name, print(*index.expression), index.isUnique));
        }
    }
    return rows;
}

} // namespace

Result<std::unique_ptr<Cursor>> openSystemCollection(
    Catalog &catalog, const QByteArray &name, const FieldSet &wanted)
{
    Array rows;
    if (equalFolded(name, "$cols")) {
        DRIFTLESS_TRY_ASSIGN(rows, collectionRows(catalog));
    } else if (equalFolded(name, "$indexes")) {
        DRIFTLESS_TRY_ASSIGN(rows, indexRows(catalog));
    } else if (equalFolded(name, "$database")) {
        DRIFTLESS_TRY_ASSIGN(const Value row, catalog.database());
        rows.push_back(row);
    } else {
        DRIFTLESS_TRY_ASSIGN(auto documents, catalog.documents(name, wanted));
        if (!documents) {
            return evaluationError(QByteArrayLiteral("There is no system collection ") + name
                + QByteArrayLiteral(": those that can be read are $cols, $indexes and $database."));
        }
        return documents;
    }
    return std::unique_ptr<Cursor>(std::make_unique<Rows>(std::move(rows)));
}

} // namespace driftless::query
