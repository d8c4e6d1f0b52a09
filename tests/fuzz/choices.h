#pragma once

#include "core/hash.h"
#include "seeded_random.h"

#include <QByteArray>

#include <algorithm>

namespace driftless::fuzz {

/// Reads an input as a row of decisions, so that a fuzzer that changes one byte changes one of
/// them. Behind the end every decision is the first. One thread.
class Choices
{
public:
    explicit Choices(QByteArrayView bytes)
        : m_rest(bytes)
    {
    }

    [[nodiscard]] bool isEmpty() const { return m_rest.isEmpty(); }
    [[nodiscard]] QByteArrayView rest() const { return m_rest; }

    unsigned byte()
    {
        if (m_rest.isEmpty()) {
            return 0;
        }
        const auto value = static_cast<unsigned char>(m_rest.front());
        m_rest = m_rest.sliced(1);
        return value;
    }
    /// From 0 to `bound` - 1; `bound` from 1 to 256.
    unsigned below(std::size_t bound) { return byte() % static_cast<unsigned>(bound); }
    bool oneIn(unsigned of) { return below(of) == of - 1; }
    template <typename Container> const auto &pick(const Container &container)
    {
        return container[below(std::size(container))];
    }
    /// At most `count` bytes, as they are.
    QByteArrayView take(qsizetype count)
    {
        const QByteArrayView taken = m_rest.first(std::min(count, m_rest.size()));
        m_rest = m_rest.sliced(taken.size());
        return taken;
    }

private:
    QByteArrayView m_rest;
};

/// Decisions beside an input that is all text: the same ones for the same bytes.
inline support::SeededRandom randomOf(QByteArrayView input)
{
    return support::SeededRandom(Hash128::of(input).low);
}

} // namespace driftless::fuzz
