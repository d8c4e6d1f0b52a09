#include "sim_cluster.h"

#include "core/case_fold.h"
#include "engine/index_language.h"
#include "index_check.h"
#include "replication/messages.h"

#include <algorithm>

namespace driftless::sim {

namespace {

constexpr std::chrono::milliseconds kStep {50};

NodeId nameOf(int i)
{
    return NodeId::parse(QByteArray(1, static_cast<char>('A' + i))).value();
}

/// What a client may be told; anything else is a fault of the node.
bool isExpected(ErrorCode code, bool hasDrops)
{
    return (hasDrops && code == ErrorCode::DatabaseDeleted) || code == ErrorCode::NotANumber
        || code == ErrorCode::NumberTooLong || code == ErrorCode::DocumentQuarantined
        || code == ErrorCode::Busy;
}

engine::WriteRequest writeRequest(const RandomRequest &request)
{
    engine::WriteRequest write;
    write.kind = request.model.kind == ModelRequest::Kind::Put ? engine::WriteKind::Put
        : request.model.kind == ModelRequest::Kind::Patch      ? engine::WriteKind::Patch
                                                               : engine::WriteKind::Delete;
    write.collection = request.model.collection;
    write.id = request.model.id;
    if (!request.json.isEmpty()) {
        write.body = json::Object::check(request.json).value();
    }
    return write;
}

RandomRequest requestOf(ModelRequest::Kind kind, const QByteArray &id, const QByteArray &json)
{
    return {{"shop", id, kind, kind == ModelRequest::Kind::Put ? json : QByteArray(), {}}, json};
}

} // namespace

struct SimCluster::Member
{
    std::unique_ptr<SimNode> process;
    CopyWatch watch;
    storage::VersionVector vector; ///< as it was at the last look
    std::vector<std::pair<ModelKey, Dot>> written; ///< since the last look, and acknowledged
    std::optional<std::uint64_t> generation; ///< of the copy that is watched

    Member(std::unique_ptr<SimNode> node, Judge &judge)
        : process(std::move(node))
        , watch(judge, process->id().bytes(), PoisonMaker::kOrigin)
    {
    }
};

SimCluster::SimCluster(std::uint64_t seed, const SimPlan &plan, Trace trace)
    : m_database(DatabaseName::parse("shop").value())
    , m_network(m_timeline, seed ^ 0x6e657477)
    , m_commits([this](const QByteArray &path) {
        for (const auto &member : m_nodes) {
            member->process->beforeCommit(path);
        }
    })
    , m_trace(std::move(trace))
    , m_hasDrops(plan.hasDrops)
    , m_hasIndexes(plan.hasIndexes)
{
    support::SeededRandom random(seed);
    for (int i = 0; i < plan.nodes; ++i) {
        engine::Settings settings = settingsOf(i, plan, random);
        auto process = std::make_unique<SimNode>(
            m_timeline, m_network, m_folder, std::move(settings), random.next());
        m_nodes.push_back(std::make_unique<Member>(std::move(process), m_judge));
        node(i).onSettled([this, i] { settled(i); });
        node(i).onKilled([this, i] {
            say(node(i).id().bytes() + " is dead");
            m_nodes[static_cast<std::size_t>(i)]->watch.forget();
        });
    }
    for (int i = 0; i < plan.nodes; ++i) {
        start(i);
    }
}

SimCluster::~SimCluster() = default;

SimNode &SimCluster::node(int i)
{
    return *m_nodes[static_cast<std::size_t>(i)]->process;
}

const CopyWatch &SimCluster::watch(int i) const
{
    return m_nodes[static_cast<std::size_t>(i)]->watch;
}

std::vector<std::pair<int, int>> SimCluster::edges(const SimPlan &plan) const
{
    std::vector<std::pair<int, int>> edges;
    for (int a = 0; a < plan.nodes; ++a) {
        for (int b = a + 1; b < plan.nodes; ++b) {
            if (plan.topology == Topology::Mesh || (plan.topology == Topology::Chain && b == a + 1)
                || (plan.topology == Topology::Star && a == 0)) {
                edges.emplace_back(a, b);
            }
        }
    }
    return edges;
}

engine::Settings SimCluster::settingsOf(
    int i, const SimPlan &plan, support::SeededRandom &random) const
{
    engine::Settings settings;
    settings.nodeId = nameOf(i);
    settings.replicationKey = "key";
    settings.durability
        = engine::Durability::Normal; // a killed process loses nothing that it wrote to a file
    settings.policy = plan.wholeWriters.count(i) != 0 ? engine::ConflictPolicy::LastWriterWins
                                                      : engine::ConflictPolicy::MergeFields;
    settings.backoffMax = plan.backoffMax;
    settings.callTimeout = std::chrono::milliseconds(3'000);
    settings.cacheBytes = 500'000;
    settings.indexSlice.documentsMax = 1;
    settings.transferOperationsMax = random.pick(std::array {1, 3, 10, 10'000});
    for (const auto &[a, b] : edges(plan)) {
        // One node of a pair is enough, and it must be the same one for both: the parity of the
        // pair decides.
        const bool isOneSided = plan.hasOneSidedPeers && (a * 7 + b) % 3 == 0;
        if (a == i) {
            settings.seedPeers.push_back({nameOf(b), SimNode::urlOf(nameOf(b)), true});
        } else if (b == i && !isOneSided) {
            settings.seedPeers.push_back({nameOf(a), SimNode::urlOf(nameOf(a)), true});
        }
    }
    return settings;
}

void SimCluster::fail(const QByteArray &what)
{
    if (m_fault.isEmpty()) {
        m_fault = what;
        say("FAULT " + what);
    }
}

void SimCluster::say(const QByteArray &line) const
{
    if (m_trace) {
        m_trace(
            QByteArray::number(qint64 {m_timeline.now().count()}).rightJustified(7) + "  " + line);
    }
}

// Clients.

void SimCluster::write(int i, const std::vector<RandomRequest> &requests)
{
    if (!node(i).isUp()) {
        return;
    }
    std::vector<engine::WriteRequest> writes;
    for (const RandomRequest &request : requests) {
        say(node(i).id().bytes() + (requests.size() > 1 ? " group: " : ": ") + textOf(request));
        writes.push_back(writeRequest(request));
    }
    const int life = node(i).life();
    const auto refused = [this, i](const Error &error) {
        say(node(i).id().bytes() + " refuses: " + error.message);
        if (!isExpected(error.code, m_hasDrops)) {
            fail(node(i).id().bytes() + " refuses a good write: " + error.message);
        }
    };
    const auto isHeard = [this, i, life] { return node(i).life() == life && !node(i).isDying(); };
    node(i).post([this, i, writes, isHeard, refused] {
        if (const auto opened = node(i).node().open(m_database, true); !opened) {
            if (isHeard()) {
                refused(opened.error());
            }
            return;
        }
        if (writes.size() == 1) {
            node(i).node().write(m_database,
                writes.front(),
                [this, i, isHeard, refused](const Result<engine::WriteOutcome> &outcome) {
                    if (isHeard()) {
                        outcome ? acknowledge(i, {*outcome}) : refused(outcome.error());
                    }
                });
            return;
        }
        node(i).node().batch(m_database,
            writes,
            [this, i, isHeard, refused](const Result<engine::BatchOutcome> &outcome, int) {
                if (isHeard()) {
                    outcome ? acknowledge(i, outcome->results) : refused(outcome.error());
                }
            });
    });
}

void SimCluster::put(int i, const QByteArray &id, const QByteArray &body)
{
    write(i, {requestOf(ModelRequest::Kind::Put, id, body)});
}

void SimCluster::patch(int i, const QByteArray &id, const QByteArray &patch)
{
    write(i, {requestOf(ModelRequest::Kind::Patch, id, patch)});
}

void SimCluster::remove(int i, const QByteArray &id)
{
    write(i, {requestOf(ModelRequest::Kind::Delete, id, {})});
}

void SimCluster::putAll(int i, const std::vector<std::pair<QByteArray, QByteArray>> &documents)
{
    std::vector<RandomRequest> requests;
    for (const auto &[id, body] : documents) {
        requests.push_back(requestOf(ModelRequest::Kind::Put, id, body));
    }
    write(i, requests);
}

void SimCluster::acknowledge(int i, const std::vector<engine::WriteOutcome> &outcomes)
{
    for (const engine::WriteOutcome &outcome : outcomes) {
        if (!outcome.changed || !outcome.operation) {
            continue;
        }
        const Dot &dot = outcome.operation->version.dot;
        const auto stored = file(i)->findOperation(dot);
        if (!stored || !*stored) {
            fail(
                node(i).id().bytes() + " answers for " + textOf(dot) + ", which is not in its log");
            return;
        }
        say(node(i).id().bytes() + " acknowledges " + textOf(dot));
        m_nodes[static_cast<std::size_t>(i)]->written.emplace_back(
            ModelKey(foldCase(outcome.collection), foldCase(outcome.id)), dot);
        m_acknowledged[dot] = {Hash128::of((*stored)->headerBytes), std::nullopt, false};
    }
}

void SimCluster::dropDatabase(int i)
{
    DRIFTLESS_ASSERT(m_hasDrops);
    say(node(i).id().bytes() + " deletes the database");
    node(i).post(
        [this, i] { node(i).node().deleteDatabase(m_database, [](const Result<void> &) {}); });
}

void SimCluster::createDatabase(int i)
{
    DRIFTLESS_ASSERT(m_hasDrops);
    say(node(i).id().bytes() + " makes the database");
    node(i).post(
        [this, i] { node(i).node().createDatabase(m_database, [](const Result<bool> &) {}); });
}

void SimCluster::createIndex(int i, const QByteArray &name, const QByteArray &expression)
{
    DRIFTLESS_ASSERT(m_hasIndexes);
    say(node(i).id().bytes() + " makes index " + name + ": " + expression);
    node(i).post([this, i, request = engine::IndexRequest {"Shop", name, expression}] {
        node(i).node().createIndex(m_database, request, [](const Result<bool> &) {});
    });
}

void SimCluster::dropIndex(int i, const QByteArray &name)
{
    say(node(i).id().bytes() + " drops index " + name);
    node(i).post([this, i, name] {
        node(i).node().dropIndex(m_database, "shop", name, [](const Result<bool> &) {});
    });
}

void SimCluster::checkIndexes(int i)
{
    const storage::DatabaseFile *at = file(i);
    if (!m_hasIndexes || at == nullptr) {
        return;
    }
    const QByteArray fault = support::indexFault(at->path(), engine::queryIndexLanguage());
    if (!fault.isEmpty()) {
        fail(node(i).id().bytes() + ": " + fault);
    }
}

std::optional<std::uint64_t> SimCluster::generationOf(int i)
{
    std::optional<std::uint64_t> generation;
    if (file(i) != nullptr) {
        node(i).node().databases([&](const Result<std::vector<engine::DatabaseInfo>> &infos) {
            generation = infos->front().generation;
        });
        node(i).node().settle();
    }
    return generation;
}

bool SimCluster::follow(int i)
{
    Member &member = *m_nodes[static_cast<std::size_t>(i)];
    const auto generation = m_hasDrops ? generationOf(i) : std::optional<std::uint64_t>(0);
    if (generation != member.generation) {
        member.watch.forget();
        member.vector = {};
        member.written.clear();
        member.generation = generation;
    }
    return file(i) != nullptr;
}

void SimCluster::deliver(
    int i, const NodeId &sender, const std::vector<storage::Operation> &operations)
{
    cbor::Writer writer;
    replication::Preamble preamble;
    preamble.sender.node = sender;
    preamble.sender.run = 1;
    preamble.encode(writer);
    for (const storage::Operation &operation : operations) {
        replication::appendOperation(writer, operation.headerBytes, operation.body);
    }
    node(i).post([this, i, bytes = writer.take()] {
        node(i).node().receiveOperations(m_database, bytes, [](const Result<QByteArray> &) {});
    });
}

void SimCluster::poison(int i, PoisonMaker &maker)
{
    const storage::DatabaseFile *at = file(i);
    if (at == nullptr || (maker.last().sequence > 0 && !at->vector().covers(maker.last()))) {
        return;
    }
    say("poison for " + node(i).id().bytes());
    std::vector<storage::Operation> operations;
    const auto headsOf = [this, i](const ModelKey &key) { return watch(i).wanted(key).heads; };
    for (auto &group : maker.next(at->hlc() + 1, headsOf)) {
        std::move(group.begin(), group.end(), std::back_inserter(operations));
    }
    deliver(i, NodeId::parse(PoisonMaker::kOrigin).value(), operations);
}

// Links.

void SimCluster::cut(int a, int b)
{
    m_network.block(node(a).url(), node(b).url());
    m_network.block(node(b).url(), node(a).url());
}

void SimCluster::cut(const std::set<int> &side)
{
    for (int a = 0; a < size(); ++a) {
        for (int b = 0; b < size(); ++b) {
            if (side.count(a) != 0 && side.count(b) == 0) {
                cut(a, b);
            }
        }
    }
}

void SimCluster::mend()
{
    m_network.unblockAll();
    m_network.setFaults({});
    for (int i = 0; i < size(); ++i) {
        m_network.setHanging(node(i).url(), false);
    }
}

// Machines.

void SimCluster::start(int i)
{
    if (node(i).isUp()) {
        return;
    }
    say(node(i).id().bytes() + " starts");
    Member &member = *m_nodes[static_cast<std::size_t>(i)];
    member.watch.forget();
    member.written.clear();
    if (const auto started = node(i).start(); !started) {
        fail(node(i).id().bytes() + " does not start: " + started.error().message);
        return;
    }
    if (m_hasDrops && node(i).isUp()) {
        follow(i);
    }
    if (const storage::DatabaseFile *opened = file(i)) {
        if (!opened->vector().covers(member.vector)) {
            fail(node(i).id().bytes() + " has lost operations");
        }
    } else if (node(i).isUp() && !member.vector.isEmpty()) {
        fail(node(i).id().bytes() + " has lost its database");
    }
}

void SimCluster::kill(int i)
{
    if (node(i).isUp()) {
        node(i).kill();
    }
}

void SimCluster::killAtCommit(int i, int skip, bool before)
{
    say(node(i).id().bytes() + " is to die " + (before ? "before" : "behind") + " commit "
        + QByteArray::number(skip));
    node(i).killAtCommit(skip, before);
}

void SimCluster::restart(int i)
{
    if (node(i).isUp()) {
        say(node(i).id().bytes() + " stops");
        node(i).stop();
        m_nodes[static_cast<std::size_t>(i)]->watch.forget();
    }
    start(i);
}

QByteArray SimCluster::save(int i)
{
    say(node(i).id().bytes() + " is saved");
    return node(i).savedFiles();
}

void SimCluster::setBack(int i, const QByteArray &files)
{
    kill(i);
    say(node(i).id().bytes() + " goes back to older files");
    node(i).replaceFiles(files, false);
    m_nodes[static_cast<std::size_t>(i)]->vector = {};
    start(i);
    excuseWhatIsGone();
}

void SimCluster::clone(int source, int target)
{
    kill(target);
    say(node(target).id().bytes() + " begins with a copy of the database of "
        + node(source).id().bytes());
    const QByteArray files = node(source).savedFiles();
    node(target).replaceFiles(files, true);
    m_nodes[static_cast<std::size_t>(target)]->vector = {};
    start(target);
    excuseWhatIsGone();
}

/// A write that nobody has any more when a disk was exchanged is lost by the operator, not by the
/// node. Machines that are down count.
void SimCluster::excuseWhatIsGone()
{
    for (auto &[dot, acknowledged] : m_acknowledged) {
        acknowledged.isExcused = acknowledged.isExcused || !isCovered(dot);
    }
}

bool SimCluster::isCovered(const Dot &dot)
{
    for (const auto &member : m_nodes) {
        const storage::DatabaseFile *at = member->process->file(m_database);
        if (at != nullptr ? at->vector().covers(dot) : member->vector.covers(dot)) {
            return true;
        }
    }
    return false;
}

// Time and checks.

void SimCluster::settled(int i)
{
    const storage::DatabaseFile *at = file(i);
    Member &member = *m_nodes[static_cast<std::size_t>(i)];
    if (!isFine() || !follow(i)) {
        return;
    }
    if (!at->vector().covers(member.vector)) {
        fail(node(i).id().bytes() + " has lost operations");
        return;
    }
    if (!at->forks().empty() && !m_allowsForks) {
        fail(node(i).id().bytes() + " sees a fork at " + textOf(at->forks().front().dot));
        return;
    }
    if (m_hasIndexes && ++m_settles % 4 == 0) {
        checkIndexes(i);
    }
    if (at->vector() == member.vector && member.watch.operations().size() > 0) {
        return; // nothing new
    }
    member.vector = at->vector();
    if (const auto wrong = member.watch.look(*at, nullptr)) {
        fail(*wrong);
        return;
    }
    for (const auto &[key, dot] : std::exchange(member.written, {})) {
        m_acknowledged[dot].generation = member.generation;
        if (const auto wrong = member.watch.checkWriterSees(key, dot)) {
            fail(*wrong);
        }
    }
    checkPairs(i);
}

void SimCluster::checkPairs(int i)
{
    const storage::DatabaseFile *mine = file(i);
    for (int j = 0; j < size(); ++j) {
        const storage::DatabaseFile *theirs = file(j);
        if (j == i || theirs == nullptr || theirs->isInTransaction()
            || m_nodes[static_cast<std::size_t>(j)]->generation
                != m_nodes[static_cast<std::size_t>(i)]->generation) {
            continue;
        }
        const QByteArray both = node(i).id().bytes() + " and " + node(j).id().bytes();
        const bool areEqual = theirs->vector() == mine->vector();
        if (areEqual != (theirs->vectorHash() == mine->vectorHash())) {
            fail(both
                + (areEqual ? " have equal vectors and unequal hashes of them"
                            : " have unequal vectors and equal hashes of them"));
        } else if (areEqual && theirs->digest() != mine->digest()) {
            fail(both + " have equal vectors and unequal digests");
        }
    }
}

void SimCluster::runFor(Duration time)
{
    const Duration end = m_timeline.now() + time;
    while (isFine() && m_timeline.now() < end) {
        m_timeline.runUntil(std::min(end, m_timeline.now() + kStep));
    }
}

bool SimCluster::isQuiet(QByteArray &why)
{
    for (int i = 0; i < size(); ++i) {
        const storage::DatabaseFile *at = file(i);
        const storage::DatabaseFile *first = file(0);
        if (at == nullptr || at->vector() != first->vector() || at->digest() != first->digest()) {
            why = node(i).id().bytes()
                + (at == nullptr ? " has no database" : " differs from " + node(0).id().bytes());
            return false;
        }
        std::optional<engine::Convergence> said;
        node(i).node().convergence(
            m_database, [&said](const Result<engine::Convergence> &answer) { said = *answer; });
        node(i).node().settle();
        // All is well, or nothing is wrong but what nobody could apply; and that is said.
        const QByteArray expected = said->quarantined == 0
            ? QByteArray()
            : QByteArray::number(said->quarantined) + " quarantined";
        if (said->converged != expected.isEmpty() || said->reason != expected) {
            why = node(i).id().bytes()
                + " says: " + (said->converged ? QByteArray("converged") : said->reason);
            return false;
        }
    }
    return true;
}

bool SimCluster::runUntilQuiet(Duration most)
{
    const Duration end = m_timeline.now() + most;
    QByteArray why;
    QByteArray saidLast;
    while (isFine() && m_timeline.now() < end) {
        runFor(std::chrono::milliseconds(500));
        for (int i = 0; i < size() && isFine(); ++i) {
            start(i); // where it died meanwhile
        }
        if (isFine() && isQuiet(why)) {
            say("quiet");
            return true;
        }
        if (saidLast != why) {
            say("not yet: " + why);
            saidLast = why;
        }
    }
    fail("no agreement in time: " + why + '\n' + described());
    return false;
}

/// Each node's vector, digest and opinion, for a person.
QByteArray SimCluster::described()
{
    QByteArray text;
    for (int i = 0; i < size(); ++i) {
        text += "  " + node(i).id().bytes() + ':';
        const storage::DatabaseFile *at = file(i);
        if (at == nullptr) {
            text += " no database\n";
            continue;
        }
        for (const auto &[incarnation, entry] : at->vector().entries()) {
            text += ' ' + textOf(Dot {incarnation, entry.sequence});
        }
        text += "  vector " + at->vectorHash().hex().left(6) + " digest "
            + at->digest().hex().left(6) + "\n    ";
        node(i).node().convergence(m_database,
            [&text](const Result<engine::Convergence> &answer) { text += answer->reason + '\n'; });
        node(i).node().settle();
    }
    return text;
}

QByteArray SimCluster::shown(int i, const QByteArray &id)
{
    const storage::DatabaseFile *at = file(i);
    const auto state = at != nullptr ? at->load({"shop", id})
                                     : Result<storage::DocumentState>(storage::DocumentState());
    return state ? state->shown().value_or(QByteArray()) : QByteArray();
}

std::set<QByteArray> SimCluster::conflicts(int i, const QByteArray &id)
{
    std::set<QByteArray> members;
    if (const storage::DatabaseFile *at = file(i)) {
        if (const auto state = stateIn(*at, {"shop", id})) {
            for (const ModelConflict &conflict : state->conflicts) {
                members.insert(conflict.member);
            }
        }
    }
    return members;
}

void SimCluster::checkAll()
{
    for (int i = 0; i < size() && isFine(); ++i) {
        Member &member = *m_nodes[static_cast<std::size_t>(i)];
        const storage::DatabaseFile *at = file(i);
        if (at == nullptr) {
            continue;
        }
        auto reader = storage::DocumentReader::open(at->path(), std::chrono::seconds(60));
        if (!reader) {
            fail(reader.error().message);
            return;
        }
        auto wrong = member.watch.lookAtAll(*at, reader->get());
        wrong = wrong ? wrong : member.watch.checkCounters();
        if (!wrong && m_hasIndexes) {
            checkIndexes(i);
            if (at->hasIndexWork()) {
                wrong = node(i).id().bytes() + " has not built its indexes";
            } else if (const QByteArray fault = support::integrityFault(at->path());
                       !fault.isEmpty()) {
                wrong = node(i).id().bytes() + ": " + fault;
            }
        }
        if (wrong) {
            fail(*wrong);
            return;
        }
        for (const auto &[dot, acknowledged] : m_acknowledged) {
            const auto held = member.watch.operations().find(dot);
            const bool isHeld = held != member.watch.operations().end();
            if (!acknowledged.isExcused && acknowledged.generation == member.generation
                && (!isHeld || held->second != acknowledged.hash)) {
                fail(node(i).id().bytes() + " lacks the acknowledged write " + textOf(dot));
                return;
            }
        }
    }
}

} // namespace driftless::sim
