#pragma once

#include "core/result.h"
#include "storage/database_file.h"

namespace driftless::engine {

/// `base`, or `base`-2, -3 … : the first that no file has yet. An earlier one is never overwritten.
QByteArray freeAsidePath(const QByteArray &base);

/// Writes the documents' operations of `file` that `known` does not cover to `path`, one JSON
/// object a line with the whole document, so that a person can take them over:
/// {"Collection","Id","Version","NodeId","TimestampUtc","IsDelete","Document"}. What is no document
/// (it waits in quarantine) stands as "Bytes", in base64. No file where there are none. Answers how
/// many. Errors: Storage, those of the file. Store thread.
Result<qint64> listUnsent(
    const storage::DatabaseFile &file, const storage::VersionVector &known, const QByteArray &path);

/// Renames a closed database with what its WAL still holds, so that it can be opened under the new
/// name as it was. Storage.
Result<void> renameDatabase(const QByteArray &path, const QByteArray &aside);

} // namespace driftless::engine
