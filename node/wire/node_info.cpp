#include "wire/node_info.h"

#include "wire/object_writer.h"

namespace driftless::wire {

QByteArray NodeInfo::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("NodeId", nodeId)
        .time("TimestampUtc", timestamp)
        .integer("LogicalDatabaseCount", databaseCount)
        .text("Product", "Driftless")
        .text("Version", version);
    appendArray(writer.member("Capabilities"),
        std::vector<QByteArrayView> {kCapability},
        [](QByteArray &to, QByteArrayView capability) { json::appendString(to, capability); });
    writer.end();
    return out;
}

QByteArray readinessJson(const std::vector<QByteArray> &reasons)
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("Status", reasons.empty() ? "ready" : "not-ready");
    appendArray(writer.member("Reasons"), reasons, [](QByteArray &to, const QByteArray &reason) {
        json::appendString(to, reason);
    });
    writer.end();
    return out;
}

} // namespace driftless::wire
