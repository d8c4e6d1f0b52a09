#include "query/index_expression.h"

#include "core/clock.h"
#include "core/random.h"
#include "query/parser.h"
#include "query/printer.h"
#include "query/syntax_error.h"

#include <algorithm>

namespace driftless::query {

namespace {

/// Nothing that an index may go by asks for the time,
class NoClock final : public Clock
{
public:
    [[nodiscard]] WallTime wallTime() const override
    {
        DRIFTLESS_ASSERT(false);
        return {};
    }
    [[nodiscard]] Instant instant() const override
    {
        DRIFTLESS_ASSERT(false);
        return {};
    }
};

/// or for chance.
class NoRandom final : public Random
{
public:
    std::uint64_t next() override
    {
        DRIFTLESS_ASSERT(false);
        return 0;
    }
};

} // namespace

IndexExpression::IndexExpression(ExpressionPointer expression)
    : m_expression(std::move(expression))
    , m_fields(fieldsOf(*m_expression))
    , m_program(Program::compile(*m_expression))
{
}

Result<IndexExpression> IndexExpression::compile(QByteArrayView text)
{
    DRIFTLESS_TRY_ASSIGN(auto expression, parseExpression(text));
    return of(std::move(expression));
}

Result<IndexExpression> IndexExpression::of(ExpressionPointer expression)
{
    const Facts &facts = expression->facts;
    if (!facts.isImmutable || facts.usesSource) {
        return evaluationError(QByteArrayLiteral(
            "An index goes by members of one document, without '*', without parameters and without "
            "functions whose answers change."));
    }
    IndexExpression made(std::move(expression));
    if (made.m_fields.isAll() || made.m_fields.names().empty()) {
        return evaluationError(
            QByteArrayLiteral("An index names the members that it goes by, such as 'customer'."));
    }
    if (made.m_fields.contains("_id")) {
        return evaluationError(QByteArrayLiteral(
            "Documents are found by their _id without an index: leave it out of the expression."));
    }
    return made;
}

QByteArray IndexExpression::text() const
{
    return print(*m_expression);
}

void IndexExpression::appendKeys(const Value &document, std::vector<QByteArray> &keys) const
{
    static const NoClock clock;
    static NoRandom random;
    const Services services {clock, random};
    const Parameters parameters;
    const auto value = m_program.evaluate({&document, &document, nullptr, &parameters, &services});
    if (!value) {
        keys.emplace_back(1, kFailedKey);
        return;
    }
    if (!isMultiKey()) {
        keys.push_back(keyOf(*value));
        return;
    }
    const auto first = static_cast<std::ptrdiff_t>(keys.size());
    for (const Value &element : value->toArray()) {
        keys.push_back(keyOf(element));
    }
    std::sort(keys.begin() + first, keys.end());
    keys.erase(std::unique(keys.begin() + first, keys.end()), keys.end());
}

} // namespace driftless::query
