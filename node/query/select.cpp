#include "core/case_fold.h"
#include "query/aggregates.h"
#include "query/explain.h"
#include "query/matches.h"
#include "query/printer.h"
#include "query/projection.h"
#include "query/row_sorter.h"
#include "query/syntax_error.h"
#include "query/value_key.h"

#include <QHash>

#include <algorithm>

namespace driftless::query {

namespace {

/// Passes rows on: skips the first ones, ends behind the last, leaves repeated ones out.
class RowGate
{
public:
    RowGate(const Select &select, const RowVisitor &visit, MemoryAccount &account)
        : m_visit(visit)
        , m_account(account)
        , m_isDistinct(select.isDistinct)
        , m_skip(select.offset.value_or(0))
        , m_left(select.top ? select.top : select.limit)
    {
    }

    [[nodiscard]] bool isDone() const { return m_left && *m_left <= 0; }
    /// False: enough.
    Result<bool> pass(const Value &row)
    {
        if (isDone()) {
            return false;
        }
        if (m_isDistinct) {
            DRIFTLESS_TRY_ASSIGN(const bool isNew, isFirst(row));
            if (!isNew) {
                return true;
            }
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
    Result<bool> isFirst(const Value &row)
    {
        QByteArray key = keyOf(row);
        if (m_seen.contains(key)) {
            return false;
        }
        DRIFTLESS_TRY(m_account.keep(sizeof(QByteArray) + static_cast<std::size_t>(key.size())));
        m_seen.insert(std::move(key));
        return true;
    }

    const RowVisitor &m_visit;
    MemoryAccount &m_account;
    bool m_isDistinct;
    QSet<QByteArray> m_seen;
    std::int64_t m_skip;
    std::optional<std::int32_t> m_left;
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
        , m_account(context.memoryBytesMax)
        , m_items(select.items)
    {
        m_usesSource = std::any_of(m_items.begin(), m_items.end(), [](const SelectItem &item) {
            return item.expression->facts.usesSource;
        });
    }

    Result<void> run(const RowVisitor &visit);

private:
    struct Group
    {
        Value key;
        QByteArray keyBytes;
        Aggregates::State state;
    };

    Result<void> checkAggregate();
    void nameKeys();
    [[nodiscard]] Search search(bool isSorted) const;
    Result<Matches> open(bool isSorted, bool needsOrder);
    static Result<bool> visitAll(Matches &matches, const RowVisitor &visit);
    Result<bool> visitSorted(const RowVisitor &visit, bool needsOrder = true);
    Result<std::optional<std::int64_t>> knownCount(const Aggregates &aggregates);
    Result<void> runExplain(const RowVisitor &visit);
    Result<void> runRows(const RowVisitor &visit);
    Result<void> runAggregate(const RowVisitor &visit);
    Result<std::vector<Group>> group(const Aggregates &aggregates);
    Result<void> runGroups(const RowVisitor &visit);
    [[nodiscard]] Parameters parametersOf(const Value &key) const;
    [[nodiscard]] std::optional<std::size_t> wantedRows() const;
    [[nodiscard]] const ExpressionPointer &sortExpression(const SortKey &key) const;
    static Result<Array> keysOf(const std::vector<Program> &programs, const Row &row);
    [[nodiscard]] Row rowOf(const Value &document) const
    {
        return {&document, &document, nullptr, &m_context.parameters, &m_context.services};
    }

    const Select &m_select;
    const Context &m_context;
    MemoryAccount m_account;
    std::vector<SelectItem> m_items;
    bool m_usesSource = false;
    bool m_isUnknown = false; ///< there is no such collection
};

/// An alias may stand in ORDER BY for its expression.
const ExpressionPointer &SelectRun::sortExpression(const SortKey &key) const
{
    const Expression &expression = *key.expression;
    const bool isName = expression.kind == ExpressionKind::Path && expression.root == PathRoot::Root
        && expression.steps.size() == 1 && expression.steps.front().kind == StepKind::Member;
    if (isName) {
        for (const SelectItem &item : m_items) {
            const bool isAlias
                = !item.alias.isEmpty() && equalFolded(item.alias, expression.steps.front().name);
            if (isAlias && (!item.expression->facts.usesSource || !m_select.groupBy.empty())) {
                return item.expression;
            }
        }
    }
    return key.expression;
}

Result<Array> SelectRun::keysOf(const std::vector<Program> &programs, const Row &row)
{
    Array keys;
    keys.reserve(programs.size());
    for (const Program &program : programs) {
        DRIFTLESS_TRY_ASSIGN(Value key, program.evaluate(row));
        keys.push_back(std::move(key));
    }
    return keys;
}

/// How many rows in front may be answered; nothing: all. DISTINCT leaves out some of them.
std::optional<std::size_t> SelectRun::wantedRows() const
{
    const auto limit = m_select.top ? m_select.top : m_select.limit;
    if (!limit || m_select.isDistinct) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(*limit) + static_cast<std::size_t>(m_select.offset.value_or(0));
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

/// Makes a search for the statement.
Search SelectRun::search(bool isSorted) const
{
    Search made;
    made.collection = *m_select.collection;
    made.where = m_select.where;
    made.includes = m_select.includes;
    made.wanted = fieldsOf(m_select);
    for (std::size_t i = 0; isSorted && i < m_select.orderBy.size(); ++i) {
        made.orderBy.push_back(
            {sortExpression(m_select.orderBy[i]), m_select.orderBy[i].isDescending});
    }
    return made;
}

Result<Matches> SelectRun::open(bool isSorted, bool needsOrder)
{
    if (!m_select.collection) {
        return Matches::ofNothing(m_context);
    }
    Search made = search(isSorted);
    made.needsOrder = needsOrder;
    DRIFTLESS_TRY_ASSIGN(auto matches, Matches::open(made, m_context, m_account));
    m_isUnknown = !matches.isKnown();
    return matches;
}

/// Answers false if the visitor ended it.
Result<bool> SelectRun::visitAll(Matches &matches, const RowVisitor &visit)
{
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const auto document, matches.next());
        if (!document) {
            return true;
        }
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, visit(*document));
        if (!goesOn) {
            return false;
        }
    }
}

/// The documents that match, in the order of ORDER BY. Answers false if the visitor ended it.
Result<bool> SelectRun::visitSorted(const RowVisitor &visit, bool needsOrder)
{
    DRIFTLESS_TRY_ASSIGN(auto matches, open(true, needsOrder || !m_select.orderBy.empty()));
    if (m_select.orderBy.empty() || matches.isSorted()) {
        return visitAll(matches, visit);
    }
    std::vector<Program> programs;
    for (const SortKey &key : m_select.orderBy) {
        programs.push_back(Program::compile(*sortExpression(key)));
    }
    RowSorter sorter(m_select.orderBy, wantedRows(), m_account);
    const RowVisitor keep = [&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(const Array keys, keysOf(programs, rowOf(document)));
        DRIFTLESS_TRY(sorter.add(keys, document));
        return true;
    };
    DRIFTLESS_TRY(visitAll(matches, keep));
    const Array sorted = sorter.take();
    for (const Value &document : sorted) {
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, visit(document));
        if (!goesOn) {
            return false;
        }
    }
    return true;
}

Result<void> SelectRun::runRows(const RowVisitor &visit)
{
    const Projection projection(m_items);
    RowGate gate(m_select, visit, m_account);
    if (gate.isDone()) {
        return {};
    }
    DRIFTLESS_TRY(visitSorted([&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(const Value row, projection.evaluate(rowOf(document)));
        return gate.pass(row);
    }));
    return {};
}

/// Of a statement that only counts all documents.
Result<std::optional<std::int64_t>> SelectRun::knownCount(const Aggregates &aggregates)
{
    const bool isPlain = m_select.collection && !m_select.collection->startsWith('$')
        && !m_select.where && !m_select.top && !m_select.limit && !m_select.offset
        && aggregates.isCountOfAll();
    return isPlain ? m_context.catalog.count(*m_select.collection)
                   : Result<std::optional<std::int64_t>>(std::optional<std::int64_t>());
}

/// One row over all matching documents; LIMIT and OFFSET count those, not the row.
Result<void> SelectRun::runAggregate(const RowVisitor &visit)
{
    DRIFTLESS_TRY(checkAggregate());
    for (const SortKey &key : m_select.orderBy) {
        if (sortExpression(key)->facts.usesSource) {
            return evaluationError(QByteArrayLiteral("ORDER BY goes by single documents here."));
        }
    }
    Aggregates aggregates;
    std::vector<SelectItem> items = m_items;
    for (SelectItem &item : items) {
        item.expression = aggregates.takeIn(item.expression);
    }
    Row row {nullptr, nullptr, nullptr, &m_context.parameters, &m_context.services, nullptr};
    DRIFTLESS_TRY_ASSIGN(auto state, aggregates.begin(m_account));
    DRIFTLESS_TRY_ASSIGN(const auto count, knownCount(aggregates));
    const RowVisitor take = [&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY(aggregates.add(state, document, row, m_account));
        return true;
    };
    Select window = m_select;
    window.isDistinct = false;
    RowGate gate(window, take, m_account);
    if (!count && !gate.isDone()) {
        const bool needsOrder
            = window.limit || window.top || window.offset || !aggregates.isFreeOfOrder();
        DRIFTLESS_TRY(visitSorted(
            [&gate](const Value &document) { return gate.pass(document); }, needsOrder));
    }
    const auto results
        = count ? aggregates.resultsOf(*count) : Aggregates::results(std::move(state));
    row.gathered = &results;
    DRIFTLESS_TRY_ASSIGN(const Value result, Projection(items).evaluate(row));
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

/// What the expressions of a group see of its key.
Parameters SelectRun::parametersOf(const Value &key) const
{
    Parameters parameters = m_context.parameters;
    parameters.set(QByteArrayLiteral("key"), key);
    for (std::size_t i = 0;
         m_select.groupBy.size() > 1 && key.isArray() && i < key.toArray().size();
         ++i) {
        parameters.set(keyName(i), key.toArray()[i]);
    }
    return parameters;
}

/// The groups in the order of their keys, each under the first one of equal keys.
Result<std::vector<SelectRun::Group>> SelectRun::group(const Aggregates &aggregates)
{
    std::vector<Program> programs;
    bool usesKey = aggregates.usesParameter("key");
    for (std::size_t i = 0; i < m_select.groupBy.size(); ++i) {
        programs.push_back(Program::compile(*m_select.groupBy[i]));
        usesKey = usesKey || aggregates.usesParameter(keyName(i));
    }
    std::vector<Group> groups;
    QHash<QByteArray, std::size_t> places;
    const auto placeOf = [&](Value key) -> Result<std::size_t> {
        QByteArray bytes = keyOf(key);
        const auto known = places.constFind(bytes);
        if (known != places.constEnd()) {
            return *known;
        }
        DRIFTLESS_TRY(m_account.keep(sizeof(Group) + 2 * sizeof(QByteArray) + key.weight()
            + static_cast<std::size_t>(bytes.size())));
        DRIFTLESS_TRY_ASSIGN(auto state, aggregates.begin(m_account));
        places.insert(bytes, groups.size());
        groups.push_back({std::move(key), std::move(bytes), std::move(state)});
        return groups.size() - 1;
    };
    const RowVisitor take = [&](const Value &document) -> Result<bool> {
        DRIFTLESS_TRY_ASSIGN(Array keys, keysOf(programs, rowOf(document)));
        DRIFTLESS_TRY_ASSIGN(const std::size_t place,
            placeOf(keys.size() == 1 ? keys.front() : Value::array(std::move(keys))));
        const Parameters own = usesKey ? parametersOf(groups[place].key) : Parameters();
        const Row row {nullptr,
            nullptr,
            nullptr,
            usesKey ? &own : &m_context.parameters,
            &m_context.services,
            nullptr};
        DRIFTLESS_TRY(aggregates.add(groups[place].state, document, row, m_account));
        return true;
    };
    DRIFTLESS_TRY_ASSIGN(auto matches, open(false, true));
    DRIFTLESS_TRY(visitAll(matches, take));
    if (m_isUnknown && m_usesSource) { // as in the reference: one group of nothing
        DRIFTLESS_TRY(placeOf(Value()));
    }
    std::sort(groups.begin(), groups.end(), [](const Group &a, const Group &b) {
        return a.keyBytes < b.keyBytes;
    });
    return groups;
}

Result<void> SelectRun::runGroups(const RowVisitor &visit)
{
    nameKeys();
    DRIFTLESS_TRY(checkAggregate());
    Aggregates aggregates;
    std::vector<Program> sortPrograms;
    for (const SortKey &key : m_select.orderBy) {
        const ExpressionPointer &expression = sortExpression(key);
        if (expression->facts.usesRoot) {
            return notInGroup(*expression);
        }
        sortPrograms.push_back(Program::compile(*aggregates.takeIn(expression)));
    }
    std::vector<SelectItem> items = m_items;
    for (SelectItem &item : items) {
        item.expression = aggregates.takeIn(item.expression);
    }
    const auto having = compiled(m_select.having ? aggregates.takeIn(m_select.having) : nullptr);
    const Projection projection(items);
    RowGate gate(m_select, visit, m_account);
    DRIFTLESS_TRY_ASSIGN(auto groups, group(aggregates));
    RowSorter sorter(m_select.orderBy, wantedRows(), m_account);
    for (Group &group : groups) {
        const auto results = Aggregates::results(std::move(group.state));
        const Parameters parameters = parametersOf(group.key);
        const Row row {nullptr, nullptr, nullptr, &parameters, &m_context.services, &results};
        if (having) {
            DRIFTLESS_TRY_ASSIGN(const bool holds, having->holds(row));
            if (!holds) {
                continue;
            }
        }
        DRIFTLESS_TRY_ASSIGN(const Array keys, keysOf(sortPrograms, row));
        DRIFTLESS_TRY_ASSIGN(Value result, projection.evaluate(row));
        DRIFTLESS_TRY(sorter.add(keys, std::move(result)));
    }
    const Array rows = sorter.take();
    for (const Value &row : rows) {
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, gate.pass(row));
        if (!goesOn) {
            break;
        }
    }
    return {};
}

Result<void> SelectRun::runExplain(const RowVisitor &visit)
{
    DRIFTLESS_TRY_ASSIGN(const Array rows,
        explain(m_select,
            m_select.collection ? search(m_select.groupBy.empty()) : Search(),
            m_context));
    for (const Value &row : rows) {
        DRIFTLESS_TRY_ASSIGN(const bool goesOn, visit(row));
        if (!goesOn) {
            break;
        }
    }
    return {};
}

Result<void> SelectRun::run(const RowVisitor &visit)
{
    if (m_select.isExplain) {
        return runExplain(visit);
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
