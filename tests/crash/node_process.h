#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QByteArrayList>

#include <chrono>
#include <cstdint>
#include <memory>
#include <sys/types.h>

namespace driftless::crash {

/// The real program in a process of its own, on a free port of loopback. It is killed with the
/// object, and with the thread that started it. One thread.
class NodeProcess
{
public:
    /// Begins a node with its data in `{folder}/{nodeId}`; its log goes to `{folder}/{nodeId}.log`.
    /// Does not wait. Errors: Internal.
    static Result<std::unique_ptr<NodeProcess>> start(
        const QByteArray &folder, const QByteArray &nodeId);
    ~NodeProcess();
    NodeProcess(const NodeProcess &) = delete;
    NodeProcess &operator=(const NodeProcess &) = delete;

    /// Waits for the line that says where it listens. Error: Internal, with the end of its log.
    Result<void> waitUntilReady();
    [[nodiscard]] std::uint16_t port() const { return m_port; }
    /// From start() until the ready line was read.
    [[nodiscard]] std::chrono::microseconds startTime() const { return m_startTime; }

    /// Returns when it has ended or `time` is over; true: it has ended.
    bool waitForEnd(std::chrono::milliseconds time);
    /// SIGTERM, without waiting.
    void terminate();
    /// SIGKILL, and waits. Error: Internal, where it had ended by itself with anything but success.
    Result<void> kill();
    /// SIGTERM, and waits. Error: Internal, where its exit code is not 0.
    Result<void> stop();
    /// With the end of its log.
    [[nodiscard]] Error failure(const QByteArray &what) const;

private:
    NodeProcess(QByteArray nodeId, QByteArray logPath);
    Result<void> spawn(const QByteArrayList &arguments);
    int waitForStatus();

    const QByteArray m_nodeId;
    const QByteArray m_logPath;
    pid_t m_process = -1;
    int m_processDescriptor = -1; ///< readable once it has ended
    int m_output = -1; ///< its standard output
    std::uint16_t m_port = 0;
    std::chrono::steady_clock::time_point m_started;
    std::chrono::microseconds m_startTime {};
};

} // namespace driftless::crash
