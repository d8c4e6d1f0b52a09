#include "core/json.h"
#include "fuzz_target.h"
#include "host/command_line.h"
#include "host/listen_url.h"
#include "host/node_config.h"

#include <QHostAddress>

// Settings: a JSON file, the environment and the command line. They are refused with one line, or
// they give a configuration that is safe: no known secret beyond loopback, nothing out of bounds.
// The input is the file, a NUL, lines NAME=VALUE, a NUL, and one argument a line.
namespace driftless::fuzz {

namespace {

using Environment = std::map<QByteArray, QByteArray>;

void checkMessage(const Error &error)
{
    require(!error.message.isEmpty(), "a refusal says why");
    const bool isOneLine = std::none_of(error.message.begin(), error.message.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 127;
    });
    require(isOneLine, "a refusal is one line of text", error.message);
}

/// What was read, written as one flat object, reads the same.
void checkRoundTrip(const host::Configuration &read)
{
    QByteArray flat = "{";
    for (const auto &[folded, entry] : read.entries()) {
        flat += flat.size() > 1 ? "," : "";
        json::appendString(flat, entry.key);
        flat += ':';
        if (entry.value) {
            json::appendString(flat, *entry.value);
        } else {
            flat += "null";
        }
    }
    flat += '}';
    const auto again = host::readJsonConfiguration(flat, "flat");
    require(again.isOk(), "settings that were written are read", flat);
    const auto same = [](const auto &a, const auto &b) {
        return a.first == b.first && a.second.key == b.second.key
            && a.second.value == b.second.value;
    };
    require(std::equal(read.entries().begin(),
                read.entries().end(),
                again->entries().begin(),
                again->entries().end(),
                same),
        "settings that were written read as they were",
        flat);
}

bool isKnown(const QByteArray &key)
{
    return key.isEmpty() || key == "root" || key == "I_AM_ONE_OF_YOU";
}

bool isOnLoopback(const host::ListenUrl &url)
{
    return url.host == "localhost" || QHostAddress(QString::fromUtf8(url.host)).isLoopback();
}

void checkConfig(const host::NodeConfig &config)
{
    require(!config.listen.empty(), "the node listens somewhere");
    const bool isLocal = std::all_of(config.listen.begin(), config.listen.end(), isOnLoopback);
    bool isWeak = isKnown(config.rootKey) || isKnown(config.engine.replicationKey);
    for (const auth::KeySetting &key : config.apiKeys) {
        isWeak = isWeak || key.key == "root" || key.key == "I_AM_ONE_OF_YOU";
    }
    require(isLocal || !isWeak, "no known secret works beyond this machine");
    require(isLocal || config.allowPlainHttp, "nothing goes out in the clear unless it was said");
    require(config.engine.dataDirectory.startsWith('/'), "data has an absolute place");
    require(config.engine.dataDirectory.endsWith('/' + config.engine.nodeId.bytes()),
        "each node id has its own data",
        config.engine.dataDirectory);
    require(config.engine.documentBytesMax > 0 && config.engine.groupOperationsMax > 0
            && config.bodyBytesMax > 0 && config.http.connectionsMax > 0
            && config.storeQueueMax > 0,
        "every limit is one");
    for (const engine::SeedPeer &peer : config.engine.seedPeers) {
        require(!peer.id.isEmpty() && peer.id != config.engine.nodeId && !peer.baseUrl.isEmpty(),
            "a peer is somebody else, and somewhere");
    }
    for (const QByteArray &warning : config.warnings) {
        checkMessage({ErrorCode::Configuration, warning, {}});
    }
}

} // namespace

void run(QByteArrayView input)
{
    const QByteArrayList parts = input.toByteArray().split('\0');
    host::Configuration merged;
    const auto file = host::readJsonConfiguration(parts.value(0), "appsettings.json");
    if (file) {
        checkRoundTrip(*file);
        merged.merge(*file);
    } else {
        require(file.error().code == ErrorCode::Configuration, "a refusal has its code");
        checkMessage(file.error());
    }
    Environment environment {{"HOME", "/home/x"}};
    for (const QByteArray &line : parts.value(1).split('\n')) {
        if (const qsizetype equals = line.indexOf('='); equals > 0) {
            environment[line.first(equals)] = line.sliced(equals + 1);
        }
    }
    merged.merge(host::readEnvironment(environment));
    const QByteArray arguments = parts.value(2);
    const auto commandLine
        = host::CommandLine::parse(arguments.isEmpty() ? QByteArrayList() : arguments.split('\n'));
    if (commandLine) {
        merged.merge(commandLine->settings);
    } else {
        require(commandLine.error().code == ErrorCode::InvalidArgument, "a refusal has its code");
        checkMessage(commandLine.error());
    }
    const auto config = host::NodeConfig::make(merged, environment);
    if (config) {
        checkConfig(*config);
    } else {
        require(config.error().code == ErrorCode::Configuration, "a refusal has its code");
        checkMessage(config.error());
    }
}

} // namespace driftless::fuzz
