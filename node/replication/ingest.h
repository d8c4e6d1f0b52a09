#pragma once

#include "replication/messages.h"
#include "storage/database_file.h"

#include <map>
#include <set>

namespace driftless::replication {

/// What became of a transfer.
struct IngestOutcome
{
    std::uint64_t applied = 0; ///< operations, quarantined ones counted
    std::uint64_t duplicates = 0;
    std::uint64_t leftOut = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t parentsMissing = 0; ///< of `leftOut`; see relay.h for when that is no fault
    std::map<Incarnation, replication::LeftOut> firstLeftOut;
    std::set<Incarnation> incarnations; ///< that the transfer named
    storage::VersionVector senderHas; ///< the sender has at least these
    LogPosition firstPosition; ///< of what was applied; 0 if nothing was
    LogPosition lastPosition;
    std::vector<storage::Fork> forks; ///< found and recorded now
    std::optional<Error> malformed; ///< the transfer was taken up to here
};

/// Takes the operations behind the preamble, in order, into an open transaction; the caller
/// commits. Idempotent. An operation of an incarnation is taken only as its next one, chained to
/// what is here, when all that it was built on is here; a group only whole. What cannot be taken is
/// left out, with all of the same origin behind it (of the same incarnation, where that is
/// stopped), and stored nowhere: the sender offers it again.
/// Bytes that are no operations end the transfer (`malformed`), what stood before them stays. What
/// is not understood is quarantined with its group. Errors: those of the file; the caller rolls
/// back. The store thread.
Result<IngestOutcome> ingest(storage::DatabaseFile &file, TransferReader &transfer);

/// The answer to the sender. Entries are those of `file` after the ingestion.
OperationsAnswer answerFor(const IngestOutcome &outcome,
    const storage::DatabaseFile &file,
    const Generation &generation,
    std::uint64_t run);

} // namespace driftless::replication
