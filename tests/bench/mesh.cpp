#include "mesh.h"

#include <algorithm>
#include <set>
#include <thread>

namespace driftless::bench {

Result<Mesh> startMesh(Bench &bench, int count)
{
    Mesh nodes;
    for (int i = 0; i < count; ++i) {
        const QByteArray name = QByteArray("node-") + static_cast<char>('a' + i);
        bench.folder.emptied(name);
        DRIFTLESS_TRY_ASSIGN(auto node, ServedNode::start(bench, name));
        nodes.push_back(std::move(node));
    }
    for (const auto &node : nodes) {
        for (const auto &other : nodes) {
            if (node != other) {
                DRIFTLESS_TRY(node->setPeer(*other));
            }
        }
    }
    DRIFTLESS_TRY(nodes.front()->call("PUT", "/api/documents/warmup/1", R"({"Id":"1"})"));
    DRIFTLESS_TRY(waitUntilEqual(nodes, 1));
    return nodes;
}

Result<void> waitUntilEqual(
    std::span<const std::unique_ptr<ServedNode>> nodes, std::uint64_t documents)
{
    const Nanoseconds end = now() + kSpreadMax;
    while (now() < end) {
        std::set<QByteArray> digests;
        std::uint64_t least = documents;
        for (const auto &node : nodes) {
            DRIFTLESS_TRY_ASSIGN(const auto state, node->state());
            digests.insert(state.digest);
            least = std::min(least, state.documents);
        }
        if (digests.size() == 1 && least == documents) {
            return {};
        }
        std::this_thread::sleep_for(kPoll);
    }
    return Error {ErrorCode::Timeout, "The nodes did not become equal.", {}};
}

} // namespace driftless::bench
