#include "query/program.h"

#include "query/arithmetic.h"
#include "query/program_node.h"
#include "query/syntax_error.h"

#include <QVarLengthArray>

namespace driftless::query {

namespace {

using Node = Program::Node;

std::vector<NodePointer> compileAll(const std::vector<ExpressionPointer> &expressions)
{
    std::vector<NodePointer> nodes;
    nodes.reserve(expressions.size());
    for (const ExpressionPointer &expression : expressions) {
        nodes.push_back(compileNode(*expression));
    }
    return nodes;
}

class LiteralNode final : public Node
{
public:
    explicit LiteralNode(Value value)
        : m_value(std::move(value))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row & /*row*/) const override { return m_value; }
    [[nodiscard]] Result<const Value *> view(const Row & /*row*/, Value & /*room*/) const override
    {
        return &m_value;
    }

private:
    Value m_value;
};

class SourceNode final : public Node
{
public:
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        if (row.source != nullptr) {
            return *row.source;
        }
        return Value::array(row.root != nullptr ? Array {*row.root} : Array {});
    }
};

class GatheredNode final : public Node
{
public:
    explicit GatheredNode(const Value &number)
        : m_number(static_cast<std::size_t>(number.toInt64()))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        return (*row.gathered)[m_number];
    }

private:
    std::size_t m_number;
};

class ParameterNode final : public Node
{
public:
    explicit ParameterNode(QByteArray name)
        : m_name(std::move(name))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        return row.parameters->value(m_name);
    }
    [[nodiscard]] Result<const Value *> view(const Row &row, Value &room) const override
    {
        const Value *found = row.parameters->find(m_name);
        room = Value();
        return found != nullptr ? found : &room;
    }

private:
    QByteArray m_name;
};

class DocumentNode final : public Node
{
public:
    explicit DocumentNode(const Expression &document)
        : m_names(document.names)
        , m_values(compileAll(document.operands))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        std::vector<DocumentMember> members;
        members.reserve(m_names.size());
        DRIFTLESS_TRY(spend(row, static_cast<std::int64_t>(m_names.size())));
        for (std::size_t i = 0; i < m_names.size(); ++i) {
            DRIFTLESS_TRY_ASSIGN(Value value, m_values[i]->evaluate(row));
            members.push_back({m_names[i], std::move(value)});
        }
        return bounded(Value::document(Document::ofMembers(std::move(members))));
    }

private:
    std::vector<QByteArray> m_names;
    std::vector<NodePointer> m_values;
};

class ArrayNode final : public Node
{
public:
    explicit ArrayNode(const Expression &array)
        : m_elements(compileAll(array.operands))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        Array elements;
        elements.reserve(m_elements.size());
        DRIFTLESS_TRY(spend(row, static_cast<std::int64_t>(m_elements.size())));
        for (const NodePointer &element : m_elements) {
            DRIFTLESS_TRY_ASSIGN(Value value, element->evaluate(row));
            elements.push_back(std::move(value));
        }
        return bounded(Value::array(std::move(elements)));
    }

private:
    std::vector<NodePointer> m_elements;
};

class CallNode final : public Node
{
public:
    explicit CallNode(const Expression &call)
        : m_function(*call.function)
        , m_arguments(compileAll(call.operands))
    {
        for (std::size_t i = 0; i < call.operands.size(); ++i) {
            m_isSpread.append(
                m_function.arguments[i] == 'q' && !call.operands[i]->facts.isSequence);
        }
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        QVarLengthArray<Value, 4> values;
        std::int64_t steps = 1;
        for (std::size_t i = 0; i < m_arguments.size(); ++i) {
            DRIFTLESS_TRY_ASSIGN(Value value, m_arguments[i]->evaluate(row));
            steps += stepsOf(value);
            if (m_isSpread[static_cast<qsizetype>(i)]) {
                DRIFTLESS_TRY_ASSIGN(value, spread(value));
            }
            values.append(std::move(value));
        }
        DRIFTLESS_TRY(spend(row, steps));
        DRIFTLESS_TRY_ASSIGN(Value result,
            m_function.body(
                {values.constData(), static_cast<std::size_t>(values.size())}, *row.services));
        return bounded(std::move(result));
    }

private:
    const Function &m_function;
    std::vector<NodePointer> m_arguments;
    QVarLengthArray<bool, 4> m_isSpread;
};

/// IIF leaves the branch alone that it does not choose.
class ChoiceNode final : public Node
{
public:
    explicit ChoiceNode(const Expression &call)
        : m_parts(compileAll(call.operands))
    {
    }
    [[nodiscard]] Result<Value> evaluate(const Row &row) const override
    {
        DRIFTLESS_TRY_ASSIGN(const Value condition, m_parts[0]->evaluate(row));
        if (condition.type() != Type::Boolean) {
            return evaluationError(
                QByteArrayLiteral("The condition of IIF is neither true nor false."));
        }
        return m_parts[condition.toBool() ? 1 : 2]->evaluate(row);
    }

private:
    std::vector<NodePointer> m_parts;
};

} // namespace

NodePointer compileNode(const Expression &expression)
{
    switch (expression.kind) {
    case ExpressionKind::Literal:
        return std::make_unique<LiteralNode>(expression.literal);
    case ExpressionKind::Source:
        return std::make_unique<SourceNode>();
    case ExpressionKind::Gathered:
        return std::make_unique<GatheredNode>(expression.literal);
    case ExpressionKind::DocumentForm:
        return std::make_unique<DocumentNode>(expression);
    case ExpressionKind::ArrayForm:
        return std::make_unique<ArrayNode>(expression);
    case ExpressionKind::Parameter:
        return std::make_unique<ParameterNode>(expression.name);
    case ExpressionKind::Path:
        return compilePath(expression);
    case ExpressionKind::Call:
        if (expression.name == "IIF") {
            return std::make_unique<ChoiceNode>(expression);
        }
        return std::make_unique<CallNode>(expression);
    case ExpressionKind::Lambda:
        return compileLambda(expression);
    case ExpressionKind::Binary:
    case ExpressionKind::Not:
        return compileOperator(expression);
    }
    DRIFTLESS_ASSERT(false);
    return nullptr;
}

Value Parameters::value(QByteArrayView name) const
{
    const Value *found = m_values.find(name);
    return found != nullptr ? *found : Value();
}

Program::Program(std::unique_ptr<const Node> node)
    : m_node(std::move(node))
{
}

Program::Program(Program &&) noexcept = default;
Program &Program::operator=(Program &&) noexcept = default;
Program::~Program() = default;

Program Program::compile(const Expression &expression)
{
    return Program(compileNode(expression));
}

Result<Value> Program::evaluate(const Row &row) const
{
    return m_node->evaluate(row);
}

Result<const Value *> Program::view(const Row &row, Value &room) const
{
    return m_node->view(row, room);
}

Result<bool> Program::holds(const Row &row) const
{
    Value room;
    DRIFTLESS_TRY_ASSIGN(const Value *value, view(row, room));
    return value->isTrue();
}

Result<Value> spread(const Value &value)
{
    if (value.isArray()) {
        return value;
    }
    Array elements;
    if (value.type() == Type::Binary) {
        const auto count = static_cast<std::size_t>(value.bytes().size());
        DRIFTLESS_TRY(checkWeight(count * sizeof(Value)));
        elements.reserve(count);
        for (const char byte : value.bytes()) {
            elements.push_back(Value::int32(static_cast<unsigned char>(byte)));
        }
    } else {
        elements.push_back(value);
    }
    return Value::array(std::move(elements));
}

} // namespace driftless::query
