#pragma once

#include "core/result.h"

namespace driftless::query {

/// What a statement keeps while it runs: rows to sort, groups, values to answer. One thread.
class MemoryAccount
{
public:
    explicit MemoryAccount(std::size_t bytesMax)
        : m_bytesMax(bytesMax)
    {
    }

    /// TooLarge if it is more than the statement may keep.
    Result<void> keep(std::size_t bytes)
    {
        m_bytes += bytes;
        return m_bytes <= m_bytesMax ? Result<void>() : tooMuch();
    }
    void release(std::size_t bytes) { m_bytes -= bytes; }
    [[nodiscard]] std::size_t bytes() const { return m_bytes; }

private:
    [[nodiscard]] Error tooMuch() const;

    std::size_t m_bytesMax;
    std::size_t m_bytes = 0;
};

} // namespace driftless::query
