#pragma once

#include "core/cbor.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "replication/generation.h"
#include "storage/version_vector.h"

#include <optional>
#include <vector>

// What Driftless nodes say to each other: the dialect `driftless/1`. All calls are POST with the
// header ReplicationApiKey, bodies are CBOR maps with integer keys, or CBOR sequences (RFC 8742) of
// such a map and operations. Unknown keys are skipped.
namespace driftless::replication {

inline constexpr std::uint64_t kProtocol = 1;
inline constexpr char kHeartbeatPath[] = "/api/replication/heartbeat";
inline constexpr char kOperationsPath[] = "/api/replication/operations";
inline constexpr char kFetchPath[] = "/api/replication/fetch";
inline constexpr char kMessageContentType[] = "application/cbor";

/// Who speaks.
struct Sender
{
    NodeId node;
    std::uint64_t run = 0; ///< random, drawn at the start of the process: another one means that
                           ///< the node was restarted
    std::vector<NodeId>
        activePeers; ///< those that the sender pushes to at present: they need no relay
    [[nodiscard]] bool serves(const NodeId &peer) const;
    friend bool operator==(const Sender &, const Sender &) = default;
};

/// One database in a heartbeat; everything is of one moment.
struct HeartbeatDatabase
{
    DatabaseName name;
    Generation generation;
    Hash128 vectorHash; ///< zero: the sender exchanges this database but has no copy yet
    Hash128 digest;
    Hash128 leftOutHash; ///< of the list of documents that are outside of the digest
    std::uint64_t documents = 0;
    std::optional<storage::VersionVector>
        vector; ///< only where the other side's hash is not known to be the same
    friend bool operator==(const HeartbeatDatabase &, const HeartbeatDatabase &) = default;
};

/// Request and answer of a heartbeat: all databases in one message.
struct Heartbeat
{
    Sender sender;
    WallTime wallTime {}; ///< the sender's clock when it was sent
    std::optional<WallTime>
        receivedAt; ///< answers only: the answerer's clock when the request came
    bool isScoped = false; ///< requests only: the answer is to name no database but these
    std::vector<HeartbeatDatabase> databases;

    [[nodiscard]] const HeartbeatDatabase *find(const DatabaseName &name) const;
    [[nodiscard]] QByteArray encode() const;
    /// Malformed; also for a protocol that this program does not speak.
    static Result<Heartbeat> decode(QByteArrayView bytes);
    friend bool operator==(const Heartbeat &, const Heartbeat &) = default;
};

/// The first item of a transfer of operations, and the request of a fetch.
struct Preamble
{
    Sender sender;
    Generation generation;
    std::optional<storage::VersionVector> vector; ///< fetch requests: what the asker has
    std::uint64_t bytesMax = 0; ///< fetch requests: close the answer once it holds this much
    bool hasMore = false; ///< fetch answers: the log goes on behind this transfer

    void encode(cbor::Writer &writer) const;
    [[nodiscard]] QByteArray encode() const;
    /// Sets the reader's fault on anything else.
    static Preamble decode(cbor::Reader &reader);
    /// Malformed where the bytes are not exactly one preamble.
    static Result<Preamble> decode(QByteArrayView bytes);
    friend bool operator==(const Preamble &, const Preamble &) = default;
};

/// Appends one operation of a transfer: [header bytes, body bytes or null].
void appendOperation(cbor::Writer &writer, QByteArrayView headerBytes, QByteArrayView body);

/// Reads a transfer item by item: the preamble once, then operations. Views point into the bytes
/// given.
class TransferReader
{
public:
    explicit TransferReader(QByteArrayView bytes)
        : m_reader(bytes)
    {
    }

    /// Malformed. Call it once, first.
    Result<Preamble> preamble();
    struct Item
    {
        QByteArrayView headerBytes;
        QByteArrayView body; ///< empty for none
    };
    /// Nothing at the end and at a fault; `ok` tells them apart.
    std::optional<Item> next();
    [[nodiscard]] bool ok() const { return m_reader.ok(); }

private:
    cbor::Reader m_reader;
};

/// Why a receiver did not take an operation.
enum class LeftOutReason : std::uint64_t {
    Gap = 1, ///< not the next of its incarnation
    ParentsMissing = 2, ///< built on what the receiver does not have
    Stopped = 3, ///< the incarnation has a known fork
    Fork = 4, ///< found now: another operation is here under this dot, or another one before it
    Torn = 5, ///< the transfer ended inside of its group
    Damaged
    = 6, ///< its body does not have the hash, is no JSON object, or its group contradicts itself
};

/// The first operation of an incarnation that was not taken; with it all behind it in the transfer
/// (except with Stopped and Fork, all of its origin).
struct LeftOut
{
    Dot dot;
    LeftOutReason reason = LeftOutReason::Gap;
    std::optional<Dot> forkAt; ///< Fork: the dot with two contents
    std::optional<Hash128> hashHere; ///< Fork: chain hash there of the answerer's
    friend bool operator==(const LeftOut &, const LeftOut &) = default;
};

enum class TransferStatus : std::uint64_t {
    Taken = 0,
    OtherGeneration = 1, ///< nothing was taken: `generation` of the answer says which one is here
    Malformed = 2, ///< taken up to a fault in the bytes; `message` says which
};

/// Answer to a transfer of operations.
struct OperationsAnswer
{
    TransferStatus status = TransferStatus::Taken;
    std::uint64_t run = 0; ///< the answerer's
    Generation generation; ///< the answerer's
    storage::VersionVector entries; ///< the answerer's, of the incarnations in the transfer;
                                    ///< absent: it has nothing of it
    std::uint64_t applied = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t leftOutCount = 0;
    std::vector<LeftOut> leftOut; ///< one an incarnation at most
    QByteArray message;

    [[nodiscard]] QByteArray encode() const;
    /// Malformed.
    static Result<OperationsAnswer> decode(QByteArrayView bytes);
    friend bool operator==(const OperationsAnswer &, const OperationsAnswer &) = default;
};

} // namespace driftless::replication
