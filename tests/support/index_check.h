#pragma once

#include "storage/index_language.h"

namespace driftless::support {

/// Compares every index of a database, as it is committed, with what a full scan of the documents
/// that it covers gives. Answers what is wrong; empty if nothing is. `language`: the one that the
/// file was opened with.
QByteArray indexFault(const QByteArray &path, const storage::IndexLanguage &language);

/// Lets SQLite check the file, by a connection that knows nothing of ours. As above.
QByteArray integrityFault(const QByteArray &path);

} // namespace driftless::support
