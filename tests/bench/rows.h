#pragma once

#include "bench_folder.h"
#include "options.h"
#include "report.h"

#include <span>

namespace driftless::bench {

/// What a row needs to be measured.
struct Bench
{
    const Options &options;
    BenchFolder &folder;
    Report &report;
    Nanoseconds plainCommit {0}; ///< median of the smallest transaction of plain SQLite
};

/// One kind of work; may add several lines to the report.
struct Row
{
    const char *name;
    const char *what;
    Result<void> (*measure)(Bench &bench);
};

/// Of plain SQLite and of the engine without HTTP.
std::span<const Row> engineRows();
/// Of one running node.
std::span<const Row> serverRows();
/// Of several.
std::span<const Row> clusterRows();

} // namespace driftless::bench
