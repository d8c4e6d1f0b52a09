#pragma once

#include <QByteArrayView>

#include <array>
#include <cstddef>
#include <cstdint>

namespace driftless {

/// The bounds that are settings: each is `Node:Limits:` and its name.
enum class Limit : std::uint8_t {
    DocumentBytes,
    GroupOperations,
    GroupBytes,
    BodyBytes,
    HeaderBytes,
    HeaderCount,
    TargetBytes,
    Connections,
    ConnectionsPerAddress,
    RequestsPerAddress,
    BytesPerAddress,
    PipelinedRequests,
    OutputBytes,
    HeaderSeconds,
    BodySeconds,
    BodyBytesPerSecond,
    IdleSeconds,
    DrainSeconds,
    DrainBytes,
    HintBytes,
    PingSeconds,
    StoreQueue,
    ReaderQueue,
    QueryQueue,
    QuerySeconds,
    QueryBytes,
    QueryStallSeconds,
    None, ///< last
};
inline constexpr std::size_t kLimitCount = static_cast<std::size_t>(Limit::None);

/// "DocumentBytes"; empty for None.
QByteArrayView limitName(Limit limit);

/// How often each limit was hit. A value; thread: its owner's.
class LimitCounters
{
public:
    /// Nothing is shown of None.
    void note(Limit limit) { ++m_hits[static_cast<std::size_t>(limit)]; }
    [[nodiscard]] std::uint64_t hits(Limit limit) const
    {
        return m_hits[static_cast<std::size_t>(limit)];
    }

private:
    std::array<std::uint64_t, kLimitCount + 1> m_hits {}; ///< the last is None's, and never shown
};

} // namespace driftless
