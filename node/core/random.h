#pragma once

#include <QByteArray>

#include <cstdint>

namespace driftless {

/// The only source of chance; tests and the simulator bring seeded ones. One thread, its owner's.
class Random
{
public:
    virtual ~Random() = default;
    /// 64 uniformly random bits.
    virtual std::uint64_t next() = 0;

    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    QByteArray bytes(int count);
};

/// From the operating system's generator; fit for keys.
class SystemRandom final : public Random
{
public:
    std::uint64_t next() override;
};

} // namespace driftless
