#pragma once

#include "core/result.h"
#include "stopwatch.h"

#include <QByteArray>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace driftless::bench {

struct HttpAnswer
{
    int connection = 0;
    int status = 0;
    QByteArrayView body; ///< valid during the call; empty unless bodies are kept
    qsizetype bodyBytes = 0;
    Nanoseconds took {0}; ///< from the send to the last byte
};

/// Kept HTTP/1.1 connections to ports of this machine, each with at most one request on its way.
/// Does as little as can be done: epoll, sockets that do not block, of an answer only the status
/// and Content-Length; chunked answers are an error. One thread.
class HttpClients
{
public:
    enum class Bodies { Keep, Drop };
    /// One connection to each of `ports`. Errors: Unreachable.
    static Result<std::unique_ptr<HttpClients>> open(
        std::span<const std::uint16_t> ports, Bodies bodies);
    static Result<std::unique_ptr<HttpClients>> open(std::uint16_t port, int count, Bodies bodies);
    ~HttpClients();
    HttpClients(const HttpClients &) = delete;
    HttpClients &operator=(const HttpClients &) = delete;

    [[nodiscard]] int count() const { return static_cast<int>(m_connections.size()); }
    [[nodiscard]] bool isBusy(int connection) const
    {
        return m_connections[static_cast<std::size_t>(connection)].isBusy;
    }
    /// The connection is not busy. Errors: Unreachable.
    Result<void> send(int connection, QByteArrayView request);
    /// Waits for something to happen, `timeout` at most, and hands out what was answered; the
    /// handler may send again. Errors: Unreachable, Malformed.
    using OnAnswer = std::function<Result<void>(const HttpAnswer &)>;
    Result<void> wait(Nanoseconds timeout, const OnAnswer &onAnswer);
    /// One request and its answer, on the first connection, which is not busy. Bodies are kept.
    /// Errors: also Timeout after half a minute.
    struct Reply
    {
        int status = 0;
        QByteArray body;
    };
    Result<Reply> call(QByteArrayView request);

private:
    struct Connection
    {
        int socket = -1;
        bool isBusy = false;
        bool waitsForRoom = false;
        QByteArray out;
        qsizetype sent = 0;
        QByteArray in; ///< headers, and the body where bodies are kept
        qsizetype headerBytes = 0; ///< 0: not complete yet
        qsizetype bodyBytes = 0;
        qsizetype bodyMissing = 0;
        int status = 0;
        Nanoseconds begin {0};
    };

    HttpClients(int epoll, Bodies bodies);
    Result<void> flush(int connection);
    Result<void> watch(int connection, bool forRoom);
    Result<void> read(int connection, const OnAnswer &onAnswer);
    Result<bool> take(Connection &connection, QByteArrayView bytes) const;
    static Result<bool> takeHeaders(Connection &connection);

    const int m_epoll;
    const Bodies m_bodies;
    std::vector<Connection> m_connections;
    std::vector<char> m_scratch;
};

} // namespace driftless::bench
