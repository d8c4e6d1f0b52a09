#include "seeded_random.h"

#include <bit>
#include <utility>

namespace driftless::support {

SeededRandom::SeededRandom(std::uint64_t seed, QByteArray choices)
    : m_state()
    , m_choices(std::move(choices))
{
    for (std::uint64_t &word : m_state) {
        seed += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
        word = mixed ^ (mixed >> 31);
    }
}

std::uint64_t SeededRandom::next()
{
    if (m_choicesTaken < m_choices.size()) {
        return static_cast<unsigned char>(m_choices[m_choicesTaken++]);
    }
    const std::uint64_t result = std::rotl(m_state[1] * 5, 7) * 9;
    const std::uint64_t shifted = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= shifted;
    m_state[3] = std::rotl(m_state[3], 45);
    return result;
}

int SeededRandom::between(int least, int most)
{
    return least + static_cast<int>(below(static_cast<std::uint64_t>(most - least) + 1));
}

} // namespace driftless::support
