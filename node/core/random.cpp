#include "core/random.h"

#include "core/assert.h"

#include <QRandomGenerator>

namespace driftless {

std::uint64_t Random::below(std::uint64_t bound)
{
    DRIFTLESS_ASSERT(bound > 0);
    // Rejecting the last, incomplete span keeps the result uniform.
    const std::uint64_t usable = ~std::uint64_t {0} - (~std::uint64_t {0} % bound + 1) % bound;
    std::uint64_t value = next();
    while (value > usable) {
        value = next();
    }
    return value % bound;
}

QByteArray Random::bytes(int count)
{
    QByteArray result(count, Qt::Uninitialized);
    for (int i = 0; i < count; i += 8) {
        std::uint64_t value = next();
        for (int j = i; j < count && j < i + 8; ++j, value >>= 8) {
            result[j] = static_cast<char>(value & 0xff);
        }
    }
    return result;
}

std::uint64_t SystemRandom::next()
{
    return QRandomGenerator::system()->generate64();
}

} // namespace driftless
