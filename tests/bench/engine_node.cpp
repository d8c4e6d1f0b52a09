#include "engine_node.h"

#include "core/json.h"
#include "plain_sqlite.h"

#include <utility>

namespace driftless::bench {

namespace {

Result<engine::WriteRequest> put(const Document &document)
{
    engine::WriteRequest request;
    request.collection = kCollection;
    request.id = document.id;
    DRIFTLESS_TRY_ASSIGN(request.body, json::Object::check(document.body));
    return request;
}

Error unchanged()
{
    return {ErrorCode::Internal, "A write changed nothing: the measurement is worthless.", {}};
}

} // namespace

void EngineNode::NoTransport::send(replication::TransportRequest request, Completion completion)
{
    completion(Error {ErrorCode::Unreachable, "There is no peer at " + request.baseUrl + '.', {}});
}

EngineNode::EngineNode(engine::Settings settings)
    : m_node(std::move(settings), m_clock, m_random, m_transport)
{
}

EngineNode::~EngineNode()
{
    m_node.stop();
}

Result<std::unique_ptr<EngineNode>> EngineNode::open(const QByteArray &folder)
{
    engine::Settings settings;
    DRIFTLESS_TRY_ASSIGN(settings.nodeId, NodeId::parse("bench"));
    settings.dataDirectory = folder;
    settings.cacheBytes = kCacheBytes;
    std::unique_ptr<EngineNode> result(new EngineNode(std::move(settings)));
    DRIFTLESS_TRY_ASSIGN(result->m_database, DatabaseName::parse("shop"));
    DRIFTLESS_TRY(result->m_node.start());
    DRIFTLESS_TRY(result->m_node.open(result->m_database, true));
    result->m_node.settle();
    return result;
}

Result<void> EngineNode::putGroup(std::span<const Document> batch)
{
    std::vector<engine::WriteRequest> requests;
    requests.reserve(batch.size());
    for (const Document &document : batch) {
        DRIFTLESS_TRY_ASSIGN(engine::WriteRequest request, put(document));
        requests.push_back(std::move(request));
    }
    Result<void> answered = unchanged();
    m_node.batch(m_database,
        requests,
        [&answered, &batch](const Result<engine::BatchOutcome> &outcome, int) {
            if (!outcome) {
                answered = outcome.error();
            } else if (outcome->results.size() == batch.size() && outcome->results.back().changed) {
                answered = {};
            }
        });
    m_node.settle();
    return answered;
}

Result<void> EngineNode::putEach(std::span<const Document> batch)
{
    std::size_t changed = 0;
    Result<void> answered;
    for (const Document &document : batch) {
        DRIFTLESS_TRY_ASSIGN(const engine::WriteRequest request, put(document));
        m_node.write(m_database,
            request,
            [&answered, &changed](const Result<engine::WriteOutcome> &outcome) {
                if (!outcome) {
                    answered = outcome.error();
                } else {
                    changed += outcome->changed ? 1 : 0;
                }
            });
    }
    m_node.settle();
    DRIFTLESS_TRY(answered);
    return changed == batch.size() ? Result<void>() : Result<void>(unchanged());
}

Result<QByteArray> EngineNode::shown(const QByteArray &id)
{
    DRIFTLESS_TRY_ASSIGN(const storage::DocumentState state,
        m_node.openDatabase(m_database)->file().load({kCollection, id}));
    return state.shown().value_or(QByteArray());
}

} // namespace driftless::bench
