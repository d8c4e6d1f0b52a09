#pragma once

#include "core/random.h"
#include "replication/clock_offset.h"
#include "replication/ingest.h"
#include "replication/local_copies.h"
#include "replication/messages.h"
#include "replication/peer_table.h"
#include "replication/stream.h"
#include "replication/transport.h"

#include <deque>
#include <variant>

namespace driftless::replication {

using CallId = std::uint64_t;

// Events: what happened. Values.

/// Time passed; due at `Pump::nextDue`.
struct Tick
{
};
/// A commit is durable that appended to the log of `database`, or a database was created.
struct LogGrew
{
    DatabaseName database;
};
/// The peer says that it has news.
struct HintHeard
{
};
/// The peer called with a heartbeat (which was answered already, see `answerHeartbeat`).
struct HeartbeatHeard
{
    Heartbeat heartbeat;
    WallTime wallTime {}; ///< our clock
};
/// The peer called with operations, which were ingested.
struct OperationsHeard
{
    DatabaseName database;
    storage::VersionVector senderHas;
};
/// A call that an effect asked for has ended.
struct CallEnded
{
    CallId call = 0;
    Result<TransportReply> reply;
    WallTime wallTime {}; ///< our clock
};
/// `SendOperations` was built; its bytes go to the peer if `transfer.count` is above 0, else there
/// is no call.
struct TransferBuilt
{
    CallId call = 0;
    Transfer transfer; ///< `operations` may have been moved out
};
/// `IngestFetched` was done and is durable.
struct FetchIngested
{
    CallId call = 0;
    IngestOutcome outcome;
};
/// What an effect asked for failed on this side (the file); nothing was sent.
struct EffectFailed
{
    CallId call = 0;
    Error error;
};
/// The peer table changed.
struct Reconfigured
{
    PeerScope scope;
};
using Event = std::variant<Tick,
    LogGrew,
    HintHeard,
    HeartbeatHeard,
    OperationsHeard,
    CallEnded,
    TransferBuilt,
    FetchIngested,
    EffectFailed,
    Reconfigured>;

// Effects: what is to be done, in order. Values.

/// POST `Pump::composeHeartbeat` to kHeartbeatPath.
struct SendHeartbeat
{
    CallId call = 0;
    friend bool operator==(const SendHeartbeat &, const SendHeartbeat &) = default;
};
/// Build the next transfer by `Pump::streamQuery`, report it (`TransferBuilt`, first), and POST it
/// to kOperationsPath.
struct SendOperations
{
    CallId call = 0;
    DatabaseName database;
    bool ignoresRelay
        = false; ///< nothing is to be left to others: the peer lacks what this is built on
    friend bool operator==(const SendOperations &, const SendOperations &) = default;
};
/// POST a preamble with our vector and bytesMax to kFetchPath.
struct SendFetch
{
    CallId call = 0;
    DatabaseName database;
    friend bool operator==(const SendFetch &, const SendFetch &) = default;
};
/// The answer to a fetch: ingest it and report (`FetchIngested`).
struct IngestFetched
{
    CallId call = 0;
    DatabaseName database;
    QByteArray body;
    friend bool operator==(const IngestFetched &, const IngestFetched &) = default;
};
/// The peer has, or had (a deleted generation), a database that this node never heard of.
struct CreateDatabase
{
    DatabaseName database;
    Generation generation;
    friend bool operator==(const CreateDatabase &, const CreateDatabase &) = default;
};
/// The peer is in a later generation: join it (set the file aside, or delete).
struct GenerationSeen
{
    DatabaseName database;
    Generation generation;
    friend bool operator==(const GenerationSeen &, const GenerationSeen &) = default;
};
/// Write the operation that admits the node, and commit, before the operations that follow are
/// sent.
struct AdmitNode
{
    DatabaseName database;
    NodeId node;
    friend bool operator==(const AdmitNode &, const AdmitNode &) = default;
};
/// The peer has another operation under this dot. A `hashHere` of zero is to be looked up in the
/// file.
struct RecordFork
{
    DatabaseName database;
    storage::Fork fork;
    friend bool operator==(const RecordFork &a, const RecordFork &b)
    {
        return a.database == b.database && a.fork.dot == b.fork.dot
            && a.fork.hashHere == b.fork.hashHere && a.fork.hashThere == b.fork.hashThere;
    }
};
/// Whom the peer pushes to, for `ActivePeers`.
struct PeersTold
{
    std::vector<NodeId> activePeers;
    friend bool operator==(const PeersTold &, const PeersTold &) = default;
};
using Effect = std::variant<SendHeartbeat,
    SendOperations,
    SendFetch,
    IngestFetched,
    CreateDatabase,
    GenerationSeen,
    AdmitNode,
    RecordFork,
    PeersTold>;
using Effects = std::vector<Effect>;

enum class PeerState { Inactive, Offline, Connecting, Online };

/// How it stands with a peer. A value.
struct PumpStatus
{
    PeerState state = PeerState::Offline;
    QByteArray problem; ///< a word: empty, "Offline", "WrongNode", "OwnAddress", "DuplicateNode",
                        ///< "KeyRefused", "NoDriftless", "ClockSkew"
    QByteArray reason; ///< a sentence; empty where `problem` is
    std::optional<WallTime> lastHeard;
    std::optional<std::chrono::milliseconds> clockOffset; ///< the peer's clock less ours
    std::chrono::milliseconds roundTrip {};
};

/// How it stands with a peer in one database. A value.
struct PumpDatabaseStatus
{
    bool isExchanged = false;
    bool isHeard = false; ///< the rest means something
    std::optional<Hash128> digest; ///< the last that the peer said
    std::optional<bool> isEqual; ///< nothing: not comparable at present
    std::optional<WallTime> checked; ///< of the last comparison
    std::uint64_t pendingHere = 0; ///< operations here that the peer is not known to have
    std::uint64_t pendingThere = 0; ///< operations that the peer has and this node has not
    LogPosition pushedTo; ///< of our log, what the peer was offered
    Generation peerGeneration;
    QByteArray problem; ///< a word: empty, "Generation", "Fork", "TooOldNeedsSnapshot", "Refused",
                        ///< "Quarantine"
    QByteArray reason;
};

/// The state machine of one peer, for all databases: decides what is said to it and when. It does
/// no I/O: events go in, effects come out, `now` only grows. A heartbeat keeps both sides informed
/// of vectors, digests and clocks; operations are pushed as soon as they are durable, one transfer
/// in flight for each database (and kTransfersAtOnceMax for all of them, who then take turns), so
/// batches grow under load by themselves; a pull is made only where
/// the peer does not push. The store thread; everything given outlives it.
class Pump
{
public:
    struct Settings
    {
        NodeId self;
        std::uint64_t run = 0;
        std::chrono::milliseconds heartbeat {1'000};
        std::chrono::milliseconds backoffMax {30'000};
        int transferOperationsMax = kTransferOperationsMax;
    };

    Pump(PeerScope scope, Settings settings, const LocalCopies &local, Random &random);

    Effects handle(const Event &event, Instant now);

    /// When the next `Tick` is due; Instant::max() for never.
    [[nodiscard]] Instant nextDue() const { return m_due; }
    [[nodiscard]] const PeerScope &scope() const { return m_scope; }
    /// This node pushes to the peer at present, or will at once: true names it among the active
    /// peers of the sender.
    [[nodiscard]] bool isPushing() const;

    // For executing effects.
    /// `sender`: this node, with the peers that it pushes to.
    [[nodiscard]] Heartbeat composeHeartbeat(const Sender &sender, WallTime wallTime) const;
    /// Holds until the next `handle`. `relay` may be null.
    StreamQuery streamQuery(const DatabaseName &database, const RelayRule *relay) const;

    [[nodiscard]] PumpStatus status() const;
    [[nodiscard]] PumpDatabaseStatus status(const DatabaseName &database) const;
    /// What the peer was known to have of the database since it was restarted, also in generations
    /// before its present one.
    [[nodiscard]] storage::VersionVector everKnown(const DatabaseName &database) const;

private:
    struct DatabaseState
    {
        bool isHeard = false;
        Generation peerGeneration;
        storage::VersionVector knownBefore; ///< in earlier generations
        storage::VersionVector known; ///< what the peer is known to have
        Hash128 peerVectorHash;
        Hash128 peerDigest;
        Hash128 peerLeftOutHash;
        std::uint64_t changes = 0; ///< of `known`, and transfers begun: a heartbeat that overlapped
                                   ///< one does not lower `known`
        std::uint64_t changesAtHeartbeat = 0;

        std::optional<LogPosition>
            scannedTo; ///< nothing: look for the first operation that the peer lacks
        std::optional<CallId> push;
        std::optional<LogPosition> pushedFrom; ///< `scannedTo` when the push in flight began
        storage::VersionVector sent; ///< by it
        bool hasDeferred = false;
        bool ignoresRelay = false; ///< the next push: the last one was left out because of what was
                                   ///< left to others
        bool ignoredRelay = false; ///< the push in flight
        bool waits = false; ///< no progress: until the next heartbeat
        bool isPruned = false;
        std::set<Incarnation> refused;

        std::optional<CallId> fetch;
        bool fetchHasMore = false;
        storage::VersionVector hole; ///< what the peer had and we lacked
        int holeHeartbeats = 0; ///< for how many heartbeats, without any operation from the peer
        bool heardOperations = false;

        int failures = 0;
        std::optional<Instant> retryAt;
        QByteArray error; ///< of the last call; empty for none

        std::optional<bool> isEqual;
        Hash128 comparedVectorHash;
        std::optional<WallTime> compared;
    };
    struct Call
    {
        enum class Kind { Heartbeat, Operations, Fetch } kind = Kind::Heartbeat;
        DatabaseName database;
        Instant sentAt;
    };

    void on(const Tick &event, Instant now, Effects &effects);
    void on(const LogGrew &event, Instant now, Effects &effects);
    void on(const HintHeard &event, Instant now, Effects &effects);
    void on(const HeartbeatHeard &event, Instant now, Effects &effects);
    void on(const OperationsHeard &event, Instant now, Effects &effects);
    void on(const CallEnded &event, Instant now, Effects &effects);
    void on(const TransferBuilt &event, Instant now, Effects &effects);
    void on(const FetchIngested &event, Instant now, Effects &effects);
    void on(const EffectFailed &event, Instant now, Effects &effects);
    void on(const Reconfigured &event, Instant now, Effects &effects);

    // Calls that ended (pump_calls.cpp).
    void heartbeatEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects);
    void operationsEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects);
    void operationsAnswered(
        const DatabaseName &name, const OperationsAnswer &answer, Instant now, Effects &effects);
    void fetchEnded(const Call &call, const CallEnded &event, Instant now, Effects &effects);
    /// The body of a good answer. Otherwise nothing, and the failure is counted against the peer or
    /// the database.
    std::optional<QByteArray> bodyOf(
        const CallEnded &event, const DatabaseName *database, Instant now);
    void peerFailed(QByteArray problem, QByteArray reason, Instant now);
    void databaseFailed(DatabaseState &state, QByteArray reason, Instant now);
    static void forgetFailures(DatabaseState &state);
    void forgetCalls();

    // What the peer said (pump_learning.cpp).
    bool isFromPeer(const Sender &sender, Instant now);
    /// False for a message of an earlier run.
    bool learnRun(const Heartbeat &heartbeat, bool isAnswer, Instant now);
    void noteReturn(WallTime written, Instant now);
    void learn(const Heartbeat &heartbeat, bool isAnswer, WallTime wallTime, Effects &effects);
    void learnDatabase(
        const HeartbeatDatabase &said, bool isAnswer, WallTime wallTime, Effects &effects);
    void learnVector(DatabaseState &state, const storage::VersionVector &vector, bool isAnswer);
    void learnAbsence(const Heartbeat &answer);
    /// `hasProgress`: some of the transfer was new to the peer. `isWhole`: it has all of it now
    /// that it will ever take.
    void learnEntries(DatabaseState &state,
        const storage::VersionVector &entries,
        bool &hasProgress,
        bool &isWhole);
    void findHole(DatabaseState &state, const LocalCopy *copy);
    void findForks(const DatabaseName &name,
        const storage::VersionVector &theirs,
        const LocalCopy &copy,
        Effects &effects);
    DatabaseState &stateOf(const DatabaseName &name, const Generation &peerGeneration);

    // What is said to the peer (pump.cpp).
    [[nodiscard]] bool canExchange(const DatabaseState &state, const LocalCopy &copy) const;
    void pushIfNeeded(const DatabaseName &name, Instant now, Effects &effects);
    void fetchIfNeeded(const DatabaseName &name, Instant now, Effects &effects);
    void exchangeAll(Instant now, Effects &effects);
    /// Whether a transfer of the database may begin. If not, it stands in the queue from now on.
    [[nodiscard]] bool takesTurn(const DatabaseName &name);
    [[nodiscard]] bool hasRoom() const;
    /// Begins what waits for a transfer to end, as far as there is room.
    void giveTurns(Instant now, Effects &effects);
    void sendHeartbeat(Instant now, Effects &effects);
    void heartbeatNotLaterThan(Instant when);
    void schedule();
    CallId begin(Call::Kind kind, const DatabaseName &database, Instant now);
    std::chrono::milliseconds backoff(int failures);

    PeerScope m_scope;
    Settings m_settings;
    const LocalCopies &m_local;
    Random &m_random;

    PeerState m_state = PeerState::Offline;
    std::map<DatabaseName, DatabaseState> m_databases;
    std::map<CallId, Call> m_calls; ///< in flight; answers to others are stale
    CallId m_lastCall = 0;
    std::deque<DatabaseName> m_turns; ///< databases that wait for room
    std::optional<CallId> m_heartbeat;
    bool m_heartbeatAgain = false;
    Instant m_nextHeartbeat {};
    std::optional<Instant> m_lastHeartbeat;
    Instant m_due {};
    int m_failures = 0;

    std::optional<std::uint64_t> m_run;
    WallTime m_runBegan {}; ///< the peer's clock in the first message of that run
    std::set<std::uint64_t> m_earlierRuns;
    int m_runReturns = 0; ///< how often an earlier run was heard again of late
    Instant m_runFirstReturned {};
    Instant m_runReturned {};
    bool m_isDuplicate = false; ///< two nodes use the peer's id
    bool m_listsUs = false; ///< the peer pushes to us
    bool m_isHeard = false; ///< the peer called since the connection was lost
    int m_heardFailures = 0; ///< calls to it that failed all the same: only its calls get through
    std::optional<WallTime> m_lastHeard;
    ClockOffset m_clock;
    QByteArray m_problem;
    QByteArray m_reason;
};

/// The answer to a heartbeat of any node that has the replication key. Where there is a pump for
/// that node, it handles `HeartbeatHeard` first: it may be about to push, which `self` then says.
Heartbeat answerHeartbeat(const Heartbeat &request,
    const LocalCopies &local,
    const Sender &self,
    WallTime receivedAt,
    WallTime now);

} // namespace driftless::replication
