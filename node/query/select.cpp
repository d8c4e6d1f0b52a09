#include "core/case_fold.h"
#include "query/includes.h"
#include "query/printer.h"
#include "query/projection.h"
#include "query/syntax_error.h"
#include "query/value_order.h"

#include <algorithm>
#include <map>
#include <set>

namespace driftless::query {

namespace {

struct ValueLess
{
    bool operator()(const Value &a, const Value &b) const
    {
        return std::is_lt(compareValues(a, b));
    }
};

/// Passes rows on: skips the first ones, ends behind the last, leaves repeated ones out.
class RowGate
{
public:
    RowGate(const Select &select, const RowVisitor &visit)
        : m_visit(visit)
        , m_isDistinct(select.isDistinct)
        , m_skip(select.offset.value_or(0))
        , m_left(select.top ? select.top : select.limit)
    {
    }

    [[nodiscard]] bool isDone() const { return m_left && *m_left <= 0; }
    /// False: enough.
    Result<bool> pass(const Value &row)
    {
        if (isDone() || (m_isDistinct && !m_seen.insert(row).second)) {
            return !isDone();
        }
        if (m_skip > 0) {
            --m_skip;
            return true;
        }
        if (m_left) {
            --*m_left;
        }
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, m_visit(row));
        return goesOn && !isDone();
    }

private:
    const RowVisitor &m_visit;
    bool m_isDistinct;
    std::set<Value, ValueLess> m_seen;
    std::int64_t m_skip;
    std::optional<std::int32_t> m_left;
};

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

ExpressionPointer parameterExpression(const QByteArray &name)
{
    Expression made;
    made.kind = ExpressionKind::Parameter;
    made.name = name;
    made.facts.isImmutable = false;
    return std::make_shared<const Expression>(std::move(made));
}

/// What no statement can spell.
QByteArray keyName(std::size_t index)
{
    return "key " + QByteArray::number(static_cast<qulonglong>(index));
}

std::optional<Program> compiled(const ExpressionPointer &expression)
{
    return expression ? std::optional(Program::compile(*expression)) : std::nullopt;
}

Error notInGroup(const Expression &expression)
{
    return evaluationError(
        QByteArrayLiteral("Beside '*' or GROUP BY the list knows no single document: '")
        + print(expression)
        + QByteArrayLiteral("' needs an aggregate, or @key for what is grouped by."));
}

/// One SELECT under way.
class SelectRun
{
public:
    SelectRun(const Select &select, const Context &context)
        : m_select(select)
        , m_context(context)
        , m_items(select.items)
    {
        m_usesSource = std::any_of(m_items.begin(), m_items.end(), [](const SelectItem &item) {
            return item.expression->facts.usesSource;
        });
    }

    Result<void> run(const RowVisitor &visit);

private:
    struct Keyed
    {
        Array keys;
        Value value;
    };

    using Groups = std::map<Value, Array, ValueLess>;

    Result<void> checkAggregate();
    void nameKeys();
    Result<Groups> group();
    Result<bool> visitDocuments(const std::function<Result<bool>(const Value &)> &visit);
    Result<void> runRows(const RowVisitor &visit);
    Result<void> runAggregate(const RowVisitor &visit);
    Result<void> runGroups(const RowVisitor &visit);
    Result<Array> collect();
    void sort(std::vector<Keyed> &rows) const;
    [[nodiscard]] bool includesComeFirst() const;
    [[nodiscard]] const Expression &sortExpression(const SortKey &key) const;
    [[nodiscard]] std::vector<Program> sortPrograms() const;
    Result<Array> keysOf(const std::vector<Program> &programs, const Row &row) const;
    [[nodiscard]] Row rowOf(const Value &document) const
    {
        return {&document, &document, nullptr, &m_context.parameters, &m_context.services};
    }

    const Select &m_select;
    const Context &m_context;
    std::vector<SelectItem> m_items;
    bool m_usesSource = false;
    bool m_isUnknown = false; ///< there is no such collection
};

/// An alias may stand in ORDER BY for its expression.
const Expression &SelectRun::sortExpression(const SortKey &key) const
{
    const Expression &expression = *key.expression;
    const bool isName = expression.kind == ExpressionKind::Path && expression.root == PathRoot::Root
        && expression.steps.size() == 1 && expression.steps.front().kind == StepKind::Member;
    if (isName) {
        for (const SelectItem &item : m_items) {
            const bool isAlias
                = !item.alias.isEmpty() && equalFolded(item.alias, expression.steps.front().name);
            if (isAlias && (!item.expression->facts.usesSource || !m_select.groupBy.empty())) {
                return *item.expression;
            }
        }
    }
    return expression;
}

std::vector<Program> SelectRun::sortPrograms() const
{
    std::vector<Program> programs;
    for (const SortKey &key : m_select.orderBy) {
        programs.push_back(Program::compile(sortExpression(key)));
    }
    return programs;
}

Result<Array> SelectRun::keysOf(const std::vector<Program> &programs, const Row &row) const
{
    Array keys;
    for (const Program &program : programs) {
        DRIFTLESS_TRY_ASSIGN(Value key, program.evaluate(row));
        keys.push_back(std::move(key));
    }
    return keys;
}

void SelectRun::sort(std::vector<Keyed> &rows) const
{
    std::stable_sort(rows.begin(), rows.end(), [this](const Keyed &a, const Keyed &b) {
        for (std::size_t i = 0; i < m_select.orderBy.size(); ++i) {
            const auto order = compareValues(a.keys[i], b.keys[i]);
            if (std::is_neq(order)) {
                return m_select.orderBy[i].isDescending ? std::is_gt(order) : std::is_lt(order);
            }
        }
        return false;
    });
}

Result<void> SelectRun::checkAggregate()
{
    for (const SelectItem &item : m_items) {
        if (item.expression->facts.usesRoot) {
            return notInGroup(*item.expression);
        }
    }
    if (m_select.having && m_select.having->facts.usesRoot) {
        return notInGroup(*m_select.having);
    }
    return {};
}

/// Included documents are looked up for every document only if the condition asks about them.
bool SelectRun::includesComeFirst() const
{
    if (!m_select.where) {
        return true;
    }
    const auto &fields = m_select.where->facts.fields;
    return std::any_of(fields.begin(), fields.end(), [this](const QByteArray &field) {
        return field == "$"
            || std::any_of(m_select.includes.begin(),
                m_select.includes.end(),
                [&field](const ExpressionPointer &path) {
                    return equalFolded(path->facts.fields.front(), field);
                });
    });
}

/// The documents that the condition holds for, with what they include. Answers false if the visitor
/// ended it.
Result<bool> SelectRun::visitDocuments(const std::function<Result<bool>(const Value &)> &visit)
{
    std::unique_ptr<Cursor> cursor = std::make_unique<EmptyDocument>();
    if (m_select.collection) {
        DRIFTLESS_TRY_ASSIGN(
            cursor, m_context.catalog.documents(*m_select.collection, fieldsOf(m_select)));
        m_isUnknown = !cursor;
    }
    if (!cursor) {
        return true;
    }
    const auto where = compiled(m_select.where);
    const bool isIncludedFirst = includesComeFirst();
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(auto document, cursor->next());
        if (!document) {
            return true;
        }
        if (m_context.watch != nullptr) {
            DRIFTLESS_TRY(m_context.watch->check());
        }
        if (isIncludedFirst) {
            DRIFTLESS_TRY_ASSIGN(*document, withIncludes(*document, m_select.includes, m_context));
        }
        if (where) {
            DRIFTLESS_TRY_ASSIGN(const bool holds, where->holds(rowOf(*document)));
            if (!holds) {
                continue;
            }
        }
        if (!isIncludedFirst) {
            DRIFTLESS_TRY_ASSIGN(*document, withIncludes(*document, m_select.includes, m_context));
        }
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, visit(*document));
        if (!goesOn) {
            return false;
        }
    }
}

Result<void> SelectRun::runRows(const RowVisitor &visit)
{
    const Projection projection(m_items);
    RowGate gate(m_select, visit);
    if (gate.isDone()) {
        return {};
    }
    const auto project = [&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(const Value row, projection.evaluate(rowOf(document)));
        return gate.pass(row);
    };
    if (m_select.orderBy.empty()) {
        DRIFTLESS_TRY(visitDocuments(project));
        return {};
    }
    DRIFTLESS_TRY_ASSIGN(const Array sorted, collect());
    for (const Value &document : sorted) {
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, project(document));
        if (!goesOn) {
            break;
        }
    }
    return {};
}

/// All matching documents in their order.
Result<Array> SelectRun::collect()
{
    const auto programs = sortPrograms();
    std::vector<Keyed> rows;
    DRIFTLESS_TRY(visitDocuments([&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(Array keys, keysOf(programs, rowOf(document)));
        rows.push_back({std::move(keys), document});
        return true;
    }));
    sort(rows);
    Array sorted;
    for (Keyed &row : rows) {
        sorted.push_back(std::move(row.value));
    }
    return sorted;
}

/// One row over all matching documents; LIMIT and OFFSET count those, not the row.
Result<void> SelectRun::runAggregate(const RowVisitor &visit)
{
    DRIFTLESS_TRY(checkAggregate());
    for (const SortKey &key : m_select.orderBy) {
        if (sortExpression(key).facts.usesSource) {
            return evaluationError(QByteArrayLiteral("ORDER BY goes by single documents here."));
        }
    }
    DRIFTLESS_TRY_ASSIGN(Array documents, collect());
    const auto size = static_cast<std::int64_t>(documents.size());
    const std::int64_t from = std::min<std::int64_t>(m_select.offset.value_or(0), size);
    const auto limit = m_select.top ? m_select.top : m_select.limit;
    const std::int64_t to = limit ? std::min<std::int64_t>(from + *limit, size) : size;
    const Value source = Value::array(Array(documents.begin() + from, documents.begin() + to));
    const Row row {nullptr, nullptr, &source, &m_context.parameters, &m_context.services};
    DRIFTLESS_TRY_ASSIGN(const Value result, Projection(m_items).evaluate(row));
    DRIFTLESS_TRY(visit(result));
    return {};
}

/// With several keys an item may repeat one of them word for word: it then stands for its value.
void SelectRun::nameKeys()
{
    for (std::size_t i = 0; m_select.groupBy.size() > 1 && i < m_select.groupBy.size(); ++i) {
        const Expression &key = *m_select.groupBy[i];
        for (SelectItem &item : m_items) {
            if (print(*item.expression) == print(key)) {
                const auto &fields = key.facts.fields;
                item.alias = item.alias.isEmpty() && !fields.empty() ? fields.front() : item.alias;
                item.expression = parameterExpression(keyName(i));
            }
        }
    }
}

Result<SelectRun::Groups> SelectRun::group()
{
    std::vector<Program> programs;
    for (const ExpressionPointer &key : m_select.groupBy) {
        programs.push_back(Program::compile(*key));
    }
    Groups groups;
    DRIFTLESS_TRY(visitDocuments([&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(Array keys, keysOf(programs, rowOf(document)));
        groups[keys.size() == 1 ? keys.front() : Value::array(std::move(keys))].push_back(document);
        return true;
    }));
    if (m_isUnknown && m_usesSource) {
        groups[Value()]; // as in the reference: one group of nothing
    }
    return groups;
}

Result<void> SelectRun::runGroups(const RowVisitor &visit)
{
    nameKeys();
    DRIFTLESS_TRY(checkAggregate());
    for (const SortKey &key : m_select.orderBy) {
        if (sortExpression(key).facts.usesRoot) {
            return notInGroup(sortExpression(key));
        }
    }
    DRIFTLESS_TRY_ASSIGN(Groups groups, group());
    const Projection projection(m_items);
    const auto having = compiled(m_select.having);
    const auto programs = sortPrograms();
    std::vector<Keyed> rows;
    for (auto &[key, documents] : groups) {
        const Value source = Value::array(std::move(documents));
        Parameters parameters = m_context.parameters;
        parameters.set(QByteArrayLiteral("key"), key);
        for (std::size_t i = 0;
             m_select.groupBy.size() > 1 && key.isArray() && i < key.toArray().size();
             ++i) {
            parameters.set(keyName(i), key.toArray()[i]);
        }
        const Row row {nullptr, nullptr, &source, &parameters, &m_context.services};
        if (having) {
            DRIFTLESS_TRY_ASSIGN(const bool holds, having->holds(row));
            if (!holds) {
                continue;
            }
        }
        DRIFTLESS_TRY_ASSIGN(Array keys, keysOf(programs, row));
        DRIFTLESS_TRY_ASSIGN(Value result, projection.evaluate(row));
        rows.push_back({std::move(keys), std::move(result)});
    }
    sort(rows);
    RowGate gate(m_select, visit);
    for (const Keyed &row : rows) {
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, gate.pass(row.value));
        if (!goesOn) {
            break;
        }
    }
    return {};
}

Result<void> SelectRun::run(const RowVisitor &visit)
{
    if (m_select.isExplain) {
        return notSupportedYet(QByteArrayLiteral("EXPLAIN"));
    }
    if (m_select.collection && m_select.collection->startsWith('$')) {
        return notSupportedYet(QByteArrayLiteral("Reading a system collection"));
    }
    if (!m_select.groupBy.empty()) {
        return runGroups(visit);
    }
    return m_usesSource ? runAggregate(visit) : runRows(visit);
}

} // namespace

Result<void> runSelect(const Select &select, const Context &context, const RowVisitor &visit)
{
    return SelectRun(select, context).run(visit);
}

} // namespace driftless::query
