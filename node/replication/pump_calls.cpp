#include "replication/pump.h"

// The part of the pump that takes the ends of its calls.
namespace driftless::replication {

void Pump::on(const CallEnded &event, Instant now, Effects &effects)
{
    const auto found = m_calls.find(event.call);
    if (found == m_calls.end()) {
        return; // of a connection that was given up
    }
    const Call call = found->second;
    switch (call.kind) {
    case Call::Kind::Heartbeat:
        m_calls.erase(found);
        heartbeatEnded(call, event, now, effects);
        return;
    case Call::Kind::Operations:
        m_calls.erase(found);
        operationsEnded(call, event, now, effects);
        return;
    case Call::Kind::Fetch:
        fetchEnded(call, event, now, effects);
        return;
    }
}

std::optional<QByteArray> Pump::bodyOf(
    const CallEnded &event, const DatabaseName *database, Instant now)
{
    if (!event.reply) {
        const Error &error = event.reply.error();
        if (database != nullptr) {
            databaseFailed(m_databases[*database], error.message, now);
        }
        if (database == nullptr || error.code != ErrorCode::Busy) {
            peerFailed("Offline", error.message, now);
        }
        return std::nullopt;
    }
    const int status = event.reply->status;
    if (status == 200) {
        return event.reply->body;
    }
    const QByteArray number = QByteArray::number(status);
    if (status == 401 || status == 403) {
        peerFailed("KeyRefused",
            "The peer refuses this node's replication key (status " + number
                + "). Give all nodes of the cluster the same key.",
            now);
    } else if (database != nullptr) {
        databaseFailed(
            m_databases[*database], "The peer answered with status " + number + '.', now);
    } else if (status == 404 || status == 405 || status == 501) {
        peerFailed("NoDriftless",
            "What answers there does not speak driftless/1 (status " + number
                + "). Check the peer's BaseUrl.",
            now);
    } else {
        peerFailed("Offline", "The peer answered with status " + number + '.', now);
    }
    return std::nullopt;
}

void Pump::heartbeatEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects)
{
    m_heartbeat.reset();
    const bool again = std::exchange(m_heartbeatAgain, false);
    const auto body = bodyOf(event, nullptr, now);
    if (!body) {
        return;
    }
    const auto heartbeat = Heartbeat::decode(*body);
    if (!heartbeat || !heartbeat->receivedAt) {
        peerFailed("NoDriftless",
            "What answers there does not speak driftless/1. Check the peer's BaseUrl.",
            now);
        return;
    }
    if (!isFromPeer(heartbeat->sender, now)) {
        return;
    }
    learnRun(*heartbeat, true, now);
    m_clock.add(call.sentAt, now, event.wallTime, *heartbeat->receivedAt, heartbeat->wallTime);
    m_lastHeard = event.wallTime;
    m_state = PeerState::Online;
    m_failures = 0;
    m_heardFailures = 0;
    m_problem.clear();
    m_reason.clear();
    learn(*heartbeat, true, event.wallTime, effects);
    exchangeAll(now, effects);
    for (auto &[name, state] : m_databases) {
        fetchIfNeeded(name, now, effects);
    }
    if (again) {
        sendHeartbeat(now, effects);
    }
}

void Pump::operationsEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects)
{
    DatabaseState &state = m_databases[call.database];
    state.push.reset();
    ++state.changes;
    const auto body = bodyOf(event, &call.database, now);
    if (!body) {
        return;
    }
    const auto answer = OperationsAnswer::decode(*body);
    if (!answer) {
        databaseFailed(state, answer.error().message, now);
        return;
    }
    operationsAnswered(call.database, *answer, now, effects);
    pushIfNeeded(call.database, now, effects);
}

void Pump::operationsAnswered(
    const DatabaseName &name, const OperationsAnswer &answer, Instant now, Effects &effects)
{
    DatabaseState &state = m_databases[name];
    if (answer.run != m_run) {
        // Restarted meanwhile: only a heartbeat says what it has now.
        state.scannedTo.reset();
        state.waits = true;
        sendHeartbeat(now, effects);
        return;
    }
    if (answer.status == TransferStatus::OtherGeneration) {
        const auto copy = m_local.find(name);
        if (copy && answer.generation < copy->generation) {
            // It was told of ours and did not join it: its disk, say. Asked at once it would not
            // either.
            databaseFailed(state, "The peer could not join this generation of the database.", now);
            return;
        }
        if (copy && answer.generation > copy->generation) {
            effects.push_back(GenerationSeen {name, answer.generation});
        }
        stateOf(name, answer.generation).waits = true;
        sendHeartbeat(now, effects);
        return;
    }

    bool lacksParents = false;
    for (const LeftOut &leftOut : answer.leftOut) {
        if (leftOut.reason == LeftOutReason::Stopped || leftOut.reason == LeftOutReason::Fork) {
            state.refused.insert(leftOut.dot.incarnation);
        } else if (leftOut.reason == LeftOutReason::ParentsMissing
            || leftOut.reason == LeftOutReason::Gap) {
            lacksParents = true;
        }
        if (leftOut.forkAt && leftOut.hashHere) {
            effects.push_back(RecordFork {name, {*leftOut.forkAt, {}, *leftOut.hashHere}});
        }
    }
    bool hasProgress = false;
    bool isWhole = true;
    learnEntries(state, answer.entries, hasProgress, isWhole);
    if (answer.status == TransferStatus::Malformed) {
        databaseFailed(state, "The peer could not read a transfer: " + answer.message, now);
        return;
    }
    forgetFailures(state);
    if (isWhole) {
        return;
    }
    state.scannedTo.reset();
    if (lacksParents && state.hasDeferred && !state.ignoredRelay) {
        state.ignoresRelay = true;
    } else if (!hasProgress) {
        state.waits = true;
    }
}

void Pump::fetchEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects)
{
    const auto give = [this, &event, &call] {
        m_databases[call.database].fetch.reset();
        m_calls.erase(event.call);
    };
    const auto body = bodyOf(event, &call.database, now);
    if (!body) {
        give();
        return;
    }
    DatabaseState &state = m_databases[call.database];
    TransferReader reader(*body);
    const auto preamble = reader.preamble();
    if (!preamble) {
        give();
        databaseFailed(state, preamble.error().message, now);
        return;
    }
    const auto copy = m_local.find(call.database);
    if (!copy || copy->generation != preamble->generation || preamble->sender.run != m_run) {
        give();
        if (copy && preamble->generation > copy->generation) {
            effects.push_back(GenerationSeen {call.database, preamble->generation});
        }
        sendHeartbeat(now, effects);
        return;
    }
    state.fetchHasMore = preamble->hasMore;
    effects.push_back(IngestFetched {event.call, call.database, *body});
}

void Pump::peerFailed(QByteArray problem, QByteArray reason, Instant now)
{
    forgetCalls();
    if (m_state == PeerState::Online) {
        m_isHeard = false;
        m_heardFailures = 0;
    } else if (m_isHeard) {
        ++m_heardFailures;
    }
    m_state = PeerState::Offline;
    ++m_failures;
    m_nextHeartbeat = now + backoff(m_failures);
    m_problem = std::move(problem);
    m_reason = std::move(reason);
}

void Pump::databaseFailed(DatabaseState &state, QByteArray reason, Instant now)
{
    ++state.failures;
    state.retryAt = now + backoff(state.failures);
    state.scannedTo.reset();
    state.error = std::move(reason);
}

void Pump::forgetCalls()
{
    m_calls.clear();
    m_turns.clear();
    m_heartbeat.reset();
    m_heartbeatAgain = false;
    m_listsUs = false;
    for (auto &[name, state] : m_databases) {
        state.push.reset();
        state.fetch.reset();
        state.ignoresRelay = false;
        state.scannedTo.reset();
        ++state.changes;
    }
}

} // namespace driftless::replication
