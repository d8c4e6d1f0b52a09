#include "storage/local_writer.h"

#include "core/limits.h"

#include <algorithm>

namespace driftless::storage {

namespace {

/// What one transfer can carry besides its preamble and the framing of each operation.
constexpr qsizetype kGroupTransferBytesMax = kTransferBytesMax - 1'000'000;

} // namespace

LocalWriter::LocalWriter(DatabaseFile &file, NodeId node, Random &random, const Clock &clock)
    : m_file(file)
    , m_node(std::move(node))
    , m_random(random)
    , m_clock(clock)
{
}

const Incarnation &LocalWriter::incarnation()
{
    if (m_incarnation.origin.isEmpty() || m_file.isStopped(m_incarnation)) {
        m_incarnation = {m_node, m_random.next()};
    }
    return m_incarnation;
}

std::uint64_t LocalWriter::nextHlc() const
{
    const auto wall = static_cast<std::uint64_t>(
        std::max<std::int64_t>(m_clock.wallTime().time_since_epoch().count(), 0));
    return std::max(m_file.hlc() + 1, wall << 16);
}

OperationHeader LocalWriter::nextHeader()
{
    OperationHeader header;
    header.version.hlc = nextHlc();
    const std::int64_t wall = m_clock.wallTime().time_since_epoch().count();
    if (wall != static_cast<std::int64_t>(header.version.hlc >> 16)) {
        header.wallClockMs = wall;
    }
    const VersionVector::Entry *last = m_file.vector().find(m_incarnation);
    header.version.dot = {m_incarnation, last != nullptr ? last->sequence + 1 : 1};
    header.previous = last != nullptr ? last->chainHash : Hash128 {};
    return header;
}

Result<void> LocalWriter::openIncarnation()
{
    incarnation();
    if (m_file.vector().sequenceOf(m_incarnation) > 0) {
        return {};
    }
    OperationHeader header = nextHeader();
    header.kind = OperationKind::Open;
    const auto last = m_file.lastOwnIncarnation();
    // A copy of another node's file begins a life of its own.
    if (last && last->origin == m_node) {
        const VersionVector::Entry *entry = m_file.vector().find(*last);
        header.previous = entry->chainHash;
        header.parents.push_back({{header.version.hlc, {*last, entry->sequence}}, std::nullopt});
    }
    const Operation open = Operation::make(std::move(header), {});
    DRIFTLESS_TRY(m_file.apply({&open, 1}));
    m_file.setOwnIncarnation(m_incarnation);
    return {};
}

Result<LocalWriter::Written> LocalWriter::write(std::vector<LocalWrite> writes)
{
    DRIFTLESS_ASSERT(!writes.empty());
    DRIFTLESS_TRY(openIncarnation());
    Written written;
    written.operations.reserve(writes.size());
    written.firstPosition = {m_file.lastPosition().value + 1};
    OperationHeader next = nextHeader();
    if (writes.size() > 1) {
        next.group = GroupSpan {next.version.dot.sequence, writes.size()};
    }
    qsizetype bytes = 0;
    for (LocalWrite &write : writes) {
        OperationHeader header = next;
        header.kind = write.plan.kind;
        header.collection = std::move(write.collection);
        header.documentId = std::move(write.id);
        header.floor = write.plan.floor;
        header.changed = std::move(write.plan.changed);
        for (const Head &head : write.document.state.heads()) {
            header.parents.push_back({head.version, head.adoptedId});
        }
        const Operation &operation
            = written.operations.emplace_back(Operation::make(std::move(header), write.plan.body));
        next.version.dot.sequence += 1;
        next.previous = operation.chainHash();
        bytes += operation.headerBytes.size() + operation.body.size();
    }
    if (bytes > kGroupTransferBytesMax) {
        return Error {ErrorCode::TooLarge,
            "The batch would be " + QByteArray::number(bytes)
                + " bytes on its way to a peer; one transfer carries at most "
                + QByteArray::number(kGroupTransferBytesMax)
                + ", and a group travels whole. Send it in parts.",
            {}};
    }
    for (std::size_t i = 0; i < writes.size(); ++i) {
        LocalWrite write = std::move(writes[i]); // its memory serves the next one
        DRIFTLESS_TRY(
            m_file.applyOwn(written.operations[i], write.document, std::move(write.plan.document)));
    }
    return written;
}

Result<void> LocalWriter::admit(const NodeId &node)
{
    if (m_file.roster().contains(node)) {
        return {};
    }
    DRIFTLESS_TRY(openIncarnation());
    if (m_file.roster().contains(node)) {
        return {}; // its own first incarnation has just done so
    }
    OperationHeader header = nextHeader();
    header.kind = OperationKind::Admit;
    header.documentId = node.bytes();
    const Operation admit = Operation::make(std::move(header), {});
    return m_file.apply({&admit, 1});
}

} // namespace driftless::storage
