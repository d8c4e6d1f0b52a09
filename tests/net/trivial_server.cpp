// A server with the trivial handler of the tests, for measuring with wrk: trivial_server PORT

#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_server.h"
#include "net/net_thread.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <memory>

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const driftless::SystemClock clock;
    driftless::test::FakeHandler handler;
    driftless::net::NetThread thread;
    std::unique_ptr<driftless::net::HttpServer> server;
    const auto port = static_cast<quint16>(argc > 1 ? std::atoi(argv[1]) : 0);
    thread.run([&] {
        server = std::make_unique<driftless::net::HttpServer>(
            driftless::net::HttpLimits {}, handler, clock);
        const auto listening = server->listen({"127.0.0.1", port, {}});
        std::printf("%s\n",
            listening ? QByteArray::number(*listening).constData()
                      : listening.error().message.constData());
        std::fflush(stdout);
    });
    std::getchar(); // until its input ends
    thread.run([&] { server.reset(); });
    return 0;
}
