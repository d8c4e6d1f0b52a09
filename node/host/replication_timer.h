#pragma once

#include "core/clock.h"
#include "core/executor.h"

#include <QTimer>

namespace driftless::host {

/// Wakes the node for its timers of replication. The store thread says when the next one is due;
/// the thread of this object, which has a Qt event loop, keeps the one timer and posts `tick` back.
/// Crosses threads only when a time becomes earlier.
class ReplicationTimer final : public QObject
{
    Q_OBJECT

public:
    /// `tick` is posted to `store`; `front` posts to the thread on which this object is made and
    /// destroyed.
    ReplicationTimer(Executor &store, Executor &front, const Clock &clock, Task tick);

    /// Store thread, after each batch: when the node wants its next tick; Instant::max() for never.
    void due(Instant instant);

private:
    void schedule(Instant instant);
    void onTimeout();

    Executor &m_store;
    Executor &m_front;
    const Clock &m_clock;
    const Task m_tick;
    Instant m_told = Instant::max(); ///< store thread: what the timer is set to
    QTimer m_timer;
};

} // namespace driftless::host
