#include "engine/database.h"

#include "core/case_fold.h"
#include "engine/index_language.h"
#include "replication/ingest.h"
#include "replication/local_copies.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace driftless::engine {

namespace {

bool isNamed(const std::vector<QByteArray> &tokens, const std::optional<QByteArray> &current)
{
    return std::any_of(tokens.begin(), tokens.end(), [&current](const QByteArray &token) {
        return current && (token == "*" || token == *current);
    });
}

WallTime wallOf(const Version &version)
{
    return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(version.hlc >> 16)));
}

} // namespace

/// A document that a batch writes to, from the first write to it on.
struct Database::Target
{
    storage::LoadedDocument
        document; ///< as it was before the batch; goes to the writer where it is changed
    std::optional<storage::DocumentDraft> draft;
    qsizetype bytes = 0; ///< of the document as the batch leaves it so far
    QByteArray collection; ///< spelling of the last writer in the batch
    QByteArray id;
    bool wasVisible = false;
    std::optional<QByteArray> deleted; ///< what it showed, if the batch deletes it
    std::optional<std::size_t> place; ///< in the group, where it is changed

    [[nodiscard]] std::optional<Hash128> token() const
    {
        return document.state.token(document.key.collection, document.key.id);
    }
};

/// The documents of a batch, each once, in the order in which they are first written.
struct Database::Targets
{
    struct Hasher
    {
        std::size_t operator()(const storage::DocumentKey &key) const
        {
            return static_cast<std::size_t>(Hash128::of(key.id).low);
        }
    };
    std::deque<Target> all;
    std::unordered_map<storage::DocumentKey, Target *, Hasher> byKey;
};

Database::Database(
    DatabaseName name, std::unique_ptr<storage::DatabaseFile> file, const Context &context)
    : m_name(std::move(name))
    , m_settings(context.settings)
    , m_clock(context.clock)
    , m_file(std::move(file))
    , m_writer(*m_file, context.settings.nodeId, context.random, context.clock)
{
}

Result<std::unique_ptr<Database>> Database::open(
    const QByteArray &path, const DatabaseName &name, const Context &context)
{
    storage::DatabaseFile::Options options;
    options.isSynchronousFull = context.settings.durability == Durability::Full;
    options.cacheBytes = context.settings.cacheBytes;
    options.indexLanguage = &queryIndexLanguage();
    DRIFTLESS_TRY_ASSIGN(auto file, storage::DatabaseFile::open(path, options));
    if (file->quarantinedCount() > 0) {
        // A newer program may understand by now what an older one had to set aside.
        DRIFTLESS_TRY(file->begin());
        DRIFTLESS_TRY(file->releaseQuarantined());
        DRIFTLESS_TRY(file->commit());
    }
    return std::unique_ptr<Database>(new Database(name, std::move(file), context));
}

void Database::noteReceived(const replication::IngestOutcome &outcome, const NodeId &source)
{
    m_received.applied += outcome.applied;
    m_received.duplicates += outcome.duplicates;
    m_received.leftOut += outcome.leftOut;
    if (outcome.firstPosition.value > 0) {
        m_arrivals.note(outcome.firstPosition,
            outcome.lastPosition,
            source,
            m_clock.instant(),
            4 * m_settings.heartbeat);
    }
}

bool Database::claimsWhole(const QByteArray &foldedCollection) const
{
    for (const auto &[collection, policy] : m_settings.collectionPolicies) {
        if (collection == foldedCollection) {
            return policy == ConflictPolicy::LastWriterWins;
        }
    }
    return m_settings.policy == ConflictPolicy::LastWriterWins;
}

Result<storage::DocumentKey> Database::checkRequest(const WriteRequest &request) const
{
    if (request.id.isEmpty() || request.id.size() > kDocumentIdBytesMax
        || request.collection.isEmpty() || request.collection.size() > kCollectionNameBytesMax) {
        return Error {ErrorCode::InvalidArgument,
            "A document needs a collection of 1 to 255 bytes and an id of 1 to 1,021 bytes.",
            {}};
    }
    if (request.kind != WriteKind::Delete
        && request.body.bytes().size() > m_settings.documentBytesMax) {
        return Error {ErrorCode::TooLarge,
            "The document has more than the " + QByteArray::number(m_settings.documentBytesMax)
                + " bytes that Node:Limits:DocumentBytes allows. Split it, or raise the limit on "
                  "every node.",
            "$",
            Limit::DocumentBytes};
    }
    return storage::DocumentKey {foldCase(request.collection), foldCase(request.id)};
}

Result<Database::Target *> Database::target(const WriteRequest &request, Targets &targets)
{
    DRIFTLESS_TRY_ASSIGN(const storage::DocumentKey key, checkRequest(request));
    const auto [place, isNew] = targets.byKey.try_emplace(key, nullptr);
    if (isNew) {
        DRIFTLESS_TRY_ASSIGN(storage::LoadedDocument document, m_file->loadForWrite(key));
        if (document.state.isQuarantined()) {
            return Error {ErrorCode::DocumentQuarantined,
                "An operation on this document came from a newer program and waits in quarantine. "
                "Update this node, then write again.",
                {}};
        }
        Target &target = targets.all.emplace_back();
        target.document = std::move(document);
        target.wasVisible = target.document.state.isVisible();
        target.draft.emplace(
            target.document.state, m_writer.incarnation(), claimsWhole(key.collection));
        place->second = &target;
    }
    place->second->collection = request.collection;
    place->second->id = request.id;
    return place->second;
}

Result<void> Database::checkPrecondition(const WriteRequest &request, const Target &target) const
{
    const Precondition &wanted = request.precondition;
    if (!wanted.parentVersion && !wanted.ifMatch && !wanted.ifNoneMatch) {
        return {};
    }
    const std::optional<Hash128> token = target.token();
    const std::optional<QByteArray> any = token ? std::optional(token->hex()) : std::nullopt;
    const std::optional<QByteArray> current = target.wasVisible ? any : std::nullopt;
    if (wanted.parentVersion && *wanted.parentVersion != any) {
        return Error {ErrorCode::VersionMismatch,
            "Version mismatch for " + request.collection + '/' + request.id + ". Expected '"
                + *wanted.parentVersion + "', current is '" + any.value_or("<null>") + "'.",
            {}};
    }
    if (wanted.ifMatch && !isNamed(*wanted.ifMatch, current)) {
        return Error {ErrorCode::PreconditionFailed,
            "If-Match names no version that " + request.collection + '/' + request.id
                + " has. Read it again; its ETag is the current one.",
            {}};
    }
    if (wanted.ifNoneMatch && isNamed(*wanted.ifNoneMatch, current)) {
        return Error {ErrorCode::PreconditionFailed,
            "If-None-Match names the version that " + request.collection + '/' + request.id
                + " has. Send If-Match with its ETag to replace it.",
            {}};
    }
    return {};
}

Result<void> Database::take(const WriteRequest &request, Target &target) const
{
    if (request.kind == WriteKind::Delete) {
        target.draft->remove();
        return {};
    }
    if (!(target.draft->isVisible() ? request.mayUpdate : request.mayInsert)) {
        const char *role = target.draft->isVisible() ? "UPDATE_DOCUMENT" : "WRITE_DOCUMENT";
        return Error {ErrorCode::Forbidden,
            QByteArray("ApiKey lacks the role ") + role
                + " for this database. Ask for a key that has it.",
            {}};
    }
    if (request.kind == WriteKind::Put) {
        target.draft->put(request.body);
        return {};
    }
    if (request.kind == WriteKind::Set) {
        DRIFTLESS_TRY(target.draft->set(request.body, request.sums, request.id));
    } else {
        DRIFTLESS_TRY(target.draft->patch(request.body, request.id));
    }
    if (target.draft->body().size() > m_settings.documentBytesMax) {
        return Error {ErrorCode::TooLarge,
            "With this change the document would have more than the "
                + QByteArray::number(m_settings.documentBytesMax)
                + " bytes that Node:Limits:DocumentBytes allows.",
            "$",
            Limit::DocumentBytes};
    }
    return {};
}

Result<WriteOutcome> Database::unchanged(const WriteRequest &request, const Target &target) const
{
    WriteOutcome outcome;
    outcome.collection = request.collection;
    outcome.id = request.id;
    outcome.token = target.token();
    outcome.isDeleted = !target.wasVisible;
    outcome.committed = m_clock.wallTime();
    const storage::DocumentState &state = target.document.state;
    if (!state.showsNewestWrite()) {
        if (outcome.isDeleted && outcome.token) {
            outcome.committed = wallOf(state.newestDelete());
        }
        return outcome;
    }
    // The token names an operation that is here: the answer shows it, as it was answered when it
    // was made.
    DRIFTLESS_TRY_ASSIGN(const auto stored, m_file->findOperation(state.newestWrite().dot));
    if (!stored) {
        return outcome;
    }
    DRIFTLESS_TRY_ASSIGN(
        const storage::OperationHeader header, storage::decodeHeader(stored->headerBytes));
    OperationView view;
    view.version = header.version;
    view.committed = outcome.committed = wallOf(header.version);
    view.collection = header.collection;
    view.id = header.documentId;
    view.type = header.parents.empty() ? 1 : 2;
    view.payload = stored->body;
    view.position = stored->position;
    outcome.operation = std::move(view);
    return outcome;
}

WriteOutcome Database::changed(const WriteRequest &request,
    const Target &target,
    const storage::Operation &operation,
    LogPosition position) const
{
    const storage::OperationHeader &header = operation.header;
    OperationView view;
    view.version = header.version;
    view.committed = wallOf(header.version);
    view.collection = request.collection;
    view.id = request.id;
    const bool isDelete = header.kind == storage::OperationKind::Delete;
    view.type = isDelete ? 3 : target.wasVisible ? 2 : 1;
    view.payload = isDelete ? target.deleted.value_or("{}") : operation.body;
    view.position = position;
    view.parentVersion = request.precondition.parentVersion.value_or(QByteArray());
    WriteOutcome outcome;
    outcome.collection = request.collection;
    outcome.id = request.id;
    outcome.token = header.id();
    outcome.committed = view.committed;
    outcome.isDeleted = isDelete;
    outcome.changed = true;
    outcome.operation = std::move(view);
    return outcome;
}

Result<WriteOutcome> Database::write(const WriteRequest &request)
{
    int failedIndex = kNoBatchIndex;
    DRIFTLESS_TRY_ASSIGN(BatchOutcome outcome, batch({&request, 1}, failedIndex));
    return std::move(outcome.results.front());
}

Result<BatchOutcome> Database::batch(std::span<const WriteRequest> requests, int &failedIndex)
{
    Targets targets;
    std::vector<Target *> byRequest;
    byRequest.reserve(requests.size());
    qsizetype bytes = 0;
    for (const WriteRequest &request : requests) {
        failedIndex = static_cast<int>(byRequest.size());
        DRIFTLESS_TRY_ASSIGN(Target * target, this->target(request, targets));
        DRIFTLESS_TRY(checkPrecondition(request, *target));
        DRIFTLESS_TRY(take(request, *target));
        byRequest.push_back(target);
        // What travels are the documents, whole, however little a patch of each says.
        bytes -= std::exchange(
            target->bytes, target->draft->isVisible() ? target->draft->body().size() : 0);
        bytes += target->bytes;
        if (bytes > m_settings.groupBytesMax) {
            failedIndex = kNoBatchIndex;
            return Error {ErrorCode::TooLarge,
                "The documents of the batch have together more than the "
                    + QByteArray::number(m_settings.groupBytesMax)
                    + " bytes that Node:Limits:GroupBytes allows; a group travels whole. Send it "
                      "in parts.",
                {},
                Limit::GroupBytes};
        }
    }
    failedIndex = kNoBatchIndex;
    DRIFTLESS_TRY_ASSIGN(const storage::LocalWriter::Written written, writeChanged(targets));
    BatchOutcome outcome;
    outcome.committed = written.operations.empty()
        ? m_clock.wallTime()
        : wallOf(written.operations.front().header.version);
    outcome.groupId
        = written.operations.empty() ? Hash128 {} : written.operations.front().header.id();
    outcome.results.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const Target &target = *byRequest[i];
        if (target.place) {
            const LogPosition position {
                written.firstPosition.value + static_cast<std::int64_t>(*target.place)};
            outcome.results.push_back(
                changed(requests[i], target, written.operations[*target.place], position));
        } else {
            auto one = unchanged(requests[i], target);
            if (!one) {
                spoil(one.error()); // others of the batch are written already
                return one.error();
            }
            outcome.results.push_back(std::move(one).value());
        }
    }
    return outcome;
}

Result<storage::LocalWriter::Written> Database::writeChanged(Targets &targets)
{
    std::vector<storage::LocalWrite> group;
    group.reserve(targets.all.size());
    for (Target &target : targets.all) {
        auto plan = target.draft->finish();
        if (!plan) {
            continue;
        }
        if (plan->kind == storage::OperationKind::Delete) {
            target.deleted = target.document.state.shown();
        }
        target.place = group.size();
        target.draft.reset(); // it looks at the document, which goes
        group.push_back(
            {target.collection, target.id, std::move(target.document), std::move(*plan)});
    }
    if (group.empty()) {
        return storage::LocalWriter::Written {};
    }
    auto written = m_writer.write(std::move(group));
    if (!written
        && written.error().code
            != ErrorCode::TooLarge) { // that was found out before anything was written
        spoil(written.error());
    }
    return written;
}

Result<void> Database::admit(const NodeId &node)
{
    return m_writer.admit(node);
}

Result<Hash128> Database::leftOutHash()
{
    if (!m_leftOutHash || m_leftOutCount != m_file->quarantinedCount()) {
        DRIFTLESS_TRY_ASSIGN(m_leftOutHash, replication::leftOutHashOf(*m_file));
        m_leftOutCount = m_file->quarantinedCount();
    }
    return *m_leftOutHash;
}

} // namespace driftless::engine
