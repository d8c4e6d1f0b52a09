#include "api/router.h"

#include <QFile>
#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace driftless;
using namespace driftless::api;

/// Every row of the table is reached by its own path and method, and what is not there is told
/// apart: no path, no method.
class TestRouter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsEveryRow();
    void matches_data();
    void matches();
    void namesAllowedMethods_data();
    void namesAllowedMethods();
    void refusesParametersThatAreNotText();
    void everyRouteOfClientsNeedsARole();
    void asksForTheseRoles();
    void readmeListsEveryRoute();
};

void TestRouter::findsEveryRow()
{
    const Router router;
    std::set<const Route *> found;
    for (const Route &route : routeTable()) {
        QByteArray path(route.pattern);
        path.replace("{collection}", "orders")
            .replace("{id}", "o1")
            .replace("{name}", "shop")
            .replace("{nodeId}", "node-2");
        const RouteMatch match = router.match(route.method, path);
        QCOMPARE(match.route, &route);
        found.insert(match.route);
    }
    QCOMPARE(found.size(), routeTable().size());
}

void TestRouter::matches_data()
{
    QTest::addColumn<int>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("pattern"); // empty: none
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    const auto row = [](const char *name,
                         Method method,
                         const char *path,
                         const char *pattern,
                         const char *first,
                         const char *second) {
        QTest::newRow(name) << static_cast<int>(method) << QByteArray(path) << QByteArray(pattern)
                            << QByteArray(first) << QByteArray(second);
    };
    constexpr char kDocument[] = "/api/documents/{collection}/{id}";
    row("document", Method::Get, "/api/documents/orders/o1", kDocument, "orders", "o1");
    row("words in any case", Method::Put, "/API/Documents/Orders/O1", kDocument, "Orders", "O1");
    row("slash at the end", Method::Get, "/api/documents/orders/o1/", kDocument, "orders", "o1");
    row("collections with a slash at the end",
        Method::Get,
        "/API/Documents/",
        "/api/documents",
        "",
        "");
    row("encoded", Method::Get, "/api/documents/people/%C3%A9%20b", kDocument, "people", "é b");
    row("encoded slash", Method::Put, "/api/documents/people/a%2Fb", kDocument, "people", "a/b");
    row("no encoding", Method::Get, "/api/documents/people/100%", kDocument, "people", "100%");
    row("blank id", Method::Put, "/api/documents/o/%20", kDocument, "o", " ");
    row("head is get",
        Method::Head,
        "/api/documents/orders",
        "/api/documents/{collection}",
        "orders",
        "");
    row("register",
        Method::Post,
        "/api/documents/orders/register",
        "/api/documents/{collection}/register",
        "orders",
        "");
    row("a document with that id",
        Method::Get,
        "/api/documents/orders/register",
        kDocument,
        "orders",
        "register");
    row("peer",
        Method::Delete,
        "/api/cluster/peers/node-2",
        "/api/cluster/peers/{nodeId}",
        "node-2",
        "");
    row("nothing", Method::Get, "/api/nothing", "", "", "");
    row("root", Method::Get, "/", "", "", "");
    row("no path", Method::Get, "", "", "", "");
    row("no leading slash", Method::Get, "node", "", "", "");
    row("two slashes", Method::Get, "/api//documents", "", "", "");
    row("empty collection", Method::Get, "/api/documents//o1", "", "", "");
    row("too deep", Method::Get, "/api/documents/orders/o1/x", "", "", "");
    row("far too deep", Method::Get, "/a/b/c/d/e/f/g/h/i/j/k", "", "", "");
    row("a word more", Method::Get, "/nodes", "", "", "");
}

void TestRouter::matches()
{
    QFETCH(int, method);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    const Router router;
    const RouteMatch match = router.match(static_cast<Method>(method), path);
    QCOMPARE(match.route ? QByteArray(match.route->pattern) : QByteArray(), pattern);
    QCOMPARE(match.first, first);
    QCOMPARE(match.second, second);
    QVERIFY(match.isEncodingValid);
}

void TestRouter::namesAllowedMethods_data()
{
    QTest::addColumn<int>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("allow");
    const auto row = [](const char *name, Method method, const char *path, const char *allow) {
        QTest::newRow(name) << static_cast<int>(method) << QByteArray(path) << QByteArray(allow);
    };
    row("document", Method::Post, "/api/documents/o/1", "DELETE, GET, HEAD, PATCH, PUT");
    row("collection", Method::Delete, "/api/documents/o", "GET, HEAD, POST");
    row("options", Method::Options, "/api/documents/o", "GET, HEAD, POST");
    row("register",
        Method::Options,
        "/api/documents/o/register",
        "DELETE, GET, HEAD, PATCH, POST, PUT");
    row("batch", Method::Get, "/api/batch", "POST");
    row("an unknown method", Method::Other, "/node", "GET, HEAD");
    row("no such path", Method::Post, "/nothing", "");
}

void TestRouter::namesAllowedMethods()
{
    QFETCH(int, method);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, allow);
    const Router router;
    const RouteMatch match = router.match(static_cast<Method>(method), path);
    QVERIFY(match.route == nullptr);
    QCOMPARE(match.allow, allow);
}

void TestRouter::refusesParametersThatAreNotText()
{
    const Router router;
    QVERIFY(!router.match(Method::Get, "/api/documents/o/%FF").isEncodingValid);
    QVERIFY(!router.match(Method::Get, "/api/documents/%ED%A0%80/1").isEncodingValid);
    QVERIFY(!router.match(Method::Get, "/api/documents/o/a%00b").isEncodingValid);
}

void TestRouter::everyRouteOfClientsNeedsARole()
{
    for (const Route &route : routeTable()) {
        if (route.door == Door::Client) {
            QVERIFY2(route.anyOf != auth::RoleSet(), route.pattern);
        }
    }
}

/// Written out once more: the tests of doors and keys ask the table itself what is right.
void TestRouter::asksForTheseRoles()
{
    using auth::Role;
    const auth::RoleSet read {Role::ReadDocument};
    const auth::RoleSet write {Role::WriteDocument, Role::UpdateDocument};
    const std::map<Endpoint, auth::RoleSet> expected {{Endpoint::ListCollections, read},
        {Endpoint::ListDocuments, read},
        {Endpoint::GetDocument, read},
        {Endpoint::GetConvergence, read},
        {Endpoint::ListConflicts, read},
        {Endpoint::PostDocument, write},
        {Endpoint::PutDocument, write},
        {Endpoint::PatchDocument, write},
        {Endpoint::RegisterCollection, {Role::WriteDocument}},
        {Endpoint::DeleteDocument, {Role::DeleteDocument}},
        {Endpoint::PostBatch, {Role::WriteDocument, Role::UpdateDocument, Role::DeleteDocument}},
        {Endpoint::PostQuery,
            {Role::ReadDocument,
                Role::WriteDocument,
                Role::UpdateDocument,
                Role::DeleteDocument,
                Role::AddDatabase}},
        {Endpoint::ListIndexes, read},
        {Endpoint::GetIndex, read},
        {Endpoint::PutIndex, {Role::AddDatabase}},
        {Endpoint::DeleteIndex, {Role::AddDatabase}},
        {Endpoint::PutDatabase, {Role::AddDatabase}},
        {Endpoint::DeleteDatabase, {Role::DeleteDatabase}}};
    for (const Route &route : routeTable()) {
        const auto found = expected.find(route.endpoint);
        QVERIFY2(route.anyOf == (found == expected.end() ? auth::RoleSet() : found->second),
            route.pattern);
    }
}

void TestRouter::readmeListsEveryRoute()
{
    QFile file(QStringLiteral(DRIFTLESS_SOURCE_DIR "/README.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QByteArrayList listed;
    for (const QByteArray &line : file.readAll().split('\n')) {
        for (const char *method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
            if (line.startsWith(QByteArray("| `") + method + " /")) {
                listed.append(line);
            }
        }
    }
    QCOMPARE(static_cast<std::size_t>(listed.size()), routeTable().size());
    const std::map<Method, QByteArray> words {{Method::Get, "GET"},
        {Method::Post, "POST"},
        {Method::Put, "PUT"},
        {Method::Patch, "PATCH"},
        {Method::Delete, "DELETE"}};
    for (const Route &route : routeTable()) {
        const QByteArray begin = "| `" + words.at(route.method) + ' ' + route.pattern + "` | ";
        const auto row = std::find_if(listed.begin(), listed.end(), [&](const QByteArray &line) {
            return line.startsWith(begin);
        });
        QVERIFY2(row != listed.end(), begin.constData());
        const QByteArray who = row->sliced(begin.size());
        switch (route.door) {
        case Door::Open:
            QVERIFY2(who.startsWith("none |"), row->constData());
            break;
        case Door::Client:
            QVERIFY2(who.startsWith("client, "), row->constData());
            break;
        case Door::KeyHolder:
            QVERIFY2(who.startsWith("any key"), row->constData());
            break;
        case Door::Node:
            QVERIFY2(who.startsWith("node |"), row->constData());
            break;
        case Door::NodeDatabase:
            QVERIFY2(who.startsWith("node, with `Database` |"), row->constData());
            break;
        case Door::NodeOrRoot:
            QVERIFY2(who.startsWith("node, or the root key |"), row->constData());
            break;
        }
    }
}

QTEST_APPLESS_MAIN(TestRouter)
#include "tst_router.moc"
