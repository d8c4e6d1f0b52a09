#include "http_load.h"

namespace driftless::bench {

namespace {

constexpr Nanoseconds kSilenceMax = std::chrono::seconds(30);

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
        if (answer.status != 200) {
            return Error {ErrorCode::Internal,
                "A request was answered with " + QByteArray::number(answer.status)
                    + ", not with 200.",
                {}};
        }
        ++load.answered;
        --busy;
        load.latencies.add(answer.took);
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

} // namespace driftless::bench
