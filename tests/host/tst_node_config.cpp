#include "host/command_line.h"
#include "host/node_config.h"
#include "host/setting_table.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace driftless;
using namespace driftless::host;

namespace {

using Environment = std::map<QByteArray, QByteArray>;

const Environment kHome {{"HOME", "/home/x"}};

/// The configuration of a command line alone.
Result<NodeConfig> make(const QByteArrayList &arguments, const Environment &environment = kHome)
{
    DRIFTLESS_TRY_ASSIGN(const CommandLine line, CommandLine::parse(arguments));
    return NodeConfig::make(line.settings, environment);
}

QByteArray messageOf(const Result<NodeConfig> &config)
{
    return config ? QByteArray() : config.error().message;
}

QByteArray listenText(const NodeConfig &config)
{
    QByteArrayList urls;
    for (const ListenUrl &url : config.listen) {
        urls += url.text();
    }
    return urls.join(' ');
}

void writeFile(const QString &name, const QByteArray &text)
{
    QDir().mkpath(QFileInfo(name).path());
    QFile file(name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

} // namespace

class TestNodeConfig : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultsAreThoseOfTheTable();
    void theReferencesFileIsAcceptedWhole();
    void laterSourcesWin();
    void aGivenFileReplacesTheOthers();
    void aBadFileStopsTheStart();
    void aMissingGivenFileStopsTheStart();
    void everyBoundIsChecked_data();
    void everyBoundIsChecked();
    void wrongValuesAreNamed_data();
    void wrongValuesAreNamed();
    void secretsAreNeverShown_data();
    void secretsAreNeverShown();
    void unknownKeysWarn_data();
    void unknownKeysWarn();
    void nullLeavesTheDefault();
    void policiesAreRead();
    void urlsAreRead_data();
    void urlsAreRead();
    void wrongUrlsAreRefused_data();
    void wrongUrlsAreRefused();
    void knownSecretsStayOnLoopback_data();
    void knownSecretsStayOnLoopback();
    void plainHttpBeyondLoopbackIsADecision();
    void theDataDirectoryEndsInTheNodeId_data();
    void theDataDirectoryEndsInTheNodeId();
    void withoutHomeTheDataDirectoryIsAsked();
    void listsAreInTheOrderOfTheirIndices();
    void theReadmeShowsTheTable();
};

void TestNodeConfig::defaultsAreThoseOfTheTable()
{
    const auto config = make({});
    QVERIFY2(config, messageOf(config).constData());
    const engine::Settings engineDefaults;
    QCOMPARE(config->engine.nodeId.bytes(), QByteArray("node-1"));
    QCOMPARE(config->engine.dataDirectory, QByteArray("/home/x/.local/share/driftless/node-1"));
    QCOMPARE(config->engine.transferOperationsMax, engineDefaults.transferOperationsMax);
    QCOMPARE(config->engine.heartbeat.count(), engineDefaults.heartbeat.count());
    QCOMPARE(config->engine.callTimeout.count(), engineDefaults.callTimeout.count());
    QCOMPARE(config->engine.backoffMax.count(), engineDefaults.backoffMax.count());
    QCOMPARE(config->engine.readMax.count(), engineDefaults.readMax.count());
    QCOMPARE(config->engine.documentBytesMax, engineDefaults.documentBytesMax);
    QCOMPARE(config->engine.groupOperationsMax, engineDefaults.groupOperationsMax);
    QCOMPARE(config->engine.groupBytesMax, engineDefaults.groupBytesMax);
    QCOMPARE(config->engine.cacheBytes, engineDefaults.cacheBytes);
    const net::HttpLimits httpDefaults;
    QCOMPARE(config->http.headerBytesMax, httpDefaults.headerBytesMax);
    QCOMPARE(config->http.headerCountMax, httpDefaults.headerCountMax);
    QCOMPARE(config->http.targetBytesMax, httpDefaults.targetBytesMax);
    QCOMPARE(config->http.connectionsMax, httpDefaults.connectionsMax);
    QCOMPARE(config->http.connectionsPerAddressMax, httpDefaults.connectionsPerAddressMax);
    QCOMPARE(config->http.requestsPerAddressMax, httpDefaults.requestsPerAddressMax);
    QCOMPARE(config->http.bytesPerAddressMax, httpDefaults.bytesPerAddressMax);
    QCOMPARE(config->http.pipelinedRequestsMax, httpDefaults.pipelinedRequestsMax);
    QCOMPARE(config->http.outputBytesMax, httpDefaults.outputBytesMax);
    QCOMPARE(config->http.headerTimeout.count(), httpDefaults.headerTimeout.count());
    QCOMPARE(config->http.bodyTimeout.count(), httpDefaults.bodyTimeout.count());
    QCOMPARE(config->http.bodyBytesPerSecondMin, httpDefaults.bodyBytesPerSecondMin);
    QCOMPARE(config->http.idleTimeout.count(), httpDefaults.idleTimeout.count());
    QCOMPARE(config->http.drainTimeout.count(), httpDefaults.drainTimeout.count());
    QCOMPARE(config->http.drainBytesMax, httpDefaults.drainBytesMax);
    QCOMPARE(config->http.hintBytesMax, httpDefaults.hintBytesMax);
    QCOMPARE(config->http.pingInterval.count(), httpDefaults.pingInterval.count());
    QCOMPARE(config->storeQueueMax, kStoreQueueMax);
    QCOMPARE(config->readerQueueMax, kReaderQueueMax);
    QCOMPARE(config->queryQueueMax, kQueryQueueMax);
    QCOMPARE(config->queryThreads, 2);
    QCOMPARE(config->engine.queryMax.count(), engineDefaults.queryMax.count());
    QCOMPARE(config->engine.queryBytesMax, engineDefaults.queryBytesMax);
    QCOMPARE(config->engine.queryStallMax.count(), engineDefaults.queryStallMax.count());
    QCOMPARE(config->bodyBytesMax, qsizetype(30'000'000));
    QCOMPARE(listenText(*config), QByteArray("http://localhost:1446"));
    QCOMPARE(config->warnings.size(), std::size_t(1)); // the known secrets
}

void TestNodeConfig::theReferencesFileIsAcceptedWhole()
{
    const auto read
        = readConfigurationFile(DRIFTLESS_SOURCE_DIR "/tests/host/data/reference.appsettings.json");
    QVERIFY2(read, read ? "" : read.error().message.constData());
    const auto config = NodeConfig::make(*read, kHome);
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(config->warnings.size(), std::size_t(1));
    QVERIFY2(config->warnings[0].contains("loopback only"), config->warnings[0].constData());
    QCOMPARE(config->engine.nodeId.bytes(), QByteArray("node-7"));
    QCOMPARE(config->engine.transferOperationsMax, 500);
    QVERIFY(config->engine.policy == engine::ConflictPolicy::MergeFields);
    QCOMPARE(config->kept.peerConcurrency, 8);
    QVERIFY(config->kept.isPruningEnabled);
    QCOMPARE(config->engine.seedPeers.size(), std::size_t(1)); // its own entry is passed over
    QCOMPARE(config->engine.seedPeers[0].id.bytes(), QByteArray("node-8"));
    QCOMPARE(config->engine.seedPeers[0].baseUrl, QByteArray("http://localhost:17002"));
    QVERIFY(!config->engine.seedPeers[0].isActive);
    QCOMPARE(config->apiKeys.size(), std::size_t(3));
    QCOMPARE(config->apiKeys[0].name, QByteArray("till"));
    QCOMPARE(config->apiKeys[0].key, QByteArray("k1"));
    QVERIFY((config->apiKeys[0].databases == std::vector<QByteArray> {"sales", "stock"}));
    QVERIFY((config->apiKeys[0].roles
        == auth::RoleSet {auth::Role::ReadDocument, auth::Role::AddDatabase}));
    QCOMPARE(config->apiKeys[1].name, QByteArray("Auth:ApiKeys:1"));
    QVERIFY(config->apiKeys[1].roles == auth::RoleSet {});
    QVERIFY(config->apiKeys[2].key.isEmpty());
    QVERIFY(config->corsOrigins.empty());
}

void TestNodeConfig::laterSourcesWin()
{
    QTemporaryDir folder;
    ConfigSources sources;
    const QString systemFile = folder.filePath(QStringLiteral("etc/appsettings.json"));
    sources.systemFile = systemFile.toUtf8();
    sources.environment = {{"XDG_CONFIG_HOME", folder.path().toUtf8()}};
    const auto nodeId = [&] {
        const auto merged = mergeSources(sources);
        const auto *entry = merged ? merged->find("Node:NodeId") : nullptr;
        return entry ? *entry->value + " from " + entry->origin.split('/').last()
                     : QByteArray("none");
    };
    QCOMPARE(nodeId(), QByteArray("none"));
    writeFile(systemFile, R"({"Node":{"NodeId":"a","Durability":"Normal"}})");
    QCOMPARE(nodeId(), QByteArray("a from appsettings.json:1"));
    writeFile(folder.filePath(QStringLiteral("driftless/appsettings.json")),
        "{\n\"Node\":{\"NodeId\":\"b\"}}");
    QCOMPARE(nodeId(), QByteArray("b from appsettings.json:2"));
    QCOMPARE(*mergeSources(sources)->find("Node:Durability")->value, QByteArray("Normal"));
    sources.environment["Node__NodeId"] = "c";
    QCOMPARE(nodeId(), QByteArray("c from environment variable Node__NodeId"));
    sources.commandLine = CommandLine::parse({"--node:nodeid=d"})->settings;
    QCOMPARE(nodeId(), QByteArray("d from command line"));
}

void TestNodeConfig::aGivenFileReplacesTheOthers()
{
    QTemporaryDir folder;
    ConfigSources sources;
    sources.systemFile = folder.filePath(QStringLiteral("etc.json")).toUtf8();
    sources.configFile = folder.filePath(QStringLiteral("mine.json")).toUtf8();
    writeFile(folder.filePath(QStringLiteral("etc.json")), R"({"Node":{"NodeId":"a"}})");
    writeFile(folder.filePath(QStringLiteral("mine.json")), R"({"Node":{"Durability":"Full"}})");
    const auto merged = mergeSources(sources);
    QVERIFY(merged);
    QVERIFY(!merged->find("Node:NodeId"));
    QVERIFY(merged->find("Node:Durability"));
}

void TestNodeConfig::aBadFileStopsTheStart()
{
    QTemporaryDir folder;
    ConfigSources sources;
    sources.systemFile = folder.filePath(QStringLiteral("etc.json")).toUtf8();
    writeFile(folder.filePath(QStringLiteral("etc.json")), "{\n\"Node\" {}}");
    const auto merged = mergeSources(sources);
    QVERIFY(!merged);
    QVERIFY(merged.error().code == ErrorCode::Configuration);
    QVERIFY2(merged.error().message.contains("etc.json:2: "), merged.error().message.constData());
}

void TestNodeConfig::aMissingGivenFileStopsTheStart()
{
    ConfigSources sources;
    sources.configFile = "/nowhere/appsettings.json";
    const auto merged = mergeSources(sources);
    QVERIFY(!merged);
    QVERIFY(merged.error().code == ErrorCode::Configuration);
    QVERIFY2(merged.error().message.contains("/nowhere/appsettings.json"),
        merged.error().message.constData());
}

void TestNodeConfig::everyBoundIsChecked_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<qint64>("min");
    QTest::addColumn<qint64>("max");
    for (const Setting &setting : settingTable()) {
        if (setting.kind == SettingKind::Integer) {
            QTest::newRow(setting.key) << QByteArray(setting.key) << setting.min << setting.max;
        }
    }
}

void TestNodeConfig::everyBoundIsChecked()
{
    QFETCH(const QByteArray, key);
    QFETCH(const qint64, min);
    QFETCH(const qint64, max);
    const auto with = [&](const QByteArray &value) { return make({"--" + key + '=' + value}); };
    for (const qint64 allowed : {min, max}) {
        const auto config = with(QByteArray::number(allowed));
        QVERIFY2(config, messageOf(config).constData());
    }
    for (const QByteArray &refused : {QByteArray::number(min - 1),
             QByteArray::number(max + 1),
             QByteArray("many"),
             QByteArray("1.5"),
             QByteArray()}) {
        const auto config = with(refused);
        QVERIFY(!config);
        const QByteArray message = messageOf(config);
        QVERIFY2(
            message.contains(key + " = '" + refused + "' from command line"), message.constData());
        QVERIFY2(message.contains(" to "), message.constData());
    }
}

void TestNodeConfig::wrongValuesAreNamed_data()
{
    QTest::addColumn<QByteArray>("argument");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("node id") << QByteArray("--Node:NodeId=../x")
                             << QByteArray("Node:NodeId = '../x' from command line is not allowed; "
                                           "allowed is: 1 to 63 letters");
    QTest::newRow("spelled as given")
        << QByteArray("--node:nodeID=") << QByteArray("node:nodeID = ''");
    QTest::newRow("boolean") << QByteArray("--Node:AllowPlainHttp=yes")
                             << QByteArray("true or false");
    QTest::newRow("durability") << QByteArray("--Node:Durability=Fast")
                                << QByteArray("Full, Normal");
    QTest::newRow("policy") << QByteArray("--Node:ConflictResolutionPolicy=First")
                            << QByteArray(
                                   "MergeFields, LastWriterWins, Manual, ApplyIncoming, KeepLocal");
    QTest::newRow("collection policy")
        << QByteArray("--Node:CollectionPolicies:orders=x") << QByteArray("MergeFields");
    QTest::newRow("a line's end in it")
        << QByteArray("--Node:NodeId=a\nb") << QByteArray(R"(Node:NodeId = 'a\x0ab')");
    QTest::newRow("range") << QByteArray("--Node:ReplicationBatchSize=0")
                           << QByteArray("1 to 10,000");
    QTest::newRow("peer's id") << QByteArray("--Node:SeedPeers:0:NodeId=a b")
                               << QByteArray("Node:SeedPeers:0:NodeId = 'a b'");
    QTest::newRow("peer's url") << QByteArray("--Node:SeedPeers:0:BaseUrl=till-2:1446")
                                << QByteArray("http[s]://HOST[:PORT][/PREFIX]");
    QTest::newRow("peer without url") << QByteArray("--Node:SeedPeers:3:NodeId=a")
                                      << QByteArray("Node:SeedPeers:3:BaseUrl is missing");
    QTest::newRow("peer without id") << QByteArray("--Node:SeedPeers:3:BaseUrl=http://a")
                                     << QByteArray("Node:SeedPeers:3:NodeId is missing");
    QTest::newRow("database") << QByteArray("--Auth:ApiKeys:0:Databases:0=a/b")
                              << QByteArray("a database name, or * for all");
    QTest::newRow("origin") << QByteArray("--Studio:CorsOrigins:0=http://a/b")
                            << QByteArray("http[s]://HOST[:PORT]");
}

void TestNodeConfig::wrongValuesAreNamed()
{
    QFETCH(const QByteArray, argument);
    QFETCH(const QByteArray, said);
    const auto config = make({argument});
    QVERIFY(!config);
    QVERIFY(config.error().code == ErrorCode::Configuration);
    QVERIFY2(messageOf(config).contains(said), messageOf(config).constData());
    QVERIFY(!messageOf(config).contains('\n'));
}

void TestNodeConfig::secretsAreNeverShown_data()
{
    QTest::addColumn<QByteArray>("key");
    for (const Setting &setting : settingTable()) {
        if (setting.isSecret) {
            QTest::newRow(setting.key) << QByteArray(setting.key).replace('*', '0');
        }
    }
}

void TestNodeConfig::secretsAreNeverShown()
{
    QFETCH(const QByteArray, key);
    for (const QByteArray &wrong :
        {QByteArray("hush\x01"), QByteArray("hush\xc3\xa9"), QByteArray(513, 'h')}) {
        const auto config = make({"--" + key + '=' + wrong});
        QVERIFY(!config);
        QVERIFY2(messageOf(config).contains(key), messageOf(config).constData());
        QVERIFY(!messageOf(config).contains("hush"));
        QVERIFY(!messageOf(config).contains("hhhh"));
    }
    // A misspelled key's value may be a secret all the same.
    const auto config = make({"--" + key + "s=hush"});
    QVERIFY2(config, messageOf(config).constData());
    for (const QByteArray &warning : config->warnings) {
        QVERIFY(!warning.contains("hush"));
    }
}

void TestNodeConfig::unknownKeysWarn_data()
{
    QTest::addColumn<QByteArray>("argument");
    QTest::addColumn<QByteArray>("warning");
    QTest::newRow("letter") << QByteArray("--Node:NodId=x")
                            << QByteArray("The unknown setting Node:NodId from command line is "
                                          "ignored; did you mean Node:NodeId?");
    QTest::newRow("limit") << QByteArray("--Node:Limits:GroupOperation=5")
                           << QByteArray("did you mean Node:Limits:GroupOperations?");
    QTest::newRow("index") << QByteArray("--Node:SeedPeers:12:BaseURI=x")
                           << QByteArray("did you mean Node:SeedPeers:12:BaseUrl?");
    QTest::newRow("role") << QByteArray("--Auth:ApiKeys:3:Roles:READ_DOCUMENTS=true")
                          << QByteArray("did you mean Auth:ApiKeys:3:Roles:READ_DOCUMENT?");
    QTest::newRow("scalar for a list") << QByteArray("--Auth:ApiKeys:0:Databases=sales")
                                       << QByteArray("did you mean Auth:ApiKeys:0:Databases:*?");
    QTest::newRow("section") << QByteArray("--Nodes:NodeId=x")
                             << QByteArray("did you mean Node:NodeId?");
    QTest::newRow("far") << QByteArray("--Kestrel:Endpoints:Http:Url=x")
                         << QByteArray("Kestrel:Endpoints:Http:Url from command line is ignored");
}

void TestNodeConfig::unknownKeysWarn()
{
    QFETCH(const QByteArray, argument);
    QFETCH(const QByteArray, warning);
    const auto config = make({argument});
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(config->warnings.size(), std::size_t(2));
    QVERIFY2(config->warnings[0].contains(warning), config->warnings[0].constData());
}

void TestNodeConfig::nullLeavesTheDefault()
{
    const auto read = readJsonConfiguration(
        R"({"Node":{"NodeId":null,"SeedPeers":[],"Limits":{}},"Auth":{"ApiKeys":[{}]},"Nodes":[]})",
        "f");
    QVERIFY(read);
    const auto config = NodeConfig::make(*read, kHome);
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(config->engine.nodeId.bytes(), QByteArray("node-1"));
    QVERIFY(config->apiKeys.empty());
    QCOMPARE(config->warnings.size(), std::size_t(2));
    QVERIFY2(config->warnings[0].contains("Nodes from f:1"), config->warnings[0].constData());
}

void TestNodeConfig::policiesAreRead()
{
    const auto config = make({"--Node:ConflictResolutionPolicy=keeplocal",
        "--Node:CollectionPolicies:Orders=LastWriterWins",
        "--Node:CollectionPolicies:stock=ApplyIncoming"});
    QVERIFY(config);
    QVERIFY(config->engine.policy == engine::ConflictPolicy::Manual);
    const std::vector<std::pair<QByteArray, engine::ConflictPolicy>> expected {
        {"orders", engine::ConflictPolicy::LastWriterWins},
        {"stock", engine::ConflictPolicy::MergeFields}};
    QVERIFY(config->engine.collectionPolicies == expected);
}

void TestNodeConfig::urlsAreRead_data()
{
    QTest::addColumn<QByteArray>("urls");
    QTest::addColumn<QByteArray>("listen");
    QTest::newRow("one") << QByteArray("http://127.0.0.1:17001")
                         << QByteArray("http://127.0.0.1:17001");
    QTest::newRow("name") << QByteArray("HTTP://LocalHost:17001/")
                          << QByteArray("http://localhost:17001");
    QTest::newRow("free port") << QByteArray("http://127.0.0.1:0")
                               << QByteArray("http://127.0.0.1:0");
    QTest::newRow("no port") << QByteArray("http://127.0.0.1") << QByteArray("http://127.0.0.1:80");
    QTest::newRow("IPv6") << QByteArray("http://[::1]:5") << QByteArray("http://[::1]:5");
    QTest::newRow("star") << QByteArray("http://*:5") << QByteArray("http://0.0.0.0:5");
    QTest::newRow("plus") << QByteArray("http://+:5") << QByteArray("http://0.0.0.0:5");
    QTest::newRow("all") << QByteArray("http://0.0.0.0:5;http://[::]:5")
                         << QByteArray("http://0.0.0.0:5");
    QTest::newRow("several") << QByteArray("http://192.168.1.5:5; http://127.0.0.1:6 ;")
                             << QByteArray("http://192.168.1.5:5 http://127.0.0.1:6");
}

void TestNodeConfig::urlsAreRead()
{
    QFETCH(const QByteArray, urls);
    QFETCH(const QByteArray, listen);
    const auto config = make({"--urls=" + urls,
        "--Node:AllowPlainHttp=true",
        "--Auth:RootApiKey=r1",
        "--Node:ReplicationApiKey=r2"});
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(listenText(*config), listen);
    QVERIFY(config->warnings.empty());
}

void TestNodeConfig::wrongUrlsAreRefused_data()
{
    QTest::addColumn<QByteArray>("urls");
    for (const char *urls : {"",
             ";",
             "127.0.0.1:1446",
             "https://127.0.0.1:1446",
             "http://till-1:1446",
             "http://127.0.0.1:70000",
             "http://127.0.0.1:1446/api",
             "http://u:p@127.0.0.1:1",
             "http://unix:/run/x.sock",
             "http://127.0.0.1:1446;ftp://x"}) {
        QTest::newRow(urls[0] ? urls : "empty") << QByteArray(urls);
    }
}

void TestNodeConfig::wrongUrlsAreRefused()
{
    QFETCH(const QByteArray, urls);
    const auto config = make({"--urls=" + urls});
    QVERIFY(!config);
    QVERIFY2(messageOf(config).contains("urls = '" + urls + "' from command line"),
        messageOf(config).constData());
}

void TestNodeConfig::knownSecretsStayOnLoopback_data()
{
    QTest::addColumn<QByteArray>("rootKey");
    QTest::addColumn<QByteArray>("replicationKey");
    QTest::addColumn<QByteArray>("scopedKey");
    QTest::addColumn<QByteArray>("reason");
    QTest::newRow("both default") << QByteArray("root") << QByteArray("I_AM_ONE_OF_YOU")
                                  << QByteArray() << QByteArray("Auth:RootApiKey is the default");
    QTest::newRow("root default") << QByteArray(" root ") << QByteArray("r2") << QByteArray()
                                  << QByteArray("Auth:RootApiKey is the default");
    QTest::newRow("replication default")
        << QByteArray("r1") << QByteArray("I_AM_ONE_OF_YOU") << QByteArray()
        << QByteArray("Node:ReplicationApiKey is the default");
    QTest::newRow("root blank") << QByteArray() << QByteArray("r2") << QByteArray()
                                << QByteArray("Auth:RootApiKey is blank");
    QTest::newRow("replication blank") << QByteArray("r1") << QByteArray("  ") << QByteArray()
                                       << QByteArray("Node:ReplicationApiKey is blank");
    QTest::newRow("scoped default") << QByteArray("r1") << QByteArray("r2") << QByteArray("root")
                                    << QByteArray("'Auth:ApiKeys:0'");
}

void TestNodeConfig::knownSecretsStayOnLoopback()
{
    QFETCH(const QByteArray, rootKey);
    QFETCH(const QByteArray, replicationKey);
    QFETCH(const QByteArray, scopedKey);
    QFETCH(const QByteArray, reason);
    const auto config = make({"--urls=http://*:17001;http://[fd00::5]:17001;http://"
                              "192.168.1.5:17001;http://localhost:17002",
        "--Node:AllowPlainHttp=true",
        "--Auth:RootApiKey=" + rootKey,
        "--Node:ReplicationApiKey=" + replicationKey,
        "--Auth:ApiKeys:0:Key=" + scopedKey});
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(listenText(*config),
        QByteArray("http://127.0.0.1:17001 http://[::1]:17001 http://localhost:17002"));
    QCOMPARE(config->warnings.size(), std::size_t(1));
    QVERIFY2(config->warnings[0].contains(reason), config->warnings[0].constData());
    QVERIFY2(config->warnings[0].contains("loopback only, not on http://0.0.0.0:17001"),
        config->warnings[0].constData());
}

void TestNodeConfig::plainHttpBeyondLoopbackIsADecision()
{
    const QByteArrayList keys {"--Auth:RootApiKey=r1", "--Node:ReplicationApiKey=r2"};
    const auto refused = make(keys + QByteArrayList {"--listen=192.168.1.5:17001"});
    QVERIFY(!refused);
    QVERIFY(refused.error().code == ErrorCode::Configuration);
    for (const char *named :
        {"http://192.168.1.5:17001", "Node:AllowPlainHttp", "--listen 127.0.0.1", "TLS"}) {
        QVERIFY2(messageOf(refused).contains(named), messageOf(refused).constData());
    }
    QVERIFY(
        make(keys + QByteArrayList {"--listen=192.168.1.5:17001", "--Node:AllowPlainHttp=True"}));
    QVERIFY(make(keys + QByteArrayList {"--listen=127.0.0.5:17001", "--listen=::1"}));
}

void TestNodeConfig::theDataDirectoryEndsInTheNodeId_data()
{
    QTest::addColumn<QByteArray>("argument");
    QTest::addColumn<QByteArray>("xdg");
    QTest::addColumn<QByteArray>("folder");
    QTest::newRow("home") << QByteArray("--server") << QByteArray()
                          << QByteArray("/home/x/.local/share/driftless/node-1");
    QTest::newRow("xdg") << QByteArray("--server") << QByteArray("/data")
                         << QByteArray("/data/driftless/node-1");
    QTest::newRow("relative xdg counts for nothing") << QByteArray(
        "--server") << QByteArray("data") << QByteArray("/home/x/.local/share/driftless/node-1");
    QTest::newRow("given") << QByteArray("--data-dir=/srv/d/") << QByteArray("/data")
                           << QByteArray("/srv/d/node-1");
    QTest::newRow("relative") << QByteArray("--data-dir=d/../e") << QByteArray()
                              << QDir::currentPath().toUtf8() + "/e/node-1";
    QTest::newRow("relative, and no resource of the program") << QByteArray(
        "--data-dir=:d") << QByteArray() << QDir::currentPath().toUtf8() + "/:d/node-1";
}

void TestNodeConfig::theDataDirectoryEndsInTheNodeId()
{
    QFETCH(const QByteArray, argument);
    QFETCH(const QByteArray, xdg);
    QFETCH(const QByteArray, folder);
    const auto config = make({argument}, {{"HOME", "/home/x"}, {"XDG_DATA_HOME", xdg}});
    QVERIFY2(config, messageOf(config).constData());
    QCOMPARE(config->engine.dataDirectory, folder);
}

void TestNodeConfig::withoutHomeTheDataDirectoryIsAsked()
{
    const auto config = make({}, {});
    QVERIFY(!config);
    QVERIFY2(messageOf(config).contains("--data-dir"), messageOf(config).constData());
    QVERIFY(make({"--data-dir=/d"}, {}));
}

void TestNodeConfig::listsAreInTheOrderOfTheirIndices()
{
    const auto config = make({"--Studio:CorsOrigins:10=http://c",
        "--Studio:CorsOrigins:9=http://B/",
        "--Studio:CorsOrigins:x=http://d",
        "--Studio:CorsOrigins:1=https://a:5"});
    QVERIFY2(config, messageOf(config).constData());
    QVERIFY((config->corsOrigins
        == std::vector<QByteArray> {"https://a:5", "http://b", "http://c", "http://d"}));
}

void TestNodeConfig::theReadmeShowsTheTable()
{
    QFile readme(QStringLiteral(DRIFTLESS_SOURCE_DIR "/README.md"));
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const QByteArray text = readme.readAll();
    const QByteArray table = settingTableMarkdown();
    for (const QByteArray &row : table.split('\n')) {
        QVERIFY2(text.contains(row + '\n'), "README.md lacks this row: " + row);
    }
    QVERIFY2(text.contains("\n\n" + table + '\n'),
        "README.md has rows in another order, or rows that are no settings.");
}

QTEST_APPLESS_MAIN(TestNodeConfig)
#include "tst_node_config.moc"
