#include "wire/convergence.h"

#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

void appendPeer(QByteArray &out, const PeerConvergence &peer)
{
    ObjectWriter writer(out);
    writer.text("PeerNodeId", peer.nodeId);
    if (peer.digest) {
        writer.hash("Digest", *peer.digest);
    } else {
        writer.null("Digest");
    }
    if (peer.equal) {
        writer.boolean("Equal", *peer.equal);
    } else {
        writer.null("Equal");
    }
    if (peer.checked) {
        writer.time("CheckedUtc", *peer.checked);
    } else {
        writer.null("CheckedUtc");
    }
    writer.integer("PendingHere", peer.pendingHere).integer("PendingThere", peer.pendingThere);
    writer.end();
}

} // namespace

QByteArray Convergence::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("Database", database).hash("Digest", digest).integer("Documents", documents);
    ObjectWriter origins(writer.member("Vector"));
    for (const auto &[origin, incarnations] : vector) {
        // A node id has no character that JSON escapes.
        ObjectWriter entries(origins.member(origin));
        for (const auto &[incarnation, sequence] : incarnations) {
            entries.integer(QByteArray::number(static_cast<qulonglong>(incarnation), 16)
                                .rightJustified(16, '0'),
                sequence);
        }
        entries.end();
    }
    origins.end();
    writer.boolean("Converged", converged)
        .textOrNull("Reason", reason)
        .integer("Conflicts", conflicts)
        .integer("Quarantined", quarantined);
    appendArray(writer.member("Peers"), peers, appendPeer);
    writer.end();
    return out;
}

} // namespace driftless::wire
