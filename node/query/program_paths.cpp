// Paths and lambdas: what goes from one value to others.
#include "query/arithmetic.h"
#include "query/program_node.h"
#include "query/syntax_error.h"
#include "query/value_order.h"

#include <algorithm>
#include <bit>

namespace driftless::query {

namespace {

using Node = Program::Node;

struct Step
{
    StepKind kind;
    QByteArray name;
    std::int64_t index = 0;
    NodePointer filter;
};

const Value &nothing()
{
    static const Value null;
    return null;
}

const Value &elementAt(const Value &value, std::int64_t index)
{
    if (!value.isArray()) {
        return nothing();
    }
    const Array &elements = value.toArray();
    const auto size = static_cast<std::int64_t>(elements.size());
    const std::int64_t at = index < 0 ? size + index : index;
    return at >= 0 && at < size ? elements[static_cast<std::size_t>(at)] : nothing();
}

const Value &memberOf(const Value &value, QByteArrayView name)
{
    const Value *found = value.isDocument() ? value.toDocument().find(name) : nullptr;
    return found != nullptr ? *found : nothing();
}

class PathNode final : public Node
{
public:
    explicit PathNode(const Expression &path)
        : m_root(path.root)
    {
        for (const PathStep &step : path.steps) {
            m_steps.push_back({step.kind,
                step.name,
                step.index,
                step.filter ? compileNode(*step.filter) : nullptr});
        }
    }

    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        Value room;
        DRIFTLESS_TRY_ASSIGN(const Value *value, view(row, room));
        if (value == &room) {
            return room;
        }
        return *value;
    }

    [[nodiscard]] Result<const Value *> view(const Row &row, Value &room) const override
    {
        const Value *value = m_root == PathRoot::Root ? row.root : row.current;
        value = value != nullptr ? value : &nothing();
        for (const Step &step : m_steps) {
            switch (step.kind) {
            case StepKind::Member:
                if (value->isDocument()) { // the name is looked for among all members
                    constexpr std::size_t kMembersInAStep = 64;
                    DRIFTLESS_TRY(spend(row,
                        static_cast<std::int64_t>(value->toDocument().size() / kMembersInAStep)));
                }
                value = &memberOf(*value, step.name);
                break;
            case StepKind::Index:
                value = &elementAt(*value, step.index);
                break;
            case StepKind::IndexParameter: {
                const auto index = roundedToInt64(row.parameters->value(step.name));
                if (!index) {
                    return evaluationError(QByteArrayLiteral("The index @") + step.name
                        + QByteArrayLiteral(" is no number."));
                }
                value = &elementAt(*value, *index);
                break;
            }
            case StepKind::All: // makes a sequence, which ends a path
                if (!value->isArray()) {
                    room = Value::array({});
                    value = &room;
                }
                break;
            case StepKind::Filter: {
                DRIFTLESS_TRY_ASSIGN(room, filtered(*value, *step.filter, row));
                value = &room;
            }
            }
        }
        return value;
    }

private:
    static Result<Value> filtered(const Value &value, const Node &filter, const Row &row)
    {
        Array kept;
        if (value.isArray()) {
            for (const Value &element : value.toArray()) {
                DRIFTLESS_TRY(spend(row, 1));
                DRIFTLESS_TRY_ASSIGN(
                    const Value verdict, filter.evaluate(elementRow(row, element)));
                if (verdict.isTrue()) {
                    kept.push_back(element);
                }
            }
        }
        return Value::array(std::move(kept));
    }

    PathRoot m_root;
    std::vector<Step> m_steps;
};

/// MAP, FILTER and SORT: a body for every element of a source.
class LambdaNode : public Node
{
public:
    explicit LambdaNode(const Expression &lambda)
        : m_source(compileNode(*lambda.operands[0]))
        , m_body(compileNode(*lambda.operands[1]))
    {
    }

protected:
    [[nodiscard]] Result<Value> elements(const Row &row) const
    {
        DRIFTLESS_TRY_ASSIGN(const Value source, m_source->evaluate(row));
        return spread(source);
    }
    [[nodiscard]] Result<Value> body(const Row &row, const Value &element) const
    {
        DRIFTLESS_TRY(spend(row, 1));
        return m_body->evaluate(elementRow(row, element));
    }

private:
    NodePointer m_source;
    NodePointer m_body;
};

class MapNode final : public LambdaNode
{
public:
    explicit MapNode(const Expression &lambda)
        : LambdaNode(lambda)
        , m_isFlattened(lambda.operands[1]->facts.isSequence)
    {
    }

    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        DRIFTLESS_TRY_ASSIGN(const Value source, elements(row));
        Array mapped;
        std::size_t weight = 0; // of all together, known before they are one value
        for (const Value &element : source.toArray()) {
            DRIFTLESS_TRY_ASSIGN(Value value, body(row, element));
            weight += value.weight();
            DRIFTLESS_TRY(checkWeight(weight));
            if (m_isFlattened) {
                mapped.insert(mapped.end(), value.toArray().begin(), value.toArray().end());
            } else {
                mapped.push_back(std::move(value));
            }
        }
        return Value::array(std::move(mapped));
    }

private:
    bool m_isFlattened;
};

class FilterNode final : public LambdaNode
{
public:
    using LambdaNode::LambdaNode;

    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        DRIFTLESS_TRY_ASSIGN(const Value source, elements(row));
        Array kept;
        for (const Value &element : source.toArray()) {
            DRIFTLESS_TRY_ASSIGN(const Value verdict, body(row, element));
            if (verdict.isTrue()) {
                kept.push_back(element);
            }
        }
        return Value::array(std::move(kept));
    }
};

class SortNode final : public LambdaNode
{
public:
    explicit SortNode(const Expression &lambda)
        : LambdaNode(lambda)
        , m_order(lambda.operands.size() > 2 ? compileNode(*lambda.operands[2]) : nullptr)
    {
    }

    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        DRIFTLESS_TRY_ASSIGN(const Value source, elements(row));
        DRIFTLESS_TRY_ASSIGN(const bool isDescending, descends(row));
        std::vector<std::pair<Value, const Value *>> keyed;
        std::int64_t steps = 0; // of comparing each key once
        for (const Value &element : source.toArray()) {
            DRIFTLESS_TRY_ASSIGN(Value key, body(row, element));
            steps += 1 + stepsOf(key);
            keyed.emplace_back(std::move(key), &element);
        }
        DRIFTLESS_TRY(spend(row, steps * static_cast<std::int64_t>(std::bit_width(keyed.size()))));
        std::stable_sort(keyed.begin(), keyed.end(), [isDescending](const auto &a, const auto &b) {
            const auto order = compareValues(a.first, b.first);
            return isDescending ? std::is_gt(order) : std::is_lt(order);
        });
        Array sorted;
        for (const auto &[key, element] : keyed) {
            sorted.push_back(*element);
        }
        return Value::array(std::move(sorted));
    }

private:
    [[nodiscard]] Result<bool> descends(const Row &row) const
    {
        if (!m_order) {
            return false;
        }
        DRIFTLESS_TRY_ASSIGN(const Value order, m_order->evaluate(row));
        const bool isPositive = order.type() == Type::Int32 && order.toInt64() > 0;
        const bool isAsc = order.isString() && order.bytes().toLower() == "asc";
        return !isPositive && !isAsc;
    }

    NodePointer m_order;
};

} // namespace

NodePointer compilePath(const Expression &path)
{
    return std::make_unique<PathNode>(path);
}

NodePointer compileLambda(const Expression &lambda)
{
    if (lambda.name == "MAP") {
        return std::make_unique<MapNode>(lambda);
    }
    if (lambda.name == "FILTER") {
        return std::make_unique<FilterNode>(lambda);
    }
    return std::make_unique<SortNode>(lambda);
}

} // namespace driftless::query
