#include "core/clock.h"
#include "fake_handler.h"
#include "net/http_server.h"
#include "net/http_transport.h"
#include "net/net_thread.h"
#include "net/qt_executor.h"

#include <QTest>

#include <atomic>
#include <future>
#include <thread>

using namespace driftless;
using namespace std::chrono_literals;

class NetThreadTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void runsTasksInOrderOnItsThread()
    {
        net::NetThread thread;
        std::vector<int> order;
        std::thread::id where;
        for (int i = 0; i < 1'000; ++i) {
            QVERIFY(thread.executor().post([&order, i] { order.push_back(i); }));
        }
        thread.run([&] { where = std::this_thread::get_id(); });
        QVERIFY(where != std::this_thread::get_id());
        QCOMPARE(order.size(), 1'000U);
        QVERIFY(std::is_sorted(order.begin(), order.end()));
        thread.stop();
        QVERIFY(!thread.executor().post([] {}));
        QVERIFY(!thread.executor().postUnbounded([] {}));
    }

    void boundsItsQueue()
    {
        QObject target;
        net::QtExecutor executor(target, 3, 2);
        int ran = 0;
        for (int i = 0; i < 3; ++i) {
            QVERIFY(executor.post([&ran] { ++ran; }));
        }
        QVERIFY(!executor.post([&ran] { ++ran; }));
        QVERIFY(executor.postUnbounded([&ran] { ++ran; }));
        QTRY_COMPARE(ran, 4);
        QVERIFY(executor.post([&ran] { ++ran; }));
        QTRY_COMPARE(ran, 5);
    }

    // Tasks that post tasks do not starve the loop: each batch is an event of its own.
    void letsTheLoopRunBetweenBatches()
    {
        QObject target;
        net::QtExecutor executor(target, 100, 10);
        int ran = 0;
        bool isStopped = false;
        Task again;
        again = [&] {
            ++ran;
            if (!isStopped) {
                QVERIFY(executor.post(again));
            }
        };
        QVERIFY(executor.post(again));
        QTimer::singleShot(0, this, [&] { isStopped = true; });
        QTRY_VERIFY(isStopped);
        QCoreApplication::processEvents();
    }

    // Posting while the target goes away is safe, and what was not run is released.
    void outlivesItsTarget()
    {
        auto target = std::make_unique<QObject>();
        net::QtExecutor executor(*target, 100, 10);
        auto carried = std::make_shared<int>(1);
        QVERIFY(executor.post([carried] {}));
        QCOMPARE(carried.use_count(), 2);
        target.reset();
        QCOMPARE(carried.use_count(), 1);
        QVERIFY(!executor.post([carried] {}));
        QCoreApplication::processEvents();
    }

    void takesPostsFromManyThreads()
    {
        net::NetThread thread;
        std::atomic<int> ran = 0;
        std::vector<std::thread> posters;
        for (int i = 0; i < 4; ++i) {
            posters.emplace_back([&] {
                for (int j = 0; j < 1'000; ++j) {
                    while (!thread.executor().post([&ran] { ++ran; })) {
                        std::this_thread::yield();
                    }
                }
            });
        }
        for (std::thread &poster : posters) {
            poster.join();
        }
        thread.run([] {});
        QCOMPARE(ran.load(), 4'000);
    }

    // The whole of net on its thread: a call from here, through the transport and the server, comes
    // back here.
    void carriesCallsOfReplication()
    {
        const SystemClock clock;
        test::FakeHandler handler;
        net::NetThread thread;
        std::unique_ptr<net::HttpServer> server;
        quint16 port = 0;
        thread.run([&] {
            server = std::make_unique<net::HttpServer>(net::HttpLimits {}, handler, clock);
            if (const auto listening = server->listen({"127.0.0.1", 0, {}})) {
                port = *listening;
            }
        });
        QVERIFY(port != 0);
        int completed = 0;
        std::thread::id where;
        QObject target;
        net::QtExecutor here(target, 100, 10);
        {
            net::HttpTransport transport(thread, here, clock);
            const QByteArray url = "http://127.0.0.1:" + QByteArray::number(port);
            for (int i = 0; i < 10; ++i) {
                transport.send({"POST", url, "/echo", {}, "hello"},
                    [&](Result<replication::TransportReply> reply) {
                        where = std::this_thread::get_id();
                        completed += reply && reply->body == "hello" ? 1 : 0;
                    });
            }
            QTRY_COMPARE(completed, 10);
            QCOMPARE(where, std::this_thread::get_id());
            transport.send(
                {"GET", url, "/later/1", {}, {}}, [&](Result<replication::TransportReply> reply) {
                    completed += !reply && reply.error().code == ErrorCode::Unreachable ? 1 : 0;
                });
        }
        QTRY_COMPARE(completed, 11); // ended with the transport
        thread.run([&] { server.reset(); });
        thread.stop();
    }
};

QTEST_GUILESS_MAIN(NetThreadTest)
#include "tst_net_thread.moc"
