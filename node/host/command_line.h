#pragma once

#include "host/configuration.h"

#include <QByteArrayList>

namespace driftless::host {

enum class LogFormat { Text, Json };

/// What the command line asks for. A value.
struct CommandLine
{
    bool help = false;
    bool version = false;
    bool server = false; ///< the node alone, without a window
    LogFormat logFormat = LogFormat::Text;
    std::optional<QByteArray> configFile;
    Configuration
        settings; ///< of --Key=value, --Key value, /Key=value, /Key value, --listen and --data-dir

    /// `arguments` without the program's name. Errors: InvalidArgument, with what to write instead.
    static Result<CommandLine> parse(const QByteArrayList &arguments);
    /// What --help prints, before the table of settings.
    static QByteArray helpText();
};

} // namespace driftless::host
