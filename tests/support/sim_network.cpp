#include "sim_network.h"

#include <utility>

namespace driftless::support {

using replication::Transport;
using replication::TransportReply;
using replication::TransportRequest;

class SimNetwork::Link final : public Transport
{
public:
    Link(SimNetwork &network, QByteArray from)
        : m_network(network)
        , m_from(std::move(from))
        , m_lives(std::make_shared<bool>(true))
    {
    }

    void send(TransportRequest request, Completion completion) override
    {
        m_network.send(m_lives, m_from, std::move(request), std::move(completion));
    }
    void die() { *m_lives = false; }

private:
    SimNetwork &m_network;
    const QByteArray m_from;
    std::shared_ptr<bool> m_lives;
};

struct SimNetwork::Call
{
    std::shared_ptr<bool> callerLives;
    QByteArray from;
    TransportRequest request;
    Transport::Completion completion;
    bool isDone = false;

    void finish(Result<TransportReply> result)
    {
        if (!std::exchange(isDone, true) && *callerLives) {
            std::exchange(completion, nullptr)(std::move(result));
        }
    }
};

SimNetwork::SimNetwork(SimTimeline &timeline, std::uint64_t seed)
    : m_timeline(timeline)
    , m_random(seed)
{
}

SimNetwork::~SimNetwork() = default;

void SimNetwork::attach(const QByteArray &baseUrl, Server server)
{
    m_servers[baseUrl] = std::move(server);
}

void SimNetwork::detach(const QByteArray &baseUrl)
{
    m_servers.erase(baseUrl);
    m_hanging.erase(baseUrl);
    const auto link = m_links.find(baseUrl);
    if (link != m_links.end()) {
        link->second->die();
        m_deadLinks.push_back(std::move(link->second));
        m_links.erase(link);
    }
}

Transport &SimNetwork::transportOf(const QByteArray &baseUrl)
{
    std::unique_ptr<Link> &link = m_links[baseUrl];
    if (!link) {
        link = std::make_unique<Link>(*this, baseUrl);
    }
    return *link;
}

void SimNetwork::block(const QByteArray &from, const QByteArray &to, bool refuses)
{
    m_blocked[{from, to}] = refuses;
}

void SimNetwork::unblock(const QByteArray &from, const QByteArray &to)
{
    m_blocked.erase({from, to});
}

void SimNetwork::setHanging(const QByteArray &baseUrl, bool hangs)
{
    if (hangs) {
        m_hanging.insert(baseUrl);
    } else {
        m_hanging.erase(baseUrl);
    }
}

SimNetwork::Duration SimNetwork::delay()
{
    return Duration(m_random.between(
        static_cast<int>(m_faults.delayMin.count()), static_cast<int>(m_faults.delayMax.count())));
}

void SimNetwork::send(const std::shared_ptr<bool> &callerLives,
    const QByteArray &from,
    TransportRequest request,
    Transport::Completion completion)
{
    ++m_calls;
    m_bytes += static_cast<std::uint64_t>(request.body.size());
    auto call = std::make_shared<Call>();
    call->callerLives = callerLives;
    call->from = from;
    call->request = std::move(request);
    call->completion = std::move(completion);
    const QByteArray to = call->request.baseUrl;
    const Error unreachable {ErrorCode::Unreachable, "The simulated peer cannot be reached.", {}};
    const auto blocked = m_blocked.find({from, to});
    if (m_servers.count(to) == 0 || (blocked != m_blocked.end() && blocked->second)) {
        m_timeline.after(delay(), [call, unreachable] { call->finish(unreachable); });
        return;
    }
    m_timeline.after(call->request.timeout, [call] {
        call->finish(Error {ErrorCode::Timeout, "The simulated peer does not answer.", {}});
    });
    if (chance(m_faults.resetPercent)) {
        if (chance(50)) {
            m_timeline.after(delay(), [this, call] { arrive(call); });
        }
        m_timeline.after(delay(), [call, unreachable] { call->finish(unreachable); });
        return;
    }
    if (!isBlocked(from, to) && !chance(m_faults.lossPercent)) {
        m_timeline.after(delay(), [this, call] { arrive(call); });
    }
    if (!isBlocked(from, to) && chance(m_faults.duplicatePercent)) {
        m_timeline.after(delay() + delay(), [this, call] { arrive(call); });
    }
}

void SimNetwork::arrive(const std::shared_ptr<Call> &call)
{
    const QByteArray &to = call->request.baseUrl;
    const auto server = m_servers.find(to);
    if (server == m_servers.end() || m_hanging.count(to) != 0 || isBlocked(call->from, to)) {
        return;
    }
    const Server handle = server->second; // it may be detached while it handles the call
    handle(call->request, [this, call](TransportReply reply) { comeBack(call, std::move(reply)); });
}

void SimNetwork::comeBack(const std::shared_ptr<Call> &call, TransportReply reply)
{
    m_bytes += static_cast<std::uint64_t>(reply.body.size());
    const QByteArray &peer = call->request.baseUrl;
    if (isBlocked(peer, call->from) || m_servers.count(peer) == 0 || chance(m_faults.lossPercent)) {
        return;
    }
    m_timeline.after(delay(), [call, reply = std::move(reply)] { call->finish(reply); });
}

} // namespace driftless::support
