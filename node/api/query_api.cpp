#include "api/query_api.h"

#include "api/query_parameters.h"
#include "wire/query.h"

namespace driftless::api {

namespace {

Response queryResponse(engine::QueryOutcome outcome)
{
    wire::QueryResponse response;
    response.query = std::move(outcome.text);
    response.requestedTake = outcome.requestedTake;
    response.matchedCount = outcome.matched;
    response.appliedCount = outcome.applied;
    response.returnedRows = outcome.returned;
    response.rows = std::move(outcome.rows);
    return Response::json(200, response.toJson());
}

engine::QueryRequest queryRequestOf(
    wire::QueryRequest asked, bool includesReserved, const engine::Grant &grant)
{
    engine::QueryRequest request;
    request.text = std::move(asked.query);
    request.take = asked.take;
    request.parameters = std::move(asked.parameters);
    request.format = asked.isPlain ? engine::ValueFormat::Plain : engine::ValueFormat::Extended;
    request.includesReserved = includesReserved;
    request.isAtomic = asked.isAtomic;
    request.mayRead = Context::holds(grant, auth::Role::ReadDocument);
    request.mayShape = Context::holds(grant, auth::Role::AddDatabase);
    request.mayInsert = Context::holds(grant, auth::Role::WriteDocument);
    request.mayUpdate = Context::holds(grant, auth::Role::UpdateDocument);
    request.mayDelete = Context::holds(grant, auth::Role::DeleteDocument);
    return request;
}

} // namespace

QueryApi::QueryApi(Context &context)
    : m_context(context)
{
}

void QueryApi::post(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    const bool includesReserved = parameters.boolean("includeReservedFields", false);
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    Result<wire::QueryRequest> asked = wire::QueryRequest::fromJson(
        std::move(call->request.body), {.bytesMax = m_context.settings().bodyBytesMax});
    if (!asked) {
        m_context.failBinding(*call, asked.error());
        return;
    }
    if (asked->isQueryNull) {
        m_context.failValidation(
            *call, ErrorCode::InvalidArgument, {{"Query", "The Query field is required."}});
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    m_context.openDatabase(call,
        *grant,
        [this,
            call,
            database = grant->database,
            request
            = queryRequestOf(std::move(asked).value(), includesReserved, *grant)]() mutable {
            m_context.gateway().query(
                database, std::move(request), [this, call](Result<engine::QueryOutcome> outcome) {
                    m_context.answer(*call, std::move(outcome), queryResponse);
                });
        });
}

} // namespace driftless::api
