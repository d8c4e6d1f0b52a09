#pragma once

#include "core/task.h"
#include "net/qt_executor.h"

#include <QThread>

#include <memory>

namespace driftless::net {

/// The thread with a Qt event loop on which all of `net` lives: server, transport and their sockets
/// are made, used and destroyed by functions that run() carries out on it.
class NetThread
{
public:
    /// Starts the thread.
    NetThread();
    /// Stops it, if stop() has not.
    ~NetThread();
    NetThread(const NetThread &) = delete;
    NetThread &operator=(const NetThread &) = delete;

    /// Posts onto the thread. Any thread; valid as long as this object.
    Executor &executor() { return *m_executor; }

    /// Runs `function` on the thread and waits for it. Any thread but that one, before stop().
    void run(const Task &function);

    /// Ends the event loop and joins; what was posted and not yet run is dropped. All that lives on
    /// the thread must have been destroyed by then. Idempotent; any thread but that one.
    void stop();

private:
    QThread m_thread;
    std::unique_ptr<QObject> m_target; ///< lives on the thread; tasks are addressed to it
    std::unique_ptr<QtExecutor> m_executor;
};

} // namespace driftless::net
