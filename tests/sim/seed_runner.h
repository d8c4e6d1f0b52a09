#pragma once

#include <QByteArray>

#include <functional>
#include <optional>

namespace driftless::sim {

/// Runs one seed; says what it does to `trace` where there is one. Answers what went wrong.
using SeedRun = std::function<std::optional<QByteArray>(
    std::uint64_t seed, const std::function<void(const QByteArray &)> &trace)>;

/// Seeds one after another, until one fails. Answers the failure with its number and the command
/// that repeats it.
std::optional<QByteArray> firstFailure(
    const SeedRun &run, std::uint64_t first, std::uint64_t count, const QByteArray &replay);

/// A seed that no earlier run has had, from the time of day.
std::uint64_t freshSeed();

} // namespace driftless::sim
