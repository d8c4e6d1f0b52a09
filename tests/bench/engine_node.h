#pragma once

#include "core/clock.h"
#include "core/random.h"
#include "engine/node.h"
#include "orders.h"
#include "replication/transport.h"

#include <memory>
#include <span>

namespace driftless::bench {

/// A node without sockets and threads: each call makes its writes durable before it returns. What
/// is called is what the program calls on its store thread, with the check of the JSON that it does
/// before. One thread.
class EngineNode
{
public:
    /// `folder` is empty.
    static Result<std::unique_ptr<EngineNode>> open(const QByteArray &folder);
    ~EngineNode();

    /// All documents as one atomic group.
    Result<void> putGroup(std::span<const Document> batch);
    /// Each document by itself, in one group commit.
    Result<void> putEach(std::span<const Document> batch);
    /// What the node shows of a document; empty if there is none.
    Result<QByteArray> shown(const QByteArray &id);

private:
    class NoTransport final : public replication::Transport
    {
    public:
        void send(replication::TransportRequest request, Completion completion) override;
    };

    explicit EngineNode(engine::Settings settings);

    SystemClock m_clock;
    SystemRandom m_random;
    NoTransport m_transport;
    engine::Node m_node;
    DatabaseName m_database;
};

} // namespace driftless::bench
