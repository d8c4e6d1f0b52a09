#include "memory_database.h"

#include "query/parser.h"

namespace driftless::query {

Result<Array> MemoryDatabase::run(const QByteArray &text)
{
    DRIFTLESS_TRY_ASSIGN(const Statement statement, parseStatement(text));
    const Context context {m_catalog, m_parameters, m_services};
    if (const auto *select = std::get_if<Select>(&statement)) {
        Array rows;
        DRIFTLESS_TRY(runSelect(*select, context, [&rows](const Value &row) -> Result<bool> {
            rows.push_back(row);
            return true;
        }));
        return rows;
    }
    if (const auto *insert = std::get_if<Insert>(&statement)) {
        return apply(insert->collection, evaluateInsert(*insert, context));
    }
    if (const auto *update = std::get_if<Update>(&statement)) {
        return apply(update->collection, evaluateUpdate(*update, context));
    }
    if (const auto *remove = std::get_if<Delete>(&statement)) {
        return apply(remove->collection, evaluateDelete(*remove, context));
    }
    const auto *create = std::get_if<CreateIndex>(&statement);
    DRIFTLESS_TRY_ASSIGN(const bool done,
        create != nullptr ? m_catalog.createIndex(*create)
                          : m_catalog.dropIndex(std::get<DropIndex>(statement)));
    return Array {Value::boolean(done)};
}

Result<Array> MemoryDatabase::evaluate(
    const QByteArray &text, const Value &document, const Value *source)
{
    DRIFTLESS_TRY_ASSIGN(const auto expression, parseExpression(text));
    if (source != nullptr && expression->facts.usesRoot) {
        return Error {ErrorCode::InvalidArgument, "No single document here.", {}};
    }
    const Value *root = source != nullptr ? nullptr : &document;
    const Row row {root, root, source, &m_parameters, &m_services};
    DRIFTLESS_TRY_ASSIGN(const Value value, Program::compile(*expression).evaluate(row));
    return expression->facts.isSequence ? value.toArray() : Array {value};
}

Result<Array> MemoryDatabase::apply(
    const QByteArray &collection, const Result<std::vector<Change>> &changes)
{
    if (!changes) {
        return changes.error();
    }
    m_catalog.apply(collection, *changes);
    return Array {Value::int32(static_cast<std::int32_t>(changes->size()))};
}

} // namespace driftless::query
