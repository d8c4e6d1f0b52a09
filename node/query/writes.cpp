// INSERT, UPDATE and DELETE: from a statement to the list of what to write.
#include "query/statement.h"
#include "query/syntax_error.h"
#include "query/value_order.h"

#include <set>

namespace driftless::query {

namespace {

const QByteArray &idName()
{
    static const QByteArray name = QByteArrayLiteral("_id");
    return name;
}

struct ValueLess
{
    bool operator()(const Value &a, const Value &b) const
    {
        return std::is_lt(compareValues(a, b));
    }
};

Row rowOf(const Value &document, const Context &context)
{
    return {&document, &document, nullptr, &context.parameters, &context.services};
}

/// Calls `visit` for the documents that the condition holds for.
template <typename Visit>
Result<void> visitMatches(const QByteArray &collection,
    const ExpressionPointer &where,
    const Context &context,
    const Visit &visit)
{
    DRIFTLESS_TRY_ASSIGN(auto cursor, context.catalog.documents(collection));
    if (!cursor) {
        return {};
    }
    const auto condition
        = where ? std::optional(Program::compile(*where)) : std::optional<Program>();
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const auto document, cursor->next());
        if (!document) {
            return {};
        }
        if (condition) {
            DRIFTLESS_TRY_ASSIGN(const bool holds, condition->holds(rowOf(*document, context)));
            if (!holds) {
                continue;
            }
        }
        DRIFTLESS_TRY(visit(*document));
    }
}

/// `path` set to `value` inside of `old`: documents on the way are made where there are none.
Result<Value> withMember(const Value &old, std::span<const QByteArray> path, const Value &value)
{
    if (path.empty()) {
        return value;
    }
    if (!old.isDocument() && !old.isNull()) {
        return evaluationError(QByteArrayLiteral("SET: what holds '") + path.front()
            + QByteArrayLiteral("' is no document."));
    }
    Document changed = old.isDocument() ? old.toDocument() : Document();
    DRIFTLESS_TRY_ASSIGN(Value inner, withMember(old.member(path.front()), path.subspan(1), value));
    changed.set(path.front(), std::move(inner));
    return Value::document(std::move(changed));
}

/// What an UPDATE makes of a document. All values look at the old one.
class Patch
{
public:
    explicit Patch(const Update &update)
    {
        if (update.patch) {
            m_programs.push_back(Program::compile(*update.patch));
        }
        for (const Assignment &assignment : update.assignments) {
            m_programs.push_back(Program::compile(*assignment.value));
            m_paths.push_back(assignment.path);
        }
    }

    [[nodiscard]] Result<Value> apply(const Value &old, const Context &context) const
    {
        const Row row = rowOf(old, context);
        if (m_paths.empty()) {
            DRIFTLESS_TRY_ASSIGN(const Value members, m_programs.front().evaluate(row));
            return extended(old, members);
        }
        Value changed = old;
        for (std::size_t i = 0; i < m_paths.size(); ++i) {
            DRIFTLESS_TRY_ASSIGN(const Value value, m_programs[i].evaluate(row));
            DRIFTLESS_TRY_ASSIGN(changed, withMember(changed, m_paths[i], value));
        }
        return changed;
    }

private:
    static Result<Value> extended(const Value &old, const Value &members)
    {
        if (!members.isDocument()) {
            return evaluationError(QByteArrayLiteral("UPDATE: the value to merge is no document."));
        }
        Document changed = old.toDocument();
        for (const DocumentMember &member : members.toDocument().members()) {
            changed.set(member.name, member.value);
        }
        return Value::document(std::move(changed));
    }

    std::vector<Program> m_programs;
    std::vector<std::vector<QByteArray>> m_paths;
};

} // namespace

Result<std::vector<Change>> evaluateInsert(const Insert &insert, const Context &context)
{
    std::vector<Change> changes;
    std::set<Value, ValueLess> ids;
    for (const Value &given : insert.documents) {
        Document document = given.toDocument();
        Value id;
        if (const Value *own = document.find(idName())) {
            id = *own;
            if (id.isNull() || id.type() == Type::MinValue || id.type() == Type::MaxValue) {
                return evaluationError(QByteArrayLiteral(
                    "INSERT: an _id is neither null nor the lowest or highest value."));
            }
            context.catalog.taken(insert.collection, id);
        } else {
            DRIFTLESS_TRY_ASSIGN(id, context.catalog.newId(insert.collection, insert.idType));
        }
        DRIFTLESS_TRY_ASSIGN(const auto existing, context.catalog.find(insert.collection, id));
        if (existing || !ids.insert(id).second) {
            return evaluationError(
                QByteArrayLiteral("INSERT: there is a document with this _id already."));
        }
        document.setFirst(idName(), id);
        changes.push_back({ChangeKind::Insert, id, Value::document(std::move(document))});
    }
    return changes;
}

Result<std::vector<Change>> evaluateUpdate(const Update &update, const Context &context)
{
    const Patch patch(update);
    std::vector<Change> changes;
    const auto change = [&](const Value &old) -> Result<void> {
        DRIFTLESS_TRY_ASSIGN(Value changed, patch.apply(old, context));
        const Value id = old.member(idName());
        if (!areEqual(changed.member(idName()), id)) {
            return evaluationError(
                QByteArrayLiteral("UPDATE: the _id of a document cannot change."));
        }
        changes.push_back({ChangeKind::Replace, id, std::move(changed)});
        return {};
    };
    DRIFTLESS_TRY(visitMatches(update.collection, update.where, context, change));
    return changes;
}

Result<std::vector<Change>> evaluateDelete(const Delete &statement, const Context &context)
{
    std::vector<Change> changes;
    const auto remove = [&changes](const Value &old) -> Result<void> {
        changes.push_back({ChangeKind::Remove, old.member(idName()), Value()});
        return {};
    };
    DRIFTLESS_TRY(visitMatches(statement.collection, statement.where, context, remove));
    return changes;
}

} // namespace driftless::query
