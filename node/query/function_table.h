#pragma once

#include "core/result.h"
#include "query/value.h"

#include <QByteArray>

#include <span>

namespace driftless {
class Clock;
class Random;
} // namespace driftless

namespace driftless::query {

class Budget;

/// What evaluation asks for beside values. All of it outlives the statement.
struct Services
{
    const Clock &clock; ///< of volatile functions, as is `random`
    Random &random;
    Budget *budget = nullptr; ///< null: without bound, for what is known to be small
};

/// The arguments of one call: a sequence stands as an array.
using Arguments = std::span<const Value>;
using FunctionBody = Result<Value> (*)(Arguments arguments, const Services &services);

enum class Shape : std::uint8_t { Scalar, Sequence };
enum class Volatility : std::uint8_t { Immutable, Volatile };

/// One row of the table: a name with one count of arguments.
struct Function
{
    const char *name = ""; ///< upper case
    const char *arguments = ""; ///< a letter for each: 's' takes a scalar, 'q' a sequence
    FunctionBody body = nullptr;
    Shape shape = Shape::Scalar; ///< of the result; a sequence is answered as an array
    Volatility volatility = Volatility::Immutable;

    [[nodiscard]] std::size_t count() const { return qstrlen(arguments); }
};

/// The function of that name (any case) with that count of arguments; null if there is none. IIF is
/// a row too, but the evaluator itself runs it, for it leaves one branch alone.
const Function *findFunction(QByteArrayView name, std::size_t argumentCount);
/// True if the name has any row.
bool isFunction(QByteArrayView name);

/// The rows, one group a file.
std::span<const Function> aggregateFunctions();
std::span<const Function> sequenceFunctions();
std::span<const Function> stringFunctions();
std::span<const Function> dateFunctions();
std::span<const Function> numberFunctions();
std::span<const Function> typeFunctions();

} // namespace driftless::query
