#include "replication/ingest.h"

#include <algorithm>

namespace driftless::replication {

namespace {

using storage::Operation;
using storage::OperationHeader;
using storage::OperationKind;

class Ingestion
{
public:
    explicit Ingestion(storage::DatabaseFile &file)
        : m_file(file)
    {
    }

    Result<IngestOutcome> run(TransferReader &transfer)
    {
        while (const auto item = transfer.next()) {
            auto header = storage::decodeHeader(item->headerBytes);
            if (!header) {
                m_outcome.malformed = header.error();
                break;
            }
            Operation operation {std::move(header).value(),
                item->headerBytes.toByteArray(),
                item->body.toByteArray()};
            DRIFTLESS_TRY(take(std::move(operation)));
        }
        if (!transfer.ok()) {
            m_outcome.malformed = Error {ErrorCode::Malformed,
                "A transfer of operations is malformed: it is no sequence of operations.",
                {}};
        }
        if (!m_group.empty()) {
            leaveGroupOut(LeftOutReason::Torn);
        }
        DRIFTLESS_TRY(checkDuplicates());
        return std::move(m_outcome);
    }

private:
    Result<void> take(Operation operation)
    {
        const Dot &dot = operation.header.version.dot;
        const Hash128 hash = operation.chainHash();
        m_outcome.incarnations.insert(dot.incarnation);
        m_outcome.senderHas.raise(dot.incarnation, {dot.sequence, hash});
        if (!m_group.empty()) {
            if (continuesGroup(operation.header)) {
                return collect(std::move(operation), hash);
            }
            leaveGroupOut(LeftOutReason::Damaged);
        }
        if (m_file.vector().covers(dot)) {
            ++m_outcome.duplicates;
            m_duplicates[dot.incarnation] = {dot.sequence, hash};
            return {};
        }
        if (m_leftOutOrigins.contains(dot.incarnation.origin)) {
            leaveOut(dot, LeftOutReason::Gap);
            return {};
        }
        if (isStopped(dot.incarnation)) {
            leaveOut(dot, LeftOutReason::Stopped);
            return {};
        }
        DRIFTLESS_TRY_ASSIGN(const bool isNext, isNextOfIncarnation(operation.header));
        if (!isNext) {
            return {};
        }
        return collect(std::move(operation), hash);
    }

    /// Leaves it out, and answers false, if it does not continue what is here.
    Result<bool> isNextOfIncarnation(const OperationHeader &header)
    {
        const Dot &dot = header.version.dot;
        const storage::VersionVector::Entry *here = m_file.vector().find(dot.incarnation);
        if (dot.sequence != (here == nullptr ? 0 : here->sequence) + 1) {
            leaveOut(dot, LeftOutReason::Gap);
            return false;
        }
        if (here != nullptr && header.previous != here->chainHash) {
            DRIFTLESS_TRY(
                fork({{dot.incarnation, here->sequence}, here->chainHash, header.previous}));
            leaveOutForked(dot, m_outcome.forks.back());
            return false;
        }
        if (header.kind == OperationKind::Open && !header.parents.empty()) {
            // It continues another incarnation. Ours of that one may be longer (a restored backup)
            // or not be here; where both end at the same operation, the contents must be the same.
            const Dot &end = header.parents.front().version.dot;
            const storage::VersionVector::Entry *continued = m_file.vector().find(end.incarnation);
            if (continued != nullptr && continued->sequence == end.sequence
                && continued->chainHash != header.previous && !m_file.isStopped(end.incarnation)) {
                DRIFTLESS_TRY(fork({end, continued->chainHash, header.previous}));
            }
        }
        if (header.group && header.group->first != dot.sequence) {
            leaveOut(dot, LeftOutReason::Damaged);
            return false;
        }
        return true;
    }

    [[nodiscard]] bool continuesGroup(const OperationHeader &header) const
    {
        const OperationHeader &last = m_group.back().header;
        return header.version.dot.incarnation == last.version.dot.incarnation
            && header.version.dot.sequence == last.version.dot.sequence + 1
            && header.version.hlc == last.version.hlc && header.group == last.group
            && header.previous == m_groupHash;
    }

    Result<void> collect(Operation operation, const Hash128 &hash)
    {
        const bool isWhole = hasItsBody(operation);
        const auto group = operation.header.group;
        const std::uint64_t sequence = operation.header.version.dot.sequence;
        m_group.push_back(std::move(operation));
        m_groupHash = hash;
        if (!isWhole) {
            leaveGroupOut(LeftOutReason::Damaged);
            return {};
        }
        if (group && sequence != group->first + group->size - 1) {
            return {};
        }
        return applyGroup();
    }

    /// Other bytes than the origin's were damaged on the way; the next transfer may bring it whole.
    static bool hasItsBody(const Operation &operation)
    {
        const bool hasBody = !operation.body.isEmpty();
        return operation.header.bodyHash.has_value() == hasBody
            && (!hasBody || *operation.header.bodyHash == Hash128::of(operation.body));
    }

    /// What is not, though it is what its origin made, is kept in quarantine and passed on, or its
    /// origin would be wedged for ever.
    static bool isApplicable(const Operation &operation)
    {
        const OperationHeader &header = operation.header;
        if (!header.isUnderstood) {
            return false;
        }
        if (header.kind == OperationKind::Admit && !NodeId::parse(header.documentId)) {
            return false;
        }
        return operation.body.isEmpty() ? header.kind != OperationKind::Put
                                        : storage::isReadableBody(operation.body);
    }

    [[nodiscard]] bool isStopped(const Incarnation &incarnation) const
    {
        return m_stopped.contains(incarnation) || m_file.isStopped(incarnation);
    }

    [[nodiscard]] bool hasParents() const
    {
        for (const Operation &operation : m_group) {
            for (const storage::Parent &parent : operation.header.parents) {
                const Dot &dot = parent.version.dot;
                // An `open` waits for the end of what it continues like a write for what it was
                // built on: a vector's canonical form leaves that incarnation out, so who has the
                // one must have the other. Of one that a fork has stopped, the end may never come.
                const bool mayLack
                    = operation.header.kind == OperationKind::Open && isStopped(dot.incarnation);
                if (!mayLack && !m_file.vector().covers(dot)) {
                    return false;
                }
            }
        }
        return true;
    }

    Result<void> applyGroup()
    {
        if (!hasParents()) {
            m_outcome.parentsMissing += m_group.size();
            leaveGroupOut(LeftOutReason::ParentsMissing);
            return {};
        }
        const LogPosition first {m_file.lastPosition().value + 1};
        const bool quarantine = !std::all_of(m_group.begin(), m_group.end(), isApplicable);
        DRIFTLESS_TRY(m_file.apply(m_group, quarantine));
        m_outcome.applied += m_group.size();
        m_outcome.quarantined += quarantine ? m_group.size() : 0;
        if (m_outcome.firstPosition.value == 0) {
            m_outcome.firstPosition = first;
        }
        m_outcome.lastPosition = m_file.lastPosition();
        m_group.clear();
        return {};
    }

    Result<void> fork(const storage::Fork &fork)
    {
        DRIFTLESS_TRY(m_file.recordFork(fork));
        m_stopped.insert(fork.dot.incarnation);
        m_outcome.forks.push_back(fork);
        return {};
    }

    void leaveOut(const Dot &dot, LeftOutReason reason)
    {
        ++m_outcome.leftOut;
        m_outcome.firstLeftOut.try_emplace(dot.incarnation, LeftOut {dot, reason, {}, {}});
        if (reason != LeftOutReason::Stopped) {
            m_leftOutOrigins.insert(dot.incarnation.origin);
        }
    }

    void leaveOutForked(const Dot &dot, const storage::Fork &fork)
    {
        ++m_outcome.leftOut;
        m_outcome.firstLeftOut.try_emplace(
            dot.incarnation, LeftOut {dot, LeftOutReason::Fork, fork.dot, fork.hashHere});
    }

    void leaveGroupOut(LeftOutReason reason)
    {
        for (const Operation &operation : m_group) {
            leaveOut(operation.header.version.dot, reason);
        }
        m_group.clear();
    }

    /// The chain hash of an operation stands for all before it, so the last duplicate of each
    /// incarnation is enough.
    Result<void> checkDuplicates()
    {
        for (const auto &[incarnation, entry] : m_duplicates) {
            if (m_file.isStopped(incarnation)) {
                continue;
            }
            const storage::VersionVector::Entry &here = *m_file.vector().find(incarnation);
            Hash128 hash = here.chainHash;
            if (here.sequence != entry.sequence) {
                DRIFTLESS_TRY_ASSIGN(
                    const auto stored, m_file.findOperation({incarnation, entry.sequence}));
                if (!stored) {
                    continue; // pruned
                }
                hash = Hash128::of(stored->headerBytes);
            }
            if (hash != entry.chainHash) {
                const Dot dot {incarnation, entry.sequence};
                DRIFTLESS_TRY(fork({dot, hash, entry.chainHash}));
                m_outcome.firstLeftOut.try_emplace(
                    incarnation, LeftOut {dot, LeftOutReason::Fork, dot, hash});
            }
        }
        return {};
    }

    storage::DatabaseFile &m_file;
    IngestOutcome m_outcome;
    std::vector<Operation>
        m_group; ///< collected until complete; a single operation passes through it
    Hash128 m_groupHash; ///< chain hash of its last one
    std::set<NodeId> m_leftOutOrigins;
    std::set<Incarnation> m_stopped;
    std::map<Incarnation, storage::VersionVector::Entry> m_duplicates;
};

} // namespace

Result<IngestOutcome> ingest(storage::DatabaseFile &file, TransferReader &transfer)
{
    DRIFTLESS_ASSERT(file.isInTransaction());
    return Ingestion(file).run(transfer);
}

OperationsAnswer answerFor(const IngestOutcome &outcome,
    const storage::DatabaseFile &file,
    const Generation &generation,
    std::uint64_t run)
{
    OperationsAnswer answer;
    answer.status = outcome.malformed ? TransferStatus::Malformed : TransferStatus::Taken;
    answer.run = run;
    answer.generation = generation;
    for (const Incarnation &incarnation : outcome.incarnations) {
        if (const auto *entry = file.vector().find(incarnation)) {
            answer.entries.raise(incarnation, *entry);
        }
    }
    answer.applied = outcome.applied;
    answer.duplicates = outcome.duplicates;
    answer.leftOutCount = outcome.leftOut;
    for (const auto &[incarnation, leftOut] : outcome.firstLeftOut) {
        answer.leftOut.push_back(leftOut);
    }
    answer.message = outcome.malformed ? outcome.malformed->message : QByteArray();
    return answer;
}

} // namespace driftless::replication
