#include "engine/gateway.h"

#include "core/case_fold.h"
#include "core/thread_checker.h"
#include "engine/busy.h"
#include "engine/node.h"
#include "engine/reader_pool.h"
#include "engine/statement_runner.h"
#include "storage/digest.h"

#include <map>

namespace driftless::engine {

namespace {

constexpr std::size_t kQueriesNotedMin = 64;
constexpr int kShortPageDocumentsMax = 200; // some hundred microseconds

Error notOpen(const DatabaseName &name)
{
    return {ErrorCode::NotFound, "There is no database '" + name.bytes() + "'.", {}};
}

/// Here rather than on the front thread, which must not be busy for some milliseconds. The bodies
/// go one by one, so that a large page is not held twice.
QByteArray arrayOf(std::vector<QByteArray> bodies)
{
    qsizetype size = 2;
    for (const QByteArray &body : bodies) {
        size += body.size() + 1;
    }
    QByteArray array;
    array.reserve(size);
    array.append('[');
    for (QByteArray &body : bodies) {
        array.append(array.size() > 1 ? "," : "").append(std::exchange(body, {}));
    }
    return array.append(']');
}

ConflictSide sideOf(const std::optional<storage::Operation> &operation, const QByteArray &member)
{
    ConflictSide side;
    if (!operation) {
        return side; // pruned
    }
    side.version = operation->header.version;
    side.isDelete = operation->header.kind == storage::OperationKind::Delete;
    side.body = operation->body;
    if (const auto body = json::Object::scan(operation->body)) {
        const json::Member *found = body->find(member);
        side.value = found != nullptr ? found->value.toByteArray() : QByteArray();
    }
    return side;
}

ConflictView viewOf(const storage::DocumentReader::Conflict &conflict)
{
    ConflictView view;
    const auto &named = conflict.winner ? conflict.winner : conflict.loser;
    view.collection = named ? named->header.collection : conflict.collection;
    view.id = named ? named->header.documentId : conflict.id;
    view.member = conflict.member;
    view.winner = sideOf(conflict.winner, conflict.member);
    view.loser = sideOf(conflict.loser, conflict.member);
    // The member as a writer spells it, if one does.
    for (const auto *side : {&conflict.winner, &conflict.loser}) {
        if (*side && !(*side)->body.isEmpty()) {
            const auto body = json::Object::scan((*side)->body);
            const json::Member *found = body ? body->find(conflict.member) : nullptr;
            if (found != nullptr) {
                view.member = found->decoded.toByteArray();
                break;
            }
        }
    }
    return view;
}

} // namespace

struct Gateway::State final : NodeObserver
{
    State(Node &ownNode, Executor &ownStore, ReaderPool &ownReaders, Executor &ownFront)
        : node(ownNode)
        , store(ownStore)
        , readers(ownReaders)
        , front(ownFront)
        , statements(ownNode, ownStore, ownFront)
        , alive(std::make_shared<State *>(this))
    {
    }

    // On the store thread; what they tell is kept on the front thread.
    void databasesChanged(const std::set<DatabaseName> &open) override
    {
        static_cast<void>(front.postUnbounded([alive = alive, open] {
            if (State *self = *alive) {
                self->setOpen(open);
            }
        }));
    }
    void healthChanged(const std::vector<QByteArray> &reasons) override
    {
        static_cast<void>(front.postUnbounded([alive = alive, reasons] {
            if (State *self = *alive) {
                self->notReady = reasons;
            }
        }));
    }

    void setOpen(const std::set<DatabaseName> &open)
    {
        for (auto it = epochs.begin(); it != epochs.end();) {
            if (open.contains(it->first)) {
                ++it;
                continue;
            }
            readers.close(node.pathOf(it->first));
            it = epochs.erase(it);
        }
        for (const DatabaseName &name : open) {
            epochs.try_emplace(name, ++lastEpoch);
        }
    }

    /// An answer that may be given on any thread, and arrives on the front thread.
    template <typename T> Answer<T> toFront(Answer<T> answer)
    {
        return [this, answer = std::move(answer)](Result<T> result) mutable {
            static_cast<void>(front.postUnbounded(
                [answer = std::move(answer), result = std::move(result)]() mutable {
                    answer(std::move(result));
                }));
        };
    }

    /// Runs `task(node, answer)` on the store thread.
    template <typename T, typename TaskOnNode> void onStore(Answer<T> answer, TaskOnNode task)
    {
        DRIFTLESS_ASSERT(thread.isOwner());
        // A full queue is answered at once; the answer is then still ours.
        auto shared = std::make_shared<Answer<T>>(std::move(answer));
        const bool taken = store.post([this, shared, task = std::move(task)]() mutable {
            task(node, toFront<T>(std::move(*shared)));
        });
        if (!taken) {
            (*shared)(busy(Limit::StoreQueue));
        }
    }

    template <typename T, typename Read>
    void onReader(const DatabaseName &database,
        Answer<T> answer,
        Read read,
        ReaderPool::Kind kind = ReaderPool::Kind::Short)
    {
        DRIFTLESS_ASSERT(thread.isOwner());
        const auto known = epochs.find(database);
        if (known == epochs.end()) {
            answer(notOpen(database));
            return;
        }
        auto shared = std::make_shared<Answer<T>>(std::move(answer));
        auto task = [this,
                        shared,
                        path = node.pathOf(database),
                        epoch = known->second,
                        read = std::move(read)](ReaderPool::Readers &open) mutable {
            auto reader = open.find(path, epoch);
            Result<T> result = reader ? read(**reader) : Result<T>(reader.error());
            toFront<T>(std::move(*shared))(std::move(result));
        };
        if (!readers.post(std::move(task), kind)) {
            (*shared)(busy(Limit::ReaderQueue));
        }
    }

    void noteQuery(const std::shared_ptr<storage::ReadToken> &token)
    {
        if (queries.size() > 2 * queriesAtLastLook + kQueriesNotedMin) {
            std::erase_if(queries, [](const auto &query) { return query.expired(); });
            queriesAtLastLook = queries.size();
        }
        queries.push_back(token);
    }

    Node &node;
    Executor &store;
    ReaderPool &readers;
    Executor &front;
    StatementRunner statements; ///< used on query threads
    ThreadChecker thread;
    std::map<DatabaseName, std::uint64_t> epochs; ///< of the databases that are open
    std::uint64_t lastEpoch = 0;
    std::vector<QByteArray> notReady;
    /// Statements that are under way, and some that have ended.
    std::vector<std::weak_ptr<storage::ReadToken>> queries;
    std::size_t queriesAtLastLook = 0;
    std::shared_ptr<State *> alive; ///< front thread: what the store tells too late finds nothing
};

Gateway::Gateway(
    Node &node, Executor &store, ReaderPool &readers, Executor &front, const Access &access)
    : m_state(std::make_unique<State>(node, store, readers, front))
    , m_access(access)
{
    static_cast<void>(store.postUnbounded([state = m_state.get()] { state->node.observe(state); }));
}

Gateway::~Gateway()
{
    *m_state->alive = nullptr;
}

// Databases.

void Gateway::open(const DatabaseName &name, bool mayCreate, Answer<void> answer)
{
    if (m_state->epochs.contains(name)) {
        answer({});
        return;
    }
    m_state->onStore<void>(
        std::move(answer), [name, mayCreate](Node &node, const Answer<void> &reply) {
            reply(node.open(name, mayCreate));
        });
}

void Gateway::databases(Answer<std::vector<DatabaseInfo>> answer)
{
    m_state->onStore<std::vector<DatabaseInfo>>(
        std::move(answer), [](Node &node, const auto &reply) { node.databases(reply); });
}

void Gateway::createDatabase(const DatabaseName &name, Answer<bool> answer)
{
    m_state->onStore<bool>(std::move(answer),
        [name](Node &node, const auto &reply) { node.createDatabase(name, reply); });
}

void Gateway::deleteDatabase(const DatabaseName &name, Answer<void> answer)
{
    m_state->onStore<void>(std::move(answer),
        [name](Node &node, const auto &reply) { node.deleteDatabase(name, reply); });
}

// Documents.

void Gateway::write(const DatabaseName &database, WriteRequest request, Answer<WriteOutcome> answer)
{
    m_state->onStore<WriteOutcome>(
        std::move(answer), [database, request = std::move(request)](Node &node, const auto &reply) {
            node.write(database, request, reply);
        });
}

void Gateway::batch(const DatabaseName &database,
    std::vector<WriteRequest> requests,
    std::function<void(Result<BatchOutcome>, int failedIndex)> answer)
{
    if (static_cast<int>(requests.size()) > m_state->node.settings().groupOperationsMax) {
        answer(Error {ErrorCode::TooLarge,
                   "A batch has at most "
                       + QByteArray::number(m_state->node.settings().groupOperationsMax)
                       + " operations (Node:Limits:GroupOperations). Send it in parts; each part "
                         "is atomic by itself.",
                   {},
                   Limit::GroupOperations},
            kNoBatchIndex);
        return;
    }
    auto shared = std::make_shared<decltype(answer)>(std::move(answer));
    State *state = m_state.get();
    const bool taken = state->store.post([state, shared, database, requests = std::move(requests)] {
        state->node.batch(
            database, requests, [state, shared](Result<BatchOutcome> result, int failedIndex) {
                static_cast<void>(state->front.postUnbounded(
                    [shared, result = std::move(result), failedIndex]() mutable {
                        (*shared)(std::move(result), failedIndex);
                    }));
            });
    });
    if (!taken) {
        (*shared)(busy(Limit::StoreQueue), kNoBatchIndex);
    }
}

void Gateway::document(const DatabaseName &database,
    QByteArray collection,
    QByteArray id,
    Answer<std::optional<DocumentView>> answer)
{
    using View = std::optional<DocumentView>;
    m_state->onReader<View>(database,
        std::move(answer),
        [collection = std::move(collection), id = std::move(id)](
            storage::DocumentReader &reader) -> Result<View> {
            DRIFTLESS_TRY_ASSIGN(auto found, reader.document(collection, id));
            return found ? View(DocumentView {std::move(found->body), found->token}) : View();
        });
}

void Gateway::documents(const DatabaseName &database, PageRequest page, Answer<DocumentPage> answer)
{
    const bool isLong = page.take > kShortPageDocumentsMax || page.skip > kShortPageDocumentsMax;
    m_state->onReader<DocumentPage>(
        database,
        std::move(answer),
        [page = std::move(page)](storage::DocumentReader &reader) -> Result<DocumentPage> {
            DRIFTLESS_TRY_ASSIGN(auto found,
                reader.documents(page.collection,
                    page.after ? std::optional(foldCase(*page.after)) : std::nullopt,
                    page.skip,
                    page.take));
            return DocumentPage {arrayOf(std::move(found.bodies)), std::move(found.lastId)};
        },
        isLong ? ReaderPool::Kind::Long : ReaderPool::Kind::Short);
}

void Gateway::collections(
    const DatabaseName &database, bool includeSystem, Answer<std::vector<QByteArray>> answer)
{
    using Names = std::vector<QByteArray>;
    m_state->onReader<Names>(database,
        std::move(answer),
        [includeSystem](storage::DocumentReader &reader) -> Result<Names> {
            DRIFTLESS_TRY_ASSIGN(Names names, reader.collections());
            std::erase_if(names, [includeSystem](const QByteArray &name) {
                return !includeSystem && !storage::isInDigest(foldCase(name));
            });
            return names;
        });
}

std::shared_ptr<storage::ReadToken> Gateway::query(
    const DatabaseName &database, QueryRequest request, Answer<QueryOutcome> answer)
{
    State *state = m_state.get();
    DRIFTLESS_ASSERT(state->thread.isOwner());
    auto token = std::make_shared<storage::ReadToken>(state->node.settings().queryMax);
    const auto known = state->epochs.find(database);
    if (known == state->epochs.end()) {
        answer(notOpen(database));
        return token;
    }
    request.database = database.bytes();
    state->noteQuery(token);
    auto shared = std::make_shared<Answer<QueryOutcome>>(std::move(answer));
    const StatementRunner::Place place {database, state->node.pathOf(database), known->second};
    auto task = [state, place, shared, token, request = std::move(request)](
                    ReaderPool::Readers &open) {
        state->statements.run(open, place, request, token, state->toFront<QueryOutcome>(*shared));
    };
    if (!state->readers.post(std::move(task), ReaderPool::Kind::Query)) {
        (*shared)(busy(Limit::QueryQueue));
    }
    return token;
}

void Gateway::cancelQueries()
{
    for (const auto &query : m_state->queries) {
        if (const auto token = query.lock()) {
            token->cancel();
        }
    }
}

void Gateway::registerCollection(
    const DatabaseName &database, QByteArray collection, Answer<void> answer)
{
    m_state->onStore<void>(std::move(answer),
        [database, collection = std::move(collection)](Node &node, const auto &reply) {
            node.registerCollection(database, collection, reply);
        });
}

void Gateway::conflicts(
    const DatabaseName &database, int skip, int take, Answer<ConflictPage> answer)
{
    m_state->onReader<ConflictPage>(database,
        std::move(answer),
        [skip, take](storage::DocumentReader &reader) -> Result<ConflictPage> {
            ConflictPage page;
            DRIFTLESS_TRY_ASSIGN(page.total, reader.conflictCount());
            DRIFTLESS_TRY_ASSIGN(const auto found, reader.conflicts(skip, take));
            for (const auto &conflict : found) {
                page.conflicts.push_back(viewOf(conflict));
            }
            return page;
        });
}

// Indexes.

void Gateway::createIndex(const DatabaseName &database, IndexRequest index, Answer<bool> answer)
{
    m_state->onStore<bool>(
        std::move(answer), [database, index = std::move(index)](Node &node, const auto &reply) {
            node.createIndex(database, index, reply);
        });
}

void Gateway::dropIndex(
    const DatabaseName &database, QByteArray collection, QByteArray name, Answer<bool> answer)
{
    m_state->onStore<bool>(std::move(answer),
        [database, collection = std::move(collection), name = std::move(name)](
            Node &node, const auto &reply) { node.dropIndex(database, collection, name, reply); });
}

void Gateway::indexes(const DatabaseName &database,
    std::optional<QByteArray> collection,
    Answer<std::vector<IndexView>> answer)
{
    using Views = std::vector<IndexView>;
    m_state->onReader<Views>(database,
        std::move(answer),
        [collection = std::move(collection)](storage::DocumentReader &reader) -> Result<Views> {
            DRIFTLESS_TRY_ASSIGN(const auto found, reader.indexes(collection));
            Views views;
            for (const storage::IndexInfo &index : found) {
                views.push_back({index.collection,
                    index.name,
                    index.expression,
                    index.state == storage::IndexState::Ready,
                    index.documentsDone,
                    index.documentsTotal});
            }
            return views;
        });
}

// Cluster.

void Gateway::convergence(const DatabaseName &database, Answer<Convergence> answer)
{
    m_state->onStore<Convergence>(std::move(answer),
        [database](Node &node, const auto &reply) { node.convergence(database, reply); });
}

void Gateway::peers(std::optional<DatabaseName> database, Answer<std::vector<PeerView>> answer)
{
    m_state->onStore<std::vector<PeerView>>(
        std::move(answer), [database = std::move(database)](Node &node, const auto &reply) {
            node.peers(database, reply);
        });
}

void Gateway::savePeer(PeerView peer, Answer<void> answer)
{
    m_state->onStore<void>(std::move(answer),
        [peer = std::move(peer)](Node &node, const auto &reply) { node.savePeer(peer, reply); });
}

void Gateway::removePeer(NodeId peer, std::optional<DatabaseName> database, Answer<void> answer)
{
    m_state->onStore<void>(std::move(answer),
        [peer = std::move(peer), database = std::move(database)](
            Node &node, const auto &reply) { node.removePeer(peer, database, reply); });
}

void Gateway::replicationStatus(Answer<std::vector<DatabaseStatus>> answer)
{
    m_state->onStore<std::vector<DatabaseStatus>>(
        std::move(answer), [](Node &node, const auto &reply) { node.replicationStatus(reply); });
}

bool Gateway::hint(NodeId source, DatabaseName database)
{
    return m_state->store.post(
        [state = m_state.get(), source = std::move(source), database = std::move(database)] {
            state->node.hint(source, database);
        });
}

void Gateway::receiveOperations(DatabaseName database, QByteArray body, Answer<QByteArray> answer)
{
    m_state->onStore<QByteArray>(std::move(answer),
        [database = std::move(database), body = std::move(body)](
            Node &node, const auto &reply) { node.receiveOperations(database, body, reply); });
}

void Gateway::receiveHeartbeat(QByteArray body, Answer<QByteArray> answer)
{
    m_state->onStore<QByteArray>(
        std::move(answer), [body = std::move(body)](Node &node, const auto &reply) {
            node.receiveHeartbeat(body, reply);
        });
}

void Gateway::receiveFetch(DatabaseName database, QByteArray body, Answer<QByteArray> answer)
{
    m_state->onStore<QByteArray>(std::move(answer),
        [database = std::move(database), body = std::move(body)](
            Node &node, const auto &reply) { node.receiveFetch(database, body, reply); });
}

// The node itself.

const NodeId &Gateway::nodeId() const
{
    return m_state->node.settings().nodeId;
}

int Gateway::databaseCount() const
{
    return static_cast<int>(m_state->epochs.size());
}

WallTime Gateway::now() const
{
    return m_state->node.now();
}

std::vector<QByteArray> Gateway::notReadyReasons() const
{
    return m_state->notReady;
}

} // namespace driftless::engine
