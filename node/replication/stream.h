#pragma once

#include "core/limits.h"
#include "replication/relay.h"
#include "storage/database_file.h"

#include <set>

namespace driftless::replication {

/// What the next transfer to a peer is chosen by.
struct StreamQuery
{
    const storage::VersionVector *known
        = nullptr; ///< what the peer has; operations that it covers are skipped
    std::optional<LogPosition>
        scannedTo; ///< nothing: begin at the first operation that the peer lacks
    const RelayRule *relay = nullptr; ///< null: nothing is left to others
    const std::set<Incarnation> *refused
        = nullptr; ///< null: none. Those that the peer takes no more of
    LogPosition end; ///< no further than here; 0: to the end of the log
    qsizetype bytesMax
        = kTransferBytes; ///< closed once it holds this much; a larger group goes alone
    int operationsMax = kTransferOperationsMax;
};

/// The next operations for a peer, in log order, groups whole, no incarnation with a gap.
struct Transfer
{
    QByteArray operations; ///< CBOR sequence without the preamble
    int count = 0;
    storage::VersionVector sent; ///< of each incarnation in it the last
    LogPosition scannedTo; ///< where the next one begins
    bool hasMore = false; ///< closed by a bound, not by the end of the log
    bool hasDeferred = false; ///< something that the peer is not known to have was left to others,
                              ///< or stands behind that
    bool isPruned = false; ///< the peer lacks what this log does not have any more
    std::vector<storage::Fork>
        forks; ///< the peer's entry has another chain hash than the operation here
};

/// Work is proportional to the log behind `scannedTo`. Errors of the file. The store thread.
Result<Transfer> buildTransfer(const storage::DatabaseFile &file, const StreamQuery &query);

/// The preamble and the operations of a transfer as one CBOR sequence.
QByteArray joinTransfer(const QByteArray &preamble, const QByteArray &operations);

} // namespace driftless::replication
