#include "wire/cluster_peer.h"

#include "core/json.h"
#include "wire/object_reader.h"
#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

constexpr int kPeerDepthMax = 32;

} // namespace

Result<ClusterPeer> ClusterPeer::fromJson(const QByteArray &text)
{
    DRIFTLESS_TRY_ASSIGN(
        const json::Object object, json::Object::check(text, {.depthMax = kPeerDepthMax}));
    ObjectReader reader(object);
    QByteArray missing;
    for (const QByteArrayView name : {QByteArrayView("NodeId"), QByteArrayView("BaseUrl")}) {
        if (!reader.has(name)) {
            missing += (missing.isEmpty() ? "'" : ", '") + name.toByteArray() + '\'';
        }
    }
    if (!missing.isEmpty()) {
        return Error {ErrorCode::NotFound,
            "JSON deserialization for type 'ClusterPeer' was missing required properties "
            "including: "
                + missing + '.',
            "$"};
    }
    ClusterPeer peer;
    peer.nodeId = reader.text("NodeId").value_or(QByteArray()).trimmed();
    peer.baseUrl = reader.text("BaseUrl").value_or(QByteArray()).trimmed();
    peer.isActive = reader.boolean("IsActive").value_or(true);
    if (reader.fault()) {
        return *reader.fault();
    }
    return peer;
}

void ClusterPeer::appendJson(QByteArray &out) const
{
    ObjectWriter writer(out);
    writer.text("NodeId", nodeId)
        .text("BaseUrl", baseUrl)
        .boolean("IsActive", isActive)
        .time("UpdatedUtc", updated)
        .textOrNull("Database", database);
    writer.end();
}

QByteArray toJson(const std::vector<ClusterPeer> &peers)
{
    QByteArray out;
    appendArray(out, peers, [](QByteArray &to, const ClusterPeer &peer) { peer.appendJson(to); });
    return out;
}

} // namespace driftless::wire
