#pragma once

#include "core/result.h"
#include "query/value.h"

#include <optional>

namespace driftless::query {

/// The functions that make one value of many, one element after the other.
enum class TallyKind : std::uint8_t { Count, Sum, Average, Minimum, Maximum, First, Last, Any };

/// Of the name of a function in upper case.
std::optional<TallyKind> tallyKindOf(QByteArrayView function);

/// One aggregate under way: takes elements in their order. A value.
class Tally
{
public:
    explicit Tally(TallyKind kind);

    /// Errors: a sum too large for its type.
    Result<void> add(const Value &element);
    /// What the function answers for the elements so far.
    [[nodiscard]] Result<Value> result() const;
    /// The element or the sum that it holds on to.
    [[nodiscard]] const Value &held() const { return m_value; }

private:
    TallyKind m_kind;
    std::int64_t m_count = 0; ///< of elements; of a sum or an average: of numbers
    Value m_value;
};

} // namespace driftless::query
