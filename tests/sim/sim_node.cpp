#include "sim_node.h"

namespace driftless::sim {

using replication::TransportReply;
using replication::TransportRequest;

/// The node's way to the network: shut for a process that is being killed, and its answers come on
/// the store thread.
class SimNode::Outlet final : public replication::Transport
{
public:
    explicit Outlet(SimNode &node)
        : m_node(node)
    {
    }

    void send(TransportRequest request, Completion completion) override
    {
        if (m_node.m_isDying) {
            return;
        }
        const int life = m_node.m_life;
        m_node.m_network.transportOf(m_node.m_url)
            .send(std::move(request),
                [this, life, completion = std::move(completion)](Result<TransportReply> reply) {
                    if (m_node.m_life == life) {
                        m_node.post([completion, reply = std::move(reply)] { completion(reply); });
                    }
                });
    }

private:
    SimNode &m_node;
};

QByteArray SimNode::urlOf(const NodeId &id)
{
    return "http://" + id.bytes().toLower() + ".sim:17001";
}

SimNode::SimNode(support::SimTimeline &timeline,
    support::SimNetwork &network,
    const support::TemporaryFolder &folder,
    engine::Settings settings,
    std::uint64_t seed)
    : m_timeline(timeline)
    , m_network(network)
    , m_folder(folder)
    , m_settings(std::move(settings))
    , m_url(urlOf(m_settings.nodeId))
    , m_clock(timeline)
    , m_random(seed)
    , m_outlet(std::make_unique<Outlet>(*this))
{
    m_settings.dataDirectory = m_folder.makeFolder(freshFolder());
}

SimNode::~SimNode()
{
    if (m_node) {
        end();
    }
}

QByteArray SimNode::freshFolder() const
{
    return id().bytes() + '-' + QByteArray::number(++m_files);
}

Result<void> SimNode::start()
{
    DRIFTLESS_ASSERT(!m_node);
    ++m_life;
    m_lifeToken = std::make_shared<int>(m_life);
    m_isAwake = false;
    m_isDying = false;
    m_tickAt = Instant::max();
    m_store = std::make_unique<support::ManualExecutor>();
    m_node = std::make_unique<engine::Node>(m_settings, m_clock, m_random, *m_outlet);
    const auto started = m_node->start();
    if (m_isDying) { // killed while it started
        dieByCommit();
        return {};
    }
    if (!started) {
        end();
        return started;
    }
    m_store->setAfterBatch([this] { m_node->settle(); });
    m_network.attach(
        m_url, [this](const TransportRequest &request, support::SimNetwork::Respond respond) {
            serve(request, std::move(respond));
        });
    post([] {}); // what the start has left to do
    return {};
}

void SimNode::end()
{
    m_network.detach(m_url);
    m_store->kill();
    m_lifeToken.reset();
    m_node.reset();
    ++m_life;
}

void SimNode::stop()
{
    m_node->stop();
    end();
}

void SimNode::kill()
{
    die(savedFiles());
}

void SimNode::die(const QByteArray &image)
{
    end();
    m_settings.dataDirectory = image;
    m_isDying = false;
    m_commitsToLive.reset();
    if (m_onKilled) {
        m_onKilled();
    }
}

void SimNode::dieByCommit()
{
    die(m_image.isEmpty() ? savedFiles() : std::exchange(m_image, QByteArray()));
}

void SimNode::killAtCommit(int skip, bool before)
{
    m_commitsToLive = skip;
    m_killsBefore = before;
}

void SimNode::beforeCommit(const QByteArray &path)
{
    if (!path.startsWith(m_settings.dataDirectory + '/') || !m_commitsToLive || m_isDying) {
        return;
    }
    if (*m_commitsToLive > 0) {
        --*m_commitsToLive;
        return;
    }
    m_commitsToLive.reset();
    m_isDying = true; // from here on nothing that it says is heard
    m_image = m_killsBefore ? savedFiles() : QByteArray();
}

QByteArray SimNode::savedFiles() const
{
    const QByteArray to = m_folder.path(freshFolder());
    support::copyFolder(dataFolder(), to);
    return to;
}

void SimNode::replaceFiles(const QByteArray &from, bool onlyDatabase)
{
    DRIFTLESS_ASSERT(!m_node);
    support::copyFolder(from, dataFolder(), onlyDatabase ? "node.db" : "");
}

void SimNode::post(Task task)
{
    if (m_store && m_store->postUnbounded(std::move(task))) {
        wake();
    }
}

void SimNode::wake()
{
    if (std::exchange(m_isAwake, true)) {
        return;
    }
    m_timeline.after(std::chrono::milliseconds(m_random.below(2)),
        [this, alive = std::weak_ptr<int>(m_lifeToken)] {
            if (!alive.expired()) {
                runBatch();
            }
        });
}

void SimNode::runBatch()
{
    m_isAwake = false;
    m_store->runBatch();
    if (m_isDying) {
        dieByCommit();
        return;
    }
    if (!m_store->isIdle()) {
        wake();
    }
    scheduleTick();
    if (m_onSettled) {
        m_onSettled();
    }
}

void SimNode::scheduleTick()
{
    const Instant due = m_node->nextDue();
    if (due >= m_tickAt) {
        return;
    }
    m_tickAt = due;
    const auto delay = std::max(due - m_clock.instant(), Instant::duration::zero());
    m_timeline.after(delay, [this, due, alive = std::weak_ptr<int>(m_lifeToken)] {
        if (!alive.expired() && m_tickAt == due) {
            m_tickAt = Instant::max();
            post([this] { m_node->tick(); });
        }
    });
}

const storage::DatabaseFile *SimNode::file(const DatabaseName &database) const
{
    engine::Database *open = m_node ? m_node->openDatabase(database) : nullptr;
    return open != nullptr ? &open->file() : nullptr;
}

void SimNode::serve(const TransportRequest &request, support::SimNetwork::Respond respond)
{
    const int life = m_life;
    const auto answer
        = [this, life, respond = std::move(respond)](const Result<QByteArray> &bytes) {
              if (m_life != life || m_isDying) {
                  return;
              }
              int status = 200;
              if (!bytes) {
                  const ErrorCode code = bytes.error().code;
                  status = code == ErrorCode::Malformed    ? 400
                      : code == ErrorCode::NotFound        ? 404
                      : code == ErrorCode::DatabaseDeleted ? 410
                                                           : 500;
              }
              respond({status, bytes ? *bytes : bytes.error().message});
          };
    DatabaseName database;
    for (const auto &[name, value] : request.headers) {
        if (name == "Database") {
            database = DatabaseName::parse(value).value();
        }
    }
    post([this, path = request.path, body = request.body, database, answer] {
        if (path == replication::kHeartbeatPath) {
            m_node->receiveHeartbeat(body, answer);
        } else if (path == replication::kOperationsPath) {
            ++m_transfers;
            m_node->receiveOperations(database, body, answer);
        } else {
            ++m_transfers;
            m_node->receiveFetch(database, body, answer);
        }
    });
}

} // namespace driftless::sim
