#include "query/budget.h"

#include "query/syntax_error.h"

namespace driftless::query {

Result<Value> bounded(Value value)
{
    DRIFTLESS_TRY(checkWeight(value.weight()));
    return value;
}

Result<void> checkWeight(std::size_t weight)
{
    if (weight > kValueWeightMax) {
        return evaluationError(QByteArrayLiteral("The statement makes a value that is too large."));
    }
    return {};
}

Result<void> checkTextBytes(std::int64_t bytes)
{
    if (bytes > kTextBytesMax) {
        return evaluationError(QByteArrayLiteral("The statement makes a text that is too long."));
    }
    return {};
}

Result<void> Budget::look()
{
    m_stepsToLook = kStepsBetweenLooks;
    if (m_stepsLeft < 0) {
        return Error {ErrorCode::Timeout, QByteArrayLiteral("The statement takes too long."), {}};
    }
    return m_watch != nullptr ? m_watch->check() : Result<void>();
}

} // namespace driftless::query
