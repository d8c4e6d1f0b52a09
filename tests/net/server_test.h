#pragma once

#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_server.h"

#include <QTest>

#include <memory>

namespace driftless::test {

/// A test of a server on loopback before a handler that is none of the node's.
class ServerTest : public QObject
{
protected:
    /// Anew, with these limits; on a port of the system's choice.
    void start(const net::HttpLimits &limits)
    {
        stop();
        m_handler = std::make_unique<FakeHandler>();
        m_server = std::make_unique<net::HttpServer>(limits, *m_handler, m_clock);
        const auto port = m_server->listen({"127.0.0.1", 0, {}});
        QVERIFY(port);
        m_port = *port;
    }

    void stop()
    {
        m_server.reset();
        m_handler.reset();
    }

    SystemClock m_clock;
    std::unique_ptr<FakeHandler> m_handler;
    std::unique_ptr<net::HttpServer> m_server;
    quint16 m_port = 0;
};

} // namespace driftless::test
