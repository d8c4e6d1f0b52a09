// A server with the trivial handler of the tests, for measuring with wrk: trivial_server PORT

#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_server.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const driftless::SystemClock clock;
    driftless::test::FakeHandler handler;
    driftless::net::HttpServer server({}, handler, clock);
    const auto port = server.listen({"127.0.0.1", static_cast<quint16>(argc > 1 ? std::atoi(argv[1]) : 0), {}});
    if (!port) {
        std::fputs(port.error().message.constData(), stderr);
        return 1;
    }
    std::printf("%d\n", *port);
    std::fflush(stdout);
    return QCoreApplication::exec();
}
