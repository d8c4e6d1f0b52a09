#include "headless_main.h"

#include "core/log.h"
#include "host/node_host.h"
#include "termination_signals.h"

#include <QCoreApplication>
#include <QTimer>

#include <cstdio>

#ifdef Q_OS_UNIX
#include <unistd.h>
#endif

namespace driftless::app {

namespace {

// Of sysexits.h; node/host/README.md lists them.
constexpr int kExitFailure = 1;
constexpr int kExitUnavailable = 69;
constexpr int kExitTryAgain = 75;
constexpr int kExitConfiguration = 78;

int exitCode(ErrorCode code)
{
    switch (code) {
    case ErrorCode::Configuration:
        return kExitConfiguration;
    case ErrorCode::FileInUse:
        return kExitTryAgain;
    case ErrorCode::Unreachable:
        return kExitUnavailable;
    default:
        return kExitFailure;
    }
}

int fail(const Error &error)
{
    qCCritical(logNode, "%s", error.message.constData());
    return exitCode(error.code);
}

std::map<QByteArray, QByteArray> environment()
{
    std::map<QByteArray, QByteArray> variables;
    for (char **entry = environ; entry && *entry; ++entry) {
        const QByteArray text = *entry;
        if (const qsizetype equals = text.indexOf('='); equals > 0) {
            variables.emplace(text.left(equals), text.mid(equals + 1));
        }
    }
    return variables;
}

Result<host::NodeConfig> readConfig(const host::CommandLine &line)
{
    host::ConfigSources sources;
    sources.configFile = line.configFile;
    sources.environment = environment();
    sources.commandLine = line.settings;
    DRIFTLESS_TRY_ASSIGN(const host::Configuration merged, host::mergeSources(sources));
    return host::NodeConfig::make(merged, sources.environment);
}

/// Programs that start a node wait for this line.
void announce(const host::NodeHost &node, const QByteArray &url)
{
    std::printf("driftless: node %s listening on %s\n",
        node.config().engine.nodeId.bytes().constData(),
        url.constData());
    std::fflush(stdout);
}

} // namespace

int headlessMain(int &argc, char **argv, const host::CommandLine &line)
{
    QCoreApplication application(argc, argv);
    auto config = readConfig(line);
    if (!config) {
        return fail(config.error());
    }
    for (const QByteArray &warning : config->warnings) {
        qCWarning(logNode, "%s", warning.constData());
    }
    host::NodeHost node(std::move(config).value());
    const TerminationSignals signalsOfTheSystem;
    QObject::connect(&signalsOfTheSystem,
        &TerminationSignals::terminationRequested,
        &node,
        &host::NodeHost::stop);
    QObject::connect(&node, &host::NodeHost::started, &node, [&node](const QByteArray &url) {
        announce(node, url);
    });
    QObject::connect(&node, &host::NodeHost::failed, &node, [](const Error &error) {
        QCoreApplication::exit(fail(error));
    });
    QObject::connect(&node,
        &host::NodeHost::stopped,
        &application,
        &QCoreApplication::quit,
        Qt::QueuedConnection);
    QTimer::singleShot(0, &node, &host::NodeHost::start); // failed() ends a loop that already runs
    return QCoreApplication::exec();
}

} // namespace driftless::app
