#pragma once

#include "http_clients.h"

namespace driftless::bench {

/// What one run of requests came to.
struct Load
{
    std::uint64_t answered = 0;
    Cost cost; ///< wall: of the run; cpu: of the generator itself
    Latencies latencies;

    Load &operator+=(Load &&other);
};

/// Keeps every connection busy with one request after the other, until `duration` is over or `next`
/// has no more; then waits for the last answers. An answer other than 200 ends it with an error.
class LoadGenerator
{
public:
    /// The n-th request, counted over all runs; empty: no more in this run.
    using Next = std::function<QByteArray(std::uint64_t index)>;

    explicit LoadGenerator(HttpClients &clients);
    Result<Load> run(Nanoseconds duration, const Next &next);
    /// Sends a request every `interval`, each on the connection that is idle for longest; later
    /// where all are busy.
    Result<Load> runAtRate(Nanoseconds duration, Nanoseconds interval, const Next &next);

    /// Requests sent so far.
    [[nodiscard]] std::uint64_t sent() const { return m_sent; }

private:
    HttpClients &m_clients;
    std::uint64_t m_sent = 0;
};

} // namespace driftless::bench
