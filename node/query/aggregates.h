#pragma once

#include "query/memory_account.h"
#include "query/program.h"
#include "query/tally.h"

#include <QSet>

namespace driftless::query {

/// The parts of a statement's expressions that look at `*`, taken out of them so that they can be
/// fed one document after the other: a function such as SUM over `*`, or over MAP, FILTER and
/// DISTINCT of it, keeps what it needs; whatever else looks at `*` gets the array of its elements,
/// which are kept. Immutable once all expressions are taken in.
class Aggregates
{
public:
    /// What one group of documents has come to. Moves only.
    class State
    {
    private:
        friend class Aggregates;
        struct Part
        {
            std::optional<Tally> tally; ///< nothing: the elements are collected
            Array elements;
            std::vector<QSet<QByteArray>> seen; ///< of each DISTINCT
            std::unique_ptr<Error> error; ///< the first one; asked for only where it counts
        };
        std::vector<Part> m_parts;
    };

    /// The expression with those parts exchanged for Gathered ones; itself if it has none.
    ExpressionPointer takeIn(const ExpressionPointer &expression);
    [[nodiscard]] bool isEmpty() const { return m_parts.empty(); }
    /// True if a body looks at a parameter of one of these names (any case).
    [[nodiscard]] bool usesParameter(QByteArrayView name) const;

    /// A group without documents. TooLarge if the account is full, as with `add`.
    Result<State> begin(MemoryAccount &account) const;
    /// `row` brings parameters and services for the bodies. What the language cannot answer is kept
    /// in the state until somebody asks.
    Result<void> add(
        State &state, const Value &document, const Row &row, MemoryAccount &account) const;
    /// True if all that is asked for is how many documents there are.
    [[nodiscard]] bool isCountOfAll() const;
    /// True if the results are the same in whatever order the documents come.
    [[nodiscard]] bool isFreeOfOrder() const;
    /// The value of each part where isCountOfAll.
    [[nodiscard]] std::vector<Result<Value>> resultsOf(std::int64_t count) const;
    /// The value of each part, for Row::gathered.
    static std::vector<Result<Value>> results(State state);

private:
    enum class StageKind : std::uint8_t { Map, Flatten, Filter, Distinct };
    /// One step from a document to elements.
    struct Stage
    {
        StageKind kind = StageKind::Map;
        std::optional<Program> body; ///< but of Distinct
        std::size_t seen = 0; ///< of Distinct: which of the state's sets
    };
    struct Part
    {
        ExpressionPointer expression; ///< what it stands for
        std::optional<TallyKind> tally;
        std::vector<Stage> stages;
        std::size_t distinctCount = 0;
    };

    ExpressionPointer gathered(const ExpressionPointer &expression,
        std::optional<TallyKind> tally,
        const Expression &chain);
    static bool isChain(const Expression &expression);
    void appendStages(Part &part, const Expression &chain);
    Result<void> feed(const Part &part,
        std::size_t stage,
        State::Part &state,
        const Value &element,
        const Row &row,
        MemoryAccount &account) const;
    static Result<void> take(State::Part &state, const Value &element, MemoryAccount &account);

    std::vector<Part> m_parts;
    std::vector<QByteArray> m_parameters; ///< that bodies look at, folded
};

} // namespace driftless::query
