#pragma once

#include "core/result.h"
#include "http_clients.h"

#include <QByteArray>
#include <QByteArrayList>

#include <cstdint>
#include <memory>
#include <sys/types.h>

namespace driftless::bench {

/// One running node: the real program, with its data in a folder of its own. Stopped with the
/// object. One thread.
class NodeProcess
{
public:
    /// Waits until it listens. `folder` is there; what is in it is the node's. Errors: Internal,
    /// with the end of its log.
    static Result<std::unique_ptr<NodeProcess>> start(
        const QByteArray &program, const QByteArray &folder, const QByteArray &nodeId);
    ~NodeProcess();
    NodeProcess(const NodeProcess &) = delete;
    NodeProcess &operator=(const NodeProcess &) = delete;

    [[nodiscard]] const QByteArray &nodeId() const { return m_nodeId; }
    [[nodiscard]] std::uint16_t port() const { return m_port; }
    [[nodiscard]] QByteArray url() const
    {
        return "http://127.0.0.1:" + QByteArray::number(m_port);
    }

    /// Of all threads of the process since its start.
    [[nodiscard]] Nanoseconds cpuTime() const;
    struct Memory
    {
        double residentMb = 0; ///< megabytes of 1,000,000 bytes
        double peakMb = 0;
    };
    [[nodiscard]] Memory memory() const;
    /// SIGTERM, and SIGKILL after ten seconds.
    void stop();

private:
    NodeProcess(QByteArray nodeId, QByteArray logPath);
    Result<void> spawn(const QByteArrayList &arguments);
    Result<void> waitUntilReady();
    [[nodiscard]] Error failure(const QByteArray &what) const;

    const QByteArray m_nodeId;
    const QByteArray m_logPath;
    pid_t m_process = -1;
    int m_output = -1; ///< its standard output; open as long as it runs
    std::uint16_t m_port = 0;
};

} // namespace driftless::bench
