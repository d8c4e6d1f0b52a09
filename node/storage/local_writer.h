#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "storage/database_file.h"
#include "storage/document_draft.h"
#include "storage/loaded_document.h"

namespace driftless::storage {

/// A document that a local group writes, as the plan was made from it: nothing else has written it
/// since.
struct LocalWrite
{
    QByteArray collection; ///< the writer's spelling
    QByteArray id; ///< the writer's spelling
    LoadedDocument document;
    PlannedWrite plan;
};

/// Makes this node's own operations: dots without a gap, chained, stamped above every clock reading
/// that the file has seen, under an incarnation drawn with the first write after the start. Store
/// thread.
class LocalWriter
{
public:
    /// Everything outlives the writer.
    LocalWriter(DatabaseFile &file, NodeId node, Random &random, const Clock &clock);

    /// The incarnation that the next write will be of; drawn at the first call, and again once a
    /// fork has stopped it.
    const Incarnation &incarnation();

    /// Appends and joins one group (a single write is no group), at most one write a document, in
    /// an open transaction. The first after a start is preceded by `open`. Answers the operations
    /// of the writes, in their order, with the position of the first. TooLarge: no transfer could
    /// carry the group; nothing was written but that `open`.
    struct Written
    {
        std::vector<Operation> operations;
        LogPosition firstPosition;
    };
    Result<Written> write(std::vector<LocalWrite> writes);

    /// Admits a node to the roster, by an operation, unless it is there.
    Result<void> admit(const NodeId &node);

private:
    Result<void> openIncarnation();
    OperationHeader nextHeader();
    [[nodiscard]] std::uint64_t nextHlc() const;

    DatabaseFile &m_file;
    const NodeId m_node;
    Random &m_random;
    const Clock &m_clock;
    Incarnation m_incarnation;
};

} // namespace driftless::storage
