#pragma once

#include "query/value.h"
#include "query/watch.h"

namespace driftless::query {

/// Characters of one text that a statement makes, as UTF-8: what a document may hold.
inline constexpr std::int64_t kTextBytesMax = 16'000'000;
/// Weight (Value::weight) of one value that a statement makes. Values share their parts, so that a
/// short expression could make one whose text has no end.
inline constexpr std::size_t kValueWeightMax = 128'000'000;

/// The value, or an error if it is larger than a statement may make.
Result<Value> bounded(Value value);
/// The same for what is about to become a value.
Result<void> checkWeight(std::size_t weight);
/// An error (InvalidArgument) where a text would become longer than a statement may make it.
Result<void> checkTextBytes(std::int64_t bytes);

/// How long one statement may compute, counted by what it does and not by the clock, so that it
/// also ends inside of a single document. Changed while it runs: one thread.
class Budget
{
public:
    /// `watch` is asked once in a while; it may be null.
    explicit Budget(std::int64_t stepsMax, Watch *watch = nullptr)
        : m_stepsLeft(stepsMax)
        , m_watch(watch)
    {
    }

    /// A step is the run of one small operation. Timeout if there is none left, or where so many
    /// at once would take long, for nobody is asked while they run.
    Result<void> spend(std::int64_t steps)
    {
        if (steps > kStepsAtOnceMax) {
            m_stepsLeft = -1;
        }
        m_stepsLeft -= steps;
        m_stepsToLook -= steps;
        return m_stepsLeft < 0 || m_stepsToLook < 0 ? look() : Result<void>();
    }

private:
    static constexpr std::int64_t kStepsBetweenLooks = 10'000;
    static constexpr std::int64_t kStepsAtOnceMax = 50'000'000;

    Result<void> look();

    std::int64_t m_stepsLeft;
    std::int64_t m_stepsToLook = kStepsBetweenLooks;
    Watch *m_watch;
};

/// What walking over the value takes of a budget.
inline std::int64_t stepsOf(const Value &value)
{
    constexpr std::size_t kBytesInAStep = 64;
    return static_cast<std::int64_t>(value.weight() / kBytesInAStep);
}

} // namespace driftless::query
