#pragma once

#include "core/random.h"

#include <array>

namespace driftless::support {

/// xoshiro256** (Blackman and Vigna), seeded by splitmix64: the same numbers for a seed on every
/// platform. One thread.
///
/// `choices` come before them: a byte each, as it is, so that a fuzzer that changes a byte changes
/// one decision.
class SeededRandom final : public Random
{
public:
    explicit SeededRandom(std::uint64_t seed, QByteArray choices = {});

    std::uint64_t next() override;

    /// True once in `of` times on average; of > 0.
    bool oneIn(std::uint64_t of) { return below(of) == 0; }
    /// From `least` to `most`, both included.
    int between(int least, int most);
    template <typename Container> const auto &pick(const Container &container)
    {
        return container[below(std::size(container))];
    }

private:
    std::array<std::uint64_t, 4> m_state;
    QByteArray m_choices;
    qsizetype m_choicesTaken = 0;
};

} // namespace driftless::support
