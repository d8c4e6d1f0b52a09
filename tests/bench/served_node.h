#pragma once

#include "http_load.h"
#include "node_process.h"
#include "orders.h"
#include "rows.h"

namespace driftless::bench {

/// A node's process with what the rows ask of it, over one connection that is for asking only. One
/// thread.
class ServedNode
{
public:
    /// On the folder of this name, as it is.
    static Result<std::unique_ptr<ServedNode>> start(const Bench &bench, const QByteArray &folder);

    NodeProcess &process() { return *m_process; }
    [[nodiscard]] std::uint16_t port() const { return m_process->port(); }
    /// Connections for a load; their bodies are dropped.
    [[nodiscard]] Result<std::unique_ptr<HttpClients>> connect(int count) const;

    /// Another answer than a 2xx is an error that quotes it.
    Result<QByteArray> call(const char *method, const QByteArray &path, QByteArrayView body = {});
    /// A request as its bytes; as `call`.
    Result<QByteArray> send(const QByteArray &request);
    /// Writes documents 0 to `count` in batches.
    Result<void> fill(const Orders &orders, std::size_t count);
    /// Reads some of the documents 0 to `count` and compares them with what was written.
    Result<void> verify(const Orders &orders, std::uint64_t count);
    /// Exchanges operations with the other from now on.
    Result<void> setPeer(const ServedNode &other);

    struct State
    {
        std::uint64_t documents = 0;
        QByteArray digest;
    };
    Result<State> state();
    /// Operations that came from peers since the start.
    struct Received
    {
        std::uint64_t applied = 0;
        std::uint64_t duplicates = 0;
        std::uint64_t leftOut = 0;

        [[nodiscard]] std::uint64_t sum() const { return applied + duplicates + leftOut; }
    };
    Result<Received> received();

private:
    ServedNode(std::unique_ptr<NodeProcess> process, std::unique_ptr<HttpClients> door);

    Result<HttpClients::Reply> ask(const QByteArray &request);

    std::unique_ptr<NodeProcess> m_process;
    std::unique_ptr<HttpClients> m_door;
    Nanoseconds m_lastAsked = now();
};

} // namespace driftless::bench
