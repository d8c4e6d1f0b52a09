#pragma once

#include "core/result.h"
#include "stopwatch.h"

#include <QByteArray>
#include <QByteArrayList>

#include <sys/types.h>

/// Programs that the bench starts.
namespace driftless::bench {

/// Starts `arguments`, the program's path first. Its standard output goes to the descriptor
/// `output`, its standard error to the end of the file `logPath`. The caller waits for it. Errors:
/// Internal.
Result<pid_t> startProgram(const QByteArrayList &arguments, int output, const QByteArray &logPath);

/// Runs it to its end; all it says goes to the end of the file `logPath`. Answers what it took, its
/// start included. Errors: Internal, with the end of what it said, where its exit code is not 0.
Result<Cost> runProgram(const QByteArrayList &arguments, const QByteArray &logPath);

/// The end of a log, enough to see what went wrong; empty where there is no such file.
QByteArray endOfLog(const QByteArray &path);

} // namespace driftless::bench
