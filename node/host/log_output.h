#pragma once

#include "core/clock.h"
#include "host/command_line.h"

#include <QString>

namespace driftless::host {

enum class LogStyle {
    Text, ///< "2026-11-21T08:16:58.589Z info driftless.node: started"
    Journal, ///< "<6>driftless.node: started": the journal knows the time (sd-daemon(3))
    Json ///< {"ts":"…","level":"info","cat":"driftless.node","msg":"started"}
};

/// One line with its end. A message of several lines becomes one: '\n' is written as a space, so
/// that nobody can forge a line.
QByteArray formatLogLine(
    LogStyle style, QtMsgType type, const char *category, const QString &message, WallTime time);

/// Json where it is asked for; Journal where standard error is the journal's ($JOURNAL_STREAM,
/// sd-daemon(3)); else Text.
LogStyle chooseLogStyle(LogFormat format, const QByteArray &journalStream);

/// From now on every log line of the process goes to standard error in this style. Any thread may
/// log. Once, at the start.
void installLogOutput(LogStyle style);

} // namespace driftless::host
