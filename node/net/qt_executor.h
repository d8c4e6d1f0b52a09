#pragma once

#include "core/executor.h"

#include <QObject>

#include <cstddef>
#include <memory>

namespace driftless::net {

/// An Executor whose tasks run in a Qt thread: the one of `target`. The only place that posts into
/// Qt's event loops; it wakes the loop once for a batch, and lets it look after its sockets between
/// two batches.
///
/// Any thread. Once `target` is gone, posts answer false and what waited is dropped.
class QtExecutor final : public Executor
{
public:
    /// `target` is only an address to post to. `queueMax`: tasks waiting at once. `batchMax`: tasks
    /// run in one go.
    QtExecutor(QObject &target, std::size_t queueMax, std::size_t batchMax);
    ~QtExecutor() override;

    [[nodiscard]] bool post(Task task) override;
    [[nodiscard]] bool postUnbounded(Task task) override;

    /// Later posts answer false; what waits is dropped.
    void close();

private:
    struct State;
    static void drain(const std::shared_ptr<State> &state);

    const std::shared_ptr<State> m_state;
};

} // namespace driftless::net
