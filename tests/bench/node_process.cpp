#include "node_process.h"

#include "requests.h"

#include <QFile>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace driftless::bench {

namespace {

constexpr Nanoseconds kStartMax = std::chrono::seconds(30);
constexpr int kStopMsMax = 10'000;
constexpr qsizetype kLogBytesShown = 600;

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
    DRIFTLESS_TRY(node->spawn(program,
        {program,
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

Result<void> NodeProcess::spawn(const QByteArray &program, const QByteArrayList &arguments)
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return failure("There is no pipe for its output.");
    }
    m_output = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, m_logPath.constData(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    std::vector<QByteArray> kept(arguments.begin(), arguments.end());
    std::vector<char *> pointers;
    for (QByteArray &argument : kept) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    const int spawned
        = posix_spawn(&m_process, program.constData(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (spawned != 0) {
        m_process = -1;
        return Error {ErrorCode::Internal,
            "The program '" + program
                + "' cannot be started. Build it with ./dev build, or name another with --program.",
            {}};
    }
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
    return {ErrorCode::Internal,
        "Node " + m_nodeId + ": " + what + ' ' + contentOf(m_logPath).right(kLogBytesShown),
        {}};
}

Nanoseconds NodeProcess::cpuTime() const
{
    // Behind the name, which may hold blanks, the 12th and 13th field are the time as a user and in
    // the kernel (proc(5)).
    const QByteArray stat = contentOf("/proc/" + QByteArray::number(m_process) + "/stat");
    const QByteArrayList fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 13) {
        return Nanoseconds(0);
    }
    const qint64 ticks = fields[11].toLongLong() + fields[12].toLongLong();
    return Nanoseconds(std::chrono::seconds(ticks)) / sysconf(_SC_CLK_TCK);
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
