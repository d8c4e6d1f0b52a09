#include "engine/node.h"

#include "core/log.h"
#include "engine/set_aside.h"
#include "engine/write_run.h"
#include "storage/visible_documents.h"

#include <QDir>
#include <QFile>

#include <utility>

namespace driftless::engine {

namespace {

constexpr std::chrono::seconds kWriteRetry {1};

} // namespace

Node::Node(Settings settings, const Clock &clock, Random &random, replication::Transport &transport)
    : m_settings(std::move(settings))
    , m_clock(clock)
    , m_random(random)
    , m_transport(transport)
{
}

Node::~Node() = default;

QByteArray Node::pathOf(const DatabaseName &name) const
{
    return m_settings.dataDirectory + '/' + name.bytes() + ".db";
}

Result<void> Node::start()
{
    if (!QDir().mkpath(QString::fromUtf8(m_settings.dataDirectory))) {
        return Error {ErrorCode::Storage,
            "The data directory '" + m_settings.dataDirectory
                + "' cannot be made. Choose another with --data-dir.",
            {}};
    }
    DRIFTLESS_TRY_ASSIGN(
        m_registry, storage::NodeRegistry::open(m_settings.dataDirectory + "/node.db"));
    DRIFTLESS_TRY_ASSIGN(const auto registered, m_registry->databases());
    for (const auto &database : registered) {
        Entry &entry = m_entries[database.name];
        entry.registered = database;
        if (!database.isDeleted) {
            if (!QFile::exists(QString::fromUtf8(pathOf(database.name)))) {
                qCCritical(logStorage,
                    "Database %s: there is no '%s' any more, so it begins empty; the peers fill it "
                    "again.",
                    database.name.bytes().constData(),
                    pathOf(database.name).constData());
            }
            openEntry(entry);
        } else if (const auto renamed = renameAside(entry); !renamed) {
            qCWarning(logStorage,
                "%s",
                renamed.error().message.constData()); // tried again before the name is used
        }
    }
    m_replicator = std::make_unique<Replicator>(
        Replicator::Context {m_settings, m_clock, m_random, m_transport, *this});
    DRIFTLESS_TRY(loadPeers());
    announce();
    return {};
}

void Node::stop()
{
    settle();
    m_replicator.reset();
    for (auto &[name, entry] : m_entries) {
        if (entry.database) {
            if (const auto done = entry.database->file().checkpoint(); !done) {
                qCWarning(logStorage, "%s", done.error().message.constData());
            }
        }
    }
    m_entries.clear();
    m_registry.reset();
}

void Node::observe(NodeObserver *observer)
{
    m_observer = observer;
    announce();
}

void Node::openEntry(Entry &entry)
{
    auto opened = Database::open(
        pathOf(entry.registered.name), entry.registered.name, {m_settings, m_random, m_clock});
    if (!opened) {
        qCCritical(logStorage,
            "Database %s: %s",
            entry.registered.name.bytes().constData(),
            opened.error().message.constData());
        entry.error = opened.error();
        return;
    }
    entry.error.reset();
    entry.database = std::move(opened).value();
    entry.announced = entry.database->file().committedPosition();
}

void Node::announce()
{
    if (m_observer == nullptr) {
        return;
    }
    std::set<DatabaseName> open;
    std::vector<QByteArray> reasons;
    for (const auto &[name, entry] : m_entries) {
        if (entry.database) {
            open.insert(name);
        } else if (entry.error) {
            reasons.push_back("Database " + name.bytes() + ": " + entry.error->message);
        }
        if (entry.writeFault) {
            reasons.push_back("Database " + name.bytes()
                + " could not be written to: " + entry.writeFault->message);
        }
    }
    m_observer->databasesChanged(open);
    m_observer->healthChanged(reasons);
}

// Databases.

Result<void> Node::open(const DatabaseName &name, bool mayCreate)
{
    const auto found = m_entries.find(name);
    if (found == m_entries.end()) {
        if (!mayCreate) {
            return Error {ErrorCode::Forbidden,
                "ApiKey is not allowed to create database '" + name.bytes() + "'.",
                {}};
        }
        return create(name, 0);
    }
    if (found->second.error) {
        return *found->second.error;
    }
    if (found->second.registered.isDeleted) {
        return Error {ErrorCode::DatabaseDeleted,
            "Database '" + name.bytes() + "' was deleted. PUT /api/databases/" + name.bytes()
                + " makes a new, empty one.",
            {}};
    }
    if (!found->second.database) {
        return Error {ErrorCode::Storage,
            "Database '" + name.bytes()
                + "' could not be exchanged for its new generation; the log says why.",
            {}};
    }
    return {};
}

Result<void> Node::create(const DatabaseName &name, std::uint64_t generation)
{
    if (const auto known = m_entries.find(name);
        known != m_entries.end() && known->second.registered.isDeleted) {
        DRIFTLESS_TRY(renameAside(known->second)); // where that was left undone
    }
    storage::NodeRegistry::DatabaseEntry registered {name, generation, false, m_clock.wallTime()};
    Entry entry;
    entry.registered = registered;
    const QString file = QString::fromUtf8(pathOf(name));
    const bool isNew = !QFile::exists(file);
    openEntry(entry);
    if (entry.error) {
        if (isNew) {
            QFile::remove(file); // or each further try would set aside an empty file
        }
        return *entry.error;
    }
    DRIFTLESS_TRY(m_registry->saveDatabase(registered));
    m_entries[name] = std::move(entry);
    announce();
    afterCommit([this, name] { m_replicator->logGrew(name); });
    return {};
}

void Node::databases(Answer<std::vector<DatabaseInfo>> answer)
{
    afterCommit([this, answer = std::move(answer)] {
        std::vector<DatabaseInfo> infos;
        for (const auto &[name, entry] : m_entries) {
            if (entry.registered.isDeleted) {
                continue;
            }
            DatabaseInfo info {name, entry.registered.generation, entry.registered.created, 0, 0};
            info.documents = entry.database ? entry.database->file().documentCount() : 0;
            // With the log ahead of it, which may hold most of a database that has just grown.
            info.fileBytes = QFile(QString::fromUtf8(pathOf(name))).size()
                + QFile(QString::fromUtf8(pathOf(name) + "-wal")).size();
            infos.push_back(std::move(info));
        }
        answer(std::move(infos));
    });
}

void Node::createDatabase(const DatabaseName &name, Answer<bool> answer)
{
    afterCommit([this, name, answer = std::move(answer)] {
        const auto found = m_entries.find(name);
        if (found != m_entries.end() && !found->second.registered.isDeleted) {
            answer(found->second.error ? Result<bool>(*found->second.error) : Result<bool>(false));
            return;
        }
        const auto created
            = create(name, found == m_entries.end() ? 0 : found->second.registered.generation + 1);
        answer(created ? Result<bool>(true) : Result<bool>(created.error()));
    });
}

void Node::deleteDatabase(const DatabaseName &name, Answer<void> answer)
{
    afterCommit([this, name, answer = std::move(answer)] {
        const auto found = m_entries.find(name);
        if (found == m_entries.end() || found->second.registered.isDeleted) {
            answer(Error {ErrorCode::NotFound,
                "There is no database '" + name.bytes()
                    + "'. GET /api/databases lists those that there are.",
                {}});
            return;
        }
        const auto deleted = setAside(found->second);
        announce();
        m_replicator->hintHeard(m_settings.nodeId); // a heartbeat tells the peers at once
        answer(deleted);
    });
}

Result<void> Node::setAside(Entry &entry)
{
    const DatabaseName name = entry.registered.name;
    const QByteArray aside = asidePathOf(entry);
    if (entry.database) {
        DRIFTLESS_TRY_ASSIGN(const qint64 unsent,
            listUnsent(entry.database->file(),
                m_replicator->knownElsewhere(name),
                aside + ".unsent.ndjson"));
        if (unsent > 0) {
            qCCritical(logStorage,
                "Database %s: %lld writes that no peer is known to have are listed in "
                "%s.unsent.ndjson.",
                name.bytes().constData(),
                static_cast<long long>(unsent),
                aside.constData());
        }
        DRIFTLESS_TRY(entry.database->file().checkpoint());
    }
    // Registered first: a process that dies before the file is renamed finds it at its next start,
    // and none takes a missing file for an empty database.
    auto deleted = entry.registered;
    deleted.isDeleted = true;
    DRIFTLESS_TRY(m_registry->saveDatabase(deleted));
    entry.registered = deleted;
    entry.database.reset();
    entry.error.reset();
    announce();
    auto renamed = renameAside(entry);
    if (!renamed) {
        entry.registered.isDeleted = false;
        DRIFTLESS_TRY(m_registry->saveDatabase(entry.registered));
        openEntry(entry); // it goes on as it was
    }
    return renamed;
}

Result<void> Node::renameAside(const Entry &entry)
{
    const QByteArray path = pathOf(entry.registered.name);
    if (!QFile::exists(QString::fromUtf8(path))) {
        return {};
    }
    const QByteArray aside = asidePathOf(entry);
    DRIFTLESS_TRY(renameDatabase(path, aside));
    qCInfo(logStorage,
        "Database %s was set aside as %s.",
        entry.registered.name.bytes().constData(),
        aside.constData());
    return {};
}

QByteArray Node::asidePathOf(const Entry &entry) const
{
    return freeAsidePath(m_settings.dataDirectory + '/' + entry.registered.name.bytes() + ".g"
        + QByteArray::number(quint64 {entry.registered.generation}));
}

// Documents.

Result<Database *> Node::transaction(const DatabaseName &name)
{
    DRIFTLESS_TRY(open(name, false));
    Database *database = m_entries.at(name).database.get();
    if (const auto begun = database->file().begin(); !begun) {
        noteWriteFault(name, begun.error());
        return begun.error();
    }
    m_open.try_emplace(name);
    return database;
}

void Node::write(
    const DatabaseName &database, const WriteRequest &request, Answer<WriteOutcome> answer)
{
    auto open = transaction(database);
    if (!open) {
        answer(open.error());
        return;
    }
    Result<WriteOutcome> result = (*open)->spoiltBy() ? Result<WriteOutcome>(*(*open)->spoiltBy())
                                                      : (*open)->write(request);
    m_open[database].push_back([answer = std::move(answer), result = std::move(result)](
                                   const std::optional<Error> &fault) mutable {
        answer(fault ? Result<WriteOutcome>(*fault) : std::move(result));
    });
}

void Node::batch(
    const DatabaseName &database, const std::vector<WriteRequest> &requests, BatchAnswer answer)
{
    auto open = transaction(database);
    if (!open) {
        answer(open.error(), kNoBatchIndex);
        return;
    }
    int failedIndex = kNoBatchIndex;
    Result<BatchOutcome> result = (*open)->spoiltBy() ? Result<BatchOutcome>(*(*open)->spoiltBy())
                                                      : (*open)->batch(requests, failedIndex);
    m_open[database].push_back(
        [answer = std::move(answer), result = std::move(result), failedIndex](
            const std::optional<Error> &fault) mutable {
            answer(fault ? Result<BatchOutcome>(*fault) : std::move(result),
                fault ? kNoBatchIndex : failedIndex);
        });
}

void Node::advance(
    const DatabaseName &database, const std::shared_ptr<WriteRun> &run, Answer<bool> answer)
{
    auto open = transaction(database);
    if (!open) {
        answer(open.error());
        return;
    }
    Result<BatchOutcome> result = writeNext(**open, *run);
    m_open[database].push_back([run, answer = std::move(answer), result = std::move(result)](
                                   const std::optional<Error> &fault) {
        if (fault || !result) {
            answer(run->failed(fault ? *fault : result.error()));
            return;
        }
        run->written(*result);
        answer(!run->isDone());
    });
}

/// Evaluates and writes on the same state: the open transaction's.
Result<BatchOutcome> Node::writeNext(Database &database, WriteRun &run)
{
    if (database.spoiltBy()) {
        return *database.spoiltBy();
    }
    DRIFTLESS_TRY_ASSIGN(const auto requests,
        run.next(database.file().visibleDocuments(), m_settings, {m_clock, m_random}));
    int failedIndex = kNoBatchIndex;
    return requests.empty() ? Result<BatchOutcome>(BatchOutcome {})
                            : database.batch(requests, failedIndex);
}

void Node::registerCollection(
    const DatabaseName &database, const QByteArray &collection, Answer<void> answer)
{
    auto open = transaction(database);
    if (!open) {
        answer(open.error());
        return;
    }
    const auto registered = (*open)->file().registerCollection(collection);
    if (!registered) {
        (*open)->spoil(registered.error());
    }
    m_open[database].push_back(
        [answer = std::move(answer), registered](const std::optional<Error> &fault) {
            answer(fault ? Result<void>(*fault) : registered);
        });
}

// Settling.

void Node::afterCommit(Task task)
{
    m_afterCommit.push_back(std::move(task));
}

void Node::settle()
{
    while (!m_open.empty() || !m_afterCommit.empty()) {
        settleTransactions();
        for (Task &task : std::exchange(m_afterCommit, {})) {
            task();
        }
    }
    for (auto &[name, entry] : m_entries) {
        if (entry.database) {
            entry.database->file().checkpointWhenDue();
        }
    }
    workOnIndexes();
}

void Node::settleTransactions()
{
    for (auto &[name, waiting] : std::exchange(m_open, {})) {
        Database *database = openDatabase(name);
        std::optional<Error> fault = database->spoiltBy();
        if (fault) {
            database->file().rollback();
        } else if (const auto committed = database->file().commit(); !committed) {
            fault = committed.error();
        }
        database->settled();
        if (fault) {
            qCCritical(logStorage,
                "Database %s: %s",
                name.bytes().constData(),
                fault->message.constData());
        }
        for (Settled &settled : waiting) {
            settled(fault);
        }
        noteWriteFault(name, fault);
        if (m_entries.at(name).announced != database->file().committedPosition()) {
            logGrew(name);
        }
    }
}

void Node::noteWriteFault(const DatabaseName &name, const std::optional<Error> &fault)
{
    std::optional<Error> &known = m_entries.at(name).writeFault;
    if (fault.has_value() == known.has_value() && (!fault || fault->message == known->message)) {
        return;
    }
    known = fault;
    if (fault) {
        m_writeRetryAt = m_clock.instant() + kWriteRetry;
    }
    announce();
}

/// Whoever was told to send no requests would never see that the disk takes writes again.
void Node::retryWriting()
{
    if (m_clock.instant() < m_writeRetryAt) {
        return;
    }
    m_writeRetryAt = Instant::max();
    for (auto &[name, entry] : m_entries) {
        if (!entry.writeFault || !entry.database || entry.database->file().isInTransaction()) {
            continue;
        }
        const auto written = entry.database->file().tryWriting();
        noteWriteFault(name, written ? std::nullopt : std::optional(written.error()));
        if (!written) {
            m_writeRetryAt = m_clock.instant() + kWriteRetry;
        }
    }
}

void Node::logGrew(const DatabaseName &name)
{
    Entry &entry = m_entries.at(name);
    entry.announced = entry.database->file().committedPosition();
    m_replicator->logGrew(name);
}

void Node::tick()
{
    afterCommit([this] {
        m_replicator->tick();
        retryWriting();
    });
}

Instant Node::nextDue() const
{
    return m_replicator ? std::min({m_replicator->nextDue(), m_writeRetryAt, m_indexDueAt})
                        : Instant::max();
}

// ReplicaHost.

std::vector<DatabaseName> Node::names() const
{
    std::vector<DatabaseName> names;
    for (const auto &[name, entry] : m_entries) {
        names.push_back(name);
    }
    return names;
}

std::optional<replication::LocalCopy> Node::find(const DatabaseName &database) const
{
    const auto found = m_entries.find(database);
    if (found == m_entries.end()) {
        return std::nullopt;
    }
    const Entry &entry = found->second;
    const replication::Generation generation {
        entry.registered.generation, !entry.registered.isDeleted};
    if (!entry.database) {
        replication::LocalCopy copy;
        copy.generation = generation;
        return copy;
    }
    const auto leftOut = entry.database->leftOutHash();
    return replication::localCopyOf(
        entry.database->file(), generation, leftOut ? *leftOut : Hash128 {1, 1});
}

Database *Node::openDatabase(const DatabaseName &name)
{
    const auto found = m_entries.find(name);
    return found == m_entries.end() ? nullptr : found->second.database.get();
}

void Node::createReplica(const DatabaseName &name, const replication::Generation &generation)
{
    if (m_entries.contains(name)) {
        joinGeneration(name, generation);
        return;
    }
    const auto created = [&]() -> Result<void> {
        if (generation.isAlive) {
            return create(name, generation.number);
        }
        Entry &entry = m_entries[name];
        entry.registered = {name, generation.number, true, m_clock.wallTime()};
        return m_registry->saveDatabase(entry.registered);
    }();
    if (!created) {
        qCWarning(logReplication,
            "Database %s of a peer cannot be made here: %s",
            name.bytes().constData(),
            created.error().message.constData());
    }
}

void Node::joinGeneration(const DatabaseName &name, const replication::Generation &generation)
{
    Entry &entry = m_entries.at(name);
    const replication::Generation mine {entry.registered.generation, !entry.registered.isDeleted};
    if (generation <= mine) {
        return;
    }
    const auto joined = [&]() -> Result<void> {
        if (mine.isAlive) {
            DRIFTLESS_TRY(setAside(entry));
        }
        if (generation.isAlive) {
            return create(name, generation.number);
        }
        entry.registered.generation = generation.number;
        entry.registered.isDeleted = true;
        entry.error.reset();
        return m_registry->saveDatabase(entry.registered);
    }();
    if (!joined && !entry.database) {
        entry.error = joined.error(); // clients are told why, not that the database was deleted
    }
    announce();
    if (!joined) {
        qCWarning(logReplication,
            "Database %s: the cluster's generation %llu cannot be joined: %s",
            name.bytes().constData(),
            static_cast<unsigned long long>(generation.number),
            joined.error().message.constData());
    }
}

} // namespace driftless::engine
