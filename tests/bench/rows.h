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
    Nanoseconds plainCommit {0}; ///< median of the smallest transaction of plain SQLite; always
                                 ///< measured first
};

/// One kind of work; may add several lines to the report.
struct Row
{
    const char *name;
    const char *what;
    Result<void> (*measure)(Bench &bench);
};

/// What a durable commit costs here: others are judged by it.
Result<void> measureYardstick(Bench &bench);
/// Of the engine without HTTP.
std::span<const Row> engineRows();
/// Of one running node.
std::span<const Row> serverRows();
/// Of one that one client does its worst to.
std::span<const Row> hostileRows();
/// Of the query language.
std::span<const Row> queryRows();
/// Of several.
std::span<const Row> clusterRows();
/// Of the simulator of the tests.
std::span<const Row> simulatorRows();

} // namespace driftless::bench
