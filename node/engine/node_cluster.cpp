// The part of Node that speaks about and with other nodes.
#include "core/log.h"
#include "engine/node.h"
#include "replication/ingest.h"
#include "replication/messages.h"

#include <algorithm>

namespace driftless::engine {

using replication::Generation;

// Peers.

Result<void> Node::loadPeers()
{
    DRIFTLESS_TRY_ASSIGN(const auto stored, m_registry->peers());
    for (const auto &peer : stored) {
        m_peers.push_back({peer.node, peer.baseUrl, peer.isActive, peer.database, peer.updated});
    }
    for (const SeedPeer &seed : m_settings.seedPeers) {
        if (seed.id == m_settings.nodeId) {
            continue;
        }
        if (const auto taken = takeSeed(seed); !taken) {
            // It is a peer of this run all the same; the next start tries again.
            qCCritical(logReplication,
                "Peer %s of the configuration cannot be saved: %s",
                seed.id.bytes().constData(),
                taken.error().message.constData());
        }
    }
    m_replicator->setPeers(m_peers);
    return {};
}

/// Takes over what the configuration says newly: what an operator has changed since by the API
/// stays, as does a registration for one database.
Result<void> Node::takeSeed(const SeedPeer &seed)
{
    const storage::NodeRegistry::SeedEntry entry {seed.id, seed.baseUrl, seed.isActive};
    DRIFTLESS_TRY_ASSIGN(const bool isTaken, m_registry->isSeedTaken(entry));
    if (isTaken) {
        return {};
    }
    std::erase_if(m_peers,
        [&seed](const replication::Peer &peer) { return peer.id == seed.id && !peer.database; });
    const WallTime now = m_clock.wallTime();
    m_peers.push_back({seed.id, seed.baseUrl, seed.isActive, std::nullopt, now});
    DRIFTLESS_TRY(m_registry->savePeer({std::nullopt, seed.id, seed.baseUrl, seed.isActive, now}));
    return m_registry->saveSeed(entry);
}

void Node::peers(const std::optional<DatabaseName> &database, Answer<std::vector<PeerView>> answer)
{
    afterCommit([this, database, answer = std::move(answer)] {
        std::vector<PeerView> views;
        for (const replication::Peer &peer : m_peers) {
            if (!database || !peer.database || peer.database == database) {
                views.push_back(
                    {peer.id, peer.baseUrl, peer.isActive, peer.updated, peer.database});
            }
        }
        std::sort(views.begin(), views.end(), [](const PeerView &a, const PeerView &b) {
            return std::tie(a.id, a.database) < std::tie(b.id, b.database);
        });
        answer(std::move(views));
    });
}

void Node::savePeer(const PeerView &view, Answer<void> answer)
{
    afterCommit([this, view, answer = std::move(answer)] {
        const auto saved = [&]() -> Result<void> {
            replication::PeerTable check(m_settings.nodeId);
            DRIFTLESS_TRY_ASSIGN(const replication::Peer peer,
                check.save(
                    {view.id, view.baseUrl, view.isActive, view.database, m_clock.wallTime()}));
            DRIFTLESS_TRY(m_registry->savePeer(
                {peer.database, peer.id, peer.baseUrl, peer.isActive, peer.updated}));
            std::erase_if(m_peers, [&peer](const replication::Peer &other) {
                return other.id == peer.id && other.database == peer.database;
            });
            m_peers.push_back(peer);
            m_replicator->setPeers(m_peers);
            return {};
        }();
        answer(saved);
    });
}

void Node::removePeer(
    const NodeId &peer, const std::optional<DatabaseName> &database, Answer<void> answer)
{
    afterCommit([this, peer, database, answer = std::move(answer)] {
        const auto removed = [&]() -> Result<void> {
            const auto isIt = [&](const replication::Peer &other) {
                return other.id == peer && other.database == database;
            };
            if (std::none_of(m_peers.begin(), m_peers.end(), isIt)) {
                return Error {ErrorCode::NotFound,
                    "There is no peer '" + peer.bytes()
                        + "' in that scope. GET /api/cluster/peers lists them.",
                    {}};
            }
            DRIFTLESS_TRY(m_registry->removePeer(peer, database));
            std::erase_if(m_peers, isIt);
            m_replicator->setPeers(m_peers);
            return {};
        }();
        answer(removed);
    });
}

// What peers send.

void Node::hint(const NodeId &source, const DatabaseName &)
{
    afterCommit([this, source] { m_replicator->hintHeard(source); });
}

void Node::receiveHeartbeat(const QByteArray &body, Answer<QByteArray> answer)
{
    afterCommit(
        [this, body, answer = std::move(answer)] { answer(m_replicator->heartbeatHeard(body)); });
}

void Node::receiveFetch(
    const DatabaseName &database, const QByteArray &body, Answer<QByteArray> answer)
{
    afterCommit([this, database, body, answer = std::move(answer)] {
        answer(m_replicator->answerFetch(database, body));
    });
}

void Node::receiveOperations(
    const DatabaseName &database, const QByteArray &body, Answer<QByteArray> answer)
{
    replication::TransferReader reader {QByteArrayView(body)};
    const auto preamble = reader.preamble();
    if (!preamble) {
        answer(preamble.error());
        return;
    }
    if (!m_entries.contains(database)) {
        createReplica(database, preamble->generation);
    }
    const auto found = m_entries.find(database);
    if (found == m_entries.end()) {
        answer(Error {ErrorCode::Storage,
            "Database '" + database.bytes() + "' cannot be made on this node; its log says why.",
            {}});
        return;
    }
    const Entry &entry = found->second;
    if (preamble->generation
        != Generation {entry.registered.generation, !entry.registered.isDeleted}) {
        afterCommit([this, database, theirs = preamble->generation, answer = std::move(answer)] {
            joinGeneration(database, theirs);
            answer(otherGeneration(m_entries.at(database)));
        });
        return;
    }
    auto open = transaction(database);
    if (!open) {
        answer(open.error());
        return;
    }
    ingest(**open, entry, body, answer);
}

QByteArray Node::otherGeneration(const Entry &entry) const
{
    replication::OperationsAnswer answer;
    answer.status = replication::TransferStatus::OtherGeneration;
    answer.run = m_replicator->run();
    answer.generation = {entry.registered.generation, !entry.registered.isDeleted};
    return answer.encode();
}

void Node::ingest(Database &database,
    const Entry &entry,
    const QByteArray &body,
    const Answer<QByteArray> &answer)
{
    replication::TransferReader reader {QByteArrayView(body)};
    const auto preamble = reader.preamble();
    DRIFTLESS_ASSERT(preamble.isOk());
    if (database.spoiltBy()) {
        m_open[database.name()].push_back([answer, error = *database.spoiltBy()](
                                              const std::optional<Error> &) { answer(error); });
        return;
    }
    auto ingested = replication::ingest(database.file(), reader);
    if (!ingested) {
        database.spoil(ingested.error());
        m_open[database.name()].push_back(
            [answer, error = ingested.error()](const std::optional<Error> &) { answer(error); });
        return;
    }
    const Generation generation {entry.registered.generation, !entry.registered.isDeleted};
    m_open[database.name()].push_back(
        [this,
            &database,
            answer,
            generation,
            sender = preamble->sender,
            outcome = std::move(*ingested)](const std::optional<Error> &fault) {
            if (fault) {
                answer(*fault);
                return;
            }
            database.noteReceived(outcome, sender.node);
            if (outcome.malformed) {
                qCWarning(logReplication,
                    "A transfer of node %s was taken only in part: %s",
                    sender.node.bytes().constData(),
                    outcome.malformed->message.constData());
            }
            // Before the pumps hear that the log grew, or they would send it all back.
            m_replicator->operationsHeard(
                sender.node, sender.activePeers, database.name(), outcome.senderHas);
            answer(replication::answerFor(outcome, database.file(), generation, m_replicator->run())
                       .encode());
        });
}

// What is told of the cluster.

void Node::convergence(const DatabaseName &database, Answer<Convergence> answer)
{
    afterCommit([this, database, answer = std::move(answer)] {
        if (const auto opened = open(database, false); !opened) {
            answer(opened.error());
            return;
        }
        answer(convergenceOf(m_entries.at(database)));
    });
}

PeerConvergence Node::convergenceWith(
    const replication::PeerScope &peer, const Entry &entry, QByteArray &reason) const
{
    const DatabaseName &name = entry.registered.name;
    PeerConvergence result;
    result.peer = peer.id;
    const auto link = m_replicator->status(peer.id);
    const auto status = m_replicator->status(peer.id, name);
    if (status && status->isHeard) {
        result.digest = status->digest;
        result.equal = status->isEqual;
        result.checked = status->checked;
        result.pendingThere = static_cast<qint64>(status->pendingThere);
        result.pendingHere = static_cast<qint64>(status->pendingHere);
    } else if (peer.exchanges(name)) {
        result.pendingHere
            = static_cast<qint64>(entry.database->file().vector().operationsBeyond({}));
    }
    const QByteArray who = peer.id.bytes();
    if (!peer.exchanges(name)) {
        reason = who + " is disabled";
    } else if (link && !link->problem.isEmpty() && link->problem != "ClockSkew") {
        reason = who + ": " + (link->reason.isEmpty() ? link->problem : link->reason);
    } else if (status && !status->problem.isEmpty()) {
        reason = who + ": " + status->reason;
    } else if (result.equal == false) {
        reason = "the digest of " + who + " differs";
    } else if (result.pendingHere > 0 || result.pendingThere > 0) {
        reason = QByteArray::number(result.pendingHere + result.pendingThere)
            + " operations pending with " + who;
    } else if (!result.equal) {
        reason = who + " was not compared yet";
    }
    return result;
}

Convergence Node::convergenceOf(const Entry &entry) const
{
    const storage::DatabaseFile &file = entry.database->file();
    Convergence result;
    result.database = entry.registered.name;
    result.digest = file.digest();
    result.documents = file.documentCount();
    result.conflicts = file.conflictCount();
    result.quarantined = file.quarantinedCount();
    for (const auto &[incarnation, held] : file.vector().entries()) {
        result.vector[incarnation.origin][incarnation.number] = held.sequence;
    }
    std::vector<QByteArray> reasons;
    if (result.quarantined > 0) {
        reasons.push_back(QByteArray::number(result.quarantined) + " quarantined");
    }
    for (const storage::Fork &fork : file.forks()) {
        reasons.push_back("a run of " + fork.dot.incarnation.origin.bytes() + " is forked");
    }
    for (const replication::PeerScope &peer : m_replicator->scopes()) {
        QByteArray reason;
        result.peers.push_back(convergenceWith(peer, entry, reason));
        if (!reason.isEmpty()) {
            reasons.push_back(reason);
        }
    }
    result.converged = reasons.empty();
    for (const QByteArray &reason : reasons) {
        result.reason += (result.reason.isEmpty() ? "" : "; ") + reason;
    }
    return result;
}

void Node::replicationStatus(Answer<std::vector<DatabaseStatus>> answer)
{
    afterCommit([this, answer = std::move(answer)] {
        std::vector<DatabaseStatus> result;
        for (const auto &[name, entry] : m_entries) {
            if (!entry.registered.isDeleted) {
                result.push_back(statusOf(entry));
            }
        }
        answer(std::move(result));
    });
}

DatabaseStatus Node::statusOf(const Entry &entry) const
{
    DatabaseStatus result;
    result.name = entry.registered.name;
    if (!entry.database) {
        result.error = entry.error ? entry.error->message : QByteArray("The database is not open.");
        return result;
    }
    const storage::DatabaseFile &file = entry.database->file();
    for (const storage::Fork &fork : file.forks()) {
        result.error = "A run of node " + fork.dot.incarnation.origin.bytes()
            + " is forked at its operation " + QByteArray::number(quint64 {fork.dot.sequence})
            + ": that machine was set back while it ran. Nothing more of that run is taken.";
    }
    result.received = entry.database->received();
    result.localMax = file.lastPosition().value;
    if (const auto oldest = file.oldestPosition()) {
        result.oldestAvailable = oldest->value;
    }
    for (const replication::PeerScope &peer : m_replicator->scopes()) {
        result.peers.push_back(statusOf(peer, entry));
        result.peers.back().oldestAvailable = result.oldestAvailable;
        result.peers.back().localMax = result.localMax;
    }
    return result;
}

PeerStatus Node::statusOf(const replication::PeerScope &peer, const Entry &entry) const
{
    PeerStatus result;
    const bool exchanges = peer.exchanges(entry.registered.name);
    result.peer = {peer.id, peer.baseUrl, exchanges, {}, std::nullopt};
    for (const replication::Peer &registered : m_peers) {
        if (registered.id == peer.id
            && (!registered.database || registered.database == entry.registered.name)) {
            result.peer.updated = std::max(result.peer.updated, registered.updated);
        }
    }
    result.updated = result.peer.updated;
    if (!exchanges) {
        result.catchUpStatus = "Inactive";
        return result;
    }
    const auto link = m_replicator->status(peer.id);
    const auto status = m_replicator->status(peer.id, entry.registered.name);
    const auto all = static_cast<qint64>(entry.database->file().vector().operationsBeyond({}));
    result.pending = status && status->isHeard ? static_cast<qint64>(status->pendingHere) : all;
    result.lastPushed = status ? status->pushedTo.value : 0;
    if (link) {
        result.updated = link->lastHeard.value_or(result.updated);
        if (link->clockOffset) {
            result.clockOffsetMs = link->clockOffset->count();
        }
    }
    if (link && !link->problem.isEmpty()) {
        result.catchUpStatus = link->problem;
        result.catchUpReason = link->reason;
    } else if (status && !status->problem.isEmpty()) {
        result.catchUpStatus = status->problem;
        result.catchUpReason = status->reason;
    } else if (result.pending > 0) {
        result.catchUpStatus = "CatchingUp";
        result.catchUpReason = QByteArray::number(result.pending) + " operations are on their way.";
    } else {
        result.catchUpStatus = "Ready";
        result.catchUpReason = all == 0 ? "No local operations are available." : "";
    }
    return result;
}

} // namespace driftless::engine
