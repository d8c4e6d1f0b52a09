#pragma once

#include <QByteArray>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace driftless::bench {

/// How one client is at its worst. It begins anew where the node ends a connection.
struct Attack
{
    int connections = 500; ///< the node takes 512 of one address
    QByteArray opening {}; ///< sent first on each connection
    QByteArray repeated {}; ///< then over and over; empty: no more is sent
    bool isReading = true; ///< takes its answers
};

/// One client that does its worst from an address of its own (127.0.0.2) as fast as it can, on a
/// thread that leaves the processor to the node and to the others, as a client on another machine
/// would. Ends with the object.
class HostileClient
{
public:
    HostileClient(std::uint16_t port, Attack attack);
    ~HostileClient();
    HostileClient(const HostileClient &) = delete;
    HostileClient &operator=(const HostileClient &) = delete;

private:
    struct Connection
    {
        int socket = -1;
        std::size_t sent = 0; ///< of the opening, then of the current repetition
        bool isOpened = false; ///< the opening has been sent
    };

    void run();
    void open(Connection &connection) const;
    void step(Connection &connection, std::vector<char> &scratch) const;
    static void end(Connection &connection);

    const std::uint16_t m_port;
    const Attack m_attack;
    std::atomic<bool> m_isEnding = false;
    std::thread m_thread;
};

} // namespace driftless::bench
