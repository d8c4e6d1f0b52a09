#include "wire/write_result.h"

#include "wire/object_writer.h"

namespace driftless::wire {

void OperationRecord::appendJson(QByteArray &out) const
{
    ObjectWriter writer(out);
    writer.hash("Id", id)
        .text("NodeId", nodeId)
        .time("TimestampUtc", timestamp)
        .text("Collection", collection)
        .text("EntityId", entityId)
        .integer("OperationType", type)
        .text("Payload", payload)
        .integer("Sequence", sequence)
        .integer("LogSequence", logSequence)
        .textOrNull("ParentVersion", parentVersion)
        .null("GlobalSequence")
        .boolean("IsSynced", false)
        .boolean("IsTombstone", type == 3);
    writer.end();
}

QByteArray WriteResult::toJson() const
{
    QByteArray out;
    const qsizetype payloadSize = operation ? operation->payload.size() : 0;
    out.reserve(640 + payloadSize + payloadSize / 4);
    ObjectWriter writer(out);
    writer.text("Collection", collection).text("EntityId", entityId);
    if (version) {
        writer.hash("Version", *version);
    } else {
        writer.null("Version");
    }
    writer.time("CommittedUtc", committed).boolean("IsDeleted", isDeleted);
    if (operation) {
        operation->appendJson(writer.member("Operation"));
    } else {
        writer.null("Operation");
    }
    writer.end();
    return out;
}

} // namespace driftless::wire
