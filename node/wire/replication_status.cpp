#include "wire/replication_status.h"

#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

void appendPeer(QByteArray &out, const PeerStatusRow &peer)
{
    ObjectWriter writer(out);
    writer.text("PeerNodeId", peer.nodeId)
        .text("BaseUrl", peer.baseUrl)
        .boolean("IsActive", peer.isActive)
        .text("CatchUpStatus", peer.catchUpStatus)
        .textOrNull("CatchUpReason", peer.catchUpReason)
        .integer("OldestAvailableLogSequence", peer.oldestAvailable)
        .integer("LastPushedLocalLogSequence", peer.lastPushed)
        .integer("LastPulledPeerLogSequence", peer.lastPulled)
        .integer("LocalMaxLogSequence", peer.localMax)
        .integer("EstimatedPendingPushOperations", peer.pending)
        .time("UpdatedUtc", peer.updated);
    if (peer.clockOffsetMs) {
        writer.integer("ClockOffsetMs", *peer.clockOffsetMs);
    } else {
        writer.null("ClockOffsetMs");
    }
    writer.end();
}

void appendDatabase(QByteArray &out, const DatabaseStatusRow &database)
{
    int active = 0;
    qint64 pending = 0;
    for (const PeerStatusRow &peer : database.peers) {
        active += peer.isActive ? 1 : 0;
        pending += peer.pending;
    }
    ObjectWriter writer(out);
    writer.text("DatabaseName", database.name)
        .text("Status", database.error.isEmpty() ? "Healthy" : "Error")
        .textOrNull("Error", database.error)
        .integer("OldestAvailableLogSequence", database.oldestAvailable)
        .integer("LocalMaxLogSequence", database.localMax)
        .integer("ActivePeerCount", active)
        .integer("TotalEstimatedPendingPushOperations", pending);
    appendArray(writer.member("Peers"), database.peers, appendPeer);
    ObjectWriter received(writer.member("ReceivedOperations"));
    received.integer("Applied", database.received.applied)
        .integer("Duplicates", database.received.duplicates)
        .integer("LeftOut", database.received.leftOut)
        .end();
    writer.end();
}

} // namespace

QByteArray ReplicationStatus::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("NodeId", nodeId).time("TimestampUtc", timestamp);
    appendArray(writer.member("Databases"), databases, appendDatabase);
    writer.integer("DeniedCalls", deniedCalls);
    ObjectWriter hits(writer.member("Limits"));
    for (std::size_t i = 0; i < kLimitCount; ++i) {
        const auto limit = static_cast<Limit>(i);
        hits.integer(limitName(limit), limits.hits(limit));
    }
    hits.end();
    writer.end();
    return out;
}

} // namespace driftless::wire
