#include "query/arithmetic.h"

#include "core/assert.h"
#include "core/clock.h"
#include "query/budget.h"
#include "query/date_time.h"
#include "query/extended_json.h"
#include "query/syntax_error.h"

#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

constexpr std::int64_t kTicksPerMs = 10'000;

bool fitsInt32(std::int64_t number)
{
    return number >= std::numeric_limits<std::int32_t>::min()
        && number <= std::numeric_limits<std::int32_t>::max();
}

Result<Decimal96> calculateDecimals(Operator op, const Decimal96 &a, const Decimal96 &b)
{
    switch (op) {
    case Operator::Add:
        return Decimal96::add(a, b);
    case Operator::Subtract:
        return Decimal96::subtract(a, b);
    case Operator::Multiply:
        return Decimal96::multiply(a, b);
    case Operator::Divide:
        return Decimal96::divide(a, b);
    default:
        return Decimal96::remainder(a, b);
    }
}

double calculateDoubles(Operator op, double a, double b)
{
    switch (op) {
    case Operator::Add:
        return a + b;
    case Operator::Subtract:
        return a - b;
    case Operator::Multiply:
        return a * b;
    case Operator::Divide:
        return a / b;
    default:
        return std::fmod(a, b);
    }
}

Result<std::int64_t> calculateWhole(Operator op, std::int64_t a, std::int64_t b)
{
    if (op == Operator::Remainder) {
        if (b == 0) {
            return evaluationError(QByteArrayLiteral("The remainder of a division by zero."));
        }
        return b == -1 ? 0 : a % b; // the smallest number has no counterpart
    }
    if (fitsInt32(a) && fitsInt32(b)) {
        return op == Operator::Add ? a + b : op == Operator::Subtract ? a - b : a * b;
    }
    // A decimal holds every product of two of 64 bits that could fit, and tells whether it does.
    const auto exact = calculateDecimals(op, Decimal96::fromInt64(a), Decimal96::fromInt64(b));
    const auto whole = exact ? exact->toInt64() : std::nullopt;
    if (!whole) {
        return evaluationError(QByteArrayLiteral("The number is too large for 64 bits."));
    }
    return *whole;
}

Result<Value> calculateNumbers(Operator op, const Value &a, const Value &b)
{
    const Type wider = std::max(a.type(), b.type());
    const bool isMixed = a.type() != b.type();
    const bool isProduct = op != Operator::Divide && op != Operator::Remainder;
    if (op == Operator::Remainder && isMixed) {
        return Value::real(calculateDoubles(op, toDouble(a), toDouble(b)));
    }
    if (wider == Type::Decimal || (wider == Type::Double && isMixed && isProduct)) {
        DRIFTLESS_TRY_ASSIGN(const Decimal96 left, toDecimal(a));
        DRIFTLESS_TRY_ASSIGN(const Decimal96 right, toDecimal(b));
        DRIFTLESS_TRY_ASSIGN(const Decimal96 result, calculateDecimals(op, left, right));
        return wider == Type::Decimal ? Value::decimal(result) : Value::real(result.toDouble());
    }
    if (op == Operator::Divide || wider == Type::Double) {
        return Value::real(calculateDoubles(op, toDouble(a), toDouble(b)));
    }
    DRIFTLESS_TRY_ASSIGN(const std::int64_t result, calculateWhole(op, a.toInt64(), b.toInt64()));
    return wider == Type::Int32 ? wholeNumber(result) : Value::int64(result);
}

Result<Value> moveDate(Operator op, const Value &date, const Value &ticks)
{
    const auto count = roundedToInt64(ticks);
    // Ten thousand years are less than 2^62 ticks, so the sums below cannot overflow.
    constexpr std::int64_t kTicksMax = (kDateTimeMsMax - kDateTimeMsMin) * kTicksPerMs;
    if (!count || *count > kTicksMax || *count < -kTicksMax) {
        return evaluationError(QByteArrayLiteral("The date leaves the years 1 to 9999."));
    }
    const std::int64_t signedTicks = op == Operator::Add ? *count : -*count;
    std::int64_t ms = signedTicks / kTicksPerMs;
    ms -= signedTicks % kTicksPerMs < 0 ? 1 : 0;
    const std::int64_t moved = date.toMs() + ms;
    if (moved < kDateTimeMsMin || moved > kDateTimeMsMax) {
        return evaluationError(QByteArrayLiteral("The date leaves the years 1 to 9999."));
    }
    return Value::dateTime(moved);
}

} // namespace

Value wholeNumber(std::int64_t number)
{
    return fitsInt32(number) ? Value::int32(static_cast<std::int32_t>(number))
                             : Value::int64(number);
}

Result<Decimal96> toDecimal(const Value &number)
{
    switch (number.type()) {
    case Type::Decimal:
        return number.toDecimal();
    case Type::Double:
        return Decimal96::fromDouble(number.toReal());
    default:
        return Decimal96::fromInt64(number.toInt64());
    }
}

double toDouble(const Value &number)
{
    switch (number.type()) {
    case Type::Decimal:
        return number.toDecimal().toDouble();
    case Type::Double:
        return number.toReal();
    default:
        return static_cast<double>(number.toInt64());
    }
}

std::optional<std::int64_t> roundedToInt64(const Value &number)
{
    switch (number.type()) {
    case Type::Int32:
    case Type::Int64:
        return number.toInt64();
    case Type::Decimal:
        return number.toDecimal().toInt64();
    case Type::Double: {
        const double rounded = std::nearbyint(number.toReal()); // half to even
        constexpr double kLimit = 9'223'372'036'854'775'808.0;
        return rounded >= -kLimit && rounded < kLimit
            ? std::optional(static_cast<std::int64_t>(rounded))
            : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

QByteArray textOf(const Value &value)
{
    switch (value.type()) {
    case Type::Null:
        return {};
    case Type::String:
        return value.bytes();
    case Type::Int64:
        return QByteArray::number(static_cast<qint64>(value.toInt64()));
    case Type::Double:
        return doubleText(value.toReal());
    case Type::Decimal:
        return value.toDecimal().toText();
    case Type::DateTime:
        return toIsoUtc(WallTime(std::chrono::milliseconds(value.toMs())));
    default:
        return toExtendedJson(value);
    }
}

Result<Value> calculate(Operator op, const Value &a, const Value &b)
{
    DRIFTLESS_ASSERT(isArithmetic(op));
    if (a.isNumber() && b.isNumber()) {
        return calculateNumbers(op, a, b);
    }
    if (op == Operator::Add && (a.isString() || b.isString())) {
        const QByteArray left = textOf(a);
        const QByteArray right = textOf(b);
        DRIFTLESS_TRY(checkTextBytes(left.size() + right.size()));
        return Value::string(left + right);
    }
    if (op == Operator::Add || op == Operator::Subtract) {
        if (a.isDateTime() && b.isNumber()) {
            return moveDate(op, a, b);
        }
        if (a.isNumber() && b.isDateTime()) {
            return moveDate(op, b, a);
        }
    }
    return Value();
}

} // namespace driftless::query
