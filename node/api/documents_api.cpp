#include "api/documents_api.h"

#include "api/document_body.h"
#include "api/entity_tags.h"
#include "api/query_parameters.h"
#include "api/request_text.h"
#include "engine/names.h"
#include "wire/object_writer.h"
#include "wire/write_result.h"

#include <algorithm>

namespace driftless::api {

namespace {

wire::WriteResult writeResultOf(engine::WriteOutcome outcome)
{
    wire::WriteResult result;
    result.collection = std::move(outcome.collection);
    result.entityId = std::move(outcome.id);
    result.version = outcome.token;
    result.committed = outcome.committed;
    result.isDeleted = outcome.isDeleted;
    if (outcome.operation) {
        engine::OperationView &operation = *outcome.operation;
        result.operation = wire::OperationRecord {
            .id = operationId(operation.version),
            .nodeId = operation.version.dot.incarnation.origin.bytes(),
            .timestamp = operation.committed,
            .collection = std::move(operation.collection),
            .entityId = std::move(operation.id),
            .type = operation.type,
            .payload = std::move(operation.payload),
            .sequence = operation.version.dot.sequence,
            .logSequence = operation.position.value,
            .parentVersion = std::move(operation.parentVersion),
        };
    }
    return result;
}

Response writeResponse(engine::WriteOutcome outcome)
{
    const std::optional<Hash128> tag = outcome.isDeleted ? std::nullopt : outcome.token;
    Response response = Response::json(200, writeResultOf(std::move(outcome)).toJson());
    if (tag) {
        response.with("ETag", entityTag(*tag));
    }
    return response;
}

Response pageResponse(const QByteArray &collection, int take, engine::DocumentPage page)
{
    Response response = Response::json(200, std::move(page.array));
    if (page.next) {
        response.with("Link",
            "</api/documents/" + percentEncoded(collection) + "?after=" + percentEncoded(*page.next)
                + "&take=" + QByteArray::number(take) + ">; rel=\"next\"");
    }
    return response;
}

/// The rights of a key that travel with a write.
void grantRights(engine::WriteRequest &request, const engine::Grant &grant)
{
    request.mayInsert = Context::holds(grant, auth::Role::WriteDocument);
    request.mayUpdate = Context::holds(grant, auth::Role::UpdateDocument);
}

Error notAnObject(QByteArrayView verb)
{
    return Error {
        ErrorCode::InvalidArgument, verb.toByteArray() + " body must be a JSON object.", "$"};
}

} // namespace

DocumentsApi::DocumentsApi(Context &context)
    : m_context(context)
{
}

void DocumentsApi::listCollections(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    const bool includeSystem = parameters.boolean("includeSystemCollections", false);
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    m_context.openDatabase(call, *grant, [this, call, database = grant->database, includeSystem] {
        m_context.gateway().collections(
            database, includeSystem, [this, call](Result<std::vector<QByteArray>> names) {
                m_context.answer(*call, std::move(names), [](const std::vector<QByteArray> &list) {
                    QByteArray out;
                    wire::appendArray(out, list, [](QByteArray &to, const QByteArray &name) {
                        json::appendString(to, name);
                    });
                    return Response::json(200, std::move(out));
                });
            });
    });
}

void DocumentsApi::registerCollection(const CallPtr &call)
{
    if (!bindPath(*call, false)) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (const auto checked = engine::checkCollectionToWrite(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    m_context.openDatabase(call, *grant, [this, call, database = grant->database] {
        m_context.gateway().registerCollection(
            database, call->first, [this, call](const Result<void> &registered) {
                if (!registered) {
                    m_context.fail(*call, registered.error());
                    return;
                }
                call->reply(Response::empty(200));
            });
    });
}

void DocumentsApi::list(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    engine::PageRequest page;
    page.skip = std::max(parameters.integer("skip", 0), 0);
    const int take = parameters.integer("take", 0);
    page.take = take <= 0 ? kPageDocumentsDefault : std::min(take, kPageDocumentsMax);
    page.after = parameters.text("after");
    parameters.boolean(
        "includeReservedFields", false); // judged, and without effect, as in the reference
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    if (!bindPath(*call, false)) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (const auto checked = engine::checkCollectionToRead(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    page.collection = call->first;
    m_context.openDatabase(
        call, *grant, [this, call, database = grant->database, page = std::move(page)] {
            m_context.gateway().documents(
                database, page, [this, call, size = page.take](Result<engine::DocumentPage> found) {
                    m_context.answer(*call, std::move(found), [&](engine::DocumentPage documents) {
                        return pageResponse(call->first, size, std::move(documents));
                    });
                });
        });
}

void DocumentsApi::get(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    parameters.boolean("includeReservedFields", false);
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    engine::Precondition conditions;
    if (const auto read = readEntityTagConditions(call->request, conditions); !read) {
        m_context.failBinding(*call, read.error());
        return;
    }
    if (!bindPath(*call, true)) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (const auto checked = engine::checkCollectionToRead(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    m_context.openDatabase(
        call, *grant, [this, call, database = grant->database, conditions = std::move(conditions)] {
            m_context.gateway().document(database,
                call->first,
                call->second,
                [this, call, conditions](Result<std::optional<engine::DocumentView>> found) {
                    if (!found) {
                        m_context.fail(*call, found.error());
                        return;
                    }
                    if (!*found) {
                        m_context.failNotFound(*call,
                            "There is no such document in this database. GET the collection to see "
                            "which ids it has.");
                        return;
                    }
                    engine::DocumentView &document = **found;
                    const QByteArray token = document.token.hex();
                    if (!satisfiesIfMatch(conditions, token)) {
                        m_context.fail(*call,
                            {ErrorCode::PreconditionFailed,
                                "The document has another version than If-Match names. Read it "
                                "without "
                                "If-Match; its ETag is the current one.",
                                {}});
                        return;
                    }
                    Response response = satisfiesIfNoneMatch(conditions, token)
                        ? Response::json(200, std::move(document.body))
                        : Response::empty(304);
                    response.with("ETag", entityTag(document.token));
                    call->reply(std::move(response));
                });
        });
}

void DocumentsApi::put(const CallPtr &call)
{
    if (!bindPath(*call, true)) {
        return;
    }
    std::optional<DocumentBody> body = bindBody(*call);
    if (!body) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (!body->isObject) {
        m_context.fail(*call, notAnObject("PUT"));
        return;
    }
    engine::WriteRequest request;
    request.id = call->second;
    request.body = normalisedDocument(std::move(body->object), request.id);
    write(call, *grant, std::move(request));
}

void DocumentsApi::post(const CallPtr &call)
{
    if (!bindPath(*call, false)) {
        return;
    }
    std::optional<DocumentBody> body = bindBody(*call);
    if (!body) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (!body->isObject) {
        m_context.fail(*call, notAnObject("POST"));
        return;
    }
    // A reserved name is said before the missing id, as the reference does.
    if (const auto checked = engine::checkCollectionToWrite(call->first); !checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    std::optional<QByteArray> id = postedId(body->object);
    if (!id) {
        m_context.fail(*call,
            {ErrorCode::InvalidArgument, "POST body must include an 'Id' string field.", {}});
        return;
    }
    engine::WriteRequest request;
    request.id = std::move(*id);
    request.body = normalisedDocument(std::move(body->object), request.id);
    write(call, *grant, std::move(request));
}

void DocumentsApi::patch(const CallPtr &call)
{
    if (!bindPath(*call, true)) {
        return;
    }
    std::optional<DocumentBody> body = bindBody(*call);
    if (!body) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    if (!body->isObject) {
        m_context.fail(*call, notAnObject("PATCH"));
        return;
    }
    engine::WriteRequest request;
    request.kind = engine::WriteKind::Patch;
    request.id = call->second;
    request.body = normalisedPatch(std::move(body->object));
    write(call, *grant, std::move(request));
}

void DocumentsApi::remove(const CallPtr &call)
{
    if (!bindPath(*call, true)) {
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    engine::WriteRequest request;
    request.kind = engine::WriteKind::Delete;
    request.id = call->second;
    write(call, *grant, std::move(request));
}

/// False, with the call answered, for a path parameter that is blank: the framework of the
/// reference makes it null.
bool DocumentsApi::bindPath(Call &call, bool hasId)
{
    ValidationErrors errors;
    if (trimmedBlanks(call.first).isEmpty()) {
        errors.emplace_back("collection", "The collection field is required.");
    }
    if (hasId && trimmedBlanks(call.second).isEmpty()) {
        errors.emplace_back("id", "The id field is required.");
    }
    if (errors.empty()) {
        return true;
    }
    m_context.failValidation(call, ErrorCode::InvalidArgument, std::move(errors));
    return false;
}

/// Reads the document of the body; nothing, with the call answered, if it cannot be read.
std::optional<DocumentBody> DocumentsApi::bindBody(Call &call)
{
    Result<DocumentBody> body = readDocumentBody(
        std::move(call.request.body), {.bytesMax = m_context.settings().documentBytesMax});
    if (!body) {
        m_context.failBinding(call, body.error());
        return std::nullopt;
    }
    return std::move(*body);
}

/// Judges what every write has, and hands it to the engine.
void DocumentsApi::write(
    const CallPtr &call, const engine::Grant &grant, engine::WriteRequest request)
{
    Result<void> checked = engine::checkCollectionToWrite(call->first);
    if (checked) {
        checked = engine::checkIdToWrite(request.id);
    }
    if (checked) {
        checked = readEntityTagConditions(call->request, request.precondition);
    }
    if (!checked) {
        m_context.fail(*call, checked.error());
        return;
    }
    const std::optional<QByteArray> parentVersion
        = call->request.query.isEmpty() ? std::nullopt : queryValue(call->request, "parentVersion");
    if (parentVersion && !trimmedBlanks(*parentVersion).isEmpty()) {
        request.precondition.parentVersion = parentVersion;
    }
    request.collection = call->first;
    grantRights(request, grant);
    m_context.openDatabase(call,
        grant,
        [this, call, database = grant.database, request = std::move(request)]() mutable {
            m_context.gateway().write(
                database, std::move(request), [this, call](Result<engine::WriteOutcome> outcome) {
                    m_context.answer(*call, std::move(outcome), writeResponse);
                });
        });
}

} // namespace driftless::api
