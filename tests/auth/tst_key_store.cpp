#include "auth/key_store.h"

#include <QTest>

using namespace driftless;
using namespace driftless::auth;

namespace {

/// Chance that is none: the store's secret is the same in every run.
class CountingRandom final : public Random
{
public:
    std::uint64_t next() override { return ++m_count; }

private:
    std::uint64_t m_count = 0;
};

Result<KeyStore> makeStore(const std::vector<KeySetting> &keys)
{
    CountingRandom random;
    return KeyStore::make("the root key", "the replication key", keys, random);
}

DatabaseName database(const char *name)
{
    return DatabaseName::parse(name).value();
}

} // namespace

class TestKeyStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rolesHaveTheNamesOfTheReference_data();
    void rolesHaveTheNamesOfTheReference();
    void anUnknownRoleIsNone();
    void aSetHasWhatWasAdded();
    void rootMayDoEverythingEverywhere();
    void aKeyIsFoundByExactlyItsBytes_data();
    void aKeyIsFoundByExactlyItsBytes();
    void noGuessGetsIn();
    void aScopeIsCheckedByNormalisedName_data();
    void aScopeIsCheckedByNormalisedName();
    void theReplicationKeyIsNoApiKey();
    void aBlankKeyIsNobodys();
    void badKeysAreRefused_data();
    void badKeysAreRefused();
};

void TestKeyStore::rolesHaveTheNamesOfTheReference_data()
{
    QTest::addColumn<unsigned>("role");
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("add") << static_cast<unsigned>(Role::AddDatabase) << QByteArray("ADD_DB");
    QTest::newRow("drop") << static_cast<unsigned>(Role::DeleteDatabase) << QByteArray("DELETE_DB");
    QTest::newRow("read") << static_cast<unsigned>(Role::ReadDocument)
                          << QByteArray("READ_DOCUMENT");
    QTest::newRow("write") << static_cast<unsigned>(Role::WriteDocument)
                           << QByteArray("WRITE_DOCUMENT");
    QTest::newRow("update") << static_cast<unsigned>(Role::UpdateDocument)
                            << QByteArray("UPDATE_DOCUMENT");
    QTest::newRow("delete") << static_cast<unsigned>(Role::DeleteDocument)
                            << QByteArray("DELETE_DOCUMENT");
}

void TestKeyStore::rolesHaveTheNamesOfTheReference()
{
    QFETCH(const unsigned, role);
    QFETCH(const QByteArray, name);
    QCOMPARE(roleName(static_cast<Role>(role)), name);
    QVERIFY(roleFromName(name) == static_cast<Role>(role));
    QVERIFY(roleFromName(name.toLower()) == static_cast<Role>(role));
}

void TestKeyStore::anUnknownRoleIsNone()
{
    QVERIFY(!roleFromName("READ_DOCUMENTS"));
    QVERIFY(!roleFromName(""));
}

void TestKeyStore::aSetHasWhatWasAdded()
{
    RoleSet set {Role::ReadDocument};
    set.add(Role::AddDatabase);
    QVERIFY(set.has(Role::ReadDocument));
    QVERIFY(set.has(Role::AddDatabase));
    QVERIFY(!set.has(Role::WriteDocument));
    QVERIFY((set == RoleSet {Role::AddDatabase, Role::ReadDocument}));
    QVERIFY(!(set == RoleSet::all()));
}

void TestKeyStore::rootMayDoEverythingEverywhere()
{
    const auto store = makeStore({});
    QVERIFY(store);
    const auto root = store->find("the root key");
    QVERIFY(root);
    QVERIFY(root->isRoot);
    QVERIFY(root->roles == RoleSet::all());
    QVERIFY(root->mayUse(database("anything")));
}

void TestKeyStore::aKeyIsFoundByExactlyItsBytes_data()
{
    QTest::addColumn<QByteArray>("asked");
    QTest::addColumn<QByteArray>("owner");
    QTest::newRow("first") << QByteArray("k-till-1") << QByteArray("till");
    QTest::newRow("last") << QByteArray("k-office") << QByteArray("office");
    QTest::newRow("other case") << QByteArray("K-TILL-1") << QByteArray();
    QTest::newRow("prefix") << QByteArray("k-till-") << QByteArray();
    QTest::newRow("longer") << QByteArray("k-till-11") << QByteArray();
    QTest::newRow("with a NUL") << QByteArray("k-till-1\0", 9) << QByteArray();
    QTest::newRow("empty") << QByteArray() << QByteArray();
}

void TestKeyStore::aKeyIsFoundByExactlyItsBytes()
{
    QFETCH(const QByteArray, asked);
    QFETCH(const QByteArray, owner);
    const auto store = makeStore({{"till", " k-till-1 ", {"sales"}, {Role::ReadDocument}},
        {"office", "k-office", {"*"}, {}}});
    QVERIFY(store);
    const auto found = store->find(asked);
    QCOMPARE(found ? found->name : QByteArray(), owner);
    if (found) {
        QVERIFY(!found->isRoot);
    }
}

/// All bytes of a MAC count: of so many guesses some have the last byte, or the first, of a key's.
void TestKeyStore::noGuessGetsIn()
{
    const auto store = makeStore({{"till", "k-till-1", {"*"}, RoleSet::all()}});
    QVERIFY(store);
    for (int i = 0; i < 5'000; ++i) {
        const QByteArray guess = "guess-" + QByteArray::number(i);
        QVERIFY2(!store->find(guess), guess.constData());
        QVERIFY2(!store->isReplicationKey(guess), guess.constData());
    }
}

void TestKeyStore::aScopeIsCheckedByNormalisedName_data()
{
    QTest::addColumn<QList<QByteArray>>("scope");
    QTest::addColumn<QByteArray>("asked");
    QTest::addColumn<bool>("allowed");
    QTest::newRow("named") << QList<QByteArray> {"sales"} << QByteArray("sales") << true;
    QTest::newRow("spelled otherwise")
        << QList<QByteArray> {" SaLes "} << QByteArray("sales") << true;
    QTest::newRow("second") << QList<QByteArray> {"stock", "sales"} << QByteArray("sales") << true;
    QTest::newRow("another") << QList<QByteArray> {"sales"} << QByteArray("sales2") << false;
    QTest::newRow("star") << QList<QByteArray> {" * "} << QByteArray("sales") << true;
    QTest::newRow("none") << QList<QByteArray> {} << QByteArray("sales") << false;
}

void TestKeyStore::aScopeIsCheckedByNormalisedName()
{
    QFETCH(const QList<QByteArray>, scope);
    QFETCH(const QByteArray, asked);
    QFETCH(const bool, allowed);
    const auto store
        = makeStore({{"till", "k", {scope.begin(), scope.end()}, {Role::ReadDocument}}});
    QVERIFY(store);
    const auto found = store->find("k");
    QVERIFY(found);
    QCOMPARE(found->mayUse(database(asked.constData())), allowed);
    QVERIFY(found->roles == RoleSet {Role::ReadDocument});
}

void TestKeyStore::theReplicationKeyIsNoApiKey()
{
    const auto store = makeStore({});
    QVERIFY(store);
    QVERIFY(store->isReplicationKey("the replication key"));
    QVERIFY(!store->isReplicationKey("the root key"));
    QVERIFY(!store->isReplicationKey(""));
    QVERIFY(!store->find("the replication key"));
}

void TestKeyStore::aBlankKeyIsNobodys()
{
    CountingRandom random;
    const auto store = KeyStore::make(" ", "", {{"prepared", "  ", {"*"}, RoleSet::all()}}, random);
    QVERIFY(store);
    for (const char *blank : {"", " "}) {
        QVERIFY(!store->find(blank));
        QVERIFY(!store->isReplicationKey(blank));
    }
}

void TestKeyStore::badKeysAreRefused_data()
{
    QTest::addColumn<QByteArray>("firstKey");
    QTest::addColumn<QByteArray>("secondKey");
    QTest::addColumn<QByteArray>("scope");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("twice") << QByteArray("same-secret") << QByteArray("same-secret ")
                           << QByteArray("*") << QByteArray("'first' and 'second'");
    QTest::newRow("root's") << QByteArray("the root key") << QByteArray("b") << QByteArray("*")
                            << QByteArray("'root' and 'first'");
    QTest::newRow("scope") << QByteArray("a") << QByteArray("b") << QByteArray("../etc")
                           << QByteArray("'../etc'");
    QTest::newRow("blank scope") << QByteArray("a") << QByteArray("b") << QByteArray(" ")
                                 << QByteArray("'second'");
}

void TestKeyStore::badKeysAreRefused()
{
    QFETCH(const QByteArray, firstKey);
    QFETCH(const QByteArray, secondKey);
    QFETCH(const QByteArray, scope);
    QFETCH(const QByteArray, said);
    const auto store
        = makeStore({{"first", firstKey, {"*"}, {}}, {"second", secondKey, {scope}, {}}});
    QVERIFY(!store);
    QVERIFY(store.error().code == ErrorCode::Configuration);
    QVERIFY2(store.error().message.contains(said), store.error().message.constData());
    QVERIFY(!store.error().message.contains("secret"));
}

QTEST_APPLESS_MAIN(TestKeyStore)
#include "tst_key_store.moc"
