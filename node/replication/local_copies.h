#pragma once

#include "core/ids.h"
#include "replication/generation.h"
#include "storage/database_file.h"

#include <optional>
#include <vector>

namespace driftless::replication {

/// What this node has of one database at this moment. Pointers hold until the copy changes.
struct LocalCopy
{
    Generation generation;
    const storage::VersionVector *vector = nullptr; ///< null: deleted, or its file cannot be used
    const std::set<NodeId> *roster = nullptr; ///< as `vector`
    const std::vector<storage::Fork> *forks = nullptr; ///< as `vector`
    Hash128 vectorHash;
    Hash128 digest;
    Hash128 leftOutHash;
    std::uint64_t documents = 0;
    LogPosition lastPosition; ///< durable: the pump sends what is up to here
};

/// The databases of this node, deleted ones included, as replication sees them; the engine
/// implements it. The store thread.
class LocalCopies
{
public:
    virtual ~LocalCopies() = default;
    [[nodiscard]] virtual std::vector<DatabaseName> names() const = 0;
    /// Nothing: this node never heard of it.
    [[nodiscard]] virtual std::optional<LocalCopy> find(const DatabaseName &database) const = 0;
};

/// The copy as an open file shows it.
LocalCopy localCopyOf(
    const storage::DatabaseFile &file, const Generation &generation, const Hash128 &leftOutHash);

/// Hash of the list of documents that are left out of the digest; of an empty list zero. Errors of
/// the file.
Result<Hash128> leftOutHashOf(const storage::DatabaseFile &file);

} // namespace driftless::replication
