#include "fuzz_node.h"

#include "fuzz_target.h"

namespace driftless::fuzz {

/// Nobody answers.
class FuzzNode::Silence final : public replication::Transport
{
public:
    void send(replication::TransportRequest /*request*/, Completion completion) override
    {
        completion(Error {ErrorCode::Unreachable, "Nobody is there.", {}});
    }
};

/// Reads at once, on the thread that asks.
class FuzzNode::Readers final : public engine::ReaderPool
{
public:
    [[nodiscard]] bool post(Read read, Kind /*kind*/) override
    {
        read(m_readers);
        return true;
    }
    void close(const QByteArray &path) override { m_readers.close(path); }

private:
    engine::ReaderPool::Readers m_readers {std::chrono::seconds(60)};
};

FuzzNode::FuzzNode()
    : m_transport(std::make_unique<Silence>())
    , m_readers(std::make_unique<Readers>())
{
    engine::Settings settings;
    settings.nodeId = NodeId::parse("node-1").value();
    settings.dataDirectory = m_folder.path();
    settings.replicationKey = "peer";
    settings.durability = engine::Durability::Normal;
    settings.cacheBytes = 1'000'000;
    m_node = std::make_unique<engine::Node>(settings, m_clock, m_random, *m_transport);
    const auto started = m_node->start();
    require(started.isOk(), "the node starts");
    m_store.setAfterBatch([this] { m_node->settle(); });
    m_access = std::make_unique<engine::Access>(
        auth::KeyStore::make("root", "peer", {}, m_random).value());
    m_gateway = std::make_unique<engine::Gateway>(*m_node, m_store, *m_readers, m_front, *m_access);
    m_application = std::make_unique<api::Application>(*m_gateway, m_random, api::ApiSettings {});
    settle();
}

FuzzNode::~FuzzNode()
{
    m_application.reset();
    m_gateway.reset();
    m_readers.reset();
    m_node->stop();
}

void FuzzNode::settle()
{
    while (!m_store.isIdle() || !m_front.isIdle()) {
        m_store.runBatch();
        m_front.runBatch();
    }
}

api::Response FuzzNode::ask(api::Request request)
{
    m_clock.advance(std::chrono::milliseconds(1));
    const QByteArray line = request.methodName + ' ' + request.path;
    std::vector<api::Response> answers;
    m_application->handle(std::move(request),
        [&answers](api::Response response) { answers.push_back(std::move(response)); });
    settle();
    require(answers.size() == 1, "a request has one answer", line);
    return std::move(answers.front());
}

QByteArray FuzzNode::hint(const QByteArray &message)
{
    std::vector<QByteArray> answers;
    m_application->handleHint(
        message, [&answers](const QByteArray &answer) { answers.push_back(answer); });
    settle();
    require(answers.size() == 1, "a hint has one answer", message);
    return answers.front();
}

} // namespace driftless::fuzz
