#include "engine/replicator.h"

#include "core/log.h"

#include <utility>

namespace driftless::engine {

using namespace replication; // NOLINT(google-build-using-namespace): this file is about nothing
                             // else

Replicator::Replicator(const Context &context)
    : m_context(context)
    , m_run(context.random.next())
    , m_alive(std::make_shared<Replicator *>(this))
{
}

Replicator::~Replicator()
{
    *m_alive = nullptr;
}

Sender Replicator::sender() const
{
    Sender sender;
    sender.node = m_context.settings.nodeId;
    sender.run = m_run;
    for (const auto &[id, pump] : m_pumps) {
        if (pump->isPushing()) {
            sender.activePeers.push_back(id);
        }
    }
    return sender;
}

void Replicator::setPeers(const std::vector<Peer> &peers)
{
    PeerTable table(m_context.settings.nodeId);
    for (const Peer &peer : peers) {
        if (const auto saved = table.save(peer); !saved) {
            qCWarning(logReplication,
                "Peer %s is left out: %s",
                peer.id.bytes().constData(),
                saved.error().message.constData());
        }
    }
    Pump::Settings settings;
    settings.self = m_context.settings.nodeId;
    settings.run = m_run;
    settings.heartbeat = m_context.settings.heartbeat;
    settings.backoffMax = m_context.settings.backoffMax;
    settings.transferOperationsMax = m_context.settings.transferOperationsMax;
    std::map<NodeId, std::unique_ptr<Pump>> pumps;
    for (const PeerScope &scope : table.scopes()) {
        auto known = m_pumps.find(scope.id);
        if (known != m_pumps.end()) {
            m_events.emplace_back(scope.id, Reconfigured {scope});
            pumps.emplace(scope.id, std::move(known->second));
        } else {
            pumps.emplace(scope.id,
                std::make_unique<Pump>(scope, settings, m_context.host, m_context.random));
        }
    }
    m_pumps = std::move(pumps);
    drain();
    tick();
}

void Replicator::tick()
{
    const Instant now = m_context.clock.instant();
    for (const auto &[id, pump] : m_pumps) {
        if (pump->nextDue() <= now) {
            m_events.emplace_back(id, Tick {});
        }
    }
    drain();
}

Instant Replicator::nextDue() const
{
    Instant due = Instant::max();
    for (const auto &[id, pump] : m_pumps) {
        due = std::min(due, pump->nextDue());
    }
    return due;
}

void Replicator::logGrew(const DatabaseName &database)
{
    handleAll(LogGrew {database});
}

void Replicator::hintHeard(const NodeId &source)
{
    if (m_pumps.contains(source)) {
        handle(source, HintHeard {});
    } else {
        handleAll(HintHeard {}); // a node that is not our peer has news: one of our peers may have
                                 // them by now
    }
}

Result<QByteArray> Replicator::heartbeatHeard(const QByteArray &body)
{
    const WallTime received = m_context.clock.wallTime();
    DRIFTLESS_TRY_ASSIGN(const Heartbeat heartbeat, Heartbeat::decode(body));
    m_activePeers.set(heartbeat.sender.node, heartbeat.sender.activePeers);
    // The pump first: it may be about to push, which the answer then says, so that the caller does
    // not fetch as well.
    handle(heartbeat.sender.node, HeartbeatHeard {heartbeat, received});
    if (!m_pumps.contains(heartbeat.sender.node)) {
        joinGenerations(heartbeat);
    }
    return answerHeartbeat(
        heartbeat, m_context.host, sender(), received, m_context.clock.wallTime())
        .encode();
}

/// A node that only registered us sends no operations before we are in its generation.
void Replicator::joinGenerations(const Heartbeat &heartbeat)
{
    for (const HeartbeatDatabase &said : heartbeat.databases) {
        const auto copy = m_context.host.find(said.name);
        if (copy && said.generation > copy->generation) {
            m_context.host.joinGeneration(said.name, said.generation);
        }
    }
}

void Replicator::operationsHeard(const NodeId &source,
    std::vector<NodeId> activePeers,
    const DatabaseName &database,
    const storage::VersionVector &senderHas)
{
    m_activePeers.set(source, std::move(activePeers));
    handle(source, OperationsHeard {database, senderHas});
}

Result<QByteArray> Replicator::answerFetch(const DatabaseName &database, const QByteArray &body)
{
    DRIFTLESS_TRY_ASSIGN(const Preamble request, Preamble::decode(QByteArrayView(body)));
    const auto copy = m_context.host.find(database);
    if (!copy) {
        return Error {ErrorCode::NotFound,
            "There is no database '" + database.bytes() + "' on this node.",
            {}};
    }
    Preamble answer;
    answer.sender = sender();
    answer.generation = copy->generation;
    Database *open = m_context.host.openDatabase(database);
    if (open == nullptr || copy->generation != request.generation || !request.vector) {
        return answer.encode();
    }
    if (!copy->roster->contains(request.sender.node)
        && copy->vector->operationsBeyond(*request.vector) > 0) {
        admit({database, request.sender.node});
    }
    StreamQuery query;
    query.known = &*request.vector;
    query.end = open->file().committedPosition();
    query.operationsMax = m_context.settings.transferOperationsMax;
    query.bytesMax = std::min(kTransferBytes,
        static_cast<qsizetype>(std::min<std::uint64_t>(request.bytesMax, kTransferBytesMax)));
    // Each answer begins at the first operation that the asker lacks; of a run of which it has
    // another branch it takes none.
    std::set<Incarnation> refused;
    for (const storage::Fork &fork : open->file().forks()) {
        const auto *theirs = request.vector->find(fork.dot.incarnation);
        if (theirs != nullptr && theirs->sequence == fork.dot.sequence
            && theirs->chainHash == fork.hashThere) {
            refused.insert(fork.dot.incarnation);
        }
    }
    query.refused = &refused;
    DRIFTLESS_TRY_ASSIGN(Transfer transfer, buildTransfer(open->file(), query));
    if (!transfer.forks.empty()) {
        for (const storage::Fork &fork : transfer.forks) {
            refused.insert(fork.dot.incarnation);
            recordFork({database, fork});
        }
        DRIFTLESS_TRY_ASSIGN(transfer, buildTransfer(open->file(), query));
    }
    answer.hasMore = transfer.hasMore;
    return joinTransfer(answer.encode(), transfer.operations);
}

std::optional<PumpStatus> Replicator::status(const NodeId &peer) const
{
    const auto found = m_pumps.find(peer);
    return found == m_pumps.end() ? std::nullopt : std::optional(found->second->status());
}

std::optional<PumpDatabaseStatus> Replicator::status(
    const NodeId &peer, const DatabaseName &database) const
{
    const auto found = m_pumps.find(peer);
    return found == m_pumps.end() ? std::nullopt : std::optional(found->second->status(database));
}

std::vector<PeerScope> Replicator::scopes() const
{
    std::vector<PeerScope> scopes;
    for (const auto &[id, pump] : m_pumps) {
        scopes.push_back(pump->scope());
    }
    return scopes;
}

storage::VersionVector Replicator::knownElsewhere(const DatabaseName &database) const
{
    storage::VersionVector known;
    for (const auto &[id, pump] : m_pumps) {
        known.raise(pump->everKnown(database));
    }
    return known;
}

void Replicator::handle(const NodeId &peer, const Event &event)
{
    m_events.emplace_back(peer, event);
    drain();
}

void Replicator::handleAll(const Event &event)
{
    for (const auto &[id, pump] : m_pumps) {
        m_events.emplace_back(id, event);
    }
    drain();
}

void Replicator::drain()
{
    if (m_isDraining) {
        return;
    }
    m_isDraining = true;
    for (std::size_t i = 0; i < m_events.size(); ++i) {
        const auto [peer, event] = std::move(m_events[i]);
        const auto found = m_pumps.find(peer);
        if (found == m_pumps.end()) {
            continue; // heard from a node that is no peer of ours, or is none any more
        }
        for (const Effect &effect : found->second->handle(event, m_context.clock.instant())) {
            execute(*found->second, effect);
        }
    }
    m_events.clear();
    m_isDraining = false;
}

void Replicator::execute(Pump &pump, const Effect &effect)
{
    if (const auto *heartbeat = std::get_if<SendHeartbeat>(&effect)) {
        call(pump,
            heartbeat->call,
            kHeartbeatPath,
            nullptr,
            pump.composeHeartbeat(sender(), m_context.clock.wallTime()).encode());
    } else if (const auto *operations = std::get_if<SendOperations>(&effect)) {
        sendOperations(pump, *operations);
    } else if (const auto *fetch = std::get_if<SendFetch>(&effect)) {
        sendFetch(pump, *fetch);
    } else if (const auto *fetched = std::get_if<IngestFetched>(&effect)) {
        ingestFetched(pump, *fetched);
    } else if (const auto *create = std::get_if<CreateDatabase>(&effect)) {
        m_context.host.createReplica(create->database, create->generation);
    } else if (const auto *seen = std::get_if<GenerationSeen>(&effect)) {
        m_context.host.joinGeneration(seen->database, seen->generation);
    } else if (const auto *admitted = std::get_if<AdmitNode>(&effect)) {
        admit(*admitted);
    } else if (const auto *fork = std::get_if<RecordFork>(&effect)) {
        recordFork(*fork);
    } else if (const auto *told = std::get_if<PeersTold>(&effect)) {
        m_activePeers.set(pump.scope().id, told->activePeers);
    }
}

void Replicator::call(
    Pump &pump, CallId call, const char *path, const DatabaseName *database, QByteArray body)
{
    TransportRequest request;
    request.method = "POST";
    request.baseUrl = pump.scope().baseUrl;
    request.path = path;
    request.headers.emplace_back("ReplicationApiKey", m_context.settings.replicationKey);
    request.headers.emplace_back("Content-Type", kMessageContentType);
    if (database != nullptr) {
        request.headers.emplace_back("Database", database->bytes());
    }
    request.body = std::move(body);
    request.timeout = m_context.settings.callTimeout;
    const NodeId peer = pump.scope().id;
    m_context.transport.send(
        std::move(request), [alive = m_alive, peer, call](Result<TransportReply> reply) {
            if (Replicator *self = *alive) {
                const CallEnded ended {call, std::move(reply), self->m_context.clock.wallTime()};
                self->m_context.host.afterCommit([alive, peer, ended] {
                    if (Replicator *still = *alive) {
                        still->handle(peer, ended);
                    }
                });
            }
        });
}

RelayRule Replicator::relayRule(Database &database, const NodeId &peer) const
{
    RelayRule rule;
    rule.arrivals = &database.arrivals();
    rule.activePeers = &m_activePeers;
    rule.peer = peer;
    rule.now = m_context.clock.instant();
    rule.wait = m_context.settings.heartbeat;
    return rule;
}

void Replicator::sendOperations(Pump &pump, const SendOperations &effect)
{
    Database *database = m_context.host.openDatabase(effect.database);
    const auto copy = m_context.host.find(effect.database);
    if (database == nullptr || !copy) {
        handle(pump.scope().id,
            EffectFailed {effect.call, {ErrorCode::NotFound, "The database is not open.", {}}});
        return;
    }
    const RelayRule rule = relayRule(*database, pump.scope().id);
    StreamQuery query = pump.streamQuery(effect.database, effect.ignoresRelay ? nullptr : &rule);
    query.end = database->file().committedPosition();
    auto transfer = buildTransfer(database->file(), query);
    if (!transfer) {
        handle(pump.scope().id, EffectFailed {effect.call, transfer.error()});
        return;
    }
    const bool isEmpty = transfer->count == 0;
    const QByteArray operations = std::exchange(transfer->operations, QByteArray());
    handle(pump.scope().id, TransferBuilt {effect.call, std::move(transfer).value()});
    if (isEmpty) {
        return;
    }
    Preamble preamble;
    preamble.sender = sender();
    preamble.generation = copy->generation;
    call(pump,
        effect.call,
        kOperationsPath,
        &effect.database,
        joinTransfer(preamble.encode(), operations));
}

void Replicator::sendFetch(Pump &pump, const SendFetch &effect)
{
    Database *database = m_context.host.openDatabase(effect.database);
    const auto copy = m_context.host.find(effect.database);
    if (database == nullptr || !copy) {
        handle(pump.scope().id,
            EffectFailed {effect.call, {ErrorCode::NotFound, "The database is not open.", {}}});
        return;
    }
    Preamble preamble;
    preamble.sender = sender();
    preamble.generation = copy->generation;
    preamble.vector = database->file().vector();
    preamble.bytesMax = static_cast<std::uint64_t>(kTransferBytes);
    call(pump, effect.call, kFetchPath, &effect.database, preamble.encode());
}

void Replicator::ingestFetched(Pump &pump, const IngestFetched &effect)
{
    Database *database = m_context.host.openDatabase(effect.database);
    const auto copy = m_context.host.find(effect.database);
    const auto fail = [&](const Error &error) {
        handle(pump.scope().id, EffectFailed {effect.call, error});
    };
    if (database == nullptr || !copy) {
        return fail({ErrorCode::NotFound, "The database is not open.", {}});
    }
    TransferReader reader(effect.body);
    const auto preamble = reader.preamble();
    if (!preamble) {
        return fail(preamble.error());
    }
    if (preamble->generation != copy->generation) {
        return fail({ErrorCode::DatabaseDeleted,
            "The peer answered for another generation of the database.",
            {}});
    }
    if (const auto begun = database->file().begin(); !begun) {
        return fail(begun.error());
    }
    auto outcome = ingest(database->file(), reader);
    if (!outcome) {
        database->file().rollback();
        return fail(outcome.error());
    }
    if (const auto committed = database->file().commit(); !committed) {
        return fail(committed.error());
    }
    database->noteReceived(*outcome, pump.scope().id);
    const bool grew = outcome->applied > 0;
    handle(pump.scope().id, FetchIngested {effect.call, std::move(outcome).value()});
    if (grew) {
        m_context.host.logGrew(effect.database);
    }
}

void Replicator::admit(const AdmitNode &effect)
{
    Database *database = m_context.host.openDatabase(effect.database);
    if (database == nullptr) {
        return;
    }
    const auto written = [&]() -> Result<void> {
        DRIFTLESS_TRY(database->file().begin());
        DRIFTLESS_TRY(database->admit(effect.node));
        return database->file().commit();
    }();
    if (written) {
        m_context.host.logGrew(effect.database);
        return;
    }
    if (database->file().isInTransaction()) {
        database->file().rollback();
    }
    qCWarning(logReplication,
        "Node %s cannot be admitted to database %s: %s",
        effect.node.bytes().constData(),
        effect.database.bytes().constData(),
        written.error().message.constData());
}

void Replicator::recordFork(const RecordFork &effect)
{
    Database *database = m_context.host.openDatabase(effect.database);
    if (database == nullptr || database->file().isStopped(effect.fork.dot.incarnation)) {
        return;
    }
    const auto written = [&]() -> Result<void> {
        storage::Fork fork = effect.fork;
        DRIFTLESS_TRY(database->file().begin());
        if (fork.hashHere == Hash128 {}) {
            DRIFTLESS_TRY_ASSIGN(const auto here, database->file().findOperation(fork.dot));
            fork.hashHere = here ? Hash128::of(here->headerBytes) : Hash128 {};
        }
        DRIFTLESS_TRY(database->file().recordFork(fork));
        return database->file().commit();
    }();
    if (!written && database->file().isInTransaction()) {
        database->file().rollback();
    }
    qCCritical(logReplication,
        "Database %s: two different operations have the number %llu of one run of node %s. A "
        "machine was set back while it ran. "
        "Nothing more of that run is taken; new writes of that node begin a new one.",
        effect.database.bytes().constData(),
        static_cast<unsigned long long>(effect.fork.dot.sequence),
        effect.fork.dot.incarnation.origin.bytes().constData());
}

} // namespace driftless::engine
