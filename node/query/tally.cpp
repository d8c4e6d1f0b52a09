#include "query/tally.h"

#include "query/arithmetic.h"
#include "query/value_order.h"

#include <array>

namespace driftless::query {

namespace {

constexpr std::array<const char *, 8> kNames {
    "COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST", "LAST", "ANY"};

} // namespace

std::optional<TallyKind> tallyKindOf(QByteArrayView function)
{
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (function == kNames[i]) {
            return static_cast<TallyKind>(i);
        }
    }
    return std::nullopt;
}

Tally::Tally(TallyKind kind)
    : m_kind(kind)
{
    if (kind == TallyKind::Sum || kind == TallyKind::Average) {
        m_value = Value::int32(0);
    }
}

Result<void> Tally::add(const Value &element)
{
    switch (m_kind) {
    case TallyKind::Count:
    case TallyKind::Any:
        break;
    case TallyKind::Sum:
    case TallyKind::Average: {
        if (!element.isNumber()) {
            return {};
        }
        DRIFTLESS_TRY_ASSIGN(m_value, calculate(Operator::Add, m_value, element));
        break;
    }
    case TallyKind::Minimum: // of equal ones the last
        if (m_count == 0 || std::is_lteq(compareValues(element, m_value))) {
            m_value = element;
        }
        break;
    case TallyKind::Maximum:
        if (m_count == 0 || std::is_gteq(compareValues(element, m_value))) {
            m_value = element;
        }
        break;
    case TallyKind::First:
        if (m_count == 0) {
            m_value = element;
        }
        break;
    case TallyKind::Last:
        m_value = element;
        break;
    }
    ++m_count;
    return {};
}

Result<Value> Tally::result() const
{
    switch (m_kind) {
    case TallyKind::Count:
        return wholeNumber(m_count);
    case TallyKind::Any:
        return Value::boolean(m_count > 0);
    case TallyKind::Average:
        return m_count == 0 ? Result<Value>(Value::int32(0))
                            : calculate(Operator::Divide, m_value, wholeNumber(m_count));
    case TallyKind::Minimum:
        return m_count == 0 ? Value::minValue() : m_value;
    case TallyKind::Maximum:
        return m_count == 0 ? Value::maxValue() : m_value;
    default:
        return m_value;
    }
}

} // namespace driftless::query
