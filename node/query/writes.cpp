// INSERT, UPDATE and DELETE: from a statement to the list of what to write.
#include "core/case_fold.h"
#include "query/arithmetic.h"
#include "query/matches.h"
#include "query/syntax_error.h"
#include "query/unique_keys.h"
#include "query/value_order.h"

#include <algorithm>

namespace driftless::query {

namespace {

const QByteArray &idName()
{
    static const QByteArray name = QByteArrayLiteral("_id");
    return name;
}

Row rowOf(const Value &document, const Context &context)
{
    return {&document, &document, nullptr, &context.parameters, &context.services};
}

/// Calls `visit` for the documents that the condition holds for.
template <typename Visit>
Result<void> visitMatches(const QByteArray &collection,
    const ExpressionPointer &where,
    FieldSet wanted,
    const Context &context,
    MemoryAccount &account,
    const Visit &visit)
{
    Search search;
    search.collection = collection;
    search.where = where;
    search.wanted = std::move(wanted);
    DRIFTLESS_TRY_ASSIGN(auto matches, Matches::open(search, context, account));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const auto document, matches.next());
        if (!document) {
            return {};
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

/// True for what is the same for every document: literals and parameters, and sums of them.
bool isConstant(const Expression &expression)
{
    const bool isLeaf = expression.kind == ExpressionKind::Literal
        || expression.kind == ExpressionKind::Parameter;
    return isLeaf
        || (expression.kind == ExpressionKind::Binary && isArithmetic(expression.op)
            && std::all_of(expression.operands.begin(),
                expression.operands.end(),
                [](const ExpressionPointer &operand) { return isConstant(*operand); }));
}

bool isMember(const Expression &expression, QByteArrayView name)
{
    return expression.kind == ExpressionKind::Path && expression.root == PathRoot::Root
        && expression.steps.size() == 1 && expression.steps.front().kind == StepKind::Member
        && equalFolded(expression.steps.front().name, name);
}

/// One assignment of an UPDATE, made ready.
class Setter
{
public:
    Setter(std::vector<QByteArray> path, const Expression &value)
        : m_path(std::move(path))
        , m_value(Program::compile(value))
    {
        const bool isSum = value.kind == ExpressionKind::Binary
            && (value.op == Operator::Add || value.op == Operator::Subtract);
        if (!isSum || m_path.size() != 1) {
            return;
        }
        const Expression &left = *value.operands[0];
        const Expression &right = *value.operands[1];
        if (isMember(left, m_path.front()) && isConstant(right)) {
            m_addend = Program::compile(right);
            m_isSubtracted = value.op == Operator::Subtract;
        } else if (value.op == Operator::Add && isMember(right, m_path.front())
            && isConstant(left)) {
            m_addend = Program::compile(left);
        }
    }

    /// Sets the member of `changed`, which was `row.root`.
    Result<void> apply(Value &changed, const Row &row) const
    {
        DRIFTLESS_TRY_ASSIGN(const Value value, m_value.evaluate(row));
        DRIFTLESS_TRY_ASSIGN(changed, withMember(changed, m_path, value));
        return {};
    }

    /// What the member, a number, grows by; nothing where this is no addition.
    [[nodiscard]] Result<std::optional<Value>> addend(const Row &row) const
    {
        if (!m_addend || !row.root->member(m_path.front()).isNumber()) {
            return std::optional<Value>();
        }
        DRIFTLESS_TRY_ASSIGN(Value added, m_addend->evaluate(row));
        if (m_isSubtracted) {
            DRIFTLESS_TRY_ASSIGN(added, calculate(Operator::Subtract, Value::int32(0), added));
        }
        return added.isNumber() ? std::optional(std::move(added)) : std::nullopt;
    }

    [[nodiscard]] const QByteArray &rootName() const { return m_path.front(); }

private:
    std::vector<QByteArray> m_path;
    Program m_value;
    std::optional<Program> m_addend;
    bool m_isSubtracted = false;
};

/// What an UPDATE makes of a document. All values look at the old one.
class Patch
{
public:
    explicit Patch(const Update &update)
    {
        // `{$date: '…'}` is written as a document, but is none.
        m_isDocument = !update.patch || update.patch->kind == ExpressionKind::DocumentForm;
        for (std::size_t i = 0; update.patch && i < update.patch->names.size(); ++i) {
            m_setters.emplace_back(
                std::vector {update.patch->names[i]}, *update.patch->operands[i]);
        }
        for (const Assignment &assignment : update.assignments) {
            m_setters.emplace_back(assignment.path, *assignment.value);
        }
    }

    [[nodiscard]] Result<std::vector<MemberChange>> apply(
        const Value &old, const Context &context) const
    {
        const Row row = rowOf(old, context);
        if (!m_isDocument) {
            return evaluationError(QByteArrayLiteral("UPDATE: the value to merge is no document."));
        }
        Value changed = old;
        std::vector<MemberChange> members;
        for (const Setter &setter : m_setters) {
            DRIFTLESS_TRY(setter.apply(changed, row));
            const auto found = std::find_if(
                members.begin(), members.end(), [&setter](const MemberChange &member) {
                    return equalFolded(member.name, setter.rootName());
                });
            if (found != members.end()) { // set twice: the last value is no simple addition
                found->addend.reset();
            } else {
                DRIFTLESS_TRY_ASSIGN(auto addend, setter.addend(row));
                members.push_back({setter.rootName(), Value(), std::move(addend)});
            }
        }
        for (MemberChange &member : members) {
            member.value = changed.member(member.name);
        }
        return members;
    }

private:
    bool m_isDocument = true;
    std::vector<Setter> m_setters;
};

std::size_t weightOf(const Value &id, std::span<const MemberChange> members)
{
    std::size_t weight = sizeof(Change) + id.weight();
    for (const MemberChange &member : members) {
        weight += sizeof(MemberChange) + member.value.weight();
    }
    return weight;
}

Value patched(const Value &old, std::span<const MemberChange> members)
{
    Document changed = old.toDocument();
    for (const MemberChange &member : members) {
        changed.set(member.name, member.value);
    }
    return Value::document(std::move(changed));
}

} // namespace

Result<std::vector<Change>> evaluateInsert(const Insert &insert, const Context &context)
{
    std::vector<Change> changes;
    QSet<QByteArray> ids;
    DRIFTLESS_TRY_ASSIGN(auto unique, UniqueKeys::load(context.catalog, insert.collection));
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
        DRIFTLESS_TRY_ASSIGN(const auto existing, context.catalog.find(insert.collection, id, {}));
        const QByteArray key = keyOf(id);
        if (existing || ids.contains(key)) {
            return evaluationError(
                QByteArrayLiteral("INSERT: there is a document with this _id already."));
        }
        ids.insert(key);
        document.setFirst(idName(), id);
        changes.push_back({ChangeKind::Insert, id, Value::document(std::move(document)), {}});
        DRIFTLESS_TRY(unique.take(id, changes.back().document));
    }
    DRIFTLESS_TRY(unique.check(context.catalog, insert.collection));
    return changes;
}

Result<std::vector<Change>> evaluateUpdate(const Update &update, const Context &context)
{
    const Patch patch(update);
    MemoryAccount account(context.memoryBytesMax);
    std::vector<Change> changes;
    DRIFTLESS_TRY_ASSIGN(auto unique, UniqueKeys::load(context.catalog, update.collection));
    FieldSet wanted = fieldsOf(update);
    wanted.add(unique.fields());
    const auto change = [&](const Value &old) -> Result<void> {
        DRIFTLESS_TRY_ASSIGN(auto members, patch.apply(old, context));
        Value id = old.member(idName());
        for (const MemberChange &member : members) {
            if (equalFolded(member.name, idName()) && !areEqual(member.value, id)) {
                return evaluationError(
                    QByteArrayLiteral("UPDATE: the _id of a document cannot change."));
            }
        }
        DRIFTLESS_TRY(unique.take(id, patched(old, members)));
        DRIFTLESS_TRY(account.keep(weightOf(id, members)));
        changes.push_back({ChangeKind::Replace, std::move(id), Value(), std::move(members)});
        return {};
    };
    DRIFTLESS_TRY(
        visitMatches(update.collection, update.where, std::move(wanted), context, account, change));
    DRIFTLESS_TRY(unique.check(context.catalog, update.collection));
    return changes;
}

Result<std::vector<Change>> evaluateDelete(const Delete &statement, const Context &context)
{
    MemoryAccount account(context.memoryBytesMax);
    std::vector<Change> changes;
    const auto remove = [&](const Value &old) -> Result<void> {
        DRIFTLESS_TRY(account.keep(weightOf(old.member(idName()), {})));
        changes.push_back({ChangeKind::Remove, old.member(idName()), Value(), {}});
        return {};
    };
    DRIFTLESS_TRY(visitMatches(
        statement.collection, statement.where, fieldsOf(statement), context, account, remove));
    return changes;
}

} // namespace driftless::query
