#include "api/databases_api.h"

#include "api/query_parameters.h"
#include "wire/conflict_list.h"
#include "wire/convergence.h"
#include "wire/database_list.h"
#include "wire/object_writer.h"

#include <algorithm>

namespace driftless::api {

namespace {

constexpr int kConflictsPageDefault = 100;
constexpr int kHlcCounterBits = 16;

WallTime wallTimeOf(const Version &version)
{
    return WallTime(std::chrono::milliseconds(static_cast<qint64>(version.hlc >> kHlcCounterBits)));
}

Response listResponse(
    const std::vector<engine::DatabaseInfo> &databases, const auth::Principal &holder)
{
    std::vector<wire::DatabaseRow> rows;
    for (const engine::DatabaseInfo &database : databases) {
        if (holder.mayUse(database.name)) {
            rows.push_back({database.name.bytes(),
                database.generation,
                database.created,
                database.documents,
                database.fileBytes});
        }
    }
    return Response::json(200, toJson(rows));
}

Response nameResponse(int status, const DatabaseName &name)
{
    QByteArray out;
    wire::ObjectWriter writer(out);
    writer.text("Name", name.bytes());
    writer.end();
    return Response::json(status, std::move(out));
}

Response convergenceResponse(const engine::Convergence &state)
{
    wire::Convergence convergence;
    convergence.database = state.database.bytes();
    convergence.digest = state.digest;
    convergence.documents = state.documents;
    convergence.conflicts = state.conflicts;
    convergence.quarantined = state.quarantined;
    for (const auto &[origin, incarnations] : state.vector) {
        convergence.vector.emplace(origin.bytes(), incarnations);
    }
    convergence.converged = state.converged;
    convergence.reason = state.reason;
    for (const engine::PeerConvergence &peer : state.peers) {
        convergence.peers.push_back({peer.peer.bytes(),
            peer.digest,
            peer.equal,
            peer.checked,
            peer.pendingHere,
            peer.pendingThere});
    }
    return Response::json(200, convergence.toJson());
}

wire::ConflictSide sideOf(const engine::ConflictSide &side)
{
    return {operationId(side.version),
        side.version.dot.incarnation.origin.bytes(),
        wallTimeOf(side.version),
        side.isDelete,
        side.value,
        side.body};
}

Response conflictsResponse(const engine::ConflictPage &page)
{
    wire::ConflictList list;
    list.total = page.total;
    for (const engine::ConflictView &conflict : page.conflicts) {
        list.rows.push_back({conflict.collection,
            conflict.id,
            conflict.member,
            sideOf(conflict.winner),
            sideOf(conflict.loser)});
    }
    return Response::json(200, list.toJson());
}

} // namespace

DatabasesApi::DatabasesApi(Context &context)
    : m_context(context)
{
}

void DatabasesApi::list(const CallPtr &call)
{
    Result<auth::Principal> holder
        = m_context.gateway().access().principal(call->request.header("ApiKey"));
    if (!holder) {
        m_context.fail(*call, holder.error());
        return;
    }
    m_context.gateway().databases([this, call, owner = std::move(*holder)](
                                      Result<std::vector<engine::DatabaseInfo>> databases) {
        m_context.answer(
            *call, std::move(databases), [&](const std::vector<engine::DatabaseInfo> &found) {
                return listResponse(found, owner);
            });
    });
}

void DatabasesApi::put(const CallPtr &call)
{
    const auto grant = m_context.enter(*call, &call->first);
    if (!grant) {
        return;
    }
    m_context.gateway().createDatabase(
        grant->database, [this, call, name = grant->database](Result<bool> created) {
            m_context.answer(*call, std::move(created), [&](bool isNew) {
                return nameResponse(isNew ? 201 : 200, name);
            });
        });
}

void DatabasesApi::remove(const CallPtr &call)
{
    const auto grant = m_context.enter(*call, &call->first);
    if (!grant) {
        return;
    }
    m_context.gateway().deleteDatabase(
        grant->database, [this, call, name = grant->database](const Result<void> &deleted) {
            if (!deleted) {
                m_context.fail(*call, deleted.error());
                return;
            }
            call->reply(nameResponse(200, name));
        });
}

void DatabasesApi::convergence(const CallPtr &call)
{
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    m_context.openDatabase(call, *grant, [this, call, database = grant->database] {
        m_context.gateway().convergence(database, [this, call](Result<engine::Convergence> state) {
            m_context.answer(*call, std::move(state), convergenceResponse);
        });
    });
}

void DatabasesApi::conflicts(const CallPtr &call)
{
    QueryParameters parameters(call->request);
    const int skip = std::max(parameters.integer("skip", 0), 0);
    const int asked = parameters.integer("take", 0);
    const int take = asked <= 0 ? kConflictsPageDefault : std::min(asked, kConflictsPageMax);
    if (!parameters.errors().empty()) {
        m_context.failValidation(*call, ErrorCode::InvalidArgument, parameters.errors());
        return;
    }
    const auto grant = m_context.enterClient(*call);
    if (!grant) {
        return;
    }
    m_context.openDatabase(call, *grant, [this, call, database = grant->database, skip, take] {
        m_context.gateway().conflicts(
            database, skip, take, [this, call](Result<engine::ConflictPage> page) {
                m_context.answer(*call, std::move(page), conflictsResponse);
            });
    });
}

} // namespace driftless::api
