#pragma once

#include "auth/key_store.h"
#include "engine/settings.h"
#include "host/configuration.h"
#include "net/http_limits.h"

#include <vector>

namespace driftless::host {

/// Settings of the reference that are checked and kept so that its files are accepted whole;
/// nothing in this version uses them.
struct KeptSettings
{
    int peerConcurrency = 0;
    std::chrono::seconds cacheCleanupInterval {};
    int cacheCleanupBatch = 0;
    int cacheCleanupPages = 0;
    bool isPruningEnabled = false;
    int retentionDays = 0;
    int retainedOperations = 0;
    std::chrono::minutes pruningInterval {};
    int pruningBatch = 0;
    int receiptRetentionDays = 0;
    int receiptPruningBatch = 0;
};

/// One address of `urls`.
struct ListenUrl
{
    QByteArray host; ///< an IP address, "localhost", or "*" for all of the machine
    quint16 port = 0; ///< 0: any free one

    [[nodiscard]] bool isLoopback() const;
    /// "http://127.0.0.1:1446".
    [[nodiscard]] QByteArray text() const;
    friend bool operator==(const ListenUrl &, const ListenUrl &) = default;
};

/// Everything that a node is told at its start, checked. A value; immutable after load.
struct NodeConfig
{
    engine::Settings engine; ///< its dataDirectory is {Node:DataDirectory}/{Node:NodeId}
    QByteArray rootKey; ///< blank: nobody is root
    std::vector<auth::KeySetting> apiKeys;

    std::vector<ListenUrl>
        listen; ///< where to listen; loopback only if a secret is the default one
    bool allowPlainHttp = false;
    net::HttpLimits http;
    qsizetype bodyBytesMax = 0;
    std::size_t storeQueueMax = 0;
    std::size_t readerQueueMax = 0;
    std::size_t queryQueueMax = 0;
    int queryThreads = 0;
    std::vector<QByteArray>
        corsOrigins; ///< lower case, without a '/' at the end; empty: any port of localhost

    KeptSettings kept;
    std::vector<QByteArray>
        warnings; ///< a sentence each, without secrets, to be logged at the start

    /// Checks what the sources say against the table of settings (setting_table.h) and fills in the
    /// defaults. `environment`: for XDG_DATA_HOME and HOME. Errors: Configuration with one line
    /// that names the key, the value (never that of a secret), its source and what is allowed.
    static Result<NodeConfig> make(
        const Configuration &configuration, const std::map<QByteArray, QByteArray> &environment);
};

/// Where settings come from.
struct ConfigSources
{
    QByteArray systemFile = "/etc/driftless/appsettings.json";
    std::optional<QByteArray>
        configFile; ///< --config: read instead of the system's and the user's file
    std::map<QByteArray, QByteArray> environment;
    Configuration commandLine;
};

/// Merges, later wins: the system's file, the user's ($XDG_CONFIG_HOME/driftless/appsettings.json),
/// or --config in place of both; the environment; the command line. Errors: Configuration (a file
/// given with --config is missing, a file is no JSON).
Result<Configuration> mergeSources(const ConfigSources &sources);

} // namespace driftless::host
