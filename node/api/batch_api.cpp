#include "api/batch_api.h"

#include "api/document_body.h"
#include "engine/names.h"

namespace driftless::api {

namespace {

engine::WriteKind kindOf(wire::BatchOp op)
{
    switch (op) {
    case wire::BatchOp::Put:
        return engine::WriteKind::Put;
    case wire::BatchOp::Patch:
        return engine::WriteKind::Patch;
    case wire::BatchOp::Delete:
        break;
    }
    return engine::WriteKind::Delete;
}

Response batchResponse(engine::BatchOutcome outcome)
{
    wire::BatchResponse response;
    if (outcome.groupId != Hash128 {}) {
        response.groupId = outcome.groupId;
    }
    response.committed = outcome.committed;
    response.results.reserve(outcome.results.size());
    for (engine::WriteOutcome &result : outcome.results) {
        wire::BatchResult row;
        row.collection = std::move(result.collection);
        row.entityId = std::move(result.id);
        row.version = result.token;
        row.isDeleted = result.isDeleted;
        if (result.changed && result.operation) {
            row.operationType = result.operation->type;
        }
        response.results.push_back(std::move(row));
    }
    return Response::json(200, response.toJson());
}

QByteArray pathOf(int index)
{
    return "$.Operations[" + QByteArray::number(index) + ']';
}

} // namespace

Result<engine::WriteRequest> writeRequestOf(
    wire::BatchOperation operation, const engine::Grant &grant)
{
    DRIFTLESS_TRY(engine::checkCollectionToWrite(operation.collection));
    DRIFTLESS_TRY(engine::checkIdToWrite(operation.id));
    engine::WriteRequest request;
    request.kind = kindOf(operation.op);
    request.mayInsert = Context::holds(grant, auth::Role::WriteDocument);
    request.mayUpdate = Context::holds(grant, auth::Role::UpdateDocument);
    switch (request.kind) {
    case engine::WriteKind::Put:
        request.body = normalisedDocument(std::move(operation.body), operation.id);
        break;
    case engine::WriteKind::Patch:
    case engine::WriteKind::Set: // no batch asks for it
        request.body = normalisedPatch(std::move(operation.body));
        break;
    case engine::WriteKind::Delete:
        if (!Context::holds(grant, auth::Role::DeleteDocument)) {
            return Error {ErrorCode::Forbidden,
                "ApiKey is not allowed to delete documents: it needs the role DELETE_DOCUMENT.",
                {}};
        }
        break;
    }
    if (request.kind != engine::WriteKind::Delete && !request.mayInsert && !request.mayUpdate) {
        return Error {ErrorCode::Forbidden,
            "ApiKey is not allowed to write documents: it needs the role WRITE_DOCUMENT or "
            "UPDATE_DOCUMENT.",
            {}};
    }
    request.collection = std::move(operation.collection);
    request.id = std::move(operation.id);
    request.precondition.parentVersion = std::move(operation.ifVersion);
    return request;
}

BatchApi::BatchApi(Context &context)
    : m_context(context)
{
}

void BatchApi::post(const CallPtr &call)
{
    const ApiSettings &settings = m_context.settings();
    Result<wire::BatchRequest> batch = wire::BatchRequest::fromJson(
        call->request.body, settings.groupOperationsMax, {.bytesMax = settings.documentBytesMax});
    if (!batch) {
        m_context.failBinding(*call, batch.error());
        return;
    }
    call->request.body.clear();
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    std::vector<engine::WriteRequest> requests;
    requests.reserve(batch->operations.size());
    for (wire::BatchOperation &operation : batch->operations) {
        const int index = static_cast<int>(requests.size());
        Result<engine::WriteRequest> request = writeRequestOf(std::move(operation), *grant);
        if (!request) {
            Error error = request.error();
            error.path = pathOf(index);
            m_context.fail(*call, error, index);
            return;
        }
        requests.push_back(std::move(request).value());
    }
    m_context.openDatabase(call,
        *grant,
        [this, call, database = grant->database, requests = std::move(requests)]() mutable {
            m_context.gateway().batch(database,
                std::move(requests),
                [this, call](Result<engine::BatchOutcome> outcome, int failedIndex) {
                    if (!outcome) {
                        Error error = outcome.error();
                        if (failedIndex == engine::kNoBatchIndex) {
                            m_context.fail(*call, error);
                            return;
                        }
                        error.path = pathOf(failedIndex)
                            + (error.path.startsWith('$') ? ".Body" + error.path.sliced(1)
                                                          : QByteArray());
                        m_context.fail(*call, error, failedIndex);
                        return;
                    }
                    call->reply(batchResponse(std::move(outcome).value()));
                });
        });
}

} // namespace driftless::api
