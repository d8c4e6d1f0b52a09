#include "api/replication_api.h"

#include "wire/hint.h"

namespace driftless::api {

namespace {

Response cbor(const char *type, QByteArray body)
{
    return {.status = 200, .contentType = type, .body = std::move(body), .headers = {}};
}

} // namespace

ReplicationApi::ReplicationApi(Context &context)
    : m_context(context)
{
}

void ReplicationApi::operations(const CallPtr &call)
{
    if (!m_context.enterAsNode(*call)) {
        return;
    }
    std::optional<DatabaseName> database = m_context.requiredDatabase(*call);
    if (!database) {
        return;
    }
    m_context.gateway().receiveOperations(std::move(*database),
        std::move(call->request.body),
        [this, call](Result<QByteArray> answer) {
            m_context.answer(*call, std::move(answer), [](QByteArray body) {
                return cbor("application/cbor", std::move(body));
            });
        });
}

void ReplicationApi::heartbeat(const CallPtr &call)
{
    if (!m_context.enterAsNode(*call)) {
        return;
    }
    m_context.gateway().receiveHeartbeat(
        std::move(call->request.body), [this, call](Result<QByteArray> answer) {
            m_context.answer(*call, std::move(answer), [](QByteArray body) {
                return cbor("application/cbor", std::move(body));
            });
        });
}

void ReplicationApi::fetch(const CallPtr &call)
{
    if (!m_context.enterAsNode(*call)) {
        return;
    }
    std::optional<DatabaseName> database = m_context.requiredDatabase(*call);
    if (!database) {
        return;
    }
    m_context.gateway().receiveFetch(std::move(*database),
        std::move(call->request.body),
        [this, call](Result<QByteArray> answer) {
            m_context.answer(*call, std::move(answer), [](QByteArray body) {
                return cbor("application/cbor-seq", std::move(body));
            });
        });
}

void ReplicationApi::hintsWithoutUpgrade(const CallPtr &call)
{
    if (m_context.enterAsNode(*call)) {
        m_context.fail(*call, {ErrorCode::InvalidArgument, "A WebSocket request is required.", {}});
    }
}

QByteArray ReplicationApi::hint(const QByteArray &message)
{
    const Result<wire::Hint> hint = wire::Hint::fromJson(message);
    if (!hint) {
        const bool isJson = hint.error().code == ErrorCode::InvalidArgument;
        return wire::HintAcknowledgement {isJson ? "invalid-payload" : "invalid-json"}.toJson();
    }
    if (hint->kind == wire::Hint::Kind::SyncRequest) {
        const engine::Gateway &gateway = m_context.gateway();
        if (!gateway.access().node(&hint->replicationKey)
            || hint->sourceNodeId == gateway.nodeId().bytes()) {
            return wire::HintAcknowledgement {"invalid-payload"}.toJson();
        }
        // A name that cannot be one is acknowledged all the same, as the reference does: there is
        // nothing to fetch.
        const Result<NodeId> source = NodeId::parse(hint->sourceNodeId);
        const Result<DatabaseName> database = DatabaseName::parse(hint->database);
        if (source && database && !m_context.gateway().hint(*source, *database)) {
            m_context.noteLimit(Limit::StoreQueue);
        }
    }
    return wire::HintAcknowledgement {}.toJson();
}

} // namespace driftless::api
