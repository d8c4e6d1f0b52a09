#include "api/application.h"

#include "api/http_status.h"
#include "api/request_text.h"
#include "wire/node_info.h"

namespace driftless::api {

namespace {

bool isFromNode(const Route &route)
{
    return route.body == Body::Cbor;
}

bool hasExpectedMediaType(Body body, const QByteArray *contentType)
{
    const QByteArrayView type = contentType ? QByteArrayView(*contentType) : QByteArrayView();
    switch (body) {
    case Body::Ignored:
        return true;
    case Body::Json:
        return isJsonMediaType(type);
    case Body::Cbor:
        return isMediaType(type, "application/cbor") || isMediaType(type, "application/cbor-seq");
    }
    return false;
}

/// Lets a page read the answer; nothing is wrapped where no page asks.
Reply withCors(const CorsPolicy &policy, const Request &request, Reply reply)
{
    std::optional<QByteArray> origin = policy.allowedOrigin(request);
    if (!origin) {
        return reply;
    }
    return [origin = std::move(*origin), reply = std::move(reply)](Response response) {
        CorsPolicy::allow(response, origin);
        reply(std::move(response));
    };
}

} // namespace

Application::Application(engine::Gateway &gateway, Random &random, ApiSettings settings)
    : m_context(gateway, random, settings)
    , m_cors(std::move(settings.corsOrigins))
    , m_documents(m_context)
    , m_batch(m_context)
    , m_query(m_context)
    , m_databases(m_context)
    , m_indexes(m_context)
    , m_cluster(m_context)
    , m_replication(m_context)
{
}

qsizetype Application::bodyBytesMax(const Request &head) const
{
    const RouteMatch match = m_router.match(head.method, head.path);
    // The large bound is for nodes only: a stranger is not to fill the memory.
    if (match.route != nullptr && isFromNode(*match.route)
        && m_context.gateway().access().node(head.header("ReplicationApiKey"))) {
        return kTransferBytesMax;
    }
    return m_context.settings().bodyBytesMax;
}

void Application::handle(Request request, Reply reply)
{
    if (std::optional<Response> preflight = m_cors.preflight(request)) {
        reply(std::move(*preflight));
        return;
    }
    auto call = std::make_shared<Call>();
    call->reply = withCors(m_cors, request, std::move(reply));
    call->request = std::move(request);
    RouteMatch match = m_router.match(call->request.method, call->request.path);
    if (match.route == nullptr) {
        Response response = Response::empty(match.allow.isEmpty() ? 404 : 405);
        if (!match.allow.isEmpty()) {
            response.with("Allow", match.allow);
        }
        call->reply(std::move(response));
        return;
    }
    call->route = match.route;
    call->first = std::move(match.first);
    call->second = std::move(match.second);
    if (!match.isEncodingValid) {
        m_context.fail(*call,
            {ErrorCode::InvalidArgument,
                "The path is not UTF-8 (percent-encoded), or has a NUL in it.",
                {}});
        return;
    }
    if (bindBody(*call)) {
        dispatch(call);
    }
}

std::optional<Response> Application::refuseUpgrade(const Request &head)
{
    const RouteMatch match = m_router.match(head.method, head.path);
    if (match.route == nullptr || match.route->endpoint != Endpoint::GetHints) {
        return Response::empty(404);
    }
    const Result<void> entered
        = m_context.gateway().access().node(head.header("ReplicationApiKey"));
    if (entered) {
        return std::nullopt;
    }
    m_context.noteDenied(head, match.route->pattern, errorName(entered.error().code));
    return Response::json(httpStatus(entered.error().code), wire::errorBody(entered.error()));
}

void Application::handleHint(QByteArray message, std::function<void(QByteArray)> answer)
{
    answer(m_replication.hint(message));
}

Response Application::serverError(
    const Request &head, int status, QByteArrayView code, QByteArrayView message) const
{
    Response response = m_context.problem(status, code, message.toByteArray());
    if (const auto origin = m_cors.allowedOrigin(head)) {
        CorsPolicy::allow(response, *origin);
    }
    return response;
}

/// False, with the call answered, where the route reads a body and this one has another type, or
/// there is none.
bool Application::bindBody(Call &call)
{
    if (!hasExpectedMediaType(call.route->body, call.request.header("Content-Type"))) {
        call.reply(m_context.problem(415,
            errorName(ErrorCode::UnsupportedMediaType),
            call.route->body == Body::Json
                ? "Send the body with Content-Type: application/json (in UTF-8)."
                : "Send the body with Content-Type: application/cbor-seq or application/cbor."));
        return false;
    }
    if (call.route->body == Body::Json && call.request.body.isEmpty()) {
        m_context.failValidation(
            call, ErrorCode::InvalidJson, {{"", "A non-empty request body is required."}});
        return false;
    }
    return true;
}

void Application::dispatch(const CallPtr &call)
{
    switch (call->route->endpoint) {
    case Endpoint::GetDocument:
        return m_documents.get(call);
    case Endpoint::PutDocument:
        return m_documents.put(call);
    case Endpoint::PatchDocument:
        return m_documents.patch(call);
    case Endpoint::DeleteDocument:
        return m_documents.remove(call);
    case Endpoint::ListDocuments:
        return m_documents.list(call);
    case Endpoint::PostDocument:
        return m_documents.post(call);
    case Endpoint::RegisterCollection:
        return m_documents.registerCollection(call);
    case Endpoint::ListCollections:
        return m_documents.listCollections(call);
    case Endpoint::PostBatch:
        return m_batch.post(call);
    case Endpoint::PostQuery:
        return m_query.post(call);
    case Endpoint::ListDatabases:
        return m_databases.list(call);
    case Endpoint::PutDatabase:
        return m_databases.put(call);
    case Endpoint::DeleteDatabase:
        return m_databases.remove(call);
    case Endpoint::GetConvergence:
        return m_databases.convergence(call);
    case Endpoint::ListConflicts:
        return m_databases.conflicts(call);
    case Endpoint::ListIndexes:
        return m_indexes.list(call);
    case Endpoint::GetIndex:
        return m_indexes.get(call);
    case Endpoint::PutIndex:
        return m_indexes.put(call);
    case Endpoint::DeleteIndex:
        return m_indexes.remove(call);
    case Endpoint::ListPeers:
        return m_cluster.listPeers(call);
    case Endpoint::PostPeer:
        return m_cluster.postPeer(call);
    case Endpoint::DeletePeer:
        return m_cluster.removePeer(call);
    case Endpoint::GetReplicationStatus:
        return m_cluster.status(call);
    case Endpoint::PostOperations:
        return m_replication.operations(call);
    case Endpoint::PostHeartbeat:
        return m_replication.heartbeat(call);
    case Endpoint::PostFetch:
        return m_replication.fetch(call);
    case Endpoint::GetHints:
        return m_replication.hintsWithoutUpgrade(call);
    case Endpoint::GetNode:
        return call->reply(node());
    case Endpoint::GetHealth:
        return call->reply(Response::json(200, R"({"Status":"ok"})"));
    case Endpoint::GetReadiness:
        return call->reply(readiness());
    }
}

Response Application::node() const
{
    const engine::Gateway &gateway = m_context.gateway();
    wire::NodeInfo info;
    info.nodeId = gateway.nodeId().bytes();
    info.timestamp = gateway.now();
    info.databaseCount = gateway.databaseCount();
    info.version = m_context.settings().version;
    return Response::json(200, info.toJson());
}

Response Application::readiness() const
{
    const std::vector<QByteArray> reasons = m_context.gateway().notReadyReasons();
    Response response = Response::json(reasons.empty() ? 200 : 503, wire::readinessJson(reasons));
    if (!reasons.empty()) {
        response.with("Retry-After", "1");
    }
    return response;
}

} // namespace driftless::api
