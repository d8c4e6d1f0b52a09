#include "query/field_set.h"

#include "core/case_fold.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Up to here asking each name is faster than folding the one that is looked for.
constexpr std::size_t kWalkedNamesMax = 16;

/// How much of its value an expression hands on, where that value is a document, or many.
enum class Use : std::uint8_t {
    Whole, ///< all of it
    Count, ///< only how many there are
    Elements, ///< what a body around it says, which is looked at by itself
};

/// Walks a tree and notes the names behind `$`, and behind `@` where that is a whole document.
class FieldWalk
{
public:
    explicit FieldWalk(FieldSet &fields)
        : m_fields(fields)
    {
    }

    void walk(const Expression &expression, bool isCurrentRoot, Use use)
    {
        switch (expression.kind) {
        case ExpressionKind::Source:
            if (use == Use::Whole) {
                m_fields.addAll();
            }
            return;
        case ExpressionKind::Path:
            return walkPath(expression, isCurrentRoot);
        case ExpressionKind::Lambda:
            return walkLambda(expression, isCurrentRoot, use);
        case ExpressionKind::Call: {
            const bool isCount = expression.name == "COUNT" || expression.name == "ANY";
            return walkAll(expression, isCurrentRoot, isCount ? Use::Count : Use::Whole);
        }
        default:
            return walkAll(expression, isCurrentRoot, Use::Whole);
        }
    }

private:
    void walkAll(const Expression &expression, bool isCurrentRoot, Use use)
    {
        for (const ExpressionPointer &operand : expression.operands) {
            walk(*operand, isCurrentRoot, use);
        }
    }

    void walkPath(const Expression &path, bool isCurrentRoot)
    {
        if (path.root == PathRoot::Root || isCurrentRoot) {
            if (!path.steps.empty() && path.steps.front().kind == StepKind::Member) {
                m_fields.add(path.steps.front().name);
            } else {
                m_fields.addAll();
            }
        }
        for (const PathStep &step : path.steps) {
            if (step.filter) {
                walk(*step.filter, false, Use::Whole);
            }
        }
    }

    /// True for what has whole documents of `*` for its elements.
    static bool isOfDocuments(const Expression &expression)
    {
        return expression.kind == ExpressionKind::Source
            || (expression.kind == ExpressionKind::Lambda && expression.name != "MAP"
                && isOfDocuments(*expression.operands[0]));
    }

    void walkLambda(const Expression &lambda, bool isCurrentRoot, Use use)
    {
        const bool isOver = isOfDocuments(*lambda.operands[0]);
        const bool handsOn = lambda.name != "MAP";
        walk(*lambda.operands[0], isCurrentRoot, handsOn || !isOver ? use : Use::Elements);
        walk(*lambda.operands[1], isOver, Use::Whole);
        if (lambda.operands.size() > 2) {
            walk(*lambda.operands[2], isCurrentRoot, Use::Whole);
        }
    }

    FieldSet &m_fields;
};

void addFields(FieldSet &fields, const ExpressionPointer &expression)
{
    if (expression) {
        FieldWalk(fields).walk(*expression, true, Use::Whole);
    }
}

} // namespace

FieldSet FieldSet::all()
{
    FieldSet made;
    made.addAll();
    return made;
}

FieldSet FieldSet::of(std::initializer_list<QByteArrayView> names)
{
    FieldSet made;
    for (const QByteArrayView name : names) {
        made.add(name);
    }
    return made;
}

void FieldSet::add(QByteArrayView name)
{
    const QByteArray folded = foldCase(name.toByteArray());
    const auto at = std::lower_bound(m_names.begin(), m_names.end(), folded);
    if (!m_isAll && (at == m_names.end() || *at != folded)) {
        m_names.insert(at, folded);
    }
}

void FieldSet::add(const FieldSet &other)
{
    if (other.m_isAll) {
        addAll();
    }
    for (const QByteArray &name : other.m_names) {
        add(name);
    }
}

void FieldSet::addAll()
{
    m_isAll = true;
    m_names.clear();
}

const QByteArray *FieldSet::find(QByteArrayView name) const
{
    if (m_names.size() > kWalkedNamesMax) {
        const QByteArray folded = foldCaseView(name);
        const auto at = std::lower_bound(m_names.begin(), m_names.end(), folded);
        return at != m_names.end() && *at == folded ? &*at : nullptr;
    }
    const auto found = std::find_if(m_names.begin(),
        m_names.end(),
        [name](const QByteArray &known) { return equalFolded(known, name); });
    return found != m_names.end() ? &*found : nullptr;
}

FieldSet fieldsOf(const Expression &expression)
{
    FieldSet fields;
    FieldWalk(fields).walk(expression, true, Use::Whole);
    return fields;
}

FieldSet fieldsOf(const Select &select)
{
    FieldSet fields;
    for (const SelectItem &item : select.items) {
        addFields(fields, item.expression);
    }
    for (const ExpressionPointer &path : select.includes) {
        addFields(fields, path);
    }
    addFields(fields, select.where);
    for (const ExpressionPointer &key : select.groupBy) {
        addFields(fields, key);
    }
    addFields(fields, select.having);
    for (const SortKey &key : select.orderBy) {
        addFields(fields, key.expression);
    }
    return fields;
}

FieldSet fieldsOf(const Update &update)
{
    FieldSet fields = FieldSet::of({"_id"});
    addFields(fields, update.patch);
    for (const Assignment &assignment : update.assignments) {
        fields.add(assignment.path.front());
        addFields(fields, assignment.value);
    }
    addFields(fields, update.where);
    return fields;
}

FieldSet fieldsOf(const Delete &statement)
{
    FieldSet fields = FieldSet::of({"_id"});
    addFields(fields, statement.where);
    return fields;
}

} // namespace driftless::query
