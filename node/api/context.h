#pragma once

#include "api/api_settings.h"
#include "api/call.h"
#include "core/limit_counters.h"
#include "core/random.h"
#include "engine/gateway.h"
#include "wire/problem.h"

#include <optional>

namespace driftless::api {

/// Something of the input that is wrong: what ("take", "$.lines[2]"), and how.
using ValidationErrors = std::vector<std::pair<QByteArray, QByteArray>>;

/// What every handler of the API needs: the engine's door, the checks of keys and roles, and the
/// shape of errors. Net thread; owned by the Application; outlives every call.
class Context
{
public:
    /// `gateway` and `random` outlive the context.
    Context(engine::Gateway &gateway, Random &random, ApiSettings settings);

    [[nodiscard]] engine::Gateway &gateway() const { return m_gateway; }
    [[nodiscard]] const ApiSettings &settings() const { return m_settings; }

    // Errors.
    /// Answers the call with the error in the shape of its route, and notes a denied one.
    void fail(Call &call, const Error &error, std::optional<int> index = std::nullopt);
    /// Answers 400 with the reference's validation document.
    void failValidation(Call &call, ErrorCode code, ValidationErrors errors);
    /// Answers with the validation document for a body that could not be read, or 413 for one that
    /// is too large.
    void failBinding(Call &call, const Error &error);
    /// Answers 404 with the reference's problem document.
    void failNotFound(Call &call, const QByteArray &detail = {});
    [[nodiscard]] Response problem(int status, QByteArrayView code, const QByteArray &detail) const;

    // Doors. On a failure the call is answered and the result is empty.
    /// The ApiKey header and the route's roles in the database of that name (null: it was not
    /// said).
    std::optional<engine::Grant> enter(Call &call, const QByteArray *databaseName);
    /// As above, for the database of the Database header.
    std::optional<engine::Grant> enterClient(Call &call)
    {
        return enter(call, call.request.header("Database"));
    }
    /// The door of nodes, as the route has it.
    bool enterAsNode(Call &call);
    /// The Database header of a node's call.
    std::optional<DatabaseName> requiredDatabase(Call &call);

    /// Opens the database of the grant, creating it on first touch by a key that may; then calls
    /// `next()`. On a failure the call is answered instead.
    template <typename Next>
    void openDatabase(const CallPtr &call, const engine::Grant &grant, Next next)
    {
        m_gateway.open(grant.database,
            holds(grant, auth::Role::AddDatabase),
            [this, call, next = std::move(next)](const Result<void> &opened) mutable {
                if (!opened) {
                    fail(*call, opened.error());
                    return;
                }
                next();
            });
    }

    /// Answers the call with the error of `result`, or with what `make` makes of its value.
    template <typename T, typename Make> void answer(Call &call, Result<T> result, Make make)
    {
        if (!result) {
            fail(call, result.error());
            return;
        }
        call.reply(make(std::move(result).value()));
    }

    static bool holds(const engine::Grant &grant, auth::Role role)
    {
        return grant.isRoot || grant.roles.has(role);
    }

    /// Calls that were refused since the start.
    [[nodiscard]] std::uint64_t deniedCalls() const { return m_deniedCalls; }
    void noteDenied(const Request &request, const char *where, QByteArrayView code);
    /// How often each limit of the settings was hit since the start.
    [[nodiscard]] const LimitCounters &limits() const { return m_limits; }
    void noteLimit(Limit limit) { m_limits.note(limit); }

private:
    [[nodiscard]] Response problemResponse(wire::Problem problem) const;
    [[nodiscard]] QByteArray traceId() const;

    engine::Gateway &m_gateway;
    Random &m_random;
    const ApiSettings m_settings;
    std::uint64_t m_deniedCalls = 0;
    LimitCounters m_limits;
};

} // namespace driftless::api
