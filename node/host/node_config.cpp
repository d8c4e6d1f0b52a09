#include "host/node_config.h"

#include "host/listen_url.h"
#include "host/setting_table.h"

#include <QDir>
#include <QFile>

#include <utility>

namespace driftless::host {

namespace {

/// Parts of the reference's files that say nothing to this program.
bool isPassedOver(const QByteArray &key)
{
    const QByteArray folded = key.toLower();
    return folded == "allowedhosts" || folded == "$schema" || folded == "logging"
        || folded.startsWith("logging:");
}

/// True for "Node:SeedPeers" and "Auth:ApiKeys:0": what an empty object or array leaves behind.
bool isSection(const QByteArray &key)
{
    const QByteArrayList parts = key.split(':');
    for (const Setting &setting : settingTable()) {
        const QByteArrayList pattern = QByteArray(setting.key).split(':');
        bool isPrefix = parts.size() < pattern.size();
        for (qsizetype i = 0; isPrefix && i < parts.size(); ++i) {
            isPrefix = pattern[i] == "*" || pattern[i].compare(parts[i], Qt::CaseInsensitive) == 0;
        }
        if (isPrefix) {
            return true;
        }
    }
    return false;
}

Error notAllowed(const Setting &setting, const Configuration::Entry &entry)
{
    const QByteArray value
        = setting.isSecret ? QByteArray(" (its value is not shown)") : " = '" + *entry.value + '\'';
    return {ErrorCode::Configuration,
        oneLine(entry.key + value + " from " + entry.origin
            + " is not allowed; allowed is: " + allowedText(setting) + '.'),
        {}};
}

void warnUnknown(const Configuration::Entry &entry, NodeConfig &config)
{
    const QByteArray nearest = nearestKey(entry.key);
    config.warnings.push_back("The unknown setting " + entry.key + " from " + entry.origin
        + " is ignored"
        + (nearest.isEmpty() ? QByteArray(".") : "; did you mean " + nearest + '?'));
}

Result<void> applyEntries(const Configuration &configuration, ConfigDraft &draft)
{
    for (const Setting &setting : settingTable()) {
        if (setting.fallback) {
            const bool isAllowed = applySetting(setting, setting.fallback, {}, draft);
            DRIFTLESS_ASSERT(isAllowed);
        }
    }
    for (const auto &[folded, entry] : configuration.entries()) {
        if (isPassedOver(entry.key)) {
            continue;
        }
        QByteArrayList segments;
        const Setting *setting = findSetting(entry.key, segments);
        if (!setting) {
            if (entry.value || !isSection(entry.key)) {
                warnUnknown(entry, draft.config);
            }
        } else if (entry.value && !applySetting(*setting, *entry.value, segments, draft)) {
            return notAllowed(*setting, entry);
        }
    }
    return {};
}

Result<void> takeLists(ConfigDraft &draft)
{
    NodeConfig &config = draft.config;
    for (auto &[index, peer] : draft.seedPeers) {
        if (peer.id.isEmpty() || peer.baseUrl.isEmpty()) {
            const QByteArray missing = peer.id.isEmpty() ? "NodeId" : "BaseUrl";
            return Error {ErrorCode::Configuration,
                oneLine("Node:SeedPeers:" + index + ':' + missing
                    + " is missing; a peer needs NodeId and BaseUrl."),
                {}};
        }
        if (peer.id != config.engine.nodeId) { // one file can serve all nodes of a cluster
            config.engine.seedPeers.push_back(std::move(peer));
        }
    }
    for (auto &[index, key] : draft.keys) {
        if (key.setting.name.isEmpty()) {
            key.setting.name = "Auth:ApiKeys:" + index;
        }
        for (auto &[position, database] : key.databases) {
            key.setting.databases.push_back(std::move(database));
        }
        config.apiKeys.push_back(std::move(key.setting));
    }
    for (auto &[index, origin] : draft.corsOrigins) {
        config.corsOrigins.push_back(std::move(origin));
    }
    return {};
}

QByteArray variable(const std::map<QByteArray, QByteArray> &environment, const char *name)
{
    const auto found = environment.find(name);
    return found == environment.end() ? QByteArray() : found->second;
}

/// `xdgName` where it is an absolute path (as the XDG base directory specification asks), else
/// `inHome` under HOME; empty if neither is known.
QByteArray userFolder(
    const std::map<QByteArray, QByteArray> &environment, const char *xdgName, const char *inHome)
{
    const QByteArray xdg = variable(environment, xdgName);
    if (xdg.startsWith('/')) {
        return xdg + "/driftless";
    }
    const QByteArray home = variable(environment, "HOME");
    return home.startsWith('/') ? home + '/' + inHome + "/driftless" : QByteArray();
}

} // namespace

Result<NodeConfig> NodeConfig::make(
    const Configuration &configuration, const std::map<QByteArray, QByteArray> &environment)
{
    ConfigDraft draft;
    draft.dataDirectory = userFolder(environment, "XDG_DATA_HOME", ".local/share");
    DRIFTLESS_TRY(applyEntries(configuration, draft));
    DRIFTLESS_TRY(takeLists(draft));
    if (draft.dataDirectory.isEmpty()) {
        return Error {ErrorCode::Configuration,
            "Node:DataDirectory is missing, and there is no HOME to take its default from: say "
            "where the data is (--data-dir FOLDER).",
            {}};
    }
    NodeConfig &config = draft.config;
    if (draft.dataDirectory.startsWith(':')) {
        draft.dataDirectory.prepend("./"); // Qt would look among the program's own resources
    }
    const QString folder = QDir(QString::fromUtf8(draft.dataDirectory))
                               .absoluteFilePath(QString::fromUtf8(config.engine.nodeId.bytes()));
    config.engine.dataDirectory = QDir::cleanPath(folder).toUtf8();
    DRIFTLESS_TRY(guardListeners(config));
    for (QByteArray &warning : config.warnings) {
        warning = oneLine(warning);
    }
    return std::move(config);
}

Result<Configuration> mergeSources(const ConfigSources &sources)
{
    QByteArrayList files;
    if (sources.configFile) {
        files += *sources.configFile;
    } else {
        files += sources.systemFile;
        if (const QByteArray folder = userFolder(sources.environment, "XDG_CONFIG_HOME", ".config");
            !folder.isEmpty()) {
            files += folder + "/appsettings.json";
        }
    }
    Configuration merged;
    for (const QByteArray &file : files) {
        auto read = readConfigurationFile(file);
        if (read) {
            merged.merge(*read);
        } else if (read.error().code != ErrorCode::NotFound) {
            return read.error();
        } else if (sources.configFile) {
            return Error {ErrorCode::Configuration,
                "The settings file given with --config is missing: " + read.error().message,
                {}};
        }
    }
    merged.merge(readEnvironment(sources.environment));
    merged.merge(sources.commandLine);
    return merged;
}

} // namespace driftless::host
