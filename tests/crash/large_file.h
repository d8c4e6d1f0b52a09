#pragma once

#include "core/result.h"

#include <QByteArray>

#include <chrono>

namespace driftless::crash {

/// How a node came back that was killed with a large database.
struct LargeReopening
{
    qint64 documents = 0;
    qint64 fileBytes = 0; ///< of the database, without its WAL
    qint64 walBytes = 0; ///< none of which had been copied back
    std::chrono::microseconds startTime {}; ///< until it served again
};

/// Writes `documents` of 0.8 KB in batches of 1,000 while a reader in this process keeps SQLite
/// from copying the WAL back, kills the node and starts it again. Errors: Internal, also where a
/// document is missing then; Storage.
Result<LargeReopening> reopenLargeFile(const QByteArray &folder, qint64 documents);

} // namespace driftless::crash
