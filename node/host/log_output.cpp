#include "host/log_output.h"

#include "core/json.h"

#include <atomic>
#include <cstdio>

#ifdef Q_OS_UNIX
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace driftless::host {

namespace {

struct Level
{
    const char *name;
    int priority; ///< of syslog(3)
};

Level levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return {"debug", 7};
    case QtInfoMsg:
        return {"info", 6};
    case QtWarningMsg:
        return {"warning", 4};
    case QtCriticalMsg:
        return {"error", 3};
    case QtFatalMsg:
        break;
    }
    return {"fatal", 2};
}

std::atomic<LogStyle> currentStyle {
    LogStyle::Text}; // Qt's handler is a plain function: it has nowhere else to look

void handleMessage(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    const QByteArray line
        = formatLogLine(currentStyle, type, context.category, message, SystemClock().wallTime());
    // One call for the whole line: lines of several threads do not mix.
    std::fwrite(line.constData(), 1, static_cast<std::size_t>(line.size()), stderr);
}

} // namespace

QByteArray formatLogLine(
    LogStyle style, QtMsgType type, const char *category, const QString &message, WallTime time)
{
    const Level level = levelOf(type);
    const QByteArray name = category ? category : "default";
    QByteArray text = message.toUtf8();
    text.replace("\r\n", " ").replace('\n', ' ').replace('\r', ' ');
    switch (style) {
    case LogStyle::Text:
        return toIsoUtc(time) + ' ' + level.name + ' ' + name + ": " + text + '\n';
    case LogStyle::Journal:
        return '<' + QByteArray::number(level.priority) + '>' + name + ": " + text + '\n';
    case LogStyle::Json:
        break;
    }
    QByteArray line = R"({"ts":")" + toIsoUtc(time) + R"(","level":")" + level.name + R"(","cat":)";
    json::appendString(line, name);
    line += R"(,"msg":)";
    json::appendString(line, text);
    return line + "}\n";
}

LogStyle chooseLogStyle(LogFormat format, const QByteArray &journalStream)
{
    if (format == LogFormat::Json) {
        return LogStyle::Json;
    }
#ifdef Q_OS_UNIX
    struct stat status
    {
    };
    if (!journalStream.isEmpty() && ::fstat(STDERR_FILENO, &status) == 0) {
        // The variable is inherited: a child whose standard error goes elsewhere has other numbers.
        const QByteArray ours = QByteArray::number(quint64(status.st_dev)) + ':'
            + QByteArray::number(quint64(status.st_ino));
        return ours == journalStream ? LogStyle::Journal : LogStyle::Text;
    }
#endif
    return LogStyle::Text;
}

void installLogOutput(LogStyle style)
{
    currentStyle = style;
    qInstallMessageHandler(handleMessage);
}

} // namespace driftless::host
