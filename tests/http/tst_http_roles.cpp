#include "api/route_table.h"
#include "core/cbor.h"
#include "http_node.h"

#include <QTest>

using namespace driftless;
using namespace driftless::test;

/// Every route of the table, asked with every kind of key: only the keys that the table names come
/// in.
class TestHttpRoles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void letsInByTheTable_data();
    void letsInByTheTable();
    void writesNeedTheRoleOfWhatTheyDo_data();
    void writesNeedTheRoleOfWhatTheyDo();
    void batchesNeedTheRoleOfEachWrite();
    void statementsNeedTheirRole_data();
    void statementsNeedTheirRole();
    void createsDatabasesOnFirstTouchByKeysThatMay();
    void listsDatabasesOfTheKey();
    void countsDeniedCalls();

private:
    std::unique_ptr<HttpNode> m_node;
};

namespace {

const std::vector<QByteArray> &keys()
{
    static const std::vector<QByteArray> all = {"",
        "wrong",
        "root",
        "nobody",
        "nodbs",
        "reader",
        "ADD_DB",
        "DELETE_DB",
        "READ_DOCUMENT",
        "WRITE_DOCUMENT",
        "UPDATE_DOCUMENT",
        "DELETE_DOCUMENT",
        "I_AM_ONE_OF_YOU"};
    return all;
}

/// The status that a door answers, or 0 where it lets in.
int refusalOf(const api::Route &route, const QByteArray &key)
{
    const bool isKey = !key.isEmpty() && key != "wrong" && key != "I_AM_ONE_OF_YOU";
    const bool isForMatrix = isKey && key != "nodbs" && key != "reader";
    switch (route.door) {
    case api::Door::Open:
        return 0;
    case api::Door::Node:
    case api::Door::NodeDatabase:
        return key == "I_AM_ONE_OF_YOU" ? 0 : 403;
    case api::Door::NodeOrRoot:
        return key == "I_AM_ONE_OF_YOU" || key == "root" ? 0 : 403;
    case api::Door::Client:
    case api::Door::KeyHolder:
        break;
    }
    if (key.isEmpty()) {
        return 400;
    }
    if (!isKey || key == "root") {
        return isKey ? 0 : 403;
    }
    if (route.anyOf == auth::RoleSet() && route.door == api::Door::KeyHolder) {
        return 0;
    }
    const auto role = auth::roleFromName(key);
    return isForMatrix && role && route.anyOf.has(*role) ? 0 : 403;
}

QByteArray methodName(api::Method method)
{
    switch (method) {
    case api::Method::Get:
        return "GET";
    case api::Method::Post:
        return "POST";
    case api::Method::Put:
        return "PUT";
    case api::Method::Patch:
        return "PATCH";
    default:
        return "DELETE";
    }
}

/// A call of the route that is right in form.
HttpCall callOf(const api::Route &route)
{
    HttpCall call;
    call.method = methodName(route.method);
    call.target = QByteArray(route.pattern)
                      .replace("{collection}", "c")
                      .replace("{id}", "none")
                      .replace("{name}", "matrix")
                      .replace("{nodeId}", "node-9");
    if (route.body == api::Body::Json) {
        call.headers.emplace_back("Content-Type", "application/json");
        switch (route.endpoint) {
        case api::Endpoint::PostBatch:
            call.body = R"({"Operations":[{"Op":"delete","Collection":"c","Id":"none"}]})";
            break;
        case api::Endpoint::PostQuery:
            call.body = R"({"Query":"SELECT 1"})";
            break;
        case api::Endpoint::PostPeer:
            call.body = R"({"NodeId":"node-9","BaseUrl":"http://127.0.0.1:9","IsActive":false})";
            break;
        case api::Endpoint::PutIndex:
            call.body = R"({"Expression":"x"})";
            break;
        default:
            call.body = R"({"Id":"none","x":1})";
            break;
        }
    } else if (route.body == api::Body::Cbor) {
        call.headers.emplace_back("Content-Type", "application/cbor");
        call.body = "\xa0";
    }
    return call;
}

/// Shows `key` where the door looks.
void show(HttpCall &call, const api::Route &route, const QByteArray &key)
{
    if (route.door != api::Door::KeyHolder && route.door != api::Door::NodeOrRoot) {
        call.headers.emplace_back("Database", "matrix");
    }
    if (!key.isEmpty()) {
        const bool isNodes = key == "I_AM_ONE_OF_YOU" || route.door == api::Door::Node
            || route.door == api::Door::NodeDatabase;
        call.headers.emplace_back(
            isNodes && route.door != api::Door::Client && route.door != api::Door::KeyHolder
                ? "ReplicationApiKey"
                : "ApiKey",
            key);
    }
}

bool isWrite(const api::Route &route)
{
    return route.endpoint == api::Endpoint::PutDocument
        || route.endpoint == api::Endpoint::PatchDocument
        || route.endpoint == api::Endpoint::PostDocument
        || route.endpoint == api::Endpoint::PostBatch || route.endpoint == api::Endpoint::PostQuery;
}

} // namespace

void TestHttpRoles::initTestCase()
{
    m_node = std::make_unique<HttpNode>();
    QCOMPARE(m_node->ask("matrix", "PUT", "/api/documents/c/there", R"({"x":1})").status, 200);
}

void TestHttpRoles::letsInByTheTable_data()
{
    QTest::addColumn<int>("route");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<int>("refusal");
    const auto table = api::routeTable();
    for (std::size_t i = 0; i < table.size(); ++i) {
        for (const QByteArray &key : keys()) {
            const QByteArray name = methodName(table[i].method) + ' ' + table[i].pattern + " with "
                + (key.isEmpty() ? "no key" : key);
            QTest::newRow(name.constData())
                << static_cast<int>(i) << key << refusalOf(table[i], key);
        }
    }
}

void TestHttpRoles::letsInByTheTable()
{
    QFETCH(int, route);
    QFETCH(QByteArray, key);
    QFETCH(int, refusal);
    const api::Route &row = api::routeTable()[static_cast<std::size_t>(route)];
    HttpCall call = callOf(row);
    show(call, row, key);
    const HttpAnswer answer = m_node->call(call);
    if (refusal != 0) {
        QCOMPARE(answer.status, refusal);
        QVERIFY2(answer.body.contains("\"invalid-api-key\"")
                || answer.body.contains("\"forbidden\"")
                || answer.body.contains("\"missing-header\""),
            answer.body.constData());
        return;
    }
    if (isWrite(row)) {
        return; // what a write does decides too: see below
    }
    QVERIFY2(answer.status != 403 && answer.status != 0, answer.body.constData());
    QVERIFY2(!answer.body.contains("missing-header"), answer.body.constData());
    if (row.endpoint == api::Endpoint::DeleteDatabase) {
        // The other rows need it again.
        HttpCall again {.method = "PUT",
            .target = "/api/databases/matrix",
            .headers = {{"ApiKey", "root"}},
            .body = {}};
        m_node->call(again);
    }
}

void TestHttpRoles::writesNeedTheRoleOfWhatTheyDo_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("role");
    const auto row = [](const char *name,
                         const char *method,
                         const char *target,
                         const char *body,
                         const char *role) {
        QTest::newRow(name) << QByteArray(method) << QByteArray(target) << QByteArray(body)
                            << QByteArray(role);
    };
    row("put creates", "PUT", "/api/documents/w/new", R"({"x":2})", "WRITE_DOCUMENT");
    row("put changes", "PUT", "/api/documents/w/there", R"({"x":2})", "UPDATE_DOCUMENT");
    row("post creates", "POST", "/api/documents/w", R"({"Id":"new","x":2})", "WRITE_DOCUMENT");
    row("post changes", "POST", "/api/documents/w", R"({"Id":"there","x":2})", "UPDATE_DOCUMENT");
    row("patch creates", "PATCH", "/api/documents/w/new", R"({"x":2})", "WRITE_DOCUMENT");
    row("patch changes", "PATCH", "/api/documents/w/there", R"({"x":2})", "UPDATE_DOCUMENT");
}

void TestHttpRoles::writesNeedTheRoleOfWhatTheyDo()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, role);
    for (const QByteArray &key : keys()) {
        m_node->ask("matrix", "PUT", "/api/documents/w/there", R"({"x":1})");
        m_node->ask("matrix", "DELETE", "/api/documents/w/new");
        const HttpAnswer answer = m_node->call({.method = method,
            .target = target,
            .headers
            = {{"Database", "matrix"}, {"ApiKey", key}, {"Content-Type", "application/json"}},
            .body = body});
        const int expected = key.isEmpty() ? 400 : (key == role || key == "root" ? 200 : 403);
        QVERIFY2(answer.status == expected, (key + ": " + answer.body).constData());
    }
}

void TestHttpRoles::batchesNeedTheRoleOfEachWrite()
{
    const QByteArray put = R"({"Op":"put","Collection":"b","Id":"new","Body":{"x":1}})";
    const QByteArray remove = R"({"Op":"delete","Collection":"b","Id":"there"})";
    const auto post = [&](const QByteArray &key, const QByteArray &operations) {
        return m_node->call({.method = "POST",
            .target = "/api/batch",
            .headers
            = {{"Database", "matrix"}, {"ApiKey", key}, {"Content-Type", "application/json"}},
            .body = "{\"Operations\":[" + operations + "]}"});
    };
    QCOMPARE(post("DELETE_DOCUMENT", remove).status, 200);
    HttpAnswer refused = post("DELETE_DOCUMENT", remove + ',' + put);
    QCOMPARE(refused.status, 403);
    QVERIFY2(refused.body.contains("\"index\":1"), refused.body.constData());
    QCOMPARE(post("UPDATE_DOCUMENT", remove).status, 403);
    refused = post("WRITE_DOCUMENT", put + ',' + remove);
    QCOMPARE(refused.status, 403);
    QVERIFY2(refused.body.contains("\"index\":1"), refused.body.constData());
    QCOMPARE(m_node->ask("matrix", "GET", "/api/documents/b/new").status, 404);
    refused = post("UPDATE_DOCUMENT", put);
    QCOMPARE(refused.status, 403);
    QVERIFY2(refused.body.contains("\"index\":0"), refused.body.constData());
    QCOMPARE(post("WRITE_DOCUMENT", put).status, 200);
    QCOMPARE(post("READ_DOCUMENT", put).status, 403);
}

void TestHttpRoles::statementsNeedTheirRole_data()
{
    QTest::addColumn<QByteArray>("statement");
    QTest::addColumn<QByteArray>("role");
    const auto row = [](const char *statement, const char *role) {
        QTest::newRow(statement) << QByteArray(statement) << QByteArray(role);
    };
    row("SELECT $ FROM q", "READ_DOCUMENT");
    row("SELECT $ FROM cache", "READ_DOCUMENT");
    row("SELECT 1", "READ_DOCUMENT");
    row("INSERT INTO q VALUES {'Id':'new','x':2}", "WRITE_DOCUMENT");
    row("INSERT INTO q VALUES {'Id':'there','x':2}", "UPDATE_DOCUMENT");
    row("UPDATE q SET {'x':3}", "UPDATE_DOCUMENT");
    row("UPDATE q SET x = 4 WHERE Id = 'there'", "UPDATE_DOCUMENT");
    row("DELETE FROM q WHERE Id = 'there'", "DELETE_DOCUMENT");
}

void TestHttpRoles::statementsNeedTheirRole()
{
    QFETCH(QByteArray, statement);
    QFETCH(QByteArray, role);
    for (const QByteArray &key : keys()) {
        m_node->ask("matrix", "PUT", "/api/documents/q/there", R"({"x":1})");
        m_node->ask("matrix", "DELETE", "/api/documents/q/new");
        const HttpAnswer answer = m_node->call({.method = "POST",
            .target = "/api/query",
            .headers
            = {{"Database", "matrix"}, {"ApiKey", key}, {"Content-Type", "application/json"}},
            .body = "{\"Query\":\"" + statement + "\"}"});
        const int expected = key.isEmpty() ? 400 : (key == role || key == "root" ? 200 : 403);
        QVERIFY2(answer.status == expected, (key + ": " + answer.body).constData());
        if (expected == 403) {
            const HttpAnswer there = m_node->ask("matrix", "GET", "/api/documents/q/there");
            QCOMPARE(there.body, R"({"x":1,"Id":"there"})"); // as it was
            QCOMPARE(m_node->ask("matrix", "GET", "/api/documents/q/new").status, 404);
        }
    }
}

void TestHttpRoles::createsDatabasesOnFirstTouchByKeysThatMay()
{
    const auto get = [&](const QByteArray &key) {
        return m_node->call({.target = "/api/documents/c",
            .headers = {{"Database", "sales"}, {"ApiKey", key}},
            .body = {}});
    };
    const HttpAnswer refused = get("reader");
    QCOMPARE(refused.status, 403);
    QVERIFY2(refused.body.contains("ApiKey is not allowed to create database 'sales'."),
        refused.body.constData());
    QCOMPARE(get("root").status, 200);
    QCOMPARE(get("reader").status, 200);
}

void TestHttpRoles::listsDatabasesOfTheKey()
{
    QCOMPARE(m_node->ask("unscoped", "GET", "/api/documents").status, 200);
    const auto list = [&](const QByteArray &key) {
        return m_node->call({.target = "/api/databases", .headers = {{"ApiKey", key}}, .body = {}})
            .body;
    };
    QVERIFY(list("root").contains("\"Name\":\"matrix\"")
        && list("root").contains("\"Name\":\"unscoped\""));
    QVERIFY(list("READ_DOCUMENT").contains("\"Name\":\"matrix\"")
        && !list("READ_DOCUMENT").contains("\"Name\":\"unscoped\""));
    QCOMPARE(list("nodbs"), "[]");
}

void TestHttpRoles::countsDeniedCalls()
{
    const auto denied = [&] {
        const QByteArray body = m_node
                                    ->call({.target = "/api/replication/status",
                                        .headers = {{"ReplicationApiKey", "I_AM_ONE_OF_YOU"}},
                                        .body = {}})
                                    .body;
        const qsizetype begin = body.indexOf("\"DeniedCalls\":") + 14;
        return body.sliced(begin, body.indexOf(',', begin) - begin).toInt();
    };
    const int before = denied();
    QCOMPARE(m_node
                 ->call({.target = "/api/documents",
                     .headers = {{"Database", "matrix"}, {"ApiKey", "wrong"}},
                     .body = {}})
                 .status,
        403);
    QCOMPARE(m_node->ask("matrix", "GET", "/api/documents/cache").status, 403); // a name, not a key
    QCOMPARE(denied(), before + 1);
}

QTEST_GUILESS_MAIN(TestHttpRoles)
#include "tst_http_roles.moc"
