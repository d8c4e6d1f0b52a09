#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "storage/connection.h"
#include "storage/file_lock.h"

#include <map>
#include <optional>
#include <vector>

namespace driftless::storage {

/// `node.db`: which databases and peers the node knows. Small and rarely written; every change is
/// durable when its call returns. Store thread.
class NodeRegistry
{
public:
    struct DatabaseEntry
    {
        DatabaseName name;
        std::uint64_t generation = 0;
        bool isDeleted = false;
        WallTime created {};
    };
    struct PeerEntry
    {
        std::optional<DatabaseName> database; ///< nothing: for all
        NodeId node;
        QByteArray baseUrl;
        bool isActive = true;
        WallTime updated {};
    };
    struct SeedEntry
    {
        NodeId node;
        QByteArray baseUrl;
        bool isActive = true;
    };

    /// Errors as of DatabaseFile::open.
    static Result<std::unique_ptr<NodeRegistry>> open(const QByteArray &path);

    Result<std::vector<DatabaseEntry>> databases();
    Result<void> saveDatabase(const DatabaseEntry &entry);
    Result<std::vector<PeerEntry>> peers();
    Result<void> savePeer(const PeerEntry &entry);
    Result<void> removePeer(const NodeId &node, const std::optional<DatabaseName> &database);
    /// Whether the configuration's peer stood there in just this way when it was last taken over.
    Result<bool> isSeedTaken(const SeedEntry &seed);
    Result<void> saveSeed(const SeedEntry &seed);

private:
    FileLock m_lock;
    std::unique_ptr<Connection> m_connection;
};

} // namespace driftless::storage
