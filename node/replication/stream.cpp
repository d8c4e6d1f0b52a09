#include "replication/stream.h"

#include "core/cbor.h"
#include "replication/messages.h"

#include <algorithm>

namespace driftless::replication {

namespace {

constexpr int kChunkOperations = 500;
constexpr qsizetype kChunkBytes = 1'000'000;
/// One transfer looks at no more of the log, so that a long log of what the peer has does not hold
/// the store thread.
constexpr int kScanOperationsMax = 20'000;

/// Walks the log in chunks.
class LogReader
{
public:
    LogReader(const storage::DatabaseFile &file, LogPosition after, LogPosition end)
        : m_file(file)
        , m_position(after)
        , m_end(end)
    {
    }

    [[nodiscard]] LogPosition position() const { return m_position; }
    /// Goes on behind `position`.
    void skipTo(LogPosition position) { m_position = position; }

    /// Null at the end. The pointer holds until the next call.
    Result<const storage::StoredOperation *> next()
    {
        while (m_index < m_chunk.size() && m_chunk[m_index].position <= m_position) {
            ++m_index;
        }
        if (m_index == m_chunk.size()) {
            if (m_position >= m_end) {
                return nullptr;
            }
            DRIFTLESS_TRY_ASSIGN(
                m_chunk, m_file.readLog(m_position, kChunkOperations, kChunkBytes));
            m_index = 0;
        }
        if (m_index == m_chunk.size() || m_chunk[m_index].position > m_end) {
            m_position = m_end;
            return nullptr;
        }
        m_position = m_chunk[m_index].position;
        return &m_chunk[m_index++];
    }

private:
    const storage::DatabaseFile &m_file;
    LogPosition m_position;
    LogPosition m_end;
    std::vector<storage::StoredOperation> m_chunk;
    std::size_t m_index = 0;
};

class TransferBuilder
{
public:
    TransferBuilder(const storage::DatabaseFile &file, const StreamQuery &query)
        : m_file(file)
        , m_query(query)
        , m_end(query.end.value > 0 ? query.end : file.lastPosition())
    {
    }

    Result<Transfer> build()
    {
        DRIFTLESS_TRY_ASSIGN(const LogPosition start, findStart());
        LogReader log(m_file, start, m_end);
        m_transfer.scannedTo = start;
        int scanned = 0;
        while (!m_isFull) {
            skipDeferred(log);
            if (++scanned > kScanOperationsMax) {
                m_transfer.hasMore = log.position() < m_end;
                break;
            }
            DRIFTLESS_TRY_ASSIGN(const storage::StoredOperation *operation, log.next());
            if (operation == nullptr) {
                break;
            }
            DRIFTLESS_TRY(consider(*operation, log));
            if (!m_isFull) {
                m_transfer.scannedTo = log.position();
            }
        }
        if (!m_transfer.hasMore) {
            m_transfer.scannedTo = m_end;
        }
        m_transfer.operations = m_writer.take();
        return std::move(m_transfer);
    }

private:
    [[nodiscard]] std::uint64_t reached(const Incarnation &incarnation) const
    {
        return std::max(
            m_query.known->sequenceOf(incarnation), m_transfer.sent.sequenceOf(incarnation));
    }

    [[nodiscard]] bool isRefused(const Incarnation &incarnation) const
    {
        return (m_query.refused != nullptr && m_query.refused->contains(incarnation))
            || std::any_of(m_transfer.forks.begin(),
                m_transfer.forks.end(),
                [&incarnation](
                    const storage::Fork &fork) { return fork.dot.incarnation == incarnation; });
    }

    /// In an incarnation the log has the order of the sequences, so the first operation that the
    /// peer lacks stands at one of the places where it lacks the next one.
    Result<LogPosition> findStart()
    {
        if (m_query.scannedTo) {
            return *m_query.scannedTo;
        }
        LogPosition start = m_end;
        for (const auto &[incarnation, entry] : m_file.vector().entries()) {
            const std::uint64_t known = m_query.known->sequenceOf(incarnation);
            if (entry.sequence <= known || isRefused(incarnation)) {
                continue;
            }
            DRIFTLESS_TRY_ASSIGN(const auto first, m_file.findOperation({incarnation, known + 1}));
            if (!first) {
                m_transfer.isPruned = true;
            } else if (first->position.value - 1 < start.value) {
                start = LogPosition {first->position.value - 1};
            }
        }
        return start;
    }

    void skipDeferred(LogReader &log)
    {
        if (m_query.relay == nullptr) {
            return;
        }
        while (log.position() < m_end) {
            const auto through
                = m_query.relay->deferredThrough(LogPosition {log.position().value + 1});
            if (!through) {
                return;
            }
            m_transfer.hasDeferred = true;
            log.skipTo(std::min(*through, m_end));
            m_transfer.scannedTo = log.position();
        }
    }

    Result<void> consider(const storage::StoredOperation &operation, LogReader &log)
    {
        DRIFTLESS_TRY_ASSIGN(const Version version, storage::decodeVersion(operation.headerBytes));
        const Incarnation &incarnation = version.dot.incarnation;
        const std::uint64_t last = reached(incarnation);
        if (version.dot.sequence <= last || isRefused(incarnation)) {
            return {};
        }
        if (version.dot.sequence > last + 1) {
            // What stands before it was left to another node: sent now it would only be left out.
            m_transfer.hasDeferred = true;
            return {};
        }
        DRIFTLESS_TRY_ASSIGN(
            const storage::OperationHeader header, storage::decodeHeader(operation.headerBytes));
        if (const auto *theirs = m_query.known->find(incarnation);
            theirs != nullptr && theirs->sequence == last && header.previous != theirs->chainHash) {
            m_transfer.forks.push_back({{incarnation, last}, header.previous, theirs->chainHash});
            return {};
        }
        return takeUnit(operation, header, log);
    }

    /// A whole group, or a single operation; what no longer fits is left for the next transfer.
    Result<void> takeUnit(const storage::StoredOperation &first,
        const storage::OperationHeader &header,
        LogReader &log)
    {
        const LogPosition before {first.position.value - 1};
        const Incarnation &incarnation = header.version.dot.incarnation;
        const std::uint64_t lastSequence = header.group
            ? header.group->first + header.group->size - 1
            : header.version.dot.sequence;
        cbor::Writer unit;
        int count = 1;
        appendOperation(unit, first.headerBytes, first.body);
        QByteArray lastHeader = first.headerBytes;
        for (std::uint64_t sequence = header.version.dot.sequence + 1; sequence <= lastSequence;
             ++sequence) {
            DRIFTLESS_TRY_ASSIGN(const storage::StoredOperation *member, log.next());
            if (member == nullptr) {
                return Error {ErrorCode::FileDamaged,
                    "The operation log ends inside of a group. Restore the database file from a "
                    "backup.",
                    {}};
            }
            appendOperation(unit, member->headerBytes, member->body);
            lastHeader = member->headerBytes;
            ++count;
        }
        const bool fits = m_writer.bytes().size() + unit.bytes().size() <= m_query.bytesMax
            && m_transfer.count + count <= m_query.operationsMax;
        if (m_transfer.count > 0 && !fits) {
            m_transfer.scannedTo = before;
            m_transfer.hasMore = true;
            m_isFull = true;
            return {};
        }
        m_writer.raw(unit.bytes());
        m_transfer.count += count;
        m_transfer.sent.raise(incarnation, {lastSequence, Hash128::of(lastHeader)});
        if (m_writer.bytes().size() >= m_query.bytesMax
            || m_transfer.count >= m_query.operationsMax) {
            m_transfer.scannedTo = log.position();
            m_transfer.hasMore = log.position() < m_end;
            m_isFull = true;
        }
        return {};
    }

    const storage::DatabaseFile &m_file;
    const StreamQuery &m_query;
    const LogPosition m_end;
    Transfer m_transfer;
    cbor::Writer m_writer;
    bool m_isFull = false;
};

} // namespace

Result<Transfer> buildTransfer(const storage::DatabaseFile &file, const StreamQuery &query)
{
    return TransferBuilder(file, query).build();
}

QByteArray joinTransfer(const QByteArray &preamble, const QByteArray &operations)
{
    QByteArray bytes;
    bytes.reserve(preamble.size() + operations.size());
    bytes.append(preamble);
    bytes.append(operations);
    return bytes;
}

} // namespace driftless::replication
