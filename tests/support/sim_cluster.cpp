#include "sim_cluster.h"

#include "replication/messages.h"

#include <QDir>

namespace driftless::support {

using replication::TransportReply;
using replication::TransportRequest;

namespace {

const DatabaseName &shop()
{
    static const DatabaseName name = *DatabaseName::parse("shop");
    return name;
}

class TimelineClock final : public Clock
{
public:
    explicit TimelineClock(const SimTimeline &timeline)
        : m_timeline(timeline)
    {
    }
    [[nodiscard]] WallTime wallTime() const override
    {
        return WallTime(std::chrono::milliseconds(1'790'000'000'000)) + m_timeline.now();
    }
    [[nodiscard]] Instant instant() const override
    {
        return Instant(std::chrono::milliseconds(1'000)) + m_timeline.now();
    }

private:
    const SimTimeline &m_timeline;
};

} // namespace

/// A process: what is lost when it ends, and the folder that stays.
struct SimCluster::Member final : replication::Transport
{
    int index = 0;
    TimelineClock clock;
    SeededRandom random;
    replication::Transport *wire = nullptr;
    std::unique_ptr<engine::Node> node;
    std::uint64_t generation = 0; ///< of the process: calls of an ended one come back to nobody

    Member(int number, const SimTimeline &timeline, std::uint64_t seed)
        : index(number)
        , clock(timeline)
        , random(seed)
    {
    }

    void send(TransportRequest request, Completion completion) override
    {
        wire->send(std::move(request),
            [this, process = generation, completion = std::move(completion)](
                Result<TransportReply> reply) {
                if (process == generation && node) {
                    completion(std::move(reply));
                    node->settle();
                }
            });
    }
};

SimCluster::SimCluster(int count, std::uint64_t seed)
    : m_network(m_timeline, seed)
{
    for (int i = 0; i < count; ++i) {
        m_members.push_back(
            std::make_unique<Member>(i, m_timeline, seed * 1'000 + static_cast<std::uint64_t>(i)));
        QDir().mkpath(QString::fromUtf8(m_folder.path(idOf(i).bytes())));
        start(*m_members.back());
    }
}

SimCluster::~SimCluster()
{
    for (const auto &member : m_members) {
        if (member->node) {
            member->node->stop();
        }
    }
}

engine::Node &SimCluster::node(int index)
{
    return *m_members[static_cast<std::size_t>(index)]->node;
}

NodeId SimCluster::idOf(int index)
{
    return *NodeId::parse("n" + QByteArray::number(index));
}

void SimCluster::start(Member &member)
{
    engine::Settings settings;
    settings.nodeId = idOf(member.index);
    settings.dataDirectory = m_folder.path(settings.nodeId.bytes());
    settings.replicationKey = "key";
    settings.durability = engine::Durability::Normal;
    settings.seedPeers = m_seeds;
    ++member.generation;
    member.wire = &m_network.transportOf(urlOf(member.index));
    m_network.attach(urlOf(member.index),
        [this, &member](const TransportRequest &request, SimNetwork::Respond respond) {
            serve(member, request, std::move(respond));
        });
    member.node = std::make_unique<engine::Node>(settings, member.clock, member.random, member);
    const auto started = member.node->start();
    DRIFTLESS_ASSERT(started.isOk());
    const auto opened = member.node->open(shop(), true);
    DRIFTLESS_ASSERT(opened.isOk() || opened.error().code == ErrorCode::DatabaseDeleted);
    member.node->settle();
}

void SimCluster::stop(int index)
{
    Member &member = *m_members[static_cast<std::size_t>(index)];
    if (member.node) {
        m_network.detach(urlOf(index));
        member.node->stop();
        member.node.reset();
    }
}

void SimCluster::restart(int index)
{
    stop(index);
    start(*m_members[static_cast<std::size_t>(index)]);
}

std::uint64_t SimCluster::countOperations(const QByteArray &transfer) const
{
    replication::TransferReader reader {QByteArrayView(transfer)};
    std::uint64_t count = 0;
    if (reader.preamble()) {
        while (reader.next()) {
            ++count;
        }
    }
    return count;
}

void SimCluster::serve(Member &member, const TransportRequest &request, SimNetwork::Respond respond)
{
    const auto answer = [this, respond, path = request.path](Result<QByteArray> body) {
        if (body && path == replication::kFetchPath) {
            m_operationsSent += countOperations(*body);
            ++m_transfersSent;
        }
        respond(body ? TransportReply {200, *body} : TransportReply {500, body.error().message});
    };
    if (request.path == replication::kHeartbeatPath) {
        member.node->receiveHeartbeat(request.body, answer);
    } else if (request.path == replication::kOperationsPath) {
        m_operationsSent += countOperations(request.body);
        ++m_transfersSent;
        member.node->receiveOperations(shop(), request.body, answer);
    } else {
        member.node->receiveFetch(shop(), request.body, answer);
    }
    member.node->settle();
}

void SimCluster::addPeer(int of, int peer, bool isActive)
{
    node(of).savePeer({idOf(peer), urlOf(peer), isActive, {}, {}},
        [](const Result<void> &saved) { DRIFTLESS_ASSERT(saved.isOk()); });
    node(of).settle();
}

void SimCluster::mesh()
{
    for (int i = 0; i < static_cast<int>(m_members.size()); ++i) {
        for (int j = 0; j < static_cast<int>(m_members.size()); ++j) {
            if (i != j) {
                addPeer(i, j);
            }
        }
    }
}

void SimCluster::put(int at, const QByteArray &id, const QByteArray &body)
{
    engine::WriteRequest request;
    request.collection = "orders";
    request.id = id;
    request.body = *json::Object::check(body);
    bool isDone = false;
    node(at).write(shop(), request, [&isDone](const Result<engine::WriteOutcome> &outcome) {
        isDone = outcome.isOk();
    });
    node(at).settle();
    DRIFTLESS_ASSERT(isDone);
}

void SimCluster::run(Duration time)
{
    const Duration end = m_timeline.now() + time;
    for (;;) {
        Duration next = m_timeline.isEmpty() ? end : std::min(end, m_timeline.next());
        for (const auto &member : m_members) {
            if (const Instant due = member->node->nextDue(); due != Instant::max()) {
                next = std::min(next,
                    std::max(m_timeline.now(), m_timeline.now() + (due - member->clock.instant())));
            }
        }
        m_timeline.runUntil(next);
        for (const auto &member : m_members) {
            if (member->node->nextDue() <= member->clock.instant()) {
                member->node->tick();
                member->node->settle();
            }
        }
        if (next >= end) {
            return;
        }
    }
}

bool SimCluster::isEqual()
{
    const engine::Convergence first = convergence(0);
    for (int i = 1; i < static_cast<int>(m_members.size()); ++i) {
        const engine::Convergence other = convergence(i);
        if (other.vector != first.vector || other.digest != first.digest) {
            return false;
        }
    }
    return true;
}

bool SimCluster::runUntilEqual(Duration most)
{
    const Duration end = m_timeline.now() + most;
    while (!isEqual()) {
        if (m_timeline.now() >= end) {
            return false;
        }
        run(Duration {1});
    }
    return true;
}

engine::Convergence SimCluster::convergence(int index)
{
    engine::Convergence result;
    node(index).convergence(shop(), [&result](Result<engine::Convergence> answer) {
        DRIFTLESS_ASSERT(answer.isOk());
        result = std::move(answer).value();
    });
    node(index).settle();
    return result;
}

} // namespace driftless::support
