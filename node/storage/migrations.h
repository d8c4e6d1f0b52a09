#pragma once

#include "storage/connection.h"

#include <span>

namespace driftless::storage {

/// A kind of file and its way from an empty one to today: `steps[n]` leads from version n to n + 1.
struct Schema
{
    std::int32_t applicationId
        = 0; ///< in the file's header, so that no other program's file is taken for ours
    std::span<const char *const> steps;
    const char *what = ""; ///< "database", "node registry": for messages
};

/// Brings the file to the newest version in one transaction, forward only. Errors: FileNewer (made
/// by a newer program), FileDamaged (another program's file), and those of SQLite. A file that is
/// refused is left untouched.
Result<void> migrate(Connection &connection, const Schema &schema);

/// {database}.db
const Schema &databaseSchema();
/// node.db
const Schema &registrySchema();

} // namespace driftless::storage
