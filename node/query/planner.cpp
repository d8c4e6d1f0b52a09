#include "query/planner.h"

#include "core/case_fold.h"
#include "query/index_expression.h"
#include "query/key_ranges.h"

#include <algorithm>

namespace driftless::query {

namespace {

// What an access costs, as the reference weighs them.
constexpr double kCostOfUnique = 1;
constexpr double kCostOfPoint = 10;
constexpr double kCostOfPrefix = 15;
constexpr double kCostOfRange = 20;
constexpr double kCostOfScan = 100;

/// The key of an array begins with it, then come those of its elements.
const QByteArray &beginningOfArrays()
{
    static const QByteArray beginning = keyOf(Value::array({})).chopped(1);
    return beginning;
}

/// A term of the condition that compares something with a constant.
struct Term
{
    const Expression *subject = nullptr;
    bool isAny = false; ///< of the elements of the subject
    bool isLike = false;
    Constraint constraint;
};

Operator flipped(Operator op)
{
    switch (op) {
    case Operator::Greater:
        return Operator::Less;
    case Operator::GreaterOrEqual:
        return Operator::LessOrEqual;
    case Operator::Less:
        return Operator::Greater;
    case Operator::LessOrEqual:
        return Operator::GreaterOrEqual;
    default:
        return op;
    }
}

bool canFlip(Operator op)
{
    return op == Operator::Equal || op == Operator::Greater || op == Operator::GreaterOrEqual
        || op == Operator::Less || op == Operator::LessOrEqual;
}

/// One plan in the making.
class Planner
{
public:
    Planner(const Wish &wish, const Context &context)
        : m_wish(wish)
        , m_context(context)
    {
    }

    Result<Plan> plan();

private:
    struct Columns
    {
        std::vector<const Expression *> expressions;
        bool isArray = false; ///< the key is that of the array of them
    };
    /// An index with what the condition says of it.
    struct Choice
    {
        double cost = kCostOfScan;
        std::size_t columns = 0; ///< that are restricted
        bool isRestricted = true; ///< all that the index goes by is
        Plan plan;
    };

    void addTerms(const Expression &condition);
    void addTerm(const Expression &comparison);
    [[nodiscard]] std::optional<Value> constantOf(const Expression &expression) const;
    void tryIds();
    void tryIndex(const Index &index);
    void tryMultiKey(const Index &index);
    void tryColumns(const Index &index);
    [[nodiscard]] std::optional<Constraint> constraintOn(
        const Expression &column, bool &isLike) const;
    [[nodiscard]] bool sorts(const Columns &columns, std::size_t first) const;
    [[nodiscard]] bool isSortedById() const;
    void offer(Choice choice);
    void offerRanges(const Index &index,
        std::vector<KeyRange> ranges,
        double cost,
        std::size_t columns,
        bool isRestricted,
        bool isOneKey,
        bool isSorted);
    static Columns columnsOf(const Expression &expression);
    Result<void> addFailedRange(Choice &choice) const;

    const Wish &m_wish;
    const Context &m_context;
    std::vector<Term> m_terms;
    Choice m_best;
};

bool isId(const Expression &expression)
{
    return expression.kind == ExpressionKind::Path && expression.steps.size() == 1
        && expression.steps.front().kind == StepKind::Member
        && equalFolded(expression.steps.front().name, "_id");
}

std::optional<Value> Planner::constantOf(const Expression &expression) const
{
    if (!isStatementConstant(expression)) {
        return std::nullopt;
    }
    const Row row {nullptr, nullptr, nullptr, &m_context.parameters, &m_context.services, nullptr};
    const auto value = Program::compile(expression).evaluate(row);
    return value ? std::optional(*value) : std::nullopt; // an error shows with the documents
}

void Planner::addTerms(const Expression &condition)
{
    if (condition.kind != ExpressionKind::Binary) {
        return;
    }
    if (condition.op == Operator::And) {
        addTerms(*condition.operands[0]);
        addTerms(*condition.operands[1]);
    } else if (isComparison(condition.op) && condition.quantifier != Quantifier::All) {
        addTerm(condition);
    }
}

void Planner::addTerm(const Expression &comparison)
{
    Term term;
    term.subject = comparison.operands[0].get();
    term.isAny = comparison.quantifier == Quantifier::Any;
    term.isLike = comparison.op == Operator::Like;
    Operator op = comparison.op;
    auto value = constantOf(*comparison.operands[1]);
    if (!value && !term.isAny && canFlip(op)) {
        term.subject = comparison.operands[1].get();
        value = constantOf(*comparison.operands[0]);
        op = flipped(op);
    }
    std::optional<Value> high = Value();
    if (op == Operator::Between) {
        high = constantOf(*comparison.operands[2]);
    }
    if (!value || !high || isStatementConstant(*term.subject)) {
        return;
    }
    for (const QByteArray &field : m_wish.exchanged.names()) {
        const FieldSet fields = fieldsOf(*term.subject);
        if (fields.contains(field)) {
            return;
        }
    }
    if (auto constraint = constraintOf(op, *value, *high)) {
        term.constraint = std::move(*constraint);
        m_terms.push_back(std::move(term));
    }
}

/// Everything that the condition says of one column; nothing if it says nothing.
std::optional<Constraint> Planner::constraintOn(const Expression &column, bool &isLike) const
{
    std::optional<Constraint> all;
    isLike = true;
    for (const Term &term : m_terms) {
        if (!term.isAny && isSameExpression(*term.subject, column)) {
            all = all ? intersected(*all, term.constraint) : term.constraint;
            isLike = isLike && term.isLike;
        }
    }
    return all;
}

void Planner::offer(Choice choice)
{
    const bool isBetter = choice.cost != m_best.cost ? choice.cost < m_best.cost
        : choice.columns != m_best.columns           ? choice.columns > m_best.columns
                                           : choice.plan.isSorted && !m_best.plan.isSorted;
    if (isBetter) {
        m_best = std::move(choice);
    }
}

bool Planner::isSortedById() const
{
    return m_wish.orderBy.size() == 1 && !m_wish.orderBy.front().isDescending
        && isId(*m_wish.orderBy.front().expression);
}

void Planner::tryIds()
{
    std::optional<Constraint> all;
    for (const Term &term : m_terms) {
        if (!term.isAny && isId(*term.subject)) {
            all = all ? intersected(*all, term.constraint) : term.constraint;
        }
    }
    if (!all) {
        return;
    }
    Choice choice;
    choice.columns = 1;
    choice.plan.isSorted = isSortedById();
    if (all->isPoints || all->ranges.empty()) {
        choice.plan.access = Access::Ids;
        choice.plan.ids = std::move(all->points);
        choice.cost = kCostOfUnique * static_cast<double>(choice.plan.ids.size());
    } else {
        choice.plan.access = Access::IdRange;
        choice.plan.firstId = std::move(all->lowest);
        choice.plan.endOfIds = all->ranges.back().to;
        choice.cost = kCostOfRange;
    }
    offer(std::move(choice));
}

Planner::Columns Planner::columnsOf(const Expression &expression)
{
    Columns columns;
    const bool isList = expression.kind == ExpressionKind::ArrayForm
        && std::none_of(expression.operands.begin(),
            expression.operands.end(),
            [](const ExpressionPointer &operand) { return operand->facts.isSequence; });
    if (!isList) {
        columns.expressions.push_back(&expression);
        return columns;
    }
    columns.isArray = true;
    for (const ExpressionPointer &operand : expression.operands) {
        columns.expressions.push_back(operand.get());
    }
    return columns;
}

/// True if ORDER BY goes by the columns from `first` on, all in one direction.
bool Planner::sorts(const Columns &columns, std::size_t first) const
{
    const auto &orderBy = m_wish.orderBy;
    if (orderBy.empty() || columns.expressions.size() != first + orderBy.size()) {
        return false; // entries of one key come by id, as ties have to
    }
    for (std::size_t i = 0; i < orderBy.size(); ++i) {
        const Expression &key = *orderBy[i].expression;
        const FieldSet fields = fieldsOf(key);
        const bool isExchanged = std::any_of(m_wish.exchanged.names().begin(),
            m_wish.exchanged.names().end(),
            [&fields](const QByteArray &field) { return fields.contains(field); });
        if (isExchanged || orderBy[i].isDescending != orderBy.front().isDescending
            || !isSameExpression(key, *columns.expressions[first + i])) {
            return false;
        }
    }
    return true;
}

void Planner::offerRanges(const Index &index,
    std::vector<KeyRange> ranges,
    double cost,
    std::size_t columns,
    bool isRestricted,
    bool isOneKey,
    bool isSorted)
{
    Choice choice;
    choice.cost = cost;
    choice.columns = columns;
    choice.isRestricted = isRestricted;
    choice.plan.access = Access::Index;
    choice.plan.index = index;
    choice.plan.scan.index = index.name;
    choice.plan.scan.ranges = std::move(ranges);
    choice.plan.scan.isDescending = isSorted && m_wish.orderBy.front().isDescending;
    choice.plan.isOneKey = isOneKey;
    choice.plan.isSorted = isSorted;
    offer(std::move(choice));
}

void Planner::tryMultiKey(const Index &index)
{
    for (const Term &term : m_terms) {
        if (!term.isAny) {
            continue;
        }
        // ANY takes a single value apart as ITEMS does.
        const bool isItems = index.expression->kind == ExpressionKind::Call
            && index.expression->name == "ITEMS" && !term.subject->facts.isSequence
            && isSameExpression(*index.expression->operands[0], *term.subject);
        if (isItems || isSameExpression(*index.expression, *term.subject)) {
            const auto &ranges = term.constraint.ranges;
            const double cost = term.constraint.isPoints
                ? kCostOfPoint * static_cast<double>(ranges.size())
                : kCostOfRange;
            offerRanges(index,
                ranges,
                cost,
                1,
                true,
                term.constraint.isPoints && ranges.size() == 1,
                false);
        }
    }
}

/// Points for the first columns, points or a range for the next one.
void Planner::tryColumns(const Index &index)
{
    const Columns columns = columnsOf(*index.expression);
    std::vector<QByteArray> prefixes {columns.isArray ? beginningOfArrays() : QByteArray()};
    std::vector<KeyRange> ranges;
    double cost = kCostOfScan;
    std::size_t fixed = 0;
    std::size_t singles = 0; // columns in front of which one value is wanted
    bool isRange = false;
    for (; fixed < columns.expressions.size() && !isRange; ++fixed) {
        bool isLike = false;
        const auto constraint = constraintOn(*columns.expressions[fixed], isLike);
        if (!constraint || constraint->ranges.size() * prefixes.size() > kLookupsMax) {
            break;
        }
        isRange = !constraint->isPoints;
        singles += singles == fixed && !isRange && constraint->ranges.size() == 1 ? 1U : 0U;
        ranges.clear();
        std::vector<QByteArray> longer;
        for (const QByteArray &prefix : prefixes) {
            const KeyRange within = rangeOfPrefix(prefix);
            for (const KeyRange &range : constraint->ranges) {
                ranges.push_back(
                    {prefix + range.from, range.to.isEmpty() ? within.to : prefix + range.to});
                longer.push_back(prefix + range.from);
            }
        }
        prefixes = std::move(longer);
        // Another column only leaves out some of what the columns before it find.
        cost = std::min(cost,
            !isRange     ? kCostOfPoint * static_cast<double>(prefixes.size())
                : isLike ? kCostOfPrefix
                         : kCostOfRange);
    }
    const bool isFull = !isRange && fixed == columns.expressions.size();
    if (isFull && index.isUnique) {
        cost = kCostOfUnique * static_cast<double>(ranges.size());
    }
    bool isSorted = false;
    for (std::size_t first = 0; first <= singles; ++first) {
        isSorted = isSorted || sorts(columns, first);
    }
    if (fixed == 0) {
        if (isSorted) {
            offerRanges(
                index, {{QByteArray(), QByteArray()}}, kCostOfScan - 1, 0, false, false, true);
        }
        return;
    }
    const bool isRestricted = fixed == columns.expressions.size();
    offerRanges(index,
        std::move(ranges),
        cost,
        fixed,
        isRestricted,
        isFull && prefixes.size() == 1,
        isSorted);
}

/// Documents whose keys could not be worked out are candidates as well. Where the condition asks
/// about all that the index goes by, they can only make it fail, so that they may come last; else
/// some may match, or be an error to sort.
Result<void> Planner::addFailedRange(Choice &choice) const
{
    Plan &plan = choice.plan;
    const KeyRange failed = rangeOfPrefix(QByteArray(1, kFailedKey));
    if (!choice.isRestricted) {
        const IndexScan scan {plan.scan.index, {failed}, false};
        DRIFTLESS_TRY_ASSIGN(const auto cursor,
            m_context.catalog.indexed(m_wish.collection, scan, FieldSet::of({"_id"})));
        DRIFTLESS_TRY_ASSIGN(const auto first,
            cursor ? cursor->next() : Result<std::optional<Value>>(std::optional<Value>()));
        if (!first) {
            return {};
        }
        if (plan.isSorted) {
            plan = Plan();
            return {};
        }
        plan.isOneKey = false;
    }
    std::vector<KeyRange> &ranges = plan.scan.ranges;
    if (ranges.empty() || !ranges.back().to.isEmpty()) {
        ranges.push_back(failed);
    }
    return {};
}

Result<Plan> Planner::plan()
{
    if (m_wish.where != nullptr) {
        addTerms(*m_wish.where);
    }
    const bool isById = isSortedById();
    m_best.plan.isSorted = isById;
    tryIds();
    if ((m_terms.empty() && (isById || m_wish.orderBy.empty())) || m_best.cost <= kCostOfUnique) {
        return std::move(m_best.plan); // no index could do better
    }
    DRIFTLESS_TRY_ASSIGN(const auto indexes, m_context.catalog.indexes(m_wish.collection));
    for (const Index &index : indexes) {
        if (!index.isReady) {
            continue;
        }
        if (index.expression->facts.isSequence) {
            tryMultiKey(index);
        } else {
            tryColumns(index);
        }
    }
    if (m_best.plan.access == Access::Index) {
        DRIFTLESS_TRY(addFailedRange(m_best));
    }
    return std::move(m_best.plan);
}

} // namespace

Result<Plan> planFor(const Wish &wish, const Context &context)
{
    return Planner(wish, context).plan();
}

} // namespace driftless::query
