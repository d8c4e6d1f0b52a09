#include "core/case_fold.h"
#include "host/listen_url.h"
#include "host/setting_table.h"

#include <QUrl>

#include <array>
#include <limits>

namespace driftless::host {

namespace {

using Apply = bool (*)(ConfigDraft &, const SettingValue &);

constexpr Setting text(
    const char *key, const char *allowed, const char *fallback, const char *meaning, Apply apply)
{
    return {key, SettingKind::Text, 0, 0, allowed, fallback, false, meaning, apply};
}

constexpr Setting secret(const char *key, const char *fallback, const char *meaning, Apply apply)
{
    return {key,
        SettingKind::Text,
        0,
        0,
        "at most 512 printable ASCII characters",
        fallback,
        true,
        meaning,
        apply};
}

constexpr Setting integer(
    const char *key, qint64 min, qint64 max, const char *fallback, const char *meaning, Apply apply)
{
    return {key, SettingKind::Integer, min, max, nullptr, fallback, false, meaning, apply};
}

constexpr Setting boolean(const char *key, const char *fallback, const char *meaning, Apply apply)
{
    return {key, SettingKind::Boolean, 0, 1, "true or false", fallback, false, meaning, apply};
}

constexpr Setting choice(
    const char *key, const char *words, const char *fallback, const char *meaning, Apply apply)
{
    return {key, SettingKind::Choice, 0, 0, words, fallback, false, meaning, apply};
}

// The words of the reference come last; index -> policy below.
constexpr const char *kPolicyWords = "MergeFields|LastWriterWins|Manual|ApplyIncoming|KeepLocal";

engine::ConflictPolicy policyOf(const SettingValue &value)
{
    using engine::ConflictPolicy;
    constexpr std::array<ConflictPolicy, 5> kPolicies {ConflictPolicy::MergeFields,
        ConflictPolicy::LastWriterWins,
        ConflictPolicy::Manual,
        ConflictPolicy::MergeFields,
        ConflictPolicy::Manual};
    return kPolicies[static_cast<std::size_t>(value.number)];
}

/// A key travels in a header of HTTP/1.1: what cannot stand there can never be given.
bool isKeyText(const QByteArray &key)
{
    constexpr qsizetype kKeyBytesMax = 512;
    for (const char c : key) {
        if (c < 0x20 || c > 0x7e) {
            return false;
        }
    }
    return key.size() <= kKeyBytesMax;
}

/// "http[s]://HOST[:PORT][/PREFIX]" without a '/' at the end; empty if it is none.
QByteArray normalisedUrl(const QByteArray &text, bool mayHavePath)
{
    QByteArray trimmed = text;
    while (trimmed.endsWith('/')) {
        trimmed.chop(1);
    }
    const QUrl url(QString::fromUtf8(trimmed), QUrl::StrictMode);
    const bool ok = url.isValid()
        && (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"))
        && !url.host().isEmpty() && url.userInfo().isEmpty() && !url.hasQuery()
        && !url.hasFragment() && (mayHavePath || url.path().isEmpty());
    return ok ? trimmed : QByteArray();
}

template <auth::Role role> bool applyRole(ConfigDraft &draft, const SettingValue &value)
{
    if (value.number != 0) {
        draft.keys[value.segments[0]].setting.roles.add(role);
    }
    return true;
}

int toInt(const SettingValue &value)
{
    return static_cast<int>(value.number);
}

constexpr qint64 kIntMax = std::numeric_limits<int>::max();
constexpr qint64 kMega = 1'000'000;

// Rows stand in the order in which they are shown.
constexpr Setting kSettings[] = {
    text("urls",
        "http://HOST[:PORT] with ';' between; HOST is an IP address, localhost, or * for all",
        "http://localhost:1446",
        "where to listen; also ASPNETCORE_URLS and --listen",
        [](ConfigDraft &draft, const SettingValue &value) {
            auto urls = parseListenUrls(value.text);
            draft.config.listen = urls ? std::move(*urls) : std::vector<ListenUrl>();
            return urls.has_value();
        }),
    text("Node:NodeId",
        "1 to 63 letters, digits, '-', '_', '.'; first a letter or digit",
        "node-1",
        "the node's name, unique in its cluster; also the folder of its data",
        [](ConfigDraft &draft, const SettingValue &value) {
            auto id = NodeId::parse(value.text);
            draft.config.engine.nodeId = id ? std::move(id).value() : NodeId();
            return !draft.config.engine.nodeId.isEmpty();
        }),
    secret("Node:ReplicationApiKey",
        "I_AM_ONE_OF_YOU",
        "the key that the nodes of a cluster share; blank: no node is let in",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.config.engine.replicationKey = value.text;
            return isKeyText(value.text);
        }),
    text("Node:DataDirectory",
        "a folder; a relative one begins at the current folder",
        nullptr,
        "holds a folder for each node id; default $XDG_DATA_HOME/driftless or "
        "~/.local/share/driftless",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.dataDirectory = value.text;
            return !value.text.isEmpty() && !value.text.contains('\0');
        }),
    boolean("Node:AllowPlainHttp",
        "false",
        "listen beyond loopback without TLS",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.allowPlainHttp = value.number != 0, true;
        }),
    choice("Node:Durability",
        "Full|Normal",
        "Full",
        "Full: an acknowledged write survives a power cut; Normal: it survives a crash of the "
        "program",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.config.engine.durability
                = value.number == 0 ? engine::Durability::Full : engine::Durability::Normal;
            return true;
        }),
    choice("Node:ConflictResolutionPolicy",
        kPolicyWords,
        "MergeFields",
        "what a write claims; ApplyIncoming is taken as MergeFields, KeepLocal as Manual",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.policy = policyOf(value), true;
        }),
    choice("Node:CollectionPolicies:*",
        kPolicyWords,
        nullptr,
        "the policy of the collection of this name",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.config.engine.collectionPolicies.emplace_back(
                foldCase(value.segments[0]), policyOf(value));
            return true;
        }),
    text("Node:SeedPeers:*:NodeId",
        "a node id",
        nullptr,
        "a peer of the node; its own id is passed over",
        [](ConfigDraft &draft, const SettingValue &value) {
            auto id = NodeId::parse(value.text);
            draft.seedPeers[value.segments[0]].id = id ? *id : NodeId();
            return id.isOk();
        }),
    text("Node:SeedPeers:*:BaseUrl",
        "http[s]://HOST[:PORT][/PREFIX]",
        nullptr,
        "where that peer listens",
        [](ConfigDraft &draft, const SettingValue &value) {
            const QByteArray url = normalisedUrl(value.text, true);
            draft.seedPeers[value.segments[0]].baseUrl = url;
            return !url.isEmpty();
        }),
    boolean("Node:SeedPeers:*:IsActive",
        nullptr,
        "whether operations are exchanged with it; default true",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.seedPeers[value.segments[0]].isActive = value.number != 0, true;
        }),
    integer("Node:ReplicationBatchSize",
        1,
        kTransferOperationsMax,
        "10000",
        "operations in one transfer to a peer",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.transferOperationsMax = toInt(value), true;
        }),
    integer("Node:ReplicationSignalAckTimeoutMilliseconds",
        1'000,
        120'000,
        "10000",
        "how long a peer may take to answer",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.callTimeout = std::chrono::milliseconds(value.number), true;
        }),
    integer("Node:HeartbeatMilliseconds",
        50,
        60'000,
        "1000",
        "between two words with a peer when there is no news",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.heartbeat = std::chrono::milliseconds(value.number), true;
        }),
    integer("Node:BackoffMaxMilliseconds",
        100,
        600'000,
        "30000",
        "longest pause before a peer that fails is tried again",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.backoffMax = std::chrono::milliseconds(value.number), true;
        }),
    integer("Node:ReadMaxMilliseconds",
        100,
        600'000,
        "10000",
        "longest life of a read; then it is ended, so that files can shrink",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.readMax = std::chrono::milliseconds(value.number), true;
        }),
    integer("Node:QueryThreads",
        1,
        64,
        "2",
        "queries that run beside each other",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.queryThreads = toInt(value), true;
        }),
    integer("Node:CacheBytes",
        kMega,
        1'000 * kMega,
        "16000000",
        "page cache of each database's writer",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.cacheBytes = value.number, true;
        }),

    integer("Node:Limits:DocumentBytes",
        1'000,
        kDocumentBytesMax,
        "16000000",
        "one document",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.documentBytesMax = value.number, true;
        }),
    integer("Node:Limits:GroupOperations",
        1,
        kGroupOperationsMax,
        "10000",
        "writes of one batch",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.groupOperationsMax = toInt(value), true;
        }),
    integer("Node:Limits:GroupBytes",
        1'000,
        kGroupBytesMax,
        "64000000",
        "documents of one batch together",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.groupBytesMax = value.number, true;
        }),
    integer("Node:Limits:BodyBytes",
        1'000,
        kTransferBytesMax,
        "30000000",
        "the body of one request (413)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.bodyBytesMax = value.number, true;
        }),
    integer("Node:Limits:HeaderBytes",
        1'000,
        kMega,
        "32768",
        "request line and headers together (431)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.headerBytesMax = value.number, true;
        }),
    integer("Node:Limits:HeaderCount",
        10,
        10'000,
        "100",
        "headers of one request (431)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.headerCountMax = toInt(value), true;
        }),
    integer("Node:Limits:TargetBytes",
        100,
        kMega,
        "8192",
        "path and query of one request (414)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.targetBytesMax = value.number, true;
        }),
    integer("Node:Limits:Connections",
        1,
        100'000,
        "2000",
        "open connections (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.connectionsMax = toInt(value), true;
        }),
    integer("Node:Limits:ConnectionsPerAddress",
        1,
        100'000,
        "512",
        "open connections from one address (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.connectionsPerAddressMax = toInt(value), true;
        }),
    integer("Node:Limits:RequestsPerAddress",
        1,
        100'000,
        "64",
        "requests in work from one address; the next ones wait",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.requestsPerAddressMax = toInt(value), true;
        }),
    integer("Node:Limits:BytesPerAddress",
        1'000,
        1'000 * kMega,
        "8000000",
        "bodies and answers held for one address; then large bodies are read one at a time (503 "
        "for one that does not come)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.bytesPerAddressMax = value.number, true;
        }),
    integer("Node:Limits:PipelinedRequests",
        1,
        10'000,
        "64",
        "requests in work on one connection; then it is not read on",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.pipelinedRequestsMax = toInt(value), true;
        }),
    integer("Node:Limits:OutputBytes",
        1'000,
        1'000 * kMega,
        "4194304",
        "answers that a client has not taken yet; then it is not read on",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.outputBytesMax = value.number, true;
        }),
    integer("Node:Limits:HeaderSeconds",
        1,
        3'600,
        "10",
        "until the headers of a request are complete (408)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.headerTimeout = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:BodySeconds",
        1,
        3'600,
        "60",
        "until its body is complete (408), longer for one that keeps coming",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.bodyTimeout = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:BodyBytesPerSecond",
        1,
        1'000 * kMega,
        "4096",
        "least speed of a body that takes longer",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.bodyBytesPerSecondMin = value.number, true;
        }),
    integer("Node:Limits:IdleSeconds",
        1,
        86'400,
        "120",
        "between two requests on one connection",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.idleTimeout = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:DrainSeconds",
        0,
        600,
        "5",
        "how long the rest of a refused request is read, so that the client sees the answer",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.drainTimeout = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:DrainBytes",
        0,
        1'000 * kMega,
        "33554432",
        "how much of it",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.drainBytesMax = value.number, true;
        }),
    integer("Node:Limits:HintBytes",
        100,
        kMega,
        "16384",
        "one WebSocket message",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.hintBytesMax = value.number, true;
        }),
    integer("Node:Limits:PingSeconds",
        1,
        3'600,
        "30",
        "between two pings of a WebSocket",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.http.pingInterval = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:StoreQueue",
        1,
        kMega,
        "20000",
        "writes that wait (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.storeQueueMax = static_cast<std::size_t>(value.number), true;
        }),
    integer("Node:Limits:ReaderQueue",
        1,
        kMega,
        "20000",
        "reads that wait (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.readerQueueMax = static_cast<std::size_t>(value.number), true;
        }),
    integer("Node:Limits:QueryQueue",
        1,
        kMega,
        "1000",
        "queries that wait (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.queryQueueMax = static_cast<std::size_t>(value.number), true;
        }),
    integer("Node:Limits:QuerySeconds",
        1,
        3'600,
        "30",
        "how long one query may run (503)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.queryMax = std::chrono::seconds(value.number), true;
        }),
    integer("Node:Limits:QueryBytes",
        1'000,
        16'000 * kMega,
        "256000000",
        "what one query keeps in memory, and each of its rows (413)",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.queryBytesMax = value.number, true;
        }),
    integer("Node:Limits:QueryStallSeconds",
        1,
        3'600,
        "10",
        "how long the rows of a query may not be taken; then it is ended, and its connection cut",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.engine.queryStallMax = std::chrono::seconds(value.number), true;
        }),

    secret("Auth:RootApiKey",
        "root",
        "the key that may do everything; blank: nobody may",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.config.rootKey = value.text;
            return isKeyText(value.text);
        }),
    text("Auth:ApiKeys:*:Name",
        "any text",
        nullptr,
        "the name of a key, for logs",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.keys[value.segments[0]].setting.name = value.text, true;
        }),
    secret("Auth:ApiKeys:*:Key",
        nullptr,
        "the key itself; an entry without one is passed over",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.keys[value.segments[0]].setting.key = value.text;
            return isKeyText(value.text);
        }),
    text("Auth:ApiKeys:*:Databases:*",
        "a database name, or * for all",
        nullptr,
        "where the key may be used",
        [](ConfigDraft &draft, const SettingValue &value) {
            draft.keys[value.segments[0]].databases[value.segments[1]] = value.text;
            return value.text == "*" || DatabaseName::parse(value.text).isOk();
        }),
    boolean("Auth:ApiKeys:*:Roles:ADD_DB",
        nullptr,
        "it may create databases",
        &applyRole<auth::Role::AddDatabase>),
    boolean("Auth:ApiKeys:*:Roles:DELETE_DB",
        nullptr,
        "it may delete databases",
        &applyRole<auth::Role::DeleteDatabase>),
    boolean("Auth:ApiKeys:*:Roles:READ_DOCUMENT",
        nullptr,
        "it may read",
        &applyRole<auth::Role::ReadDocument>),
    boolean("Auth:ApiKeys:*:Roles:WRITE_DOCUMENT",
        nullptr,
        "it may create documents",
        &applyRole<auth::Role::WriteDocument>),
    boolean("Auth:ApiKeys:*:Roles:UPDATE_DOCUMENT",
        nullptr,
        "it may change documents",
        &applyRole<auth::Role::UpdateDocument>),
    boolean("Auth:ApiKeys:*:Roles:DELETE_DOCUMENT",
        nullptr,
        "it may delete documents",
        &applyRole<auth::Role::DeleteDocument>),
    text("Studio:CorsOrigins:*",
        "http[s]://HOST[:PORT]",
        nullptr,
        "a web page's origin that may call; none: any port of localhost",
        [](ConfigDraft &draft, const SettingValue &value) {
            const QByteArray origin = normalisedUrl(value.text.toLower(), false);
            draft.corsOrigins[value.segments[0]] = origin;
            return !origin.isEmpty();
        }),

    integer("Node:ReplicationPeerConcurrency",
        1,
        32,
        "4",
        "kept, not used: peers never wait for one another",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.peerConcurrency = toInt(value), true;
        }),
    integer("Node:CacheCleanupIntervalSeconds",
        1,
        kIntMax,
        "30",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.cacheCleanupInterval = std::chrono::seconds(value.number),
                   true;
        }),
    integer("Node:CacheCleanupBatchSize",
        1,
        kIntMax,
        "500",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.cacheCleanupBatch = toInt(value), true;
        }),
    integer("Node:CacheCleanupMaxScanPages",
        1,
        kIntMax,
        "20",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.cacheCleanupPages = toInt(value), true;
        }),
    boolean("Node:OperationLogPruningEnabled",
        "true",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.isPruningEnabled = value.number != 0, true;
        }),
    integer("Node:OperationLogRetentionDays",
        1,
        3'650,
        "7",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.retentionDays = toInt(value), true;
        }),
    integer("Node:OperationLogRetainRecentOperations",
        0,
        kMega,
        "10000",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.retainedOperations = toInt(value), true;
        }),
    integer("Node:OperationLogPruningIntervalMinutes",
        1,
        1'440,
        "60",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.pruningInterval = std::chrono::minutes(value.number), true;
        }),
    integer("Node:OperationLogPruningBatchSize",
        1,
        10'000,
        "1000",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.pruningBatch = toInt(value), true;
        }),
    integer("Node:OperationReceiptRetentionDays",
        1,
        3'650,
        "90",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.receiptRetentionDays = toInt(value), true;
        }),
    integer("Node:OperationReceiptPruningBatchSize",
        1,
        10'000,
        "1000",
        "kept, not used yet",
        [](ConfigDraft &draft, const SettingValue &value) {
            return draft.config.kept.receiptPruningBatch = toInt(value), true;
        }),
};

} // namespace

std::span<const Setting> settingTable()
{
    return kSettings;
}

} // namespace driftless::host
