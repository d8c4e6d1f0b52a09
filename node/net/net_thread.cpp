#include "net/net_thread.h"

#include "core/assert.h"
#include "core/limits.h"

#include <future>

namespace driftless::net {

NetThread::NetThread()
    : m_target(std::make_unique<QObject>())
{
    m_thread.setObjectName(QStringLiteral("net"));
    m_target->moveToThread(&m_thread);
    m_executor = std::make_unique<QtExecutor>(*m_target, kNetQueueMax, kNetBatchMax);
    // Not glib's event loop: it writes to and reads from its wake-up descriptor each time a socket
    // begins or ends to wait for writing, which is three of seven system calls a request.
    qputenv("QT_NO_THREADED_GLIB", "1");
    m_thread.start();
}

NetThread::~NetThread()
{
    stop();
}

void NetThread::run(const Task &function)
{
    DRIFTLESS_ASSERT(QThread::currentThread() != &m_thread);
    std::promise<void> done;
    const bool isTaken = m_executor->postUnbounded([&] {
        function();
        done.set_value();
    });
    DRIFTLESS_ASSERT(isTaken);
    done.get_future().wait();
}

void NetThread::stop()
{
    if (!m_thread.isRunning()) {
        return;
    }
    DRIFTLESS_ASSERT(QThread::currentThread() != &m_thread);
    m_executor->close();
    m_thread.quit();
    m_thread.wait(); // its objects that were to be deleted later are deleted by then
}

} // namespace driftless::net
