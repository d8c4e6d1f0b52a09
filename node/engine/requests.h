#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/json.h"

#include <QByteArray>

#include <map>
#include <memory>
#include <optional>
#include <vector>

// What goes into the engine and what comes out of it: values that cross threads.
namespace driftless::engine {

class RowPipe;

/// What must hold before a write; an unmet one leaves everything as it was.
struct Precondition
{
    /// `parentVersion` / `IfVersion`: compared byte by byte with the token (32 lower-case hex
    /// digits) that the document or its tombstone has. Unmet: VersionMismatch.
    std::optional<QByteArray> parentVersion;
    /// `If-Match`: tokens of which one must be the visible document's; "*" is any visible document.
    /// Unmet: PreconditionFailed.
    std::optional<std::vector<QByteArray>> ifMatch;
    /// `If-None-Match`: tokens of which none may be it; "*" asks that there is no visible document.
    /// Unmet: PreconditionFailed.
    std::optional<std::vector<QByteArray>> ifNoneMatch;
};

enum class WriteKind {
    Put, ///< the whole document
    Patch, ///< RFC 7396
    Set, ///< some members get new values, each whole; the others stay as they are
    Delete,
};

/// One write of one document.
struct WriteRequest
{
    WriteKind kind = WriteKind::Put;
    QByteArray collection; ///< UTF-8, as the writer spells it
    QByteArray id; ///< UTF-8, as the writer spells it
    json::Object body; ///< put: the whole document, checked and normalised (wire.md 4). patch: RFC
                       ///< 7396 patch, with {"$inc": n} members. set: the members, null being a
                       ///< value, {"$inc": n} an addition. delete: unused
    json::Object sums; ///< of a set: what a member of `body` becomes that nothing can be added to
    Precondition precondition;
    /// What the caller's key allows; only the engine knows whether the document is there. Unmet:
    /// Forbidden, with a text that names the missing role. (A delete needs neither: its role is
    /// checked at the door.)
    bool mayInsert = true; ///< to write where there is no visible document (WRITE_DOCUMENT)
    bool mayUpdate = true; ///< to change a visible one (UPDATE_DOCUMENT)
};

/// An operation as the reference's WriteResult shows it.
struct OperationView
{
    Version version;
    WallTime committed {};
    QByteArray collection;
    QByteArray id;
    int type = 1; ///< 1 insert (nothing or a tombstone was there), 2 update, 3 delete
    QByteArray payload; ///< the document after the write; of a delete the document before it, "{}"
                        ///< if there was none
    LogPosition position;
    QByteArray parentVersion; ///< as the client gave it; empty is null
};

struct WriteOutcome
{
    QByteArray collection;
    QByteArray id;
    std::optional<Hash128> token; ///< of the document or tombstone after the write; nothing if
                                  ///< neither exists (deleting what never was)
    WallTime committed {}; ///< of the operation that the token names, or now
    bool isDeleted = false;
    bool changed = false; ///< false: the write changed nothing and made no operation
    std::optional<OperationView> operation; ///< of this write, or, where nothing changed, of the
                                            ///< operation that the document equals
};

struct BatchOutcome
{
    Hash128 groupId; ///< id of the group's first operation; zero where nothing changed
    WallTime committed {};
    std::vector<WriteOutcome> results; ///< in the order of the requests
};

/// A failed batch: `index` is that of the write at fault.
inline constexpr int kNoBatchIndex = -1;

struct DocumentView
{
    QByteArray body;
    Hash128 token;
};

struct PageRequest
{
    QByteArray collection;
    qint64 skip = 0;
    int take = 100; ///< 1 to kPageDocumentsMax
    std::optional<QByteArray>
        after; ///< keyset paging: ids above this one, in the order of the page
};

struct DocumentPage
{
    QByteArray array; ///< the documents as a JSON array, in ascending order of the folded ids
    std::optional<QByteArray> next; ///< `after` of the next page; nothing at the end
};

/// An index to be made on this node.
struct IndexRequest
{
    QByteArray collection; ///< as the asker spells it
    QByteArray name;
    QByteArray expression; ///< LiteQL; an array literal is a compound index, a sequence gives a
                           ///< document several keys
};

struct IndexView
{
    QByteArray collection;
    QByteArray name;
    QByteArray expression; ///< canonical text
    bool isReady = false; ///< otherwise it is being built, and nobody reads it
    qint64 documentsDone = 0;
    qint64 documentsTotal = 0; ///< 0 until they are counted
};

/// How the values of rows are written.
enum class ValueFormat {
    Extended, ///< as the reference does: {"$numberLong": "5"}, {"$date": …}
    Plain, ///< numbers as numbers, dates as ISO 8601
};

/// One statement of the query language, with what the caller's key allows.
struct QueryRequest
{
    QByteArray text; ///< UTF-8, as the client sent it
    QByteArray database {}; ///< filled in by the gateway
    std::optional<int> take; ///< rows at most; of a write, documents
    QByteArray parameters; ///< a JSON array (`@0`) or object (`@name`); empty: none
    ValueFormat format = ValueFormat::Extended;
    bool includesReserved = false; ///< rows show `_id` and `_sys_…`
    bool isAtomic = true; ///< a write is one group; else as many as it takes
    bool mayRead = true;
    bool mayInsert = true;
    bool mayUpdate = true;
    bool mayDelete = true;
    bool mayShape = true; ///< CREATE and DROP INDEX (ADD_DB)
};

struct QueryOutcome
{
    QByteArray text; ///< without blanks around it and the ';' at its end
    int requestedTake = 0; ///< rows that the statement could have answered at most
    qint64 matched = 0; ///< documents that a write was for; rows of a SELECT
    qint64 applied = 0; ///< documents written
    qint64 returned = 0; ///< rows
    QByteArray rows; ///< a JSON array; with `more` its first rows, without the ']'
    std::shared_ptr<RowPipe> more {}; ///< of a large answer: further rows, each behind a ','; the
                                      ///< counts are known at their end only
};

/// One side of a listed conflict.
struct ConflictSide
{
    Version version;
    bool isDelete = false;
    QByteArray body; ///< the whole document after that write; empty for a delete
    QByteArray value; ///< of the member in it; empty where it is absent, or the conflict is one of
                      ///< existence
};

struct ConflictView
{
    QByteArray collection;
    QByteArray id;
    QByteArray member; ///< "*": existence (one side deletes what the other writes)
    ConflictSide winner; ///< the side of the higher version
    ConflictSide loser;
};

struct ConflictPage
{
    std::vector<ConflictView> conflicts;
    qint64 total = 0; ///< listed in the whole database
};

using VectorView = std::map<NodeId,
    std::map<std::uint64_t, std::uint64_t>>; ///< origin -> incarnation -> sequence

struct PeerConvergence
{
    NodeId peer;
    std::optional<Hash128> digest; ///< the last that the peer said
    std::optional<bool> equal; ///< nothing: not comparable yet (vectors differ, or never heard)
    std::optional<WallTime> checked;
    qint64 pendingHere = 0; ///< operations here that the peer is not known to have
    qint64 pendingThere = 0; ///< operations that the peer has and this node has not
};

struct Convergence
{
    DatabaseName database;
    Hash128 digest;
    qint64 documents = 0; ///< visible ones
    qint64 conflicts = 0;
    qint64 quarantined = 0;
    VectorView vector;
    bool converged = false;
    QByteArray reason; ///< why not; empty when converged
    std::vector<PeerConvergence> peers;
};

struct PeerView
{
    NodeId id;
    QByteArray baseUrl;
    bool isActive = true;
    WallTime updated {};
    std::optional<DatabaseName> database; ///< nothing: for all databases of the node
};

struct PeerStatus
{
    PeerView peer;
    QByteArray catchUpStatus; ///< Ready, CatchingUp, Inactive, Offline, ClockSkew, Fork …: the
                              ///< reference's words first
    QByteArray catchUpReason; ///< empty is null
    qint64 oldestAvailable = 0;
    qint64 lastPushed = 0;
    qint64 lastPulled = 0;
    qint64 localMax = 0;
    qint64 pending = 0;
    std::optional<qint64> clockOffsetMs; ///< peer's clock less ours, measured
    WallTime updated {};
};

/// What peers sent to a database, since it was opened.
struct ReceivedOperations
{
    std::uint64_t applied = 0;
    std::uint64_t duplicates = 0; ///< were here already
    std::uint64_t leftOut = 0; ///< could not be taken then; offered again
};

struct DatabaseStatus
{
    DatabaseName name;
    QByteArray error; ///< empty: healthy
    qint64 oldestAvailable = 0;
    qint64 localMax = 0;
    std::vector<PeerStatus> peers;
    ReceivedOperations received;
};

struct DatabaseInfo
{
    DatabaseName name;
    std::uint64_t generation = 0;
    WallTime created {};
    qint64 documents = 0;
    qint64 fileBytes = 0;
};

} // namespace driftless::engine
