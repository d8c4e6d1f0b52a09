#pragma once

#include "http_clients.h"
#include "orders.h"

#include <optional>
#include <vector>

namespace driftless::bench {

/// Writes at a steady rate to one node and asks another, as fast as it answers, for one of the
/// documents after the other: from its acknowledgement until it is there.
class VisibilityProbe
{
public:
    static constexpr Nanoseconds kInterval = std::chrono::milliseconds(1);

    VisibilityProbe(HttpClients &clients, const Orders &orders);

    /// Connection 0 leads to the node that is asked, the others to the one that is written to.
    Result<void> run(Nanoseconds duration);

    std::uint64_t written = 0;
    Latencies latencies;

private:
    Result<void> onWritten(const HttpAnswer &answer);
    Result<void> ask();
    Result<void> onRead(int status);

    HttpClients &m_clients;
    const Orders &m_orders;
    std::vector<std::uint64_t> m_writes; ///< by connection less one: what it writes
    std::vector<int> m_idle;
    std::optional<std::uint64_t> m_asked;
    Nanoseconds m_acknowledged {0};
};

} // namespace driftless::bench
