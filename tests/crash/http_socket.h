#pragma once

#include <QByteArray>

#include <cstdint>
#include <memory>
#include <optional>

namespace driftless::crash {

/// A connection to a node that blocks, so that the very byte before a kill is seen. One thread.
class HttpSocket
{
public:
    struct Answer
    {
        int status = 0;
        QByteArray body; ///< as much of it as came before the connection ended
    };

    /// To a port of loopback; null if nobody listens.
    static std::unique_ptr<HttpSocket> connect(std::uint16_t port);
    ~HttpSocket();
    HttpSocket(const HttpSocket &) = delete;
    HttpSocket &operator=(const HttpSocket &) = delete;

    /// False if the connection ended; part of it may have arrived.
    bool send(const QByteArray &bytes);
    /// The next answer, in the order of the requests; nothing where the connection ended before its
    /// status was readable. Waits at most a minute, which counts as an end (isHanging()).
    std::optional<Answer> receive();
    [[nodiscard]] bool isHanging() const { return m_isHanging; }

    /// A request with the root key, for the database `sales`. `line` is verb and path.
    static QByteArray request(const QByteArray &line, const QByteArray &body = {});

private:
    explicit HttpSocket(int descriptor);
    bool readMore();

    int m_descriptor;
    QByteArray m_received;
    bool m_isHanging = false;
};

} // namespace driftless::crash
