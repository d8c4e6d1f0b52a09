#include "core/limits.h"
#include "http_node.h"

#include <QTest>

using driftless::kPageBytesMax;
using driftless::kPageDocumentsMax;
using namespace driftless::test;

/// What our own parts of the API promise, asked of a real node: every error code that a client can
/// meet, entity tags, patches, batches, paging, databases, peers.
class TestHttpApi : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void answersErrors_data();
    void answersErrors();
    void keepsBytes();
    void readsConditionally();
    void writesConditionally();
    void patches();
    void batchesAllOrNothing();
    void saysWhatInABatchIsWrong();
    void foldsWritesOfOneDocument();
    void pagesByKey();
    void boundsPages();
    void carriesUnusualIds();
    void answersHead();
    void writesThatChangeNothing();
    void managesDatabases();
    void managesPeers();
    void tellsConvergence();
    void tellsHealth();
    void refusesHintsWithoutUpgrade();
    void boundsBodies();

private:
    HttpAnswer ask(const QByteArray &method,
        const QByteArray &target,
        const QByteArray &body = {},
        HeaderList headers = {})
    {
        return m_node->ask("api", method, target, body, std::move(headers));
    }
    [[nodiscard]] HttpAnswer askNode(const QByteArray &method,
        const QByteArray &target,
        const QByteArray &body = {},
        HeaderList headers = {}) const;

    std::unique_ptr<HttpNode> m_node;
};

namespace {

/// The text of a member of a flat answer, without quotes; empty if there is none.
QByteArray member(const QByteArray &json, const QByteArray &name)
{
    const qsizetype at = json.indexOf('"' + name + "\":");
    if (at < 0) {
        return {};
    }
    qsizetype begin = at + name.size() + 3;
    const bool isText = json[begin] == '"';
    begin += isText ? 1 : 0;
    qsizetype end = begin;
    while (
        end < json.size() && (isText ? json[end] != '"' : json[end] != ',' && json[end] != '}')) {
        ++end;
    }
    return json.sliced(begin, end - begin);
}

QByteArray batchOf(const QByteArrayList &operations)
{
    return "{\"Operations\":[" + operations.join(',') + "]}";
}

} // namespace

void TestHttpApi::initTestCase()
{
    m_node = std::make_unique<HttpNode>(HttpNode::Settings {{"Node:Limits:GroupOperations", "3"}});
    QCOMPARE(ask("PUT", "/api/documents/e/text", R"({"n":"x"})").status, 200);
}

HttpAnswer TestHttpApi::askNode(const QByteArray &method,
    const QByteArray &target,
    const QByteArray &body,
    HeaderList headers) const
{
    headers.emplace_back("ReplicationApiKey", "I_AM_ONE_OF_YOU");
    if (!body.isEmpty()) {
        headers.emplace_back("Content-Type", "application/json");
    }
    return m_node->call(
        {.method = method, .target = target, .headers = std::move(headers), .body = body});
}

void TestHttpApi::answersErrors_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("header"); // "name: value"
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("code");
    const auto row = [](const char *name,
                         const char *method,
                         const char *target,
                         const QByteArray &body,
                         const char *header,
                         int status,
                         const char *code) {
        QTest::newRow(name) << QByteArray(method) << QByteArray(target) << body
                            << QByteArray(header) << status << QByteArray(code);
    };
    row("take", "GET", "/api/documents/e?take=1.5", {}, "", 400, "invalid-argument");
    row("empty skip", "GET", "/api/documents/e?skip=", {}, "", 400, "invalid-argument");
    row("flag",
        "GET",
        "/api/documents?includeSystemCollections=1",
        {},
        "",
        400,
        "invalid-argument");
    row("path that is no text", "GET", "/api/documents/e/%FF", {}, "", 400, "invalid-argument");
    row("blank id", "DELETE", "/api/documents/e/%20", {}, "", 400, "invalid-argument");
    row("blank before the id", "PUT", "/api/documents/e/%20a", "{}", "", 400, "invalid-argument");
    row("name of a collection",
        "PUT",
        "/api/documents/my-table/1",
        "{}",
        "",
        400,
        "invalid-argument");
    row("system functions", "GET", "/api/documents/$file", {}, "", 400, "invalid-argument");
    row("entity tag",
        "GET",
        "/api/documents/e/1",
        {},
        "If-None-Match: abc",
        400,
        "invalid-argument");
    row("not an object", "PATCH", "/api/documents/e/1", "[]", "", 400, "invalid-argument");
    row("addition of a text",
        "PATCH",
        "/api/documents/e/1",
        R"({"n":{"$inc":"2"}})",
        "",
        400,
        "invalid-json");
    row("addition to a text",
        "PATCH",
        "/api/documents/e/text",
        R"({"n":{"$inc":2}})",
        "",
        409,
        "not-a-number");
    row("cut body", "PUT", "/api/documents/e/1", R"({"a":)", "", 400, "invalid-json");
    row("name twice",
        "PUT",
        "/api/documents/e/1",
        R"({"a":1,"b":{"c":1,"c":2}})",
        "",
        400,
        "invalid-json");
    row("too deep",
        "PUT",
        "/api/documents/e/1",
        "{\"a\":" + QByteArray(64, '[') + QByteArray(64, ']') + '}',
        "",
        400,
        "too-deep");
    row("document too large",
        "PUT",
        "/api/documents/e/1",
        "{\"a\":\"" + QByteArray(16'000'000, 'x') + "\"}",
        "",
        413,
        "too-large");
    row("media type",
        "PUT",
        "/api/documents/e/1",
        "{}",
        "Content-Type: text/plain",
        415,
        "unsupported-media-type");
    row("reserved", "GET", "/api/documents/CACHE", {}, "", 403, "reserved-collection");
    row("absent", "GET", "/api/documents/e/absent", {}, "", 404, "not-found");
    row("absent collection", "GET", "/api/documents/my-table/1", {}, "", 404, "not-found");
    row("parent version",
        "DELETE",
        "/api/documents/e/absent?parentVersion=x",
        {},
        "",
        409,
        "version-mismatch");
    row("if match",
        "PUT",
        "/api/documents/e/absent",
        "{}",
        "If-Match: *",
        412,
        "precondition-failed");
    row("too many digits",
        "PATCH",
        "/api/documents/e/1",
        R"({"n":{"$inc":1e999999999}})",
        "",
        400,
        "number-too-long");
    row("empty batch", "POST", "/api/batch", R"({"Operations":[]})", "", 400, "invalid-argument");
    row("batch that is no JSON",
        "POST",
        "/api/batch",
        R"({"Operations":[{"Op":"put",}]})",
        "",
        400,
        "invalid-json");
    row("large batch",
        "POST",
        "/api/batch",
        batchOf(QByteArrayList(4, R"({"Op":"delete","Collection":"e","Id":"1"})")),
        "",
        413,
        "too-large");
    row("name of a database", "PUT", "/api/databases/-x", {}, "", 400, "invalid-database-name");
    row("absent database", "DELETE", "/api/databases/absent", {}, "", 404, "not-found");
}

void TestHttpApi::answersErrors()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, header);
    QFETCH(int, status);
    QFETCH(QByteArray, code);
    HeaderList headers {{"Database", "api"}, {"ApiKey", "root"}};
    if (header.isEmpty() || !header.startsWith("Content-Type")) {
        headers.emplace_back("Content-Type", "application/json");
    }
    if (!header.isEmpty()) {
        headers.emplace_back(
            header.first(header.indexOf(':')), header.sliced(header.indexOf(':') + 2));
    }
    const HttpAnswer answer
        = m_node->call({.method = method, .target = target, .headers = headers, .body = body});
    QVERIFY2(answer.status == status,
        (QByteArray::number(answer.status) + ' ' + answer.body).constData());
    const QByteArray said = member(answer.body, "Code").isEmpty() ? member(answer.body, "code")
                                                                  : member(answer.body, "Code");
    QVERIFY2(said == code, answer.body.constData());
    QVERIFY2(!member(answer.body, "Error").isEmpty() || !member(answer.body, "detail").isEmpty()
            || answer.body.contains("\"errors\":{"),
        answer.body.constData()); // the sentence that says what to do
}

void TestHttpApi::keepsBytes()
{
    const QByteArray body = "{ \"Id\":\"b1\",\t\"n\" : 1.500, "
                            "\"big\":123456789012345678901234567890, \"é\\u0041\":\"\\/\" }";
    QCOMPARE(ask("PUT", "/api/documents/bytes/b1", body).status, 200);
    QCOMPARE(ask("GET", "/api/documents/bytes/b1").body, body);
    QCOMPARE(ask("GET", "/api/documents/bytes").body, '[' + body + ']');
}

void TestHttpApi::readsConditionally()
{
    const HttpAnswer written = ask("PUT", "/api/documents/tags/r", R"({"v":1})");
    const QByteArray tag = written.header("ETag");
    QCOMPARE(tag, '"' + member(written.body, "Version") + '"');
    const HttpAnswer read = ask("GET", "/api/documents/tags/r");
    QCOMPARE(read.header("ETag"), tag);
    const HttpAnswer same
        = ask("GET", "/api/documents/tags/r", {}, {{"If-None-Match", "\"x\", W/" + tag}});
    QCOMPARE(same.status, 304);
    QCOMPARE(same.header("ETag"), tag);
    QVERIFY(same.body.isEmpty());
    QCOMPARE(ask("GET", "/api/documents/tags/r", {}, {{"If-None-Match", "\"x\""}}).status, 200);
    QCOMPARE(ask("GET", "/api/documents/tags/r", {}, {{"If-Match", "\"x\""}}).status, 412);
    QCOMPARE(ask("GET", "/api/documents/tags/r", {}, {{"If-Match", tag}}).status, 200);
}

void TestHttpApi::writesConditionally()
{
    QCOMPARE(
        ask("PUT", "/api/documents/tags/w", R"({"v":1})", {{"If-None-Match", "*"}}).status, 200);
    QCOMPARE(
        ask("PUT", "/api/documents/tags/w", R"({"v":2})", {{"If-None-Match", "*"}}).status, 412);
    const QByteArray tag = ask("GET", "/api/documents/tags/w").header("ETag");
    const HttpAnswer second
        = ask("PUT", "/api/documents/tags/w", R"({"v":2})", {{"If-Match", tag}});
    QCOMPARE(second.status, 200);
    QVERIFY(second.header("ETag") != tag);
    QCOMPARE(ask("PUT", "/api/documents/tags/w", R"({"v":3})", {{"If-Match", tag}}).status, 412);
    QCOMPARE(ask("PUT",
                 "/api/documents/tags/w",
                 R"({"v":3})",
                 {{"If-Match", "W/" + second.header("ETag")}})
                 .status,
        412);
    QCOMPARE(ask("DELETE", "/api/documents/tags/w", {}, {{"If-Match", tag}}).status, 412);
    const HttpAnswer removed = ask(
        "DELETE", "/api/documents/tags/w", {}, {{"If-Match", tag + ", " + second.header("ETag")}});
    QCOMPARE(removed.status, 200);
    QVERIFY(removed.header("ETag").isEmpty());
    QCOMPARE(ask("PUT", "/api/documents/tags/w", R"({"v":4})", {{"If-Match", "*"}}).status, 412);
}

void TestHttpApi::patches()
{
    QCOMPARE(
        ask("PUT", "/api/documents/p/1", R"({"name": "Tea", "price" : 1.50,"stock":10,"old":true})")
            .status,
        200);
    const HttpAnswer patched = ask("PATCH",
        "/api/documents/p/1",
        R"({"Id":"other","stock":{"$inc":-2.5},"old":null,"new":[1]})",
        {{"Content-Type", "application/merge-patch+json"}});
    QVERIFY2(patched.status == 200, patched.body.constData());
    QCOMPARE(member(patched.body, "OperationType"), "2");
    QCOMPARE(ask("GET", "/api/documents/p/1").body,
        R"({"name": "Tea", "price" : 1.50,"stock":7.5,"Id":"1","new":[1]})");
    QCOMPARE(ask("PATCH", "/api/documents/p/1", R"({"name":{"$inc":1}})").status, 409);
    const HttpAnswer created = ask("PATCH", "/api/documents/p/2", R"({"stock":{"$inc":3}})");
    QVERIFY2(created.status == 200, created.body.constData());
    QCOMPARE(ask("GET", "/api/documents/p/2").body, R"({"Id":"2","stock":3})");
}

void TestHttpApi::batchesAllOrNothing()
{
    ask("PUT", "/api/documents/b/old", R"({"v":1})");
    const HttpAnswer answer = ask("POST",
        "/api/batch",
        batchOf({R"({"Op":"put","Collection":"b","Id":"new","Body":{ "v" : 1.0 }})",
            R"({"Op":"patch","Collection":"b","Id":"old","Body":{"w":2}})",
            R"({"Op":"delete","Collection":"b","Id":"never"})"}));
    QVERIFY2(answer.status == 200, answer.body.constData());
    QVERIFY2(answer.body.contains(
                 "\"EntityId\":\"new\",\"Version\":\"" + member(answer.body, "GroupId") + '"'),
        answer.body.constData());
    QVERIFY2(answer.body.contains(
                 R"("EntityId":"never","Version":null,"IsDeleted":true,"OperationType":null)"),
        answer.body.constData());
    QCOMPARE(ask("GET", "/api/documents/b/new").body, R"({ "v" : 1.0,"Id":"new" })");

    const HttpAnswer refused = ask("POST",
        "/api/batch",
        batchOf({R"({"Op":"put","Collection":"b","Id":"torn","Body":{}})",
            R"({"Op":"put","Collection":"b","Id":"old","Body":{},"IfVersion":"x"})"}));
    QCOMPARE(refused.status, 409);
    QCOMPARE(refused.header("Content-Type"), "application/problem+json; charset=utf-8");
    QCOMPARE(member(refused.body, "index"), "1");
    QCOMPARE(member(refused.body, "code"), "version-mismatch");
    QCOMPARE(ask("GET", "/api/documents/b/torn").status, 404);
}

void TestHttpApi::saysWhatInABatchIsWrong()
{
    const auto refusal = [&](const QByteArray &operation) {
        const HttpAnswer answer = ask("POST",
            "/api/batch",
            batchOf({R"({"Op":"put","Collection":"b","Id":"torn","Body":{}})", operation}));
        return QByteArray::number(answer.status) + ' ' + member(answer.body, "code") + ' '
            + member(answer.body, "path") + member(answer.body, "index");
    };
    QCOMPARE(refusal(R"({"Op":"put","Collection":"cache","Id":"1","Body":{}})"),
        "403 reserved-collection $.Operations[1]1");
    QCOMPARE(refusal(R"({"Op":"put","Collection":"b","Id":" 1","Body":{}})"),
        "400 invalid-argument $.Operations[1]1");
    QCOMPARE(refusal(R"({"Op":"patch","Collection":"e","Id":"text","Body":{"n":{"$inc":1}}})"),
        "409 not-a-number $.Operations[1].Body.n1");
    QCOMPARE(ask("GET", "/api/documents/b/torn").status, 404);
}

void TestHttpApi::foldsWritesOfOneDocument()
{
    const HttpAnswer answer = ask("POST",
        "/api/batch",
        batchOf({R"({"Op":"put","Collection":"b","Id":"twice","Body":{"n":1}})",
            R"({"Op":"patch","Collection":"b","Id":"twice","Body":{"n":{"$inc":2}}})"}));
    QVERIFY2(answer.status == 200, answer.body.constData());
    QCOMPARE(ask("GET", "/api/documents/b/twice").body, R"({"n":3,"Id":"twice"})");
}

void TestHttpApi::pagesByKey()
{
    for (const char *id : {"a", "B", "c%2Fd", "%C3%A9"}) {
        QCOMPARE(ask("PUT", QByteArray("/api/documents/pages/") + id, "{}").status, 200);
    }
    QByteArray target = "/api/documents/pages?take=2";
    QByteArrayList pages;
    while (!target.isEmpty()) {
        const HttpAnswer answer = ask("GET", target);
        QCOMPARE(answer.status, 200);
        pages.append(answer.body);
        const QByteArray link = answer.header("Link");
        QVERIFY(link.isEmpty() || link.endsWith(">; rel=\"next\""));
        target = link.isEmpty() ? QByteArray() : link.sliced(1, link.indexOf('>') - 1);
    }
    QCOMPARE(pages.join('|'), R"([{"Id":"a"},{"Id":"B"}]|[{"Id":"c/d"},{"Id":"é"}])");
    QCOMPARE(ask("GET", "/api/documents/pages?after=A&take=1").body, R"([{"Id":"B"}])");
    QCOMPARE(ask("GET", "/api/documents/pages?skip=3").body, R"([{"Id":"é"}])");
}

/// However much is asked for, one answer has at most kPageDocumentsMax documents and kPageBytesMax
/// bytes of them, and says where to go on.
void TestHttpApi::boundsPages()
{
    HttpNode node(HttpNode::Settings {});
    const auto put = [&](int first, int count) {
        QByteArrayList operations;
        for (int i = first; i < first + count; ++i) {
            operations.append(R"({"Op":"put","Collection":"long","Id":")"
                + QByteArray::number(100'000 + i) + R"(","Body":{}})");
        }
        return node.ask("long", "POST", "/api/batch", batchOf(operations)).status;
    };
    QCOMPARE(put(0, kPageDocumentsMax), 200);
    QCOMPARE(put(kPageDocumentsMax, 1), 200);
    const HttpAnswer answer = node.ask("long", "GET", "/api/documents/long?take=1000000");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body.count("\"Id\""), kPageDocumentsMax);
    QVERIFY(answer.header("Link").contains("take=" + QByteArray::number(kPageDocumentsMax)));

    const QByteArray large = R"({"a":")" + QByteArray(kPageBytesMax / 3 + 1, 'x') + R"("})";
    for (const char *id : {"1", "2", "3"}) {
        const QByteArray path = QByteArray("/api/documents/large/") + id;
        QCOMPARE(node.ask("long", "PUT", path, large).status, 200);
    }
    const HttpAnswer first = node.ask("long", "GET", "/api/documents/large?take=3");
    QCOMPARE(first.body.count("\"Id\""), 2);
    QCOMPARE(first.header("Link"), "</api/documents/large?after=2&take=3>; rel=\"next\"");
    const HttpAnswer second = node.ask("long", "GET", "/api/documents/large?after=2&take=3");
    QCOMPARE(second.body.count("\"Id\""), 1);
    QCOMPARE(second.header("Link"), "");
}

void TestHttpApi::carriesUnusualIds()
{
    const QByteArray target = "/api/documents/ids/%22%5C%2F%3F%23%25%20%F0%9F%98%80";
    QCOMPARE(ask("PUT", target, "{}").status, 200);
    QCOMPARE(ask("GET", target).body, "{\"Id\":\"\\\"\\\\/?#% 😀\"}");
    QCOMPARE(ask("GET", "/api/documents/ids").body, "[{\"Id\":\"\\\"\\\\/?#% 😀\"}]");
    QCOMPARE(ask("DELETE", target).status, 200);
    QCOMPARE(ask("GET", target).status, 404);
}

void TestHttpApi::answersHead()
{
    QCOMPARE(ask("PUT", "/api/documents/head/1", R"({"v":1})").status, 200);
    const HttpAnswer head = ask("HEAD", "/api/documents/head/1");
    QCOMPARE(head.status, 200);
    QVERIFY(head.body.isEmpty());
    QCOMPARE(head.header("ETag"), ask("GET", "/api/documents/head/1").header("ETag"));
    QCOMPARE(ask("HEAD", "/api/documents/head/none").status, 404);
}

void TestHttpApi::writesThatChangeNothing()
{
    const HttpAnswer first = ask("PUT", "/api/documents/same/1", R"({"v":1})");
    const HttpAnswer again = ask("PUT", "/api/documents/same/1", R"({"v":1})");
    QCOMPARE(again.status, 200);
    QCOMPARE(again.header("ETag"), first.header("ETag"));
    QCOMPARE(again.body, first.body);
}

void TestHttpApi::managesDatabases()
{
    const auto database = [&](const QByteArray &method) {
        return m_node->call({.method = method,
            .target = "/api/databases/Managed",
            .headers = {{"ApiKey", "root"}},
            .body = {}});
    };
    QCOMPARE(database("PUT").status, 201);
    QCOMPARE(database("PUT").status, 200);
    QCOMPARE(database("PUT").body, R"({"Name":"managed"})");
    QCOMPARE(m_node->ask("managed", "PUT", "/api/documents/c/1", "{}").status, 200);
    const qsizetype large = 300'000;
    QCOMPARE(m_node
                 ->ask("managed",
                     "PUT",
                     "/api/documents/c/large",
                     "{\"a\":\"" + QByteArray(large, 'x') + "\"}")
                 .status,
        200);
    const QByteArray rows
        = m_node->call({.target = "/api/databases", .headers = {{"ApiKey", "root"}}, .body = {}})
              .body;
    const qsizetype size = rows.indexOf("\"FileBytes\":", rows.indexOf("\"managed\"")) + 12;
    QVERIFY2(
        rows.sliced(size, rows.indexOf('}', size) - size).toLongLong() > large, rows.constData());
    QCOMPARE(database("DELETE").status, 200);
    QCOMPARE(database("DELETE").status, 404);
    const HttpAnswer gone = m_node->ask("managed", "GET", "/api/documents/c");
    QVERIFY2(gone.status == 410, gone.body.constData());
    QCOMPARE(member(gone.body, "Code"), "database-deleted");
    QCOMPARE(database("PUT").status, 201);
    QCOMPARE(m_node->ask("managed", "GET", "/api/documents/c").body, "[]");
}

void TestHttpApi::managesPeers()
{
    QCOMPARE(askNode("GET", "/api/cluster/peers").body, "[]");
    const auto save
        = [&](const QByteArray &peer) { return askNode("POST", "/api/cluster/peers", peer); };
    const QByteArray url = "\"http://127.0.0.1:9\"";
    QCOMPARE(save("{\"nodeId\":\"net-9\",\"baseUrl\":" + url.chopped(1) + "/\",\"isActive\":false}")
                 .status,
        200);
    QCOMPARE(save("{\"nodeId\":\"net-8\",\"baseUrl\":" + url + ",\"isActive\":false}").status, 200);
    const QByteArray peers = askNode("GET", "/api/cluster/peers").body;
    QVERIFY2(peers.startsWith("[{\"NodeId\":\"net-8\",\"BaseUrl\":" + url
                 + ",\"IsActive\":false,\"UpdatedUtc\":\""),
        peers.constData());
    QVERIFY2(peers.contains("\"Database\":null},{\"NodeId\":\"net-9\",\"BaseUrl\":" + url + ','),
        peers.constData());
    QCOMPARE(
        m_node->call({.target = "/api/cluster/peers", .headers = {{"ApiKey", "root"}}, .body = {}})
            .body,
        peers);

    const HttpAnswer own = save("{\"nodeId\":\"node-1\",\"baseUrl\":" + url + '}');
    QCOMPARE(own.status, 400);
    QCOMPARE(member(own.body, "Code"), "invalid-argument");
    for (const QByteArray bad : {"\"http://h:99999\"", "\"http://user:secret@h\""}) {
        QCOMPARE(save("{\"nodeId\":\"net-7\",\"baseUrl\":" + bad + '}').status, 400);
    }
    const HttpAnswer incomplete = save("{\"nodeId\":\"net-9\"}");
    QCOMPARE(incomplete.status, 400);
    QVERIFY2(incomplete.body.contains("\"peer\":[\"The peer field is required.\"]"),
        incomplete.body.constData());

    QCOMPARE(askNode("DELETE", "/api/cluster/peers/net-8").status, 200);
    QCOMPARE(askNode("DELETE", "/api/cluster/peers/net-8").status, 404);
    const HttpAnswer status = askNode("GET", "/api/replication/status");
    QVERIFY2(status.body.contains("\"PeerNodeId\":\"net-9\",\"BaseUrl\":" + url
                 + ",\"IsActive\":false,\"CatchUpStatus\":\"Inactive\""),
        status.body.constData());
    QCOMPARE(askNode("DELETE", "/api/cluster/peers/net-9").status, 200);
}

void TestHttpApi::tellsConvergence()
{
    const HttpAnswer answer = m_node->ask("converging", "GET", "/api/convergence");
    QCOMPARE(answer.status, 200);
    QCOMPARE(member(answer.body, "Database"), "converging");
    QCOMPARE(member(answer.body, "Digest"), QByteArray(32, '0'));
    QCOMPARE(m_node->ask("converging", "PUT", "/api/documents/c/1", "{}").status, 200);
    const HttpAnswer after = m_node->ask("converging", "GET", "/api/convergence");
    QCOMPARE(member(after.body, "Documents"), "1");
    QVERIFY(member(after.body, "Digest") != QByteArray(32, '0'));
    QVERIFY2(after.body.contains(R"("Vector":{"node-1":{)"), after.body.constData());
    QCOMPARE(
        m_node->ask("converging", "GET", "/api/conflicts").body, R"({"Total":0,"Conflicts":[]})");
}

void TestHttpApi::tellsHealth()
{
    QCOMPARE(
        m_node->call({.target = "/healthz", .headers = {}, .body = {}}).body, R"({"Status":"ok"})");
    QCOMPARE(m_node->call({.target = "/readyz", .headers = {}, .body = {}}).body,
        R"({"Status":"ready","Reasons":[]})");
    const HttpAnswer node = m_node->call({.target = "/node", .headers = {}, .body = {}});
    QCOMPARE(member(node.body, "NodeId"), "node-1");
    QVERIFY2(node.body.contains(R"("Capabilities":["driftless/1"])"), node.body.constData());
}

void TestHttpApi::refusesHintsWithoutUpgrade()
{
    QCOMPARE(askNode("GET", "/ws/replication").body,
        R"({"Error":"A WebSocket request is required.","Code":"invalid-argument"})");
    const HeaderList upgrade {{"Upgrade", "websocket"},
        {"Sec-WebSocket-Version", "13"},
        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
    QCOMPARE(
        m_node->call({.target = "/ws/replication", .headers = upgrade, .body = {}}).status, 403);
}

void TestHttpApi::boundsBodies()
{
    HttpNode node(HttpNode::Settings {{"Node:Limits:BodyBytes", "1000"}});
    const QByteArray body = "{\"a\":\"" + QByteArray(992, 'x') + "\"}";
    QCOMPARE(body.size(), 1000);
    QCOMPARE(node.ask("small", "PUT", "/api/documents/c/1", body).status, 200);
    const HttpAnswer refused = node.ask("small", "PUT", "/api/documents/c/1", body + ' ');
    QCOMPARE(refused.status, 413);
    QCOMPARE(member(refused.body, "code"), "too-large");

    // Between nodes more is allowed, but only to a node.
    const auto post = [&](const QByteArray &key) {
        return node.call({.method = "POST",
            .target = "/api/replication/heartbeat",
            .headers = {{"ReplicationApiKey", key}, {"Content-Type", "application/cbor"}},
            .body = QByteArray(2000, 'x')});
    };
    QCOMPARE(post("wrong").status, 413);
    const HttpAnswer malformed = post("I_AM_ONE_OF_YOU");
    QCOMPARE(malformed.status, 400);
    QCOMPARE(member(malformed.body, "code"), "malformed");
}

QTEST_GUILESS_MAIN(TestHttpApi)
#include "tst_http_api.moc"
