#include "query/aggregates.h"

#include "core/case_fold.h"
#include "query/arithmetic.h"
#include "query/program_node.h"
#include "query/value_key.h"

#include <algorithm>

namespace driftless::query {

namespace {

void appendParameters(std::vector<QByteArray> &names, const Expression &expression)
{
    if (expression.kind == ExpressionKind::Parameter) {
        names.push_back(foldCase(expression.name));
    }
    for (const ExpressionPointer &operand : expression.operands) {
        appendParameters(names, *operand);
    }
    for (const PathStep &step : expression.steps) {
        if (step.kind == StepKind::IndexParameter) {
            names.push_back(foldCase(step.name));
        }
        if (step.filter) {
            appendParameters(names, *step.filter);
        }
    }
}

/// What DISTINCT goes by: numbers of different types differ.
QByteArray typedKey(const Value &value)
{
    QByteArray key(1, static_cast<char>(value.type()));
    appendKey(key, value);
    return key;
}

} // namespace

/// `*`, or MAP, FILTER and DISTINCT of a chain.
bool Aggregates::isChain(const Expression &expression)
{
    switch (expression.kind) {
    case ExpressionKind::Source:
        return true;
    case ExpressionKind::Lambda:
        return expression.name != "SORT" && isChain(*expression.operands[0]);
    case ExpressionKind::Call:
        return expression.name == "DISTINCT" && isChain(*expression.operands[0]);
    default:
        return false;
    }
}

void Aggregates::appendStages(Part &part, const Expression &chain)
{
    if (chain.kind == ExpressionKind::Source) {
        return;
    }
    appendStages(part, *chain.operands[0]);
    Stage &stage = part.stages.emplace_back();
    if (chain.kind == ExpressionKind::Call) {
        stage.kind = StageKind::Distinct;
        stage.seen = part.distinctCount++;
        return;
    }
    const Expression &body = *chain.operands[1];
    stage.kind = chain.name == "FILTER" ? StageKind::Filter
        : body.facts.isSequence         ? StageKind::Flatten
                                        : StageKind::Map;
    stage.body = Program::compile(body);
    appendParameters(m_parameters, body);
}

ExpressionPointer Aggregates::gathered(
    const ExpressionPointer &expression, std::optional<TallyKind> tally, const Expression &chain)
{
    const auto known = std::find_if(m_parts.begin(), m_parts.end(), [&](const Part &part) {
        return areEqual(*part.expression, *expression);
    });
    const auto number = known - m_parts.begin();
    if (known == m_parts.end()) {
        Part &part = m_parts.emplace_back();
        part.expression = expression;
        part.tally = tally;
        appendStages(part, chain);
    }
    Expression made;
    made.kind = ExpressionKind::Gathered;
    made.place = expression->place;
    made.facts = expression->facts; // columns are named after the fields
    made.literal = Value::int32(static_cast<std::int32_t>(number));
    return std::make_shared<const Expression>(std::move(made));
}

ExpressionPointer Aggregates::takeIn(const ExpressionPointer &expression)
{
    if (!expression->facts.usesSource) {
        return expression;
    }
    if (isChain(*expression)) {
        return gathered(expression, std::nullopt, *expression);
    }
    const bool isCall = expression->kind == ExpressionKind::Call;
    const auto tally = isCall ? tallyKindOf(expression->name) : std::nullopt;
    if (tally && isChain(*expression->operands[0])) {
        return gathered(expression, tally, *expression->operands[0]);
    }
    Expression changed = *expression;
    for (std::size_t i = 0; i < changed.operands.size(); ++i) {
        // In the body of a lambda `*` is something else.
        if (changed.kind != ExpressionKind::Lambda || i != 1) {
            changed.operands[i] = takeIn(changed.operands[i]);
        }
    }
    return std::make_shared<const Expression>(std::move(changed));
}

bool Aggregates::usesParameter(QByteArrayView name) const
{
    return std::any_of(m_parameters.begin(), m_parameters.end(), [name](const QByteArray &used) {
        return equalFolded(used, name);
    });
}

Result<Aggregates::State> Aggregates::begin(MemoryAccount &account) const
{
    State state;
    state.m_parts.resize(m_parts.size());
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        if (m_parts[i].tally) {
            state.m_parts[i].tally.emplace(*m_parts[i].tally);
        }
        state.m_parts[i].seen.resize(m_parts[i].distinctCount);
    }
    DRIFTLESS_TRY(account.keep(sizeof(State) + m_parts.size() * sizeof(State::Part)));
    return state;
}

Result<void> Aggregates::add(
    State &state, const Value &document, const Row &row, MemoryAccount &account) const
{
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        if (!state.m_parts[i].error) {
            DRIFTLESS_TRY(feed(m_parts[i], 0, state.m_parts[i], document, row, account));
        }
    }
    return {};
}

/// Takes the element through the stages from that one on.
Result<void> Aggregates::feed(const Part &part,
    std::size_t stage,
    State::Part &state,
    const Value &element,
    const Row &row,
    MemoryAccount &account) const
{
    if (state.error) {
        return {};
    }
    DRIFTLESS_TRY(spend(row, 1));
    if (stage == part.stages.size()) {
        return take(state, element, account);
    }
    const Stage &step = part.stages[stage];
    if (step.kind == StageKind::Distinct) {
        const QByteArray key = typedKey(element);
        auto &seen = state.seen[step.seen];
        if (seen.contains(key)) {
            return {};
        }
        seen.insert(key);
        DRIFTLESS_TRY(account.keep(sizeof(QByteArray) + static_cast<std::size_t>(key.size())));
        return feed(part, stage + 1, state, element, row, account);
    }
    Row inner = row;
    inner.current = &element;
    Value room;
    const auto viewed = step.body->view(inner, room);
    if (!viewed) {
        state.error = std::make_unique<Error>(viewed.error());
        return {};
    }
    const Value *value = *viewed;
    switch (step.kind) {
    case StageKind::Filter:
        return value->isTrue() ? feed(part, stage + 1, state, element, row, account)
                               : Result<void>();
    case StageKind::Flatten:
        for (const Value &one : value->toArray()) {
            DRIFTLESS_TRY(feed(part, stage + 1, state, one, row, account));
        }
        return {};
    default:
        return feed(part, stage + 1, state, *value, row, account);
    }
}

Result<void> Aggregates::take(State::Part &state, const Value &element, MemoryAccount &account)
{
    if (!state.tally) {
        state.elements.push_back(element);
        return account.keep(element.weight());
    }
    const std::size_t before = state.tally->held().weight();
    const auto done = state.tally->add(element);
    if (!done) {
        state.error = std::make_unique<Error>(done.error());
        return {};
    }
    account.release(before);
    return account.keep(state.tally->held().weight());
}

bool Aggregates::isCountOfAll() const
{
    return !m_parts.empty() && std::all_of(m_parts.begin(), m_parts.end(), [](const Part &part) {
        return part.tally == TallyKind::Count && part.stages.empty();
    });
}

bool Aggregates::isFreeOfOrder() const
{
    return std::all_of(m_parts.begin(), m_parts.end(), [](const Part &part) {
        return part.tally == TallyKind::Count || part.tally == TallyKind::Any;
    });
}

std::vector<Result<Value>> Aggregates::resultsOf(std::int64_t count) const
{
    return std::vector<Result<Value>>(m_parts.size(), wholeNumber(count));
}

std::vector<Result<Value>> Aggregates::results(State state)
{
    std::vector<Result<Value>> all;
    for (State::Part &part : state.m_parts) {
        if (part.error) {
            all.emplace_back(std::move(*part.error));
        } else {
            all.push_back(
                part.tally ? part.tally->result() : Value::array(std::move(part.elements)));
        }
    }
    return all;
}

} // namespace driftless::query
