#pragma once

#include "core/json.h"
#include "storage/operation.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace driftless::storage {

/// A claim of a member that no newer one has replaced. Small and without an owner: a document has a
/// dozen of them, and every write of it sorts, merges and compares them. Its texts point into what
/// the DocumentState holds, its numbers into tables of it.
struct MemberState
{
    QByteArrayView folded; ///< identity
    QByteArrayView name; ///< as it stands between the quotes in the body of the claim
    QByteArrayView
        value; ///< JSON bytes; of a counter the value that was set, without the additions since
    std::uint32_t version = 0; ///< see DocumentState::versionOf
    std::uint32_t seen = 0; ///< see DocumentState::seenBy
    bool isRemoved = false;

    static MemberState of(const json::Member &member, std::uint32_t version)
    {
        return {member.folded, member.name, member.value, version};
    }
};

/// An operation that no other known one has seen.
struct Head
{
    Version version;
    std::optional<Hash128> adoptedId;
    friend bool operator==(const Head &, const Head &) = default;
};

/// What a node keeps of a document: a join of the claims of its operations (design.md 4 and 5;
/// merge.py's Row). Merging is commutative, associative and idempotent, and never looks at old
/// operations. A value; any thread.
///
/// Member names and values point into the bodies that they came from, which the state holds on to.
class DocumentState
{
public:
    using SumKey = std::pair<QByteArray, Incarnation>; ///< folded member, who added

    /// Whether `join` takes it: its body is a document that goes with its claims. Malformed.
    static Result<void> check(const Operation &operation);

    // Joining.
    /// heads := heads − parents + itself. Once an operation.
    void admitHead(const OperationHeader &header);
    /// Joins what the operation claims; may come late and twice. `position` is where the log holds
    /// it. Malformed: its header and body contradict each other, and nothing was changed.
    Result<void> join(const Operation &operation, LogPosition position);
    /// As above, with the operation's body as it was parsed; not for a delete.
    Result<void> join(const Operation &operation, LogPosition position, json::Object body);
    /// Its claims wait in quarantine, or do so no longer.
    void setQuarantined(const Dot &dot, bool waits);

    // What it shows.
    [[nodiscard]] bool exists() const
    {
        return !m_newestWrite.isNone() || !m_newestDelete.isNone() || !m_heads.empty();
    }
    [[nodiscard]] bool isVisible() const { return m_newestWrite > m_newestDelete; }
    [[nodiscard]] bool isQuarantined() const { return !m_quarantined.empty(); }
    /// The document's bytes; nothing if it is not visible. A function of its operations alone.
    [[nodiscard]] std::optional<QByteArray> shown() const;
    /// Whether shown() is the newest write's body, byte for byte.
    [[nodiscard]] bool showsNewestWrite() const { return m_showsWritten && isVisible(); }
    /// Version token of the document or its tombstone; nothing where neither is. `collection`, `id`
    /// folded.
    [[nodiscard]] std::optional<Hash128> token(QByteArrayView collection, QByteArrayView id) const;
    /// What the digest sums. `collection`, `id` folded.
    [[nodiscard]] Hash128 hash(QByteArrayView collection, QByteArrayView id) const;

    // The parts, for writers and for the row's codec.
    [[nodiscard]] const Version &newestWrite() const { return m_newestWrite; } ///< W
    [[nodiscard]] const Version &newestDelete() const { return m_newestDelete; } ///< T
    [[nodiscard]] const Version &newestFloor() const { return m_newestFloor; } ///< F
    [[nodiscard]] LogPosition newestWritePosition() const
    {
        return m_writtenAt;
    } ///< 0 if there is no write
    [[nodiscard]] const json::Object &newestWriteBody() const { return m_written; }
    [[nodiscard]] const std::vector<MemberState> &members() const
    {
        return m_members;
    } ///< ascending by folded name
    [[nodiscard]] const std::map<SumKey, CounterSum> &sums() const { return m_sums; }
    [[nodiscard]] const std::vector<Head> &heads() const
    {
        return m_heads;
    } ///< ascending by version
    [[nodiscard]] const std::vector<Dot> &quarantined() const
    {
        return m_quarantined;
    } ///< ascending
    [[nodiscard]] const Version &versionOf(const MemberState &member) const
    {
        return m_versions[member.version];
    }
    [[nodiscard]] std::span<const Version> versions() const
    {
        return {m_versions.data(), m_versions.size()};
    } ///< each once; maybe more than the members use
    /// Additions that the member's writer had seen.
    [[nodiscard]] const CounterSums &seenBy(const MemberState &member) const
    {
        static const CounterSums kNone;
        return member.seen == 0 ? kNone : m_seen[member.seen - 1];
    }
    /// Additions to a member, by incarnation.
    [[nodiscard]] CounterSums sumsOf(QByteArrayView foldedMember) const;
    /// The value that a live member shows; points into the state where no addition changed it.
    [[nodiscard]] QByteArray valueOf(const MemberState &member) const;
    [[nodiscard]] const MemberState *findMember(QByteArrayView folded) const;
    /// Whether the member's name and value stand in the newest write as they are.
    [[nodiscard]] bool isInNewestWrite(const MemberState &member) const;
    /// Whether a member of the newest write has no winner, since a floor is above it.
    [[nodiscard]] bool hidesWritten() const { return m_hidesWritten; }

private:
    friend class RowCodec;

    /// Holds on to what the members of `body` point into.
    void keepAlive(const json::Object &body);
    QByteArrayView keepAlive(QByteArray text);
    /// The index of a version in the table, which has it from then on.
    std::uint32_t indexOf(const Version &version);
    std::uint32_t numberOf(CounterSums seen);
    [[nodiscard]] bool isNewer(const MemberState &a, const MemberState &b) const
    {
        return a.version != b.version && versionOf(a) > versionOf(b);
    }
    void joinMember(const MemberState &member);
    void joinMembers(std::vector<MemberState> joined);
    void joinSum(
        QByteArrayView foldedMember, const Incarnation &incarnation, const CounterSum &sum);
    void joinClaims(const Operation &operation, const json::Object &body);
    void takeMembers(const Version &version, const json::Object &body);
    void compareWithWritten();
    [[nodiscard]] bool pointsIntoWritten() const;
    void forgetBelowFloor();

    Version m_newestWrite;
    Version m_newestDelete;
    Version m_newestFloor;
    json::Object m_written;
    LogPosition m_writtenAt;
    std::vector<MemberState> m_members;
    // No QVarLengthArray: that of Qt 6.4 loses its buffer when another is moved over it.
    std::vector<Version> m_versions; ///< of the members, each once; maybe more than they use
    std::vector<CounterSums> m_seen; ///< the first is number 1; 0 is none
    std::map<SumKey, CounterSum> m_sums;
    std::vector<Head> m_heads;
    std::vector<Dot> m_quarantined;
    bool m_showsWritten
        = false; ///< the winners are the members of m_written, all of them and as they stand there
    bool m_hidesWritten = false; ///< a member of m_written has no winner: it is below the floor
    std::vector<QByteArray> m_keptAlive; ///< buffers that m_members point into
};

/// `Id` is the newest write's and is not merged: no claim names it. Asks for the folded name.
bool isIdMember(QByteArrayView folded);

} // namespace driftless::storage
