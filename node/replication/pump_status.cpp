#include "replication/pump.h"

// The part of the pump that says how things stand: to the peer, and to whoever asks.
namespace driftless::replication {

namespace {

HeartbeatDatabase describe(const DatabaseName &name, const LocalCopy &copy, bool withVector)
{
    HeartbeatDatabase database;
    database.name = name;
    database.generation = copy.generation;
    if (copy.vector != nullptr) {
        database.vectorHash = copy.vectorHash;
        database.digest = copy.digest;
        database.leftOutHash = copy.leftOutHash;
        database.documents = copy.documents;
        if (withVector) {
            database.vector = *copy.vector;
        }
    }
    return database;
}

} // namespace

Heartbeat Pump::composeHeartbeat(const Sender &sender, WallTime wallTime) const
{
    Heartbeat heartbeat;
    heartbeat.sender = sender;
    heartbeat.wallTime = wallTime;
    heartbeat.isScoped = !m_scope.isActiveByDefault;
    for (const DatabaseName &name : m_local.names()) {
        const auto copy = m_local.find(name);
        if (!m_scope.exchanges(name) || !copy
            || (copy->vector == nullptr && copy->generation.isAlive)) {
            continue;
        }
        const auto state = m_databases.find(name);
        const bool isKnownThere = state != m_databases.end() && state->second.isHeard
            && state->second.peerVectorHash == copy->vectorHash;
        heartbeat.databases.push_back(describe(name, *copy, !isKnownThere));
    }
    for (const auto &[name, isActive] : m_scope.databases) {
        if (isActive && !m_local.find(name)) {
            HeartbeatDatabase wanted;
            wanted.name = name;
            heartbeat.databases.push_back(wanted);
        }
    }
    return heartbeat;
}

StreamQuery Pump::streamQuery(const DatabaseName &database, const RelayRule *relay) const
{
    StreamQuery query;
    const DatabaseState &state = m_databases.at(database);
    const auto copy = m_local.find(database);
    query.known = &state.known;
    query.scannedTo = state.scannedTo;
    query.relay = relay;
    query.refused = &state.refused;
    query.end = copy ? copy->lastPosition : LogPosition {};
    query.operationsMax = m_settings.transferOperationsMax;
    return query;
}

PumpStatus Pump::status() const
{
    PumpStatus status;
    status.state = m_state;
    status.problem = m_problem;
    status.reason = m_reason;
    status.lastHeard = m_lastHeard;
    status.clockOffset = m_clock.offset();
    status.roundTrip = m_clock.roundTrip();
    if (status.problem.isEmpty() && m_isDuplicate) {
        status.problem = "DuplicateNode";
        status.reason = "Two nodes use the id '" + m_scope.id.bytes()
            + "' at once. Give one of them another id; no data is at risk.";
    } else if (status.problem.isEmpty() && m_state == PeerState::Online && m_clock.isSkewed()) {
        status.problem = "ClockSkew";
        status.reason = "The clocks of this node and of the peer are "
            + QByteArray::number(std::chrono::abs(*status.clockOffset).count() / 1000)
            + " seconds apart. Set the wrong one right.";
    }
    return status;
}

storage::VersionVector Pump::everKnown(const DatabaseName &database) const
{
    const auto found = m_databases.find(database);
    if (found == m_databases.end()) {
        return {};
    }
    storage::VersionVector known = found->second.known;
    known.raise(found->second.knownBefore);
    return known;
}

PumpDatabaseStatus Pump::status(const DatabaseName &database) const
{
    PumpDatabaseStatus status;
    status.isExchanged = m_scope.exchanges(database);
    const auto found = m_databases.find(database);
    const auto copy = m_local.find(database);
    if (found == m_databases.end() || !copy) {
        return status;
    }
    const DatabaseState &state = found->second;
    status.isHeard = state.isHeard;
    status.peerGeneration = state.peerGeneration;
    if (copy->generation != state.peerGeneration) {
        status.problem = "Generation";
        status.reason = copy->generation > state.peerGeneration
            ? "The peer still has an earlier generation of the database."
            : "The peer has a later generation of the database.";
        return status;
    }
    if (copy->vector == nullptr || !state.isHeard) {
        return status;
    }
    status.digest = state.peerDigest;
    status.checked = state.compared;
    status.pushedTo = state.scannedTo.value_or(LogPosition {});
    const bool isSame = state.peerVectorHash == copy->vectorHash;
    if (state.isEqual && state.comparedVectorHash == copy->vectorHash && isSame) {
        status.isEqual = state.isEqual;
    }
    status.pendingHere = isSame ? 0 : copy->vector->operationsBeyond(state.known);
    status.pendingThere = isSame ? 0 : state.known.operationsBeyond(*copy->vector);
    if (!copy->forks->empty()) {
        status.problem = "Fork";
        status.reason = "Two different operations have the same number: a machine was set back "
                        "while it ran. What was written in that run is "
                        "exchanged no further.";
    } else if (!state.refused.empty()) {
        status.problem = "Fork";
        status.reason = "The peer takes no more operations of a run that has a fork.";
    } else if (state.isPruned) {
        status.problem = "TooOldNeedsSnapshot";
        status.reason = "The peer lacks operations that are no longer in this node's log.";
    } else if (!state.error.isEmpty()) {
        status.problem = "Refused";
        status.reason = state.error;
    } else if (state.peerLeftOutHash != copy->leftOutHash) {
        status.problem = "Quarantine";
        status.reason = "The two nodes leave different documents out of the comparison, because "
                        "operations on them are quarantined.";
    }
    return status;
}

Heartbeat answerHeartbeat(const Heartbeat &request,
    const LocalCopies &local,
    const Sender &self,
    WallTime receivedAt,
    WallTime now)
{
    Heartbeat answer;
    answer.sender = self;
    answer.wallTime = now;
    answer.receivedAt = receivedAt;
    for (const DatabaseName &name : local.names()) {
        const HeartbeatDatabase *asked = request.find(name);
        const auto copy = local.find(name);
        if ((asked == nullptr && request.isScoped) || !copy
            || (copy->vector == nullptr && copy->generation.isAlive)) {
            continue;
        }
        const bool isSame = asked != nullptr && asked->vectorHash == copy->vectorHash
            && asked->generation == copy->generation;
        answer.databases.push_back(describe(name, *copy, !isSame));
    }
    return answer;
}

} // namespace driftless::replication
