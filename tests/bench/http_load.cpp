#include "http_load.h"

#include <deque>
#include <iterator>

namespace driftless::bench {

namespace {

constexpr Nanoseconds kSilenceMax = std::chrono::seconds(30);

/// An answer other than 200 is an error.
Result<void> count(const HttpAnswer &answer, Load &load)
{
    if (answer.status != 200) {
        return Error {ErrorCode::Internal,
            "A request was answered with " + QByteArray::number(answer.status) + ", not with 200.",
            {}};
    }
    ++load.answered;
    load.latencies.add(answer.took);
    return {};
}

} // namespace

Load &Load::operator+=(Load &&other)
{
    answered += other.answered;
    cost += other.cost;
    latencies.add(other.latencies);
    return *this;
}

LoadGenerator::LoadGenerator(HttpClients &clients)
    : m_clients(clients)
{
}

Result<Load> LoadGenerator::run(Nanoseconds duration, const Next &next)
{
    Load load;
    const Stopwatch watch;
    const Nanoseconds end = now() + duration;
    int busy = 0;
    Nanoseconds lastHeard = now();
    const auto send = [&](int connection) -> Result<void> {
        const QByteArray request = now() < end ? next(m_sent) : QByteArray();
        if (request.isEmpty()) {
            return {};
        }
        ++m_sent;
        ++busy;
        return m_clients.send(connection, request);
    };
    for (int connection = 0; connection < m_clients.count(); ++connection) {
        DRIFTLESS_TRY(send(connection));
    }
    const HttpClients::OnAnswer onAnswer = [&](const HttpAnswer &answer) -> Result<void> {
        DRIFTLESS_TRY(count(answer, load));
        --busy;
        lastHeard = now();
        return send(answer.connection);
    };
    while (busy > 0) {
        DRIFTLESS_TRY(m_clients.wait(std::chrono::milliseconds(100), onAnswer));
        if (now() - lastHeard > kSilenceMax) {
            return Error {ErrorCode::Timeout, "The node answered nothing for half a minute.", {}};
        }
    }
    load.cost = watch.elapsed();
    return load;
}

Result<Load> LoadGenerator::runAtRate(Nanoseconds duration, Nanoseconds interval, const Next &next)
{
    Load load;
    const Stopwatch watch;
    const Nanoseconds begin = now();
    std::deque<int> idle;
    for (int connection = 0; connection < m_clients.count(); ++connection) {
        idle.push_back(connection);
    }
    const HttpClients::OnAnswer onAnswer = [&](const HttpAnswer &answer) -> Result<void> {
        idle.push_back(answer.connection);
        return count(answer, load);
    };
    for (Nanoseconds due = begin; due < begin + duration; due += interval) {
        while (now() < due || idle.empty()) {
            const Nanoseconds pause = due - now();
            DRIFTLESS_TRY(m_clients.wait(idle.empty() ? kSilenceMax : pause, onAnswer));
            if (now() - due > kSilenceMax) {
                return Error {ErrorCode::Timeout, "No connection was answered in time.", {}};
            }
        }
        DRIFTLESS_TRY(m_clients.send(idle.front(), next(m_sent++)));
        idle.pop_front();
    }
    while (std::ssize(idle) < m_clients.count()) {
        DRIFTLESS_TRY(m_clients.wait(kSilenceMax, onAnswer));
        if (now() - begin - duration > kSilenceMax) {
            return Error {ErrorCode::Timeout, "A write was never answered.", {}};
        }
    }
    load.cost = watch.elapsed();
    return load;
}

} // namespace driftless::bench
