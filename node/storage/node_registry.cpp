#include "storage/node_registry.h"

#include "core/log.h"
#include "storage/migrations.h"

namespace driftless::storage {

namespace {

QByteArray scopeText(const std::optional<DatabaseName> &database)
{
    return database ? database->bytes() : QByteArray("");
}

} // namespace

Result<std::unique_ptr<NodeRegistry>> NodeRegistry::open(const QByteArray &path)
{
    auto registry = std::make_unique<NodeRegistry>();
    DRIFTLESS_TRY_ASSIGN(registry->m_lock, FileLock::take(path));
    DRIFTLESS_TRY_ASSIGN(
        registry->m_connection, Connection::open(path, Connection::Mode::ReadWrite));
    DRIFTLESS_TRY(migrate(*registry->m_connection, registrySchema()));
    DRIFTLESS_TRY(
        registry->m_connection->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"));
    registry->m_connection->checkpointOnClose();
    return registry;
}

Result<std::vector<NodeRegistry::DatabaseEntry>> NodeRegistry::databases()
{
    std::vector<DatabaseEntry> entries;
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection->prepare(
            "SELECT name, generation, deleted, created_ms FROM databases ORDER BY name"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return entries;
        }
        DRIFTLESS_TRY_ASSIGN(DatabaseName name, DatabaseName::parse(select.blobView(0)));
        entries.push_back({std::move(name),
            static_cast<std::uint64_t>(select.integer(1)),
            select.integer(2) != 0,
            WallTime(std::chrono::milliseconds(select.integer(3)))});
    }
}

Result<void> NodeRegistry::saveDatabase(const DatabaseEntry &entry)
{
    DRIFTLESS_TRY_ASSIGN(Statement insert,
        m_connection->prepare("INSERT OR REPLACE INTO databases(name, generation, deleted, "
                              "created_ms) VALUES(?,?,?,?)"));
    insert.bindText(1, entry.name.bytes())
        .bind(2, static_cast<std::int64_t>(entry.generation))
        .bind(3, entry.isDeleted ? 1 : 0);
    insert.bind(4, entry.created.time_since_epoch().count());
    return insert.run();
}

Result<std::vector<NodeRegistry::PeerEntry>> NodeRegistry::peers()
{
    std::vector<PeerEntry> entries;
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection->prepare("SELECT database, node, base_url, active, updated_ms FROM peers "
                              "ORDER BY node, database"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return entries;
        }
        PeerEntry entry;
        const bool isForAll = select.blobView(0).isEmpty();
        auto database = isForAll ? Result<DatabaseName>(DatabaseName {})
                                 : DatabaseName::parse(select.blobView(0));
        auto node = NodeId::parse(select.blobView(1));
        if (!database || !node) {
            // One row that no rule allows must not keep a till from selling.
            qCCritical(logStorage,
                "A peer in '%s' is left out: %s",
                m_connection->path().constData(),
                (node ? database.error() : node.error()).message.constData());
            continue;
        }
        if (!isForAll) {
            entry.database = std::move(database).value();
        }
        entry.node = std::move(node).value();
        entry.baseUrl = select.blob(2);
        entry.isActive = select.integer(3) != 0;
        entry.updated = WallTime(std::chrono::milliseconds(select.integer(4)));
        entries.push_back(std::move(entry));
    }
}

Result<void> NodeRegistry::savePeer(const PeerEntry &entry)
{
    DRIFTLESS_TRY_ASSIGN(Statement insert,
        m_connection->prepare("INSERT OR REPLACE INTO peers(database, node, base_url, active, "
                              "updated_ms) VALUES(?,?,?,?,?)"));
    const QByteArray scope = scopeText(entry.database);
    insert.bindText(1, scope)
        .bindText(2, entry.node.bytes())
        .bindText(3, entry.baseUrl)
        .bind(4, entry.isActive ? 1 : 0);
    insert.bind(5, entry.updated.time_since_epoch().count());
    return insert.run();
}

Result<void> NodeRegistry::removePeer(
    const NodeId &node, const std::optional<DatabaseName> &database)
{
    DRIFTLESS_TRY_ASSIGN(Statement remove,
        m_connection->prepare("DELETE FROM peers WHERE database = ? AND node = ?"));
    const QByteArray scope = scopeText(database);
    remove.bindText(1, scope).bindText(2, node.bytes());
    return remove.run();
}

Result<bool> NodeRegistry::isSeedTaken(const SeedEntry &seed)
{
    DRIFTLESS_TRY_ASSIGN(Statement select,
        m_connection->prepare(
            "SELECT 1 FROM seeds WHERE node = ? AND base_url = ? AND active = ?"));
    select.bindText(1, seed.node.bytes()).bindText(2, seed.baseUrl).bind(3, seed.isActive ? 1 : 0);
    return select.step();
}

Result<void> NodeRegistry::saveSeed(const SeedEntry &seed)
{
    DRIFTLESS_TRY_ASSIGN(Statement insert,
        m_connection->prepare(
            "INSERT OR REPLACE INTO seeds(node, base_url, active) VALUES(?,?,?)"));
    insert.bindText(1, seed.node.bytes()).bindText(2, seed.baseUrl).bind(3, seed.isActive ? 1 : 0);
    return insert.run();
}

} // namespace driftless::storage
