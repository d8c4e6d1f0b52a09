#include "node_process.h"

#include "child_process.h"
#include "requests.h"

#include <QFile>

#include <array>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace driftless::bench {

namespace {

constexpr Nanoseconds kStartMax = std::chrono::seconds(30);
constexpr int kStopMsMax = 10'000;

QByteArray contentOf(const QByteArray &path)
{
    QFile file(QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

NodeProcess::NodeProcess(QByteArray nodeId, QByteArray logPath)
    : m_nodeId(std::move(nodeId))
    , m_logPath(std::move(logPath))
{
}

NodeProcess::~NodeProcess()
{
    stop();
}

Result<std::unique_ptr<NodeProcess>> NodeProcess::start(
    const QByteArray &program, const QByteArray &folder, const QByteArray &nodeId)
{
    // A settings file of its own: this machine's other settings are not for it.
    const QByteArray settings = folder + "/bench-settings.json";
    QFile file(QString::fromUtf8(settings));
    if (!file.open(QIODevice::WriteOnly)) {
        return Error {ErrorCode::Storage, "The file '" + settings + "' cannot be written.", {}};
    }
    file.write(R"({"Auth":{"RootApiKey":")" + QByteArray(kRootKey)
        + R"("},"Node":{"ReplicationApiKey":")" + kReplicationKey + "\"}}");
    file.close();
    std::unique_ptr<NodeProcess> node(new NodeProcess(nodeId, folder + "/bench.log"));
    DRIFTLESS_TRY(node->spawn({program,
        "--server",
        "--config",
        settings,
        "--Node:NodeId=" + nodeId,
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        folder}));
    DRIFTLESS_TRY(node->waitUntilReady());
    return node;
}

Result<void> NodeProcess::spawn(const QByteArrayList &arguments)
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return failure("There is no pipe for its output.");
    }
    m_output = ends[0];
    const auto process = startProgram(arguments, ends[1], m_logPath);
    close(ends[1]);
    if (!process) {
        return failure(process.error().message
            + " Build it with ./dev build, or name another with --program.");
    }
    m_process = *process;
    return {};
}

Result<void> NodeProcess::waitUntilReady()
{
    const QByteArray before = "listening on http://127.0.0.1:";
    const Nanoseconds end = now() + kStartMax;
    QByteArray said;
    while (now() < end) {
        pollfd waiting {m_output, POLLIN, 0};
        if (poll(&waiting, 1, 100) <= 0) {
            continue;
        }
        std::array<char, 1'024> buffer {};
        const ssize_t count = read(m_output, buffer.data(), buffer.size());
        if (count <= 0) {
            return failure("It did not start.");
        }
        said.append(buffer.data(), count);
        const qsizetype at = said.indexOf(before);
        const qsizetype lineEnd = at < 0 ? -1 : said.indexOf('\n', at);
        if (lineEnd > 0) {
            m_port
                = said.mid(at + before.size(), lineEnd - at - before.size()).trimmed().toUShort();
            return m_port != 0 ? Result<void>()
                               : Result<void>(failure("Its line with the port is not understood."));
        }
    }
    return failure("It was not ready within half a minute.");
}

Error NodeProcess::failure(const QByteArray &what) const
{
    return {ErrorCode::Internal, "Node " + m_nodeId + ": " + what + ' ' + endOfLog(m_logPath), {}};
}

Nanoseconds NodeProcess::cpuTime() const
{
    clockid_t clock {};
    timespec time {};
    if (clock_getcpuclockid(m_process, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return Nanoseconds(0);
    }
    return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

NodeProcess::Memory NodeProcess::memory() const
{
    Memory memory;
    for (const QByteArray &line :
        contentOf("/proc/" + QByteArray::number(m_process) + "/status").split('\n')) {
        const double megabytes = line.mid(line.indexOf(':') + 1)
                                     .trimmed()
                                     .chopped(line.endsWith(" kB") ? 3 : 0)
                                     .toDouble()
            * 1'024 / 1e6;
        if (line.startsWith("VmRSS:")) {
            memory.residentMb = megabytes;
        } else if (line.startsWith("VmHWM:")) {
            memory.peakMb = megabytes;
        }
    }
    return memory;
}

void NodeProcess::stop()
{
    if (m_process > 0) {
        kill(m_process, SIGTERM);
        const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, m_process, 0));
        pollfd waiting {descriptor, POLLIN, 0};
        if (descriptor < 0 || poll(&waiting, 1, kStopMsMax) != 1) {
            kill(m_process, SIGKILL);
        }
        close(descriptor);
        waitpid(m_process, nullptr, 0);
        m_process = -1;
    }
    if (m_output >= 0) {
        close(m_output);
        m_output = -1;
    }
}

} // namespace driftless::bench
