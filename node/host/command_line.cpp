#include "host/command_line.h"

#include "host/nearest_word.h"

#include <utility>

namespace driftless::host {

namespace {

/// "--name=value" in its parts; the value may be the next argument.
struct Option
{
    QByteArray name; ///< without its prefix
    std::optional<QByteArray> value;
};

std::optional<Option> splitOption(const QByteArray &argument)
{
    qsizetype prefix = 0;
    if (argument.startsWith("--")) {
        prefix = 2;
    } else if (argument.startsWith('/')) {
        prefix = 1;
    } else if (!argument.contains('=') || argument.startsWith('-')) {
        return {};
    }
    const qsizetype equals = argument.indexOf('=');
    if (equals < 0) {
        return Option {argument.mid(prefix), {}};
    }
    return Option {argument.mid(prefix, equals - prefix), argument.mid(equals + 1)};
}

const QByteArrayList &optionNames()
{
    static const QByteArrayList names {
        "server", "listen", "data-dir", "config", "log-format", "help", "version", "urls"};
    return names;
}

Error usage(const QByteArray &message)
{
    return {ErrorCode::InvalidArgument,
        oneLine(message + " 'driftless --help' lists what can be said."),
        {}};
}

/// "ADDRESS[:PORT]" as the URL that `urls` would have. Which addresses there are is checked where
/// urls are read.
QByteArray listenUrl(const QByteArray &text)
{
    const bool isBareIpv6 = text.count(':') > 1 && !text.startsWith('[');
    const QByteArray address = isBareIpv6 ? '[' + text + ']' : text;
    const bool hasPort = address.lastIndexOf(':') > address.lastIndexOf(']');
    return "http://" + address + (hasPort ? QByteArray() : QByteArray(":1446"));
}

class Parser
{
public:
    explicit Parser(const QByteArrayList &arguments)
        : m_arguments(arguments)
    {
    }

    Result<CommandLine> parse()
    {
        for (m_index = 0; m_index < m_arguments.size(); ++m_index) {
            DRIFTLESS_TRY(parseOne(m_arguments[m_index]));
        }
        if (!m_listenUrls.isEmpty()) {
            m_line.settings.set({"urls", m_listenUrls.join(';'), "command line (--listen)"});
        }
        return std::move(m_line);
    }

private:
    Result<void> parseOne(const QByteArray &argument)
    {
        const auto option = splitOption(argument);
        if (!option) {
            if (argument == "-h" || argument == "-v") {
                (argument == "-h" ? m_line.help : m_line.version) = true;
                return {};
            }
            return usage("'" + argument + "' is no option.");
        }
        const QByteArray name = option->name.toLower();
        if (name == "server" || name == "help" || name == "version") {
            if (option->value) {
                return usage("--" + name + " takes no value.");
            }
            (name == "server"        ? m_line.server
                    : name == "help" ? m_line.help
                                     : m_line.version)
                = true;
            return {};
        }
        const bool isSetting = name == "urls" || name.contains(':');
        if (!isSetting && !optionNames().contains(name)) {
            const QByteArray nearest = nearestWord(name, optionNames());
            return usage("There is no option '" + argument + "'"
                + (nearest.isEmpty() ? QByteArray(".") : "; did you mean --" + nearest + "?"));
        }
        DRIFTLESS_TRY_ASSIGN(QByteArray value, valueOf(*option, argument));
        if (isSetting) {
            m_line.settings.set({option->name, std::move(value), "command line"});
            return {};
        }
        return takeOption(name, value);
    }

    Result<QByteArray> valueOf(const Option &option, const QByteArray &argument)
    {
        if (option.value) {
            return *option.value;
        }
        // A value that begins as an option does must be given with '=': otherwise a forgotten one
        // would swallow the next option.
        if (m_index + 1 >= m_arguments.size() || m_arguments[m_index + 1].startsWith("--")) {
            return usage(argument + " needs a value.");
        }
        return m_arguments[++m_index];
    }

    Result<void> takeOption(const QByteArray &name, const QByteArray &value)
    {
        if (value.isEmpty()) {
            return usage("--" + name + " needs a value.");
        }
        if (name == "listen") {
            m_listenUrls += listenUrl(value);
        } else if (name == "data-dir") {
            m_line.settings.set({"Node:DataDirectory", value, "command line (--data-dir)"});
        } else if (name == "config") {
            m_line.configFile = value;
        } else if (value == "text" || value == "json") {
            m_line.logFormat = value == "json" ? LogFormat::Json : LogFormat::Text;
        } else {
            return usage("--log-format is 'text' or 'json', not '" + value + "'.");
        }
        return {};
    }

    const QByteArrayList &m_arguments;
    qsizetype m_index = 0;
    QByteArrayList m_listenUrls;
    CommandLine m_line;
};

} // namespace

Result<CommandLine> CommandLine::parse(const QByteArrayList &arguments)
{
    return Parser(arguments).parse();
}

QByteArray CommandLine::helpText()
{
    return "Usage: driftless --server [OPTION]... [--KEY=VALUE]...\n"
           "\n"
           "A node of a local-first document database: it keeps its own full copy and exchanges "
           "writes with its peers.\n"
           "\n"
           "  --server                 run the node alone, without a window\n"
           "  --listen ADDRESS[:PORT]  accept requests here (several times for several); wins over "
           "urls\n"
           "  --data-dir FOLDER        where the data is kept: the same as "
           "--Node:DataDirectory=FOLDER\n"
           "  --config FILE            read this settings file instead of "
           "/etc/driftless/appsettings.json and\n"
           "                           $XDG_CONFIG_HOME/driftless/appsettings.json\n"
           "  --KEY=VALUE              any setting, such as --Node:NodeId=till-2 or "
           "--urls=http://127.0.0.1:17001;\n"
           "                           in the environment the same is Node__NodeId=till-2\n"
           "  --log-format text|json   how the log on standard error is written\n"
           "  --help, --version        say this, or which version it is\n"
           "\n"
           "Exit codes: 0 stopped as asked, 1 failed, 64 wrong command line, 69 an address is in "
           "use or not ours,\n"
           "75 another node runs on the data directory, 78 wrong settings.\n";
}

} // namespace driftless::host
