#pragma once

#include "core/result.h"

#include <QByteArray>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace driftless::replication {

/// Calls with documents that are under way with one peer, of all databases. Whoever carries them
/// has a connection more, so that heartbeats do not stand behind them.
inline constexpr int kTransfersAtOnceMax = 3;

/// A call to a peer. A value.
struct TransportRequest
{
    QByteArray method; ///< "GET" or "POST"
    QByteArray baseUrl; ///< of the peer: scheme, host, port, optional path prefix, no trailing '/'
    QByteArray path; ///< appended to baseUrl, begins with '/'
    std::vector<std::pair<QByteArray, QByteArray>> headers;
    QByteArray body;
    std::chrono::milliseconds timeout {
        10'000}; ///< for the whole call; longer by what its bytes take on a slow line
};

struct TransportReply
{
    int status = 0;
    QByteArray body;
};

/// Carries calls to peers; sockets live behind it (net::HttpTransport), or a simulated network.
/// Peers are independent: a call to one that hangs never delays a call to another.
class Transport
{
public:
    virtual ~Transport() = default;

    /// Called once a call, on the executor that was given to the implementation. Errors:
    /// Unreachable (refused, reset, bad answer), Timeout, Busy (the bound of waiting calls to this
    /// peer is reached), InvalidArgument (the URL).
    using Completion = std::function<void(Result<TransportReply>)>;

    /// Any thread. Calls to one base URL are sent in order over kept connections, but may be
    /// answered in any order.
    virtual void send(TransportRequest request, Completion completion) = 0;
};

} // namespace driftless::replication
