#include "wire/conflict_list.h"

#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

void appendSide(QByteArray &out, const ConflictSide &side)
{
    ObjectWriter writer(out);
    writer.hash("Version", side.version)
        .text("NodeId", side.nodeId)
        .time("TimestampUtc", side.timestamp)
        .boolean("IsDelete", side.isDelete)
        .raw("Value", side.value)
        .raw("Document", side.document);
    writer.end();
}

} // namespace

QByteArray ConflictList::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.integer("Total", total);
    appendArray(writer.member("Conflicts"), rows, [](QByteArray &to, const ConflictRow &conflict) {
        ObjectWriter row(to);
        row.text("Collection", conflict.collection)
            .text("EntityId", conflict.entityId)
            .text("Member", conflict.member);
        appendSide(row.member("Winner"), conflict.winner);
        appendSide(row.member("Loser"), conflict.loser);
        row.end();
    });
    writer.end();
    return out;
}

} // namespace driftless::wire
