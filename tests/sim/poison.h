#pragma once

#include "model.h"
#include "seeded_random.h"

#include <functional>

namespace driftless::sim {

/// A node that makes operations which no node can apply: of a kind or with a field that nobody
/// knows, with claims that contradict the body, with a body that is no document; alone, or in a
/// group with good ones.
class PoisonMaker
{
public:
    static constexpr char kOrigin[] = "Z";
    using HeadsOf = std::function<std::set<Version>(const ModelKey &key)>;

    explicit PoisonMaker(support::SeededRandom &random);

    /// Groups, to be taken one after another; the first time an `open` alone before the poison.
    /// `hlc` must be above what the receiver has seen; `headsOf` says what the operations are built
    /// on.
    std::vector<std::vector<storage::Operation>> next(std::uint64_t hlc, const HeadsOf &headsOf);
    /// The newest that was made; the receiver must have it to take the next.
    [[nodiscard]] const Dot &last() const { return m_last; }

private:
    storage::Operation finish(storage::OperationHeader header, QByteArray body, int flaw);

    support::SeededRandom &m_random;
    Dot m_last;
    Hash128 m_lastHash;
};

} // namespace driftless::sim
