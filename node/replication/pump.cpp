#include "replication/pump.h"

#include <algorithm>

namespace driftless::replication {

namespace {

constexpr std::chrono::milliseconds kBackoffFirst {250};
/// Hints come with every commit of a busy peer; more heartbeats than this tell nothing new.
constexpr std::chrono::milliseconds kHintPause {50};

} // namespace

Pump::Pump(PeerScope scope, Settings settings, const LocalCopies &local, Random &random)
    : m_scope(std::move(scope))
    , m_settings(std::move(settings))
    , m_local(local)
    , m_random(random)
{
    m_state = m_scope.isActive() ? PeerState::Offline : PeerState::Inactive;
    schedule();
}

Effects Pump::handle(const Event &event, Instant now)
{
    Effects effects;
    std::visit([&](const auto &one) { on(one, now, effects); }, event);
    giveTurns(now, effects);
    schedule();
    return effects;
}

bool Pump::isPushing() const
{
    return m_state == PeerState::Online
        || (m_state != PeerState::Inactive && m_isHeard && m_heardFailures == 0);
}

void Pump::on(const Tick &, Instant now, Effects &effects)
{
    if (m_state == PeerState::Inactive) {
        return;
    }
    if (!m_heartbeat && now >= m_nextHeartbeat) {
        sendHeartbeat(now, effects);
    }
    for (auto &[name, state] : m_databases) {
        if (state.retryAt && now >= *state.retryAt) {
            state.retryAt.reset();
            pushIfNeeded(name, now, effects);
            fetchIfNeeded(name, now, effects);
        }
    }
}

void Pump::on(const LogGrew &event, Instant now, Effects &effects)
{
    pushIfNeeded(event.database, now, effects);
}

void Pump::on(const HintHeard &, Instant now, Effects &effects)
{
    if (m_state == PeerState::Inactive) {
        return;
    }
    const auto pause = m_state == PeerState::Offline ? m_settings.heartbeat : kHintPause;
    if (!m_lastHeartbeat || now - *m_lastHeartbeat >= pause) {
        sendHeartbeat(now, effects);
    } else {
        heartbeatNotLaterThan(*m_lastHeartbeat + pause);
    }
}

void Pump::on(const HeartbeatHeard &event, Instant now, Effects &effects)
{
    if (m_state == PeerState::Inactive || !learnRun(event.heartbeat, false, now)) {
        return;
    }
    m_isHeard = true;
    m_lastHeard = event.wallTime;
    if (m_state == PeerState::Offline) {
        // The peer lives. Where only its calls get through, this tries once a heartbeat, whatever
        // the backoff.
        heartbeatNotLaterThan(
            m_lastHeartbeat ? std::max(now, *m_lastHeartbeat + m_settings.heartbeat) : now);
    }
    learn(event.heartbeat, false, event.wallTime, effects);
    exchangeAll(now, effects);
}

void Pump::on(const OperationsHeard &event, Instant, Effects &)
{
    const auto found = m_databases.find(event.database);
    if (found != m_databases.end()) {
        found->second.known.raise(event.senderHas);
        ++found->second.changes;
        found->second.heardOperations = true;
    }
}

void Pump::on(const TransferBuilt &event, Instant now, Effects &effects)
{
    const auto call = m_calls.find(event.call);
    if (call == m_calls.end()) {
        return;
    }
    const DatabaseName name = call->second.database;
    DatabaseState &state = m_databases[name];
    const Transfer &transfer = event.transfer;
    if (state.scannedTo
        == state.pushedFrom) { // else something was heard meanwhile that asks for another look
        state.scannedTo = transfer.scannedTo;
    }
    state.hasDeferred = state.hasDeferred || transfer.hasDeferred;
    state.isPruned = state.isPruned || transfer.isPruned;
    for (const storage::Fork &fork : transfer.forks) {
        state.refused.insert(fork.dot.incarnation);
        effects.push_back(RecordFork {name, fork});
    }
    if (transfer.count > 0) {
        state.sent = transfer.sent;
        return;
    }
    m_calls.erase(call);
    state.push.reset();
    const auto copy = m_local.find(name);
    if (copy && state.scannedTo && *state.scannedTo < copy->lastPosition) {
        // One look into the log is bounded. The next one is the next tick's, or a long log of which
        // the peer has everything would hold up whatever else waits.
        state.retryAt = now;
        return;
    }
    pushIfNeeded(name, now, effects);
}

void Pump::on(const FetchIngested &event, Instant now, Effects &effects)
{
    const auto call = m_calls.find(event.call);
    if (call == m_calls.end()) {
        return;
    }
    const DatabaseName name = call->second.database;
    m_calls.erase(call);
    DatabaseState &state = m_databases[name];
    state.fetch.reset();
    state.known.raise(event.outcome.senderHas);
    ++state.changes;
    if (event.outcome.malformed) {
        databaseFailed(state, event.outcome.malformed->message, now);
        return;
    }
    forgetFailures(state);
    if (state.fetchHasMore && event.outcome.applied > 0) {
        state.fetch = begin(Call::Kind::Fetch, name, now);
        effects.push_back(SendFetch {*state.fetch, name});
    } else {
        const auto copy = m_local.find(name);
        findHole(state, copy ? &*copy : nullptr);
    }
}

void Pump::on(const EffectFailed &event, Instant now, Effects &)
{
    const auto call = m_calls.find(event.call);
    if (call == m_calls.end()) {
        return;
    }
    DatabaseState &state = m_databases[call->second.database];
    (call->second.kind == Call::Kind::Fetch ? state.fetch : state.push).reset();
    m_calls.erase(call);
    databaseFailed(state, event.error.message, now);
}

void Pump::on(const Reconfigured &event, Instant now, Effects &)
{
    const bool isSameDoor = event.scope.id == m_scope.id && event.scope.baseUrl == m_scope.baseUrl
        && m_state != PeerState::Inactive;
    m_scope = event.scope;
    if (!m_scope.isActive()) {
        forgetCalls();
        m_databases.clear();
        m_state = PeerState::Inactive;
        m_problem.clear();
        m_reason.clear();
        return;
    }
    if (!isSameDoor) {
        forgetCalls();
        m_databases.clear();
        m_run.reset();
        m_earlierRuns.clear();
        m_runReturns = 0;
        m_isDuplicate = false;
        m_failures = 0;
        m_state = PeerState::Offline;
    } else {
        for (auto &[name, state] : m_databases) {
            if (!m_scope.exchanges(name)) {
                std::erase_if(m_calls, [&database = name](const auto &entry) {
                    return entry.second.database == database;
                });
            }
        }
        std::erase_if(
            m_databases, [this](const auto &entry) { return !m_scope.exchanges(entry.first); });
    }
    m_nextHeartbeat = now;
}

bool Pump::canExchange(const DatabaseState &state, const LocalCopy &copy) const
{
    return m_state == PeerState::Online && state.isHeard && copy.vector != nullptr
        && copy.generation == state.peerGeneration && copy.generation.isAlive && !state.retryAt;
}

void Pump::pushIfNeeded(const DatabaseName &name, Instant now, Effects &effects)
{
    const auto found = m_databases.find(name);
    if (found == m_databases.end() || found->second.push || found->second.waits) {
        return;
    }
    DatabaseState &state = found->second;
    const auto copy = m_local.find(name);
    if (!copy || !canExchange(state, *copy)
        || (state.scannedTo && *state.scannedTo >= copy->lastPosition)) {
        return;
    }
    if (!state.scannedTo) {
        state.hasDeferred = false;
        state.isPruned = false;
        if (copy->vector->operationsBeyond(state.known) == 0) {
            state.scannedTo = copy->lastPosition;
            if (!state.fetch && state.hole.isEmpty()) {
                forgetFailures(state);
            }
            return;
        }
    }
    if (!takesTurn(name)) {
        return;
    }
    if (!copy->roster->contains(m_scope.id)) {
        effects.push_back(AdmitNode {name, m_scope.id});
    }
    state.push = begin(Call::Kind::Operations, name, now);
    ++state.changes;
    state.ignoredRelay = std::exchange(state.ignoresRelay, false);
    state.pushedFrom = state.scannedTo;
    state.sent = {};
    effects.push_back(SendOperations {*state.push, name, state.ignoredRelay});
}

void Pump::fetchIfNeeded(const DatabaseName &name, Instant now, Effects &effects)
{
    DatabaseState &state = m_databases[name];
    if (m_state != PeerState::Online || state.fetch || state.retryAt || state.hole.isEmpty()) {
        return;
    }
    // A peer that names us pushes by itself; it is asked only when that does not come.
    if (m_listsUs && state.holeHeartbeats <= 2) {
        return;
    }
    if (!takesTurn(name)) {
        return;
    }
    state.fetch = begin(Call::Kind::Fetch, name, now);
    state.fetchHasMore = false;
    effects.push_back(SendFetch {*state.fetch, name});
}

void Pump::exchangeAll(Instant now, Effects &effects)
{
    for (auto &[name, state] : m_databases) {
        pushIfNeeded(name, now, effects);
    }
}

bool Pump::hasRoom() const
{
    return m_calls.size() - (m_heartbeat ? 1 : 0) < kTransfersAtOnceMax;
}

bool Pump::takesTurn(const DatabaseName &name)
{
    const bool isFirst = !m_turns.empty() && m_turns.front() == name;
    if (hasRoom() && (m_turns.empty() || isFirst)) {
        if (isFirst) {
            m_turns.pop_front();
        }
        return true;
    }
    if (std::find(m_turns.begin(), m_turns.end(), name) == m_turns.end()) {
        m_turns.push_back(name);
    }
    return false;
}

void Pump::giveTurns(Instant now, Effects &effects)
{
    while (!m_turns.empty() && hasRoom()) {
        const DatabaseName name = m_turns.front();
        if (m_databases.contains(name)) {
            pushIfNeeded(name, now, effects);
            fetchIfNeeded(name, now, effects);
        }
        if (!m_turns.empty() && m_turns.front() == name) {
            m_turns.pop_front(); // it needs nothing any more
        }
    }
}

void Pump::sendHeartbeat(Instant now, Effects &effects)
{
    if (m_heartbeat) {
        m_heartbeatAgain = true;
        return;
    }
    if (m_state == PeerState::Offline) {
        m_state = PeerState::Connecting;
    }
    m_lastHeartbeat = now;
    m_nextHeartbeat = now + m_settings.heartbeat;
    for (auto &[name, state] : m_databases) {
        state.changesAtHeartbeat = state.changes;
    }
    m_heartbeat = begin(Call::Kind::Heartbeat, {}, now);
    effects.push_back(SendHeartbeat {*m_heartbeat});
}

void Pump::heartbeatNotLaterThan(Instant when)
{
    m_nextHeartbeat = std::min(m_nextHeartbeat, when);
}

void Pump::schedule()
{
    m_due = Instant::max();
    if (m_state == PeerState::Inactive) {
        return;
    }
    if (!m_heartbeat) {
        m_due = m_nextHeartbeat;
    }
    for (const auto &[name, state] : m_databases) {
        if (state.retryAt) {
            m_due = std::min(m_due, *state.retryAt);
        }
    }
}

CallId Pump::begin(Call::Kind kind, const DatabaseName &database, Instant now)
{
    m_calls[++m_lastCall] = Call {kind, database, now};
    return m_lastCall;
}

std::chrono::milliseconds Pump::backoff(int failures)
{
    const auto bound = std::max(m_settings.backoffMax, kBackoffFirst);
    const auto delay
        = std::min(kBackoffFirst * (std::int64_t {1} << std::clamp(failures - 1, 0, 20)), bound);
    // Nodes that lost the same peer at once do not come back at once.
    return delay
        + std::chrono::milliseconds(
            m_random.below(static_cast<std::uint64_t>(delay.count() / 2 + 1)));
}

} // namespace driftless::replication
