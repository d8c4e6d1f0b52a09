#include "child_process.h"

#include <QFile>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace driftless::bench {

namespace {

constexpr qsizetype kLogBytesShown = 600;

Nanoseconds spent(const timeval &time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

} // namespace

Result<pid_t> startProgram(const QByteArrayList &arguments, int output, const QByteArray &logPath)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, logPath.constData(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    std::vector<QByteArray> kept(arguments.begin(), arguments.end());
    std::vector<char *> pointers;
    pointers.reserve(kept.size() + 1);
    for (QByteArray &argument : kept) {
        pointers.push_back(argument.data());
    }
    pointers.push_back(nullptr);
    pid_t process = -1;
    const int spawned
        = posix_spawn(&process, pointers.front(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (spawned != 0) {
        return Error {
            ErrorCode::Internal, "The program '" + arguments.front() + "' cannot be started.", {}};
    }
    return process;
}

Result<Cost> runProgram(const QByteArrayList &arguments, const QByteArray &logPath)
{
    const int log = open(logPath.constData(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0) {
        return Error {ErrorCode::Storage, "The file '" + logPath + "' cannot be written.", {}};
    }
    const Nanoseconds begin = now();
    const auto process = startProgram(arguments, log, logPath);
    close(log);
    if (!process) {
        return process.error();
    }
    int status = 0;
    rusage usage {};
    wait4(*process, &status, 0, &usage);
    const Nanoseconds took = now() - begin;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return Error {
            ErrorCode::Internal, "'" + arguments.join(' ') + "' failed: " + endOfLog(logPath), {}};
    }
    return Cost {took, spent(usage.ru_utime) + spent(usage.ru_stime)};
}

QByteArray endOfLog(const QByteArray &path)
{
    QFile file(QString::fromUtf8(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll().right(kLogBytesShown) : QByteArray();
}

} // namespace driftless::bench
