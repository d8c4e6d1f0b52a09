#include "replication/pump.h"

#include <algorithm>

// The part of the pump that takes in what the peer says.
namespace driftless::replication {

namespace {

constexpr std::size_t kEarlierRunsMax = 64;
constexpr int kRunReturnsMin = 3;
constexpr std::chrono::seconds kRunReturnsSpan {3};
constexpr std::chrono::seconds kRunReturnsMemory {30};

bool isForked(const LocalCopy &copy, const Incarnation &incarnation)
{
    return copy.forks != nullptr
        && std::any_of(
            copy.forks->begin(), copy.forks->end(), [&incarnation](const storage::Fork &fork) {
                return fork.dot.incarnation == incarnation;
            });
}

} // namespace

bool Pump::isFromPeer(const Sender &sender, Instant now)
{
    if (sender.node == m_scope.id) {
        return true;
    }
    if (sender.node != m_settings.self) {
        peerFailed("WrongNode",
            "The node there calls itself '" + sender.node.bytes()
                + "'. Register it under that id, or correct the BaseUrl.",
            now);
    } else if (sender.run == m_settings.run) {
        peerFailed("OwnAddress", "The BaseUrl leads to this node itself. Correct it.", now);
    } else {
        peerFailed("DuplicateNode",
            "The node there uses this node's own id. Give one of the two another id.",
            now);
    }
    return false;
}

bool Pump::learnRun(const Heartbeat &heartbeat, bool isAnswer, Instant now)
{
    const std::uint64_t run = heartbeat.sender.run;
    if (m_runReturns > 0 && now - m_runReturned > kRunReturnsMemory) {
        m_runReturns = 0;
        m_isDuplicate = false;
    }
    if (run == m_run) {
        return true;
    }
    if (m_earlierRuns.contains(run)) {
        noteReturn(heartbeat.wallTime, now);
        if (!isAnswer) {
            return false;
        }
    }
    if (m_run) {
        if (m_earlierRuns.size() >= kEarlierRunsMax) {
            m_earlierRuns.clear();
        }
        m_earlierRuns.insert(*m_run);
    }
    m_run = run;
    m_runBegan = heartbeat.wallTime;
    m_earlierRuns.erase(run);
    // A restarted node may have come back with an older file: nothing that was known of it holds.
    std::erase_if(
        m_calls, [](const auto &entry) { return entry.second.kind != Call::Kind::Heartbeat; });
    m_databases.clear();
    return true;
}

/// An earlier run was heard again: a message that a bad network held back says so by its own clock,
/// as it was written before the present run began. Else there are two nodes under one id, if it
/// happens again and again (a clock may have been set back once).
void Pump::noteReturn(WallTime written, Instant now)
{
    if (written < m_runBegan) {
        return;
    }
    if (m_runReturns == 0) {
        m_runFirstReturned = now;
    }
    ++m_runReturns;
    m_runReturned = now;
    m_isDuplicate = m_isDuplicate
        || (m_runReturns >= kRunReturnsMin && now - m_runFirstReturned >= kRunReturnsSpan);
}

void Pump::learn(const Heartbeat &heartbeat, bool isAnswer, WallTime wallTime, Effects &effects)
{
    effects.push_back(PeersTold {heartbeat.sender.activePeers});
    m_listsUs = heartbeat.sender.serves(m_settings.self);
    for (const HeartbeatDatabase &said : heartbeat.databases) {
        if (m_scope.exchanges(said.name)) {
            learnDatabase(said, isAnswer, wallTime, effects);
        }
    }
    if (isAnswer) {
        learnAbsence(heartbeat);
    }
}

Pump::DatabaseState &Pump::stateOf(const DatabaseName &name, const Generation &peerGeneration)
{
    DatabaseState &state = m_databases[name];
    if (state.peerGeneration != peerGeneration) {
        std::erase_if(
            m_calls, [&name](const auto &entry) { return entry.second.database == name; });
        storage::VersionVector before = std::move(state.knownBefore);
        before.raise(state.known);
        state = {};
        state.knownBefore = std::move(before);
    }
    state.peerGeneration = peerGeneration;
    return state;
}

/// An answer names all that the peer has; of the rest it has nothing, and is to get it.
void Pump::learnAbsence(const Heartbeat &answer)
{
    for (const DatabaseName &name : m_local.names()) {
        if (!m_scope.exchanges(name) || answer.find(name) != nullptr) {
            continue;
        }
        const auto copy = m_local.find(name);
        if (!copy || copy->vector == nullptr) {
            continue;
        }
        DatabaseState &state = stateOf(name, copy->generation);
        state.isHeard = true;
        state.waits = false;
        learnVector(state, {}, true);
    }
}

void Pump::learnDatabase(
    const HeartbeatDatabase &said, bool isAnswer, WallTime wallTime, Effects &effects)
{
    const auto copy = m_local.find(said.name);
    const bool isCopyThere = said.vectorHash != Hash128 {};
    if (!copy) {
        if (said.generation.isAlive && !isCopyThere) {
            return;
        }
        effects.push_back(CreateDatabase {said.name, said.generation});
        if (!said.generation.isAlive) {
            return;
        }
    } else if (said.generation > copy->generation) {
        effects.push_back(GenerationSeen {said.name, said.generation});
    }
    DatabaseState &state = stateOf(said.name, said.generation);
    state.waits = false;
    state.peerVectorHash = said.vectorHash;
    state.peerDigest = said.digest;
    state.peerLeftOutHash = said.leftOutHash;
    state.isEqual.reset();
    if (copy && copy->generation != said.generation) {
        state.isHeard = false;
        return;
    }
    const bool isSame = copy && copy->vector != nullptr && said.vectorHash == copy->vectorHash;
    if (!state.isHeard && isCopyThere && !said.vector && !isSame) {
        return; // what it has comes with the next answer
    }
    state.isHeard = true;
    if (said.vector || !isCopyThere) {
        learnVector(state, said.vector.value_or(storage::VersionVector {}), isAnswer);
        if (state.hasDeferred) {
            state.scannedTo.reset(); // with what the peer has now: what was left to others, and did
                                     // not come to it, is sent
        }
    }
    if (copy && copy->vector != nullptr) {
        if (isSame) {
            if (!state.known.covers(*copy->vector)) {
                state.known.raise(*copy->vector);
                ++state.changes;
            }
            state.scannedTo = copy->lastPosition;
            state.hasDeferred = false;
            forgetFailures(state);
            if (said.leftOutHash == copy->leftOutHash) {
                state.isEqual = said.digest == copy->digest;
                state.comparedVectorHash = copy->vectorHash;
                state.compared = wallTime;
            }
        } else if (said.vector) {
            findForks(said.name, *said.vector, *copy, effects);
        }
    }
    if (isAnswer) {
        state.holeHeartbeats = state.heardOperations ? 0 : state.holeHeartbeats + 1;
        state.heardOperations = false;
        findHole(state, copy ? &*copy : nullptr);
    }
}

void Pump::forgetFailures(DatabaseState &state)
{
    state.failures = 0;
    state.retryAt.reset();
    state.error.clear();
}

void Pump::learnVector(DatabaseState &state, const storage::VersionVector &vector, bool isAnswer)
{
    const bool isLatest = isAnswer && !state.push && state.changes == state.changesAtHeartbeat;
    if (!isLatest) {
        state.known.raise(vector);
        ++state.changes;
        return;
    }
    if (!vector.covers(state.known)) {
        state.scannedTo.reset(); // the peer went back
    }
    state.known = vector;
}

void Pump::learnEntries(
    DatabaseState &state, const storage::VersionVector &entries, bool &hasProgress, bool &isWhole)
{
    bool isLower = false;
    for (const auto &[incarnation, sent] : state.sent.entries()) {
        const std::uint64_t now = entries.sequenceOf(incarnation);
        const std::uint64_t before = state.known.sequenceOf(incarnation);
        hasProgress = hasProgress || now > before;
        isWhole = isWhole && (now >= sent.sequence || state.refused.contains(incarnation));
        isLower = isLower || now < before;
    }
    if (!isLower) {
        state.known.raise(entries);
        return;
    }
    storage::VersionVector known;
    for (const auto &[incarnation, entry] : state.known.entries()) {
        if (state.sent.find(incarnation) == nullptr) {
            known.raise(incarnation, entry);
        }
    }
    known.raise(entries);
    state.known = known;
}

void Pump::findHole(DatabaseState &state, const LocalCopy *copy)
{
    const storage::VersionVector nothing;
    const storage::VersionVector &here
        = copy != nullptr && copy->vector != nullptr ? *copy->vector : nothing;
    if (copy != nullptr && state.peerVectorHash == copy->vectorHash) {
        state.hole = {};
        state.holeHeartbeats = 0;
        return;
    }
    if (!state.hole.isEmpty() && !here.covers(state.hole)) {
        return; // it is still there; its age counts
    }
    state.hole = {};
    state.holeHeartbeats = 0;
    for (const auto &[incarnation, entry] : state.known.entries()) {
        if (entry.sequence > here.sequenceOf(incarnation)
            && (copy == nullptr || !isForked(*copy, incarnation))) {
            state.hole.raise(incarnation, entry);
        }
    }
}

void Pump::findForks(const DatabaseName &name,
    const storage::VersionVector &theirs,
    const LocalCopy &copy,
    Effects &effects)
{
    for (const auto &[incarnation, entry] : theirs.entries()) {
        const storage::VersionVector::Entry *mine = copy.vector->find(incarnation);
        if (mine != nullptr && mine->sequence == entry.sequence
            && mine->chainHash != entry.chainHash && !isForked(copy, incarnation)) {
            m_databases[name].refused.insert(incarnation);
            effects.push_back(RecordFork {
                name, {{incarnation, entry.sequence}, mine->chainHash, entry.chainHash}});
        }
    }
}

} // namespace driftless::replication
