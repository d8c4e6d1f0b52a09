#include "seed_runner.h"

#include "core/clock.h"

namespace driftless::sim {

std::optional<QByteArray> firstFailure(
    const SeedRun &run, std::uint64_t first, std::uint64_t count, const QByteArray &replay)
{
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        if (const auto fault = run(seed, nullptr)) {
            const QByteArray number = QByteArray::number(quint64(seed));
            return "seed " + number + ": " + *fault + "\nrepeat it with: driftless_sim " + replay
                + "--seed " + number + " --trace";
        }
    }
    return std::nullopt;
}

std::uint64_t freshSeed()
{
    return static_cast<std::uint64_t>(SystemClock().wallTime().time_since_epoch().count());
}

} // namespace driftless::sim
