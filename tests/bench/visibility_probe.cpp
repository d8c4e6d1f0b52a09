#include "visibility_probe.h"

#include "mesh.h"
#include "requests.h"

#include <numeric>

namespace driftless::bench {

VisibilityProbe::VisibilityProbe(HttpClients &clients, const Orders &orders)
    : m_clients(clients)
    , m_orders(orders)
    , m_writes(static_cast<std::size_t>(clients.count() - 1))
{
    m_idle.resize(m_writes.size());
    std::iota(m_idle.begin(), m_idle.end(), 1);
}

Result<void> VisibilityProbe::run(Nanoseconds duration)
{
    const Nanoseconds begin = now();
    const HttpClients::OnAnswer onAnswer = [this](const HttpAnswer &answer) {
        return answer.connection == 0 ? onRead(answer.status) : onWritten(answer);
    };
    while (now() < begin + duration) {
        const Nanoseconds due = begin + kInterval * static_cast<std::int64_t>(written);
        if (now() >= due && !m_idle.empty()) {
            const int connection = m_idle.back();
            m_idle.pop_back();
            m_writes[static_cast<std::size_t>(connection) - 1] = written;
            DRIFTLESS_TRY(m_clients.send(
                connection, putRequest({m_orders.id(written), m_orders.body(written)})));
            ++written;
            continue;
        }
        DRIFTLESS_TRY(m_clients.wait(m_idle.empty() ? kInterval : due - now(), onAnswer));
    }
    while (m_asked || m_idle.size() < m_writes.size()) {
        DRIFTLESS_TRY(m_clients.wait(kInterval, onAnswer));
        if (now() > begin + duration + kSpreadMax) {
            return Error {ErrorCode::Timeout, "A document never came to the peer.", {}};
        }
    }
    return {};
}

Result<void> VisibilityProbe::onWritten(const HttpAnswer &answer)
{
    if (answer.status != 200) {
        return Error {ErrorCode::Internal,
            "A write was answered with " + QByteArray::number(answer.status) + '.',
            {}};
    }
    m_idle.push_back(answer.connection);
    if (m_asked) {
        return {};
    }
    m_asked = m_writes[static_cast<std::size_t>(answer.connection) - 1];
    m_acknowledged = now();
    return ask();
}

Result<void> VisibilityProbe::ask()
{
    return m_clients.send(0, getRequest(m_orders.id(*m_asked)));
}

Result<void> VisibilityProbe::onRead(int status)
{
    if (status != 200) {
        return ask();
    }
    latencies.add(now() - m_acknowledged);
    m_asked.reset();
    return {};
}

} // namespace driftless::bench
