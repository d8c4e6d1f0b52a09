#include "host/node_host.h"

#include "api/application.h"
#include "auth/key_store.h"
#include "core/log.h"
#include "engine/gateway.h"
#include "engine/node.h"
#include "engine/reader_pool.h"
#include "host/data_directory.h"
#include "host/replication_timer.h"
#include "net/http_server.h"
#include "net/http_transport.h"
#include "net/net_thread.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace driftless::host {

namespace {

constexpr std::size_t kOwnQueueMax = 100; // a handful of steps of start and stop
constexpr std::size_t kOwnBatchMax = 100;
// What is in work when the node stops has this long to be answered; the whole stop has two seconds.
constexpr std::chrono::milliseconds kGrace {800};

net::ListenAddress listenAddress(const ListenUrl &url)
{
    return {url.host, url.port, {}};
}

api::ApiSettings apiSettings(const NodeConfig &config)
{
    api::ApiSettings settings;
    settings.bodyBytesMax = config.bodyBytesMax;
    settings.documentBytesMax = config.engine.documentBytesMax;
    settings.groupOperationsMax = config.engine.groupOperationsMax;
    settings.corsOrigins = config.corsOrigins;
    settings.version = DRIFTLESS_VERSION;
    return settings;
}

/// Beside the net and the store thread; more than a few only wait for the disk.
int readerThreads()
{
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) - 1, 1, 4);
}

} // namespace

/// Everything that runs, in the order in which it is built; it is taken apart step by step in
/// takeApart().
struct NodeHost::Parts
{
    Parts(const NodeConfig &config, storage::FileLock directoryLock, engine::Access keys)
        : lock(std::move(directoryLock))
        , access(std::move(keys))
        , store("store", config.storeQueueMax, kStoreBatchMax, [this] { settle(); })
        , transport(std::make_unique<net::HttpTransport>(net, store, clock))
        , node(std::make_unique<engine::Node>(config.engine, clock, storeRandom, *transport))
    {
    }

    /// Store thread, after each batch.
    void settle()
    {
        if (isNodeRunning) {
            node->settle();
            timer->due(node->nextDue());
        }
    }

    const storage::FileLock lock; ///< ends last
    const SystemClock clock;
    SystemRandom storeRandom; ///< store thread
    SystemRandom netRandom; ///< net thread
    const engine::Access access;
    net::NetThread net;
    bool isNodeRunning = false; ///< store thread
    std::unique_ptr<ReplicationTimer> timer; ///< net thread; made before the node starts
    ThreadExecutor store;
    std::unique_ptr<net::HttpTransport> transport;
    std::unique_ptr<engine::Node> node; ///< used on the store thread
    std::unique_ptr<engine::ThreadReaderPool> readers;
    // On the net thread:
    std::unique_ptr<engine::Gateway> gateway;
    std::unique_ptr<api::Application> application;
    std::unique_ptr<net::HttpServer> server;
};

NodeHost::NodeHost(NodeConfig config, QObject *parent)
    : QObject(parent)
    , m_config(std::move(config))
    , m_own(*this, kOwnQueueMax, kOwnBatchMax)
{
}

NodeHost::~NodeHost()
{
    takeApart();
}

void NodeHost::start()
{
    DRIFTLESS_ASSERT(m_state == State::New);
    m_state = State::Starting;
    if (auto built = build(); !built) {
        fail(built.error());
    }
}

Result<void> NodeHost::build()
{
    DRIFTLESS_TRY_ASSIGN(auto lock, takeDataDirectory(m_config.engine.dataDirectory));
    SystemRandom random;
    DRIFTLESS_TRY_ASSIGN(auto keys,
        auth::KeyStore::make(
            m_config.rootKey, m_config.engine.replicationKey, m_config.apiKeys, random));
    m_parts = std::make_unique<Parts>(m_config, std::move(lock), engine::Access(std::move(keys)));
    Parts &parts = *m_parts;
    parts.net.run([&parts] {
        parts.timer = std::make_unique<ReplicationTimer>(
            parts.store, parts.net.executor(), parts.clock, [&parts] {
                if (parts.isNodeRunning) {
                    parts.node->tick();
                }
            });
    });
    const bool isTaken = parts.store.postUnbounded([this, &parts] {
        const auto started = parts.node->start();
        parts.isNodeRunning = started.isOk();
        [[maybe_unused]] const bool isHeard
            = m_own.postUnbounded([this, started] { onStoreStarted(started); });
    });
    DRIFTLESS_ASSERT(isTaken);
    return {};
}

void NodeHost::onStoreStarted(const Result<void> &result)
{
    if (!result) {
        fail(result.error());
        return;
    }
    if (m_state == State::Stopping) {
        onDoorsClosed();
        return;
    }
    auto url = openDoors();
    if (!url) {
        fail(url.error());
        return;
    }
    m_state = State::Serving;
    Q_EMIT started(*url);
}

Result<QByteArray> NodeHost::openDoors()
{
    Parts &parts = *m_parts;
    parts.readers = std::make_unique<engine::ThreadReaderPool>(
        engine::ThreadReaderPool::Options {.threads = readerThreads(),
            .queueMax = m_config.readerQueueMax,
            .queryThreads = m_config.queryThreads,
            .queryQueueMax = m_config.queryQueueMax,
            .readMax = m_config.engine.readMax});
    Result<QByteArray> first = QByteArray();
    parts.net.run([&] {
        parts.gateway = std::make_unique<engine::Gateway>(
            *parts.node, parts.store, *parts.readers, parts.net.executor(), parts.access);
        parts.application = std::make_unique<api::Application>(
            *parts.gateway, parts.netRandom, apiSettings(m_config));
        parts.server
            = std::make_unique<net::HttpServer>(m_config.http, *parts.application, parts.clock);
        for (ListenUrl url : m_config.listen) {
            const auto port = parts.server->listen(listenAddress(url));
            if (!port) {
                first = port.error();
                return;
            }
            url.port = *port;
            qCInfo(logNode, "Listening on %s.", url.text().constData());
            if (first->isEmpty()) {
                first = url.text();
            }
        }
    });
    return first;
}

void NodeHost::stop()
{
    switch (m_state) {
    case State::Stopping:
        return;
    case State::Starting:
        m_state = State::Stopping;
        return; // onStoreStarted() goes on with it
    case State::New:
    case State::Ended:
        m_state = State::Ended;
        Q_EMIT stopped();
        return;
    case State::Serving:
        break;
    }
    m_state = State::Stopping;
    qCInfo(logNode, "Stopping.");
    Parts &parts = *m_parts;
    parts.net.run([this, &parts] {
        // The server tells it on the net thread; the rest happens here.
        connect(parts.server.get(),
            &net::HttpServer::stopped,
            this,
            &NodeHost::onDoorsClosed,
            Qt::QueuedConnection);
        parts.server->stop(kGrace);
    });
}

void NodeHost::onDoorsClosed()
{
    takeApart();
    m_state = State::Ended;
    Q_EMIT stopped();
}

void NodeHost::takeApart()
{
    if (!m_parts) {
        return;
    }
    Parts &parts = *m_parts;
    parts.net.run([&parts] {
        parts.server.reset(); // whoever is still connected is cut off
        if (parts.gateway) {
            parts.gateway->cancelQueries();
        }
        if (parts.readers) {
            parts.readers
                ->drainAndStop(); // before the last checkpoint, which an open read would stop short
        }
    });
    [[maybe_unused]] const bool isTaken = parts.store.postUnbounded([&parts] {
        if (parts.isNodeRunning) {
            parts.node->settle(); // what the tasks before this one wrote
            parts.isNodeRunning = false;
            parts.node->stop();
        }
    });
    parts.store.drainAndStop();
    parts.net.run([&parts] { // behind the last answers, which were posted before
        parts.application.reset();
        parts.gateway.reset();
        parts.timer.reset();
    });
    parts.node.reset();
    parts.transport.reset();
    parts.net.stop();
    m_parts.reset();
    qCInfo(logNode, "Stopped.");
}

void NodeHost::fail(const Error &error)
{
    takeApart();
    m_state = State::Ended;
    Q_EMIT failed(error);
}

} // namespace driftless::host
