#include "child_process.h"
#include "rows.h"

#include <algorithm>
#include <array>

namespace driftless::bench {

namespace {

/// The program and not its library: it listens to every database that its process opens.
Result<void> measureSimulator(Bench &bench)
{
    const auto seeds = static_cast<int>(std::clamp(200 * bench.options.scale, 20.0, 10'000.0));
    DRIFTLESS_TRY_ASSIGN(const Cost cost,
        runProgram({DRIFTLESS_SIMULATOR, "--seeds", QByteArray::number(seeds)},
            bench.folder.emptied("simulator") + "/simulator.log"));
    bench.report.add({"sim-seed",
        "simulator: one seed, of " + QByteArray::number(seeds),
        Report::milliseconds(cost.wall) / seeds,
        "ms",
        {},
        {},
        {},
        {{"seedsPerSecond", seeds / Report::seconds(cost.wall)},
            {"cpuMs", Report::milliseconds(cost.cpu) / seeds}}});
    return {};
}

constexpr std::array kRows {
    Row {"sim-seed", "how long a seed of the simulator takes", &measureSimulator},
};

} // namespace

std::span<const Row> simulatorRows()
{
    return kRows;
}

} // namespace driftless::bench
