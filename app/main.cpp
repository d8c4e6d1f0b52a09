#include "core/log.h"
#include "headless_main.h"
#include "host/log_output.h"
#include "host/setting_table.h"

#include <cstdio>

using namespace driftless;

namespace {

constexpr int kExitUsage = 64; // EX_USAGE of sysexits.h

void print(const QByteArray &text)
{
    std::fwrite(text.constData(), 1, static_cast<std::size_t>(text.size()), stdout);
}

} // namespace

int main(int argc, char **argv)
{
    QByteArrayList arguments;
    for (int i = 1; i < argc; ++i) {
        arguments += argv[i];
    }
    const auto line = host::CommandLine::parse(arguments);
    if (!line) {
        std::fprintf(stderr, "driftless: %s\n", line.error().message.constData());
        return kExitUsage;
    }
    if (line->help) {
        print(host::CommandLine::helpText() + "\nSettings ('*' stands for an index or a name):\n"
            + host::settingTableText());
        return 0;
    }
    if (line->version) {
        print("driftless " DRIFTLESS_VERSION "\n");
        return 0;
    }
    host::installLogOutput(host::chooseLogStyle(line->logFormat, qgetenv("JOURNAL_STREAM")));
    if (!line->server) {
        qCInfo(logNode, "This version has no window: the node runs as with --server.");
    }
    return app::headlessMain(argc, argv, *line);
}
