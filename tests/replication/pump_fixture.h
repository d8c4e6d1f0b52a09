#pragma once

#include "fake_copies.h"
#include "replication/pump.h"
#include "seeded_random.h"

#include <QTest>

namespace driftless::replication::pump_test {

using replication_test::FakeCopies;
using std::chrono_literals::operator""ms;

inline const DatabaseName kShop = *DatabaseName::parse("shop");
inline constexpr WallTime kWall {1'790'000'000'000ms};
inline constexpr std::uint64_t kOurRun = 1;
inline constexpr std::uint64_t kPeerRun = 2;

inline NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

/// "a1:3 b1:2" is the vector with 3 operations of incarnation 1 of a, and 2 of b; "a1:3!" has
/// another chain hash there.
inline storage::VersionVector vectorOf(const QByteArray &text)
{
    storage::VersionVector vector;
    for (const QByteArray &part : text.split(' ')) {
        if (part.isEmpty()) {
            continue;
        }
        const qsizetype colon = part.indexOf(':');
        QByteArray sequence = part.sliced(colon + 1);
        const QByteArray salt = sequence.endsWith('!') ? "other" : "";
        sequence.replace('!', "");
        vector.raise({*NodeId::parse(part.first(1)), part.sliced(1, colon - 1).toULongLong()},
            {sequence.toULongLong(), Hash128::of(part.first(colon + 1) + sequence + salt)});
    }
    return vector;
}

/// Node a, which has the database shop, and its pump for the peer b.
struct Fixture
{
    FakeCopies copies;
    support::SeededRandom random {1};
    Pump pump;
    Instant now {10'000ms};
    CallId heartbeatCall = 0;
    CallId pushCall = 0;
    CallId fetchCall = 0;
    bool ignoresRelay = false;
    std::vector<NodeId> peersActive {node("a")}; ///< b pushes to us

    explicit Fixture(
        const QByteArray &local = "a1:3", PeerScope scope = {node("b"), "http://b", true, {}})
        : pump(std::move(scope), {node("a"), kOurRun, 1'000ms, 30'000ms, 100}, copies, random)
    {
        if (!local.isEmpty()) {
            copies[kShop].roster = {node("a"), node("b")};
            setLocal(local);
        }
    }

    void setLocal(const QByteArray &text)
    {
        copies[kShop].vector = vectorOf(text);
        copies[kShop].lastPosition
            = LogPosition {static_cast<std::int64_t>(copies[kShop].vector.operationsBeyond({}))};
    }

    /// The effects as words, in order.
    QByteArray handle(const Event &event)
    {
        QByteArray words;
        const auto add
            = [&words](const QByteArray &word) { words += (words.isEmpty() ? "" : ", ") + word; };
        const auto generationOf = [](const Generation &generation) {
            return QByteArray::number(quint64 {generation.number})
                + (generation.isAlive ? "" : " deleted");
        };
        for (const Effect &effect : pump.handle(event, now)) {
            if (const auto *heartbeat = std::get_if<SendHeartbeat>(&effect)) {
                heartbeatCall = heartbeat->call;
                add("heartbeat");
            } else if (const auto *push = std::get_if<SendOperations>(&effect)) {
                pushCall = push->call;
                ignoresRelay = push->ignoresRelay;
                add("push " + push->database.bytes() + (push->ignoresRelay ? " all" : ""));
            } else if (const auto *fetch = std::get_if<SendFetch>(&effect)) {
                fetchCall = fetch->call;
                add("fetch " + fetch->database.bytes());
            } else if (const auto *fetched = std::get_if<IngestFetched>(&effect)) {
                add("ingest " + fetched->database.bytes());
            } else if (const auto *create = std::get_if<CreateDatabase>(&effect)) {
                add("create " + create->database.bytes() + ' ' + generationOf(create->generation));
            } else if (const auto *seen = std::get_if<GenerationSeen>(&effect)) {
                add("generation " + seen->database.bytes() + ' ' + generationOf(seen->generation));
            } else if (const auto *admit = std::get_if<AdmitNode>(&effect)) {
                add("admit " + admit->node.bytes());
            } else if (const auto *fork = std::get_if<RecordFork>(&effect)) {
                add("fork " + fork->fork.dot.incarnation.origin.bytes()
                    + QByteArray::number(quint64 {fork->fork.dot.sequence}));
            }
        }
        return words;
    }

    QByteArray tick() { return handle(Tick {}); }
    QByteArray after(std::chrono::milliseconds time)
    {
        now += time;
        return tick();
    }

    [[nodiscard]] Heartbeat heartbeat(
        const std::optional<QByteArray> &vector, Generation generation = {}) const
    {
        Heartbeat message;
        message.sender = {node("b"), kPeerRun, peersActive};
        message.wallTime = kWall;
        message.receivedAt = kWall;
        if (vector) {
            HeartbeatDatabase shop;
            shop.name = kShop;
            shop.generation = generation;
            if (generation.isAlive) {
                shop.vector = vectorOf(*vector);
                shop.vectorHash = FakeCopies::hashOf(*shop.vector);
                shop.digest = Hash128::of(*vector);
            }
            message.databases.push_back(shop);
        }
        return message;
    }

    QByteArray answer(CallId call, const QByteArray &body, int status = 200)
    {
        return handle(CallEnded {call, TransportReply {status, body}, kWall});
    }
    QByteArray fail(CallId call, ErrorCode code = ErrorCode::Unreachable)
    {
        return handle(CallEnded {call, Error {code, "it is gone", {}}, kWall});
    }
    /// Ticks, and answers the heartbeat that comes.
    QByteArray meet(const std::optional<QByteArray> &vector, Generation generation = {})
    {
        const QByteArray before = tick();
        const QByteArray effects = answer(heartbeatCall, heartbeat(vector, generation).encode());
        return before.endsWith("heartbeat") ? effects : "no heartbeat: " + before;
    }
    QByteArray meetAfter(std::chrono::milliseconds time, const std::optional<QByteArray> &vector)
    {
        now += time;
        return meet(vector);
    }

    QByteArray built(const QByteArray &sent, bool hasDeferred = false, bool hasMore = false)
    {
        Transfer transfer;
        transfer.sent = vectorOf(sent);
        transfer.count = sent.isEmpty() ? 0 : 1;
        transfer.scannedTo = copies[kShop].lastPosition;
        transfer.hasDeferred = hasDeferred;
        if (hasMore) {
            transfer.scannedTo.value -= 1;
            transfer.hasMore = true;
        }
        return handle(TransferBuilt {pushCall, transfer});
    }

    QByteArray taken(const QByteArray &entries, std::vector<LeftOut> leftOut = {})
    {
        OperationsAnswer message;
        message.run = kPeerRun;
        message.entries = vectorOf(entries);
        message.leftOut = std::move(leftOut);
        return answer(pushCall, message.encode());
    }

    QByteArray fetched(bool hasMore)
    {
        Preamble preamble;
        preamble.sender = {node("b"), kPeerRun, peersActive};
        preamble.hasMore = hasMore;
        return answer(fetchCall, preamble.encode());
    }

    QByteArray ingested(std::uint64_t applied, const QByteArray &local)
    {
        IngestOutcome outcome;
        outcome.applied = applied;
        outcome.senderHas = vectorOf(local);
        setLocal(local);
        return handle(FetchIngested {fetchCall, outcome});
    }
};

} // namespace driftless::replication::pump_test
