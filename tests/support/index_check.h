#pragma once

#include "storage/index_language.h"

namespace driftless::support {

/// Compares every index of a database, as it is committed, with what a full scan of the documents
/// that it covers gives, and lets SQLite check the file through a connection that knows nothing of
/// ours. Answers what is wrong; empty if nothing is. `language`: the one that the file was opened
/// with.
QByteArray indexFault(const QByteArray &path, const storage::IndexLanguage &language);

} // namespace driftless::support
