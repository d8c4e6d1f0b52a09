#include "node_process.h"

#include <QFile>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace driftless::crash {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Far above anything expected: a loaded machine is no failure.
constexpr milliseconds kStartMax {60'000};
constexpr milliseconds kStopMax {60'000};
constexpr qsizetype kLogBytesShown = 2'000;

QByteArray contentOf(const QByteArray &path)
{
    QFile file(QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<char *> pointersTo(QByteArrayList &texts)
{
    std::vector<char *> pointers;
    for (QByteArray &text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// What is fatal in a test is not fatal in the node.
QByteArrayList environmentOfNode()
{
    QByteArrayList kept;
    for (char **entry = environ; *entry != nullptr; ++entry) {
        if (const QByteArray text(*entry); !text.startsWith("QT_FATAL_WARNINGS=")) {
            kept.append(text);
        }
    }
    return kept;
}

} // namespace

NodeProcess::NodeProcess(QByteArray nodeId, QByteArray logPath)
    : m_nodeId(std::move(nodeId))
    , m_logPath(std::move(logPath))
{
}

NodeProcess::~NodeProcess()
{
    static_cast<void>(kill());
    close(m_output);
}

Result<std::unique_ptr<NodeProcess>> NodeProcess::start(
    const QByteArray &folder, const QByteArray &nodeId)
{
    // A settings file of its own: this machine's other settings are not for it.
    const QByteArray settings = folder + "/settings.json";
    QFile file(QString::fromUtf8(settings));
    if (!file.open(QIODevice::WriteOnly) || file.write("{}") != 2) {
        return Error {ErrorCode::Internal, "The file '" + settings + "' cannot be written.", {}};
    }
    file.close();
    std::unique_ptr<NodeProcess> node(new NodeProcess(nodeId, folder + '/' + nodeId + ".log"));
    DRIFTLESS_TRY(node->spawn({DRIFTLESS_BINARY_DIR "/driftless",
        "--server",
        "--config",
        settings,
        "--Node:NodeId=" + nodeId,
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        folder,
        "--Node:HeartbeatMilliseconds=100",
        "--Node:BackoffMaxMilliseconds=100"}));
    return node;
}

Result<void> NodeProcess::spawn(const QByteArrayList &arguments)
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return failure("There is no pipe for its output.");
    }
    const int log = open(m_logPath.constData(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    QByteArrayList kept = arguments;
    QByteArrayList environment = environmentOfNode();
    const std::vector<char *> argumentPointers = pointersTo(kept);
    const std::vector<char *> environmentPointers = pointersTo(environment);
    m_started = steady_clock::now();
    m_process = fork();
    if (m_process == 0) { // only what is safe in a copy of a program with threads
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execve(argumentPointers[0], argumentPointers.data(), environmentPointers.data());
        _exit(127);
    }
    m_output = ends[0];
    close(ends[1]);
    close(log);
    if (m_process < 0) {
        return failure("There is no process for it.");
    }
    m_processDescriptor = static_cast<int>(syscall(SYS_pidfd_open, m_process, 0));
    return m_processDescriptor >= 0 ? Result<void>() : failure("Its end cannot be waited for.");
}

Result<void> NodeProcess::waitUntilReady()
{
    const QByteArray before = "listening on http://127.0.0.1:";
    QByteArray said;
    while (!said.endsWith('\n')) {
        const auto left
            = std::chrono::duration_cast<milliseconds>(m_started + kStartMax - steady_clock::now());
        pollfd waiting {m_output, POLLIN, 0};
        if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) {
            return failure("It was not ready within a minute.");
        }
        std::array<char, 1'024> buffer {};
        const ssize_t count = read(m_output, buffer.data(), buffer.size());
        if (count <= 0) {
            return failure("It did not start.");
        }
        said.append(buffer.data(), count);
    }
    m_startTime
        = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - m_started);
    m_port = said.mid(said.indexOf(before) + before.size()).trimmed().toUShort();
    return m_port != 0 ? Result<void>() : failure("Its ready line is not understood: " + said);
}

bool NodeProcess::waitForEnd(milliseconds time)
{
    pollfd waiting {m_processDescriptor, POLLIN, 0};
    return m_process < 0 || poll(&waiting, 1, static_cast<int>(time.count())) == 1;
}

void NodeProcess::terminate()
{
    ::kill(m_process, SIGTERM);
}

int NodeProcess::waitForStatus()
{
    int status = 0;
    waitpid(m_process, &status, 0);
    close(m_processDescriptor);
    m_process = -1;
    return status;
}

Result<void> NodeProcess::kill()
{
    if (m_process < 0) {
        return {};
    }
    ::kill(m_process, SIGKILL);
    const int status = waitForStatus();
    const bool isKilled = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (isKilled || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        return {};
    }
    return failure("It ended by itself before it was killed.");
}

Result<void> NodeProcess::stop()
{
    terminate();
    if (!waitForEnd(kStopMax)) {
        return failure("It did not end within a minute of SIGTERM.");
    }
    const int status = waitForStatus();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return failure("It did not end as it was asked to.");
    }
    return {};
}

Error NodeProcess::failure(const QByteArray &what) const
{
    return {ErrorCode::Internal,
        "Node " + m_nodeId + ": " + what + " Its log ends:\n"
            + contentOf(m_logPath).right(kLogBytesShown),
        {}};
}

} // namespace driftless::crash
