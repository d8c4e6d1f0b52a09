#include "api/context.h"

#include "api/http_status.h"
#include "core/log.h"

namespace driftless::api {

namespace {

constexpr char kProblemType[] = "application/problem+json; charset=utf-8";

QByteArray hex64(std::uint64_t value)
{
    return QByteArray::number(static_cast<qulonglong>(value), 16).rightJustified(16, '0');
}

/// A client that is told to come back is told when.
void addRetryAfter(Response &response)
{
    if (response.status == 503) {
        response.with("Retry-After", "1");
    }
}

} // namespace

Context::Context(engine::Gateway &gateway, Random &random, ApiSettings settings)
    : m_gateway(gateway)
    , m_random(random)
    , m_settings(std::move(settings))
{
}

void Context::fail(Call &call, const Error &error, std::optional<int> index)
{
    const int status = httpStatus(error.code);
    noteLimit(error.limit);
    if (error.code == ErrorCode::InvalidApiKey || error.code == ErrorCode::Forbidden) {
        noteDenied(call.request, call.route->pattern, errorName(error.code));
    }
    if (call.route->errors == ErrorShape::Reference) {
        Response response = Response::json(status, wire::errorBody(error));
        addRetryAfter(response);
        call.reply(std::move(response));
        return;
    }
    wire::Problem problem;
    problem.status = status;
    problem.title = statusTitle(status);
    problem.detail = error.message;
    problem.path = error.path;
    problem.index = index;
    problem.code = errorName(error.code);
    call.reply(problemResponse(std::move(problem)));
}

void Context::failValidation(Call &call, ErrorCode code, ValidationErrors errors)
{
    wire::Problem problem;
    problem.status = 400;
    problem.title = "One or more validation errors occurred.";
    problem.errors = std::move(errors);
    problem.code = errorName(code);
    call.reply(problemResponse(std::move(problem)));
}

void Context::failBinding(Call &call, const Error &error)
{
    if (httpStatus(error.code) != 400) {
        fail(call, error);
        return;
    }
    failValidation(
        call, error.code, {{error.path.isEmpty() ? QByteArray("$") : error.path, error.message}});
}

void Context::failNotFound(Call &call, const QByteArray &detail)
{
    call.reply(problem(404, errorName(ErrorCode::NotFound), detail));
}

Response Context::problem(int status, QByteArrayView code, const QByteArray &detail) const
{
    wire::Problem problem;
    problem.status = status;
    problem.title = statusTitle(status);
    problem.detail = detail;
    problem.code = code.toByteArray();
    return problemResponse(std::move(problem));
}

std::optional<engine::Grant> Context::enter(Call &call, const QByteArray *databaseName)
{
    Result<engine::Grant> grant
        = m_gateway.access().client(databaseName, call.request.header("ApiKey"));
    if (!grant) {
        fail(call, grant.error());
        return std::nullopt;
    }
    QByteArray wanted;
    for (const auth::Role role : {auth::Role::AddDatabase,
             auth::Role::DeleteDatabase,
             auth::Role::ReadDocument,
             auth::Role::WriteDocument,
             auth::Role::UpdateDocument,
             auth::Role::DeleteDocument}) {
        if (!call.route->anyOf.has(role)) {
            continue;
        }
        if (holds(*grant, role)) {
            return std::move(*grant);
        }
        wanted += (wanted.isEmpty() ? "" : " or ") + auth::roleName(role);
    }
    if (wanted.isEmpty()) {
        return std::move(*grant);
    }
    fail(call,
        {ErrorCode::Forbidden,
            "ApiKey is not allowed to do this in database '" + grant->database.bytes()
                + "': it needs the role " + wanted + '.',
            {}});
    return std::nullopt;
}

bool Context::enterAsNode(Call &call)
{
    const QByteArray *replicationKey = call.request.header("ReplicationApiKey");
    const Result<void> entered = call.route->door == Door::NodeOrRoot
        ? m_gateway.access().nodeOrRoot(replicationKey, call.request.header("ApiKey"))
        : m_gateway.access().node(replicationKey);
    if (!entered) {
        fail(call, entered.error());
    }
    return entered.isOk();
}

std::optional<DatabaseName> Context::requiredDatabase(Call &call)
{
    const QByteArray *header = call.request.header("Database");
    Result<DatabaseName> name
        = DatabaseName::parse(header ? QByteArrayView(*header) : QByteArrayView());
    if (!name) {
        fail(call, name.error());
        return std::nullopt;
    }
    return std::move(*name);
}

void Context::noteDenied(const Request &request, const char *where, QByteArrayView code)
{
    ++m_deniedCalls;
    qCInfo(logAuth,
        "Denied: %s %s from %s (%s).",
        request.methodName.constData(),
        where,
        request.remoteAddress.constData(),
        code.toByteArray().constData());
}

Response Context::problemResponse(wire::Problem problem) const
{
    problem.type = statusType(problem.status);
    problem.traceId = traceId();
    Response response {.status = problem.status,
        .contentType = kProblemType,
        .body = problem.toJson(),
        .headers = {}};
    addRetryAfter(response);
    return response;
}

QByteArray Context::traceId() const
{
    return "00-" + hex64(m_random.next()) + hex64(m_random.next()) + '-' + hex64(m_random.next())
        + "-00";
}

} // namespace driftless::api
