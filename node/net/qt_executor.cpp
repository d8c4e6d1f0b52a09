#include "net/qt_executor.h"

#include <QMetaObject>

#include <deque>
#include <mutex>

namespace driftless::net {

struct QtExecutor::State
{
    State(std::size_t queueBound, std::size_t batchBound)
        : queueMax(queueBound)
        , batchMax(batchBound)
    {
    }

    bool enqueue(const std::shared_ptr<State> &self, Task task, std::size_t bound);
    void wake(const std::shared_ptr<State> &self);
    void close();

    const std::size_t queueMax;
    const std::size_t batchMax;
    std::mutex mutex;
    QObject *target = nullptr; ///< null once it is gone, or we are closed
    std::deque<Task> queue;
    bool isWakeDue = false;
};

/// With the mutex held: so `target` cannot go away meanwhile (it takes the mutex on its way out).
void QtExecutor::State::wake(const std::shared_ptr<State> &self)
{
    isWakeDue = true;
    QMetaObject::invokeMethod(
        target, [self] { drain(self); }, Qt::QueuedConnection);
}

bool QtExecutor::State::enqueue(const std::shared_ptr<State> &self, Task task, std::size_t bound)
{
    const std::lock_guard lock(mutex);
    if (target == nullptr || queue.size() >= bound) {
        return false;
    }
    queue.push_back(std::move(task));
    if (!isWakeDue) {
        wake(self);
    }
    return true;
}

void QtExecutor::State::close()
{
    std::deque<Task> dropped; // destroyed without the mutex: what tasks carry may post
    const std::lock_guard lock(mutex);
    target = nullptr;
    dropped.swap(queue);
}

QtExecutor::QtExecutor(QObject &target, std::size_t queueMax, std::size_t batchMax)
    : m_state(std::make_shared<State>(queueMax, batchMax))
{
    m_state->target = &target;
    QObject::connect(
        &target,
        &QObject::destroyed,
        &target,
        [state = m_state] { state->close(); },
        Qt::DirectConnection);
}

QtExecutor::~QtExecutor()
{
    close();
}

void QtExecutor::close()
{
    m_state->close();
}

bool QtExecutor::post(Task task)
{
    return m_state->enqueue(m_state, std::move(task), m_state->queueMax);
}

bool QtExecutor::postUnbounded(Task task)
{
    return m_state->enqueue(m_state, std::move(task), static_cast<std::size_t>(-1));
}

void QtExecutor::drain(const std::shared_ptr<State> &state)
{
    std::deque<Task> batch;
    {
        const std::lock_guard lock(state->mutex);
        state->isWakeDue = false;
        if (state->queue.size() <= state->batchMax) {
            batch.swap(state->queue);
        } else {
            const auto end = state->queue.begin() + static_cast<std::ptrdiff_t>(state->batchMax);
            batch.assign(
                std::make_move_iterator(state->queue.begin()), std::make_move_iterator(end));
            state->queue.erase(state->queue.begin(), end);
            if (state->target != nullptr) {
                state->wake(state);
            }
        }
    }
    for (Task &task : batch) {
        task();
        task = nullptr; // what it carries is released at once
    }
}

} // namespace driftless::net
