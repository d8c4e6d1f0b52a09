#include "api/cluster_api.h"

#include "wire/cluster_peer.h"
#include "wire/replication_status.h"

#include <algorithm>

namespace driftless::api {

namespace {

Response peersResponse(const std::vector<engine::PeerView> &peers)
{
    std::vector<wire::ClusterPeer> rows;
    rows.reserve(peers.size());
    for (const engine::PeerView &peer : peers) {
        rows.push_back({peer.id.bytes(),
            peer.baseUrl,
            peer.isActive,
            peer.updated,
            peer.database ? peer.database->bytes() : QByteArray()});
    }
    std::sort(rows.begin(), rows.end(), [](const wire::ClusterPeer &a, const wire::ClusterPeer &b) {
        return a.nodeId < b.nodeId;
    });
    return Response::json(200, toJson(rows));
}

wire::PeerStatusRow rowOf(const engine::PeerStatus &status)
{
    return {
        .nodeId = status.peer.id.bytes(),
        .baseUrl = status.peer.baseUrl,
        .isActive = status.peer.isActive,
        .catchUpStatus = status.catchUpStatus,
        .catchUpReason = status.catchUpReason,
        .oldestAvailable = status.oldestAvailable,
        .lastPushed = status.lastPushed,
        .lastPulled = status.lastPulled,
        .localMax = status.localMax,
        .pending = status.pending,
        .updated = status.updated,
        .clockOffsetMs = status.clockOffsetMs,
    };
}

wire::DatabaseStatusRow rowOf(const engine::DatabaseStatus &status)
{
    wire::DatabaseStatusRow row;
    row.name = status.name.bytes();
    row.error = status.error;
    row.oldestAvailable = status.oldestAvailable;
    row.localMax = status.localMax;
    row.received = {status.received.applied, status.received.duplicates, status.received.leftOut};
    for (const engine::PeerStatus &peer : status.peers) {
        row.peers.push_back(rowOf(peer));
    }
    std::sort(row.peers.begin(),
        row.peers.end(),
        [](const wire::PeerStatusRow &a, const wire::PeerStatusRow &b) {
            return a.nodeId < b.nodeId;
        });
    return row;
}

} // namespace

ClusterApi::ClusterApi(Context &context)
    : m_context(context)
{
}

void ClusterApi::listPeers(const CallPtr &call)
{
    std::optional<DatabaseName> database;
    if (!enter(*call, database)) {
        return;
    }
    m_context.gateway().peers(
        std::move(database), [this, call](Result<std::vector<engine::PeerView>> peers) {
            m_context.answer(*call, std::move(peers), peersResponse);
        });
}

void ClusterApi::postPeer(const CallPtr &call)
{
    const Result<wire::ClusterPeer> peer = wire::ClusterPeer::fromJson(call->request.body);
    if (!peer) {
        const Error &error = peer.error();
        const QByteArray path = error.path.isEmpty() ? QByteArray("$") : error.path;
        m_context.failValidation(*call,
            ErrorCode::InvalidJson,
            {{path, error.message}, {"peer", "The peer field is required."}});
        return;
    }
    engine::PeerView view;
    if (!enter(*call, view.database)) {
        return;
    }
    Result<NodeId> id = NodeId::parse(peer->nodeId);
    if (!id) {
        m_context.fail(*call, id.error());
        return;
    }
    view.id = std::move(*id);
    view.baseUrl = peer->baseUrl;
    while (view.baseUrl.endsWith('/')) {
        view.baseUrl.chop(1);
    }
    view.isActive = peer->isActive;
    view.updated = m_context.gateway().now();
    m_context.gateway().savePeer(std::move(view), [this, call](const Result<void> &saved) {
        if (!saved) {
            m_context.fail(*call, saved.error());
            return;
        }
        call->reply(Response::empty(200));
    });
}

void ClusterApi::removePeer(const CallPtr &call)
{
    std::optional<DatabaseName> database;
    if (!enter(*call, database)) {
        return;
    }
    Result<NodeId> id = NodeId::parse(call->first);
    if (!id) {
        m_context.fail(*call, id.error());
        return;
    }
    m_context.gateway().removePeer(
        std::move(*id), std::move(database), [this, call](const Result<void> &removed) {
            if (!removed) {
                m_context.fail(*call, removed.error());
                return;
            }
            call->reply(Response::empty(200));
        });
}

void ClusterApi::status(const CallPtr &call)
{
    if (!m_context.enterAsNode(*call)) {
        return;
    }
    m_context.gateway().replicationStatus(
        [this, call](Result<std::vector<engine::DatabaseStatus>> databases) {
            m_context.answer(*call,
                std::move(databases),
                [this](const std::vector<engine::DatabaseStatus> &found) {
                    wire::ReplicationStatus status;
                    status.nodeId = m_context.gateway().nodeId().bytes();
                    status.timestamp = m_context.gateway().now();
                    for (const engine::DatabaseStatus &database : found) {
                        status.databases.push_back(rowOf(database));
                    }
                    std::sort(status.databases.begin(),
                        status.databases.end(),
                        [](const wire::DatabaseStatusRow &a, const wire::DatabaseStatusRow &b) {
                            return a.name < b.name;
                        });
                    status.deniedCalls = m_context.deniedCalls();
                    status.limits = m_context.limits();
                    return Response::json(200, status.toJson());
                });
        });
}

bool ClusterApi::enter(Call &call, std::optional<DatabaseName> &database)
{
    if (!m_context.enterAsNode(call)) {
        return false;
    }
    if (call.request.header("Database") == nullptr) {
        return true;
    }
    database = m_context.requiredDatabase(call);
    return database.has_value();
}

} // namespace driftless::api
