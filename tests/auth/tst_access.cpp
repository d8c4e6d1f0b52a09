#include "engine/access.h"

#include <QTest>

using namespace driftless;
using engine::Access;

namespace {

Access makeAccess()
{
    SystemRandom random;
    auto keys = auth::KeyStore::make("root-key",
        "node-key",
        {{"reader", "reader", {"sales"}, {auth::Role::ReadDocument}},
            {"nodbs", "nodbs", {}, auth::RoleSet::all()},
            {"office", "office", {"*"}, auth::RoleSet::all()}},
        random);
    return Access(std::move(keys).value());
}

const QByteArray *orNull(const QByteArray &value)
{
    return value.isNull() ? nullptr : &value;
}

} // namespace

class TestAccess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientsAreCheckedInTheReferencesOrder_data();
    void clientsAreCheckedInTheReferencesOrder();
    void aGrantSaysWhatTheKeyMay();
    void nodesAreCheckedByTheReplicationKey_data();
    void nodesAreCheckedByTheReplicationKey();
    void operatorsMayUseTheRootKey_data();
    void operatorsMayUseTheRootKey();
};

void TestAccess::clientsAreCheckedInTheReferencesOrder_data()
{
    QTest::addColumn<QByteArray>("database");
    QTest::addColumn<QByteArray>("apiKey");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("text");
    const QByteArray none;
    const QByteArray noDatabase = "Database header is required. (Parameter 'rawName')";
    const QByteArray badDatabase = "Database name contains invalid characters. Use lowercase "
                                   "letters, numbers, '-' or '_' only. (Parameter 'rawName')";
    const QByteArray noKey = "ApiKey header is required. (Parameter 'apiKey')";
    QTest::newRow("nothing") << none << none << QByteArray("missing-header") << noDatabase;
    QTest::newRow("no database, bad key")
        << none << QByteArray("x") << QByteArray("missing-header") << noDatabase;
    QTest::newRow("blank database")
        << QByteArray("  ") << QByteArray("root-key") << QByteArray("missing-header") << noDatabase;
    QTest::newRow("bad database") << QByteArray("a b") << none
                                  << QByteArray("invalid-database-name") << badDatabase;
    QTest::newRow("path") << QByteArray("../x") << QByteArray("root-key")
                          << QByteArray("invalid-database-name") << badDatabase;
    QTest::newRow("no key") << QByteArray("sales") << none << QByteArray("missing-header") << noKey;
    QTest::newRow("blank key") << QByteArray("sales") << QByteArray(" ")
                               << QByteArray("missing-header") << noKey;
    QTest::newRow("bad key") << QByteArray("sales") << QByteArray("READER")
                             << QByteArray("invalid-api-key") << QByteArray("ApiKey is invalid.");
    QTest::newRow("node's key") << QByteArray("sales") << QByteArray("node-key")
                                << QByteArray("invalid-api-key")
                                << QByteArray("ApiKey is invalid.");
    QTest::newRow("other database")
        << QByteArray("Other") << QByteArray("reader") << QByteArray("forbidden")
        << QByteArray("ApiKey does not have access to database 'other'.");
    QTest::newRow("no scope") << QByteArray("sales") << QByteArray("nodbs")
                              << QByteArray("forbidden")
                              << QByteArray("ApiKey does not have access to database 'sales'.");
    QTest::newRow("scoped") << QByteArray(" Sales ") << QByteArray(" reader ") << none << none;
    QTest::newRow("root") << QByteArray("other") << QByteArray("root-key") << none << none;
}

void TestAccess::clientsAreCheckedInTheReferencesOrder()
{
    QFETCH(const QByteArray, database);
    QFETCH(const QByteArray, apiKey);
    QFETCH(const QByteArray, code);
    QFETCH(const QByteArray, text);
    const auto grant = makeAccess().client(orNull(database), orNull(apiKey));
    QCOMPARE(grant ? QByteArray() : errorName(grant.error().code), code);
    QCOMPARE(grant ? QByteArray() : grant.error().message, text);
}

void TestAccess::aGrantSaysWhatTheKeyMay()
{
    const Access access = makeAccess();
    const QByteArray database = "SALES";
    const QByteArray reader = "reader";
    const QByteArray root = "root-key";
    const auto scoped = access.client(&database, &reader);
    QVERIFY(scoped);
    QCOMPARE(scoped->database.bytes(), QByteArray("sales"));
    QVERIFY(scoped->roles == auth::RoleSet {auth::Role::ReadDocument});
    QVERIFY(!scoped->isRoot);
    const auto all = access.client(&database, &root);
    QVERIFY(all);
    QVERIFY(all->roles == auth::RoleSet::all());
    QVERIFY(all->isRoot);
    const auto holder = access.principal(&reader);
    QVERIFY(holder);
    QCOMPARE(holder->name, QByteArray("reader"));
}

void TestAccess::nodesAreCheckedByTheReplicationKey_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<bool>("allowed");
    QTest::newRow("none") << QByteArray() << false;
    QTest::newRow("blank") << QByteArray(" ") << false;
    QTest::newRow("wrong") << QByteArray("Node-key") << false;
    QTest::newRow("root's") << QByteArray("root-key") << false;
    QTest::newRow("right") << QByteArray(" node-key ") << true;
}

void TestAccess::nodesAreCheckedByTheReplicationKey()
{
    QFETCH(const QByteArray, key);
    QFETCH(const bool, allowed);
    const auto node = makeAccess().node(orNull(key));
    QCOMPARE(node.isOk(), allowed);
    if (!allowed) {
        QCOMPARE(node.error().message, QByteArray("ReplicationApiKey is invalid."));
        QCOMPARE(errorName(node.error().code), QByteArray("invalid-api-key"));
    }
}

void TestAccess::operatorsMayUseTheRootKey_data()
{
    QTest::addColumn<QByteArray>("replicationKey");
    QTest::addColumn<QByteArray>("apiKey");
    QTest::addColumn<QByteArray>("code");
    const QByteArray none;
    QTest::newRow("neither") << none << none << QByteArray("invalid-api-key");
    QTest::newRow("node") << QByteArray("node-key") << none << none;
    QTest::newRow("root") << none << QByteArray("root-key") << none;
    QTest::newRow("both") << QByteArray("node-key") << QByteArray("wrong") << none;
    QTest::newRow("wrong replication key beside root's")
        << QByteArray("wrong") << QByteArray("root-key") << QByteArray("invalid-api-key");
    QTest::newRow("scoped key") << none << QByteArray("nodbs") << QByteArray("forbidden");
    QTest::newRow("all roles everywhere")
        << none << QByteArray("office") << QByteArray("forbidden");
    QTest::newRow("wrong key") << none << QByteArray("wrong") << QByteArray("invalid-api-key");
    QTest::newRow("blank key") << none << QByteArray("") << QByteArray("missing-header");
}

void TestAccess::operatorsMayUseTheRootKey()
{
    QFETCH(const QByteArray, replicationKey);
    QFETCH(const QByteArray, apiKey);
    QFETCH(const QByteArray, code);
    const auto allowed = makeAccess().nodeOrRoot(orNull(replicationKey), orNull(apiKey));
    QCOMPARE(allowed ? QByteArray() : errorName(allowed.error().code), code);
}

QTEST_APPLESS_MAIN(TestAccess)
#include "tst_access.moc"
