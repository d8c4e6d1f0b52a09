#pragma once

#include <compare>
#include <cstdint>

namespace driftless::replication {

/// Which life of a database a copy belongs to (design: (g, alive) < (g, deleted) < (g+1, alive),
/// joined by maximum). Copies of different generations exchange no operations. First touch makes
/// (0, alive).
struct Generation
{
    std::uint64_t number = 0;
    bool isAlive = true;

    friend bool operator==(const Generation &, const Generation &) = default;
    friend std::strong_ordering operator<=>(const Generation &a, const Generation &b)
    {
        const auto order = a.number <=> b.number;
        return std::is_neq(order) ? order : b.isAlive <=> a.isAlive;
    }
};

} // namespace driftless::replication
