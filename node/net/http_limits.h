#pragma once

#include "core/limits.h"

#include <QtGlobal>

#include <chrono>

namespace driftless::net {

/// The bounds of the HTTP server; each is a setting. Bytes, counts and times that a stranger may
/// use before he is refused.
struct HttpLimits
{
    qsizetype headerBytesMax
        = qsizetype {32} * 1024; ///< request line, fields and empty line together (431);
                                 ///< also one chunk header with trailers (400)
    int headerCountMax = 100; ///< fields of one request (431)
    qsizetype targetBytesMax = qsizetype {8} * 1024; ///< the request target (414)

    int connectionsMax = 2'000; ///< in all, WebSockets counted (503)
    int connectionsPerAddressMax = 512; ///< from one address (503)
    int requestsPerAddressMax
        = 64; ///< dispatched and not yet answered, of one address; the next ones wait
    qsizetype bytesPerAddressMax = 8'000'000; ///< bodies and answers that are held for one
                                              ///< address; then it is read on one connection
    int pipelinedRequestsMax
        = 64; ///< dispatched and not yet answered, on one connection; then it is not read
    qsizetype outputBytesMax
        = 4 << 20; ///< answers not yet taken by the client, on one connection; then it is not read

    std::chrono::milliseconds headerTimeout {
        10'000}; ///< from the first byte (or the connect) to the empty line (408)
    std::chrono::milliseconds bodyTimeout {
        60'000}; ///< for a body (408), lengthened by what arrives at this least speed:
    qsizetype bodyBytesPerSecondMin = 4'096;
    std::chrono::milliseconds idleTimeout {
        120'000}; ///< between requests, and without progress of a reader of an answer

    std::chrono::milliseconds drainTimeout {
        5'000}; ///< reading on behind a refusal, so that the client sees the answer
    qsizetype drainBytesMax = 32 << 20;

    qsizetype hintBytesMax = kHintBytesMax; ///< one WebSocket message (close 1009)
    std::chrono::milliseconds pingInterval {
        30'000}; ///< of WebSockets; two unanswered ones end the connection
};

/// What the server did and what it refused, since its start. Read on the net thread.
struct HttpCounters
{
    quint64 connections = 0; ///< accepted
    quint64 connectionsRefused = 0; ///< over a limit of connections
    quint64 requests = 0; ///< dispatched to the handler
    quint64 upgrades = 0; ///< to WebSocket
    quint64 malformed = 0; ///< 400, 417, 501, 505
    quint64 bodyTooLarge = 0; ///< 413
    quint64 targetTooLong = 0; ///< 414
    quint64 headerTooLarge = 0; ///< 431
    quint64 timedOut = 0; ///< 408, and stalled readers of answers
    quint64 answersLost = 0; ///< the client had gone when the handler answered
    quint64 hints = 0; ///< WebSocket messages handled
    quint64 hintsTooLarge = 0; ///< close 1009
};

} // namespace driftless::net
