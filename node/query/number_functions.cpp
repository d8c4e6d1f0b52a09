#include "core/random.h"
#include "query/arithmetic.h"
#include "query/function_table.h"
#include "query/syntax_error.h"

#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

using Call = Arguments;

Result<Value> absolute(Call call, const Services & /*services*/)
{
    const Value &number = call[0];
    switch (number.type()) {
    case Type::Int32:
    case Type::Int64:
        if (number.toInt64() >= 0) {
            return number;
        }
        return calculate(Operator::Subtract,
            number.type() == Type::Int32 ? Value::int32(0) : Value::int64(0),
            number);
    case Type::Double:
        return Value::real(std::fabs(number.toReal()));
    case Type::Decimal:
        return number.toDecimal().isNegative() ? Value::decimal(number.toDecimal().negated())
                                               : number;
    default:
        return Value();
    }
}

/// As .NET: by way of a power of ten, half to even.
double rounded(double number, int digits)
{
    const double power = std::pow(10.0, digits);
    return std::fabs(number) < 1e16 ? std::nearbyint(number * power) / power : number;
}

Result<Value> roundTo(Call call, const Services & /*services*/)
{
    const Value &number = call[0];
    if (!number.isNumber() || !call[1].isNumber()) {
        return Value();
    }
    constexpr int kDigitsMax = 15;
    const std::int64_t digits = roundedToInt64(call[1]).value_or(-1);
    if (number.type() == Type::Int32 || number.type() == Type::Int64) {
        return number;
    }
    if (digits < 0 || digits > kDigitsMax) {
        return evaluationError(QByteArrayLiteral("ROUND takes 0 to 15 digits."));
    }
    const auto count = static_cast<int>(digits);
    return number.type() == Type::Decimal ? Value::decimal(number.toDecimal().rounded(count))
                                          : Value::real(rounded(number.toReal(), count));
}

Result<Value> power(Call call, const Services & /*services*/)
{
    if (!call[0].isNumber() || !call[1].isNumber()) {
        return Value();
    }
    return Value::real(std::pow(toDouble(call[0]), toDouble(call[1])));
}

template <bool isUp> Result<Value> wholePart(Call call, const Services & /*services*/)
{
    const Value &number = call[0];
    if (number.type() == Type::Double) {
        return Value::real(isUp ? std::ceil(number.toReal()) : std::floor(number.toReal()));
    }
    if (number.type() == Type::Decimal) {
        const Decimal96 &decimal = number.toDecimal();
        return Value::decimal(isUp ? decimal.negated().floored().negated() : decimal.floored());
    }
    return number.isNumber() ? number : Value();
}

Result<Value> squareRoot(Call call, const Services & /*services*/)
{
    return call[0].isNumber() ? Value::real(std::sqrt(toDouble(call[0]))) : Value();
}

Result<Value> modulo(Call call, const Services & /*services*/)
{
    return calculate(Operator::Remainder, call[0], call[1]);
}

Result<Value> random(Call call, const Services &services)
{
    std::int64_t low = 0;
    std::int64_t high = std::numeric_limits<std::int32_t>::max();
    if (call.size() == 2) {
        if (!call[0].isNumber() || !call[1].isNumber()) {
            return Value();
        }
        const auto from = roundedToInt64(call[0]);
        const auto to = roundedToInt64(call[1]);
        if (!from || !to || *from > *to || *from < std::numeric_limits<std::int32_t>::min()
            || *to > std::numeric_limits<std::int32_t>::max()) {
            return evaluationError(
                QByteArrayLiteral("RANDOM: this is no range of 32-bit numbers."));
        }
        low = *from;
        high = *to;
    }
    const std::int64_t room = std::max<std::int64_t>(high - low, 1);
    const auto offset
        = static_cast<std::int64_t>(services.random.below(static_cast<std::uint64_t>(room)));
    return Value::int32(static_cast<std::int32_t>(low + offset));
}

constexpr Function kFunctions[] = {
    {"ABS", "s", absolute},
    {"ROUND", "ss", roundTo},
    {"POW", "ss", power},
    {"FLOOR", "s", wholePart<false>},
    {"CEIL", "s", wholePart<true>},
    {"SQRT", "s", squareRoot},
    {"MOD", "ss", modulo},
    {"RANDOM", "", random, Shape::Scalar, Volatility::Volatile},
    {"RANDOM", "ss", random, Shape::Scalar, Volatility::Volatile},
};

} // namespace

std::span<const Function> numberFunctions()
{
    return kFunctions;
}

} // namespace driftless::query
