#include "core/limits.h"
#include "http_node.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace driftless::test;

/// Statements over HTTP: what they answer, what they are refused, and that a write changes what it
/// names and nothing else.
class TestHttpQuery : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void refusesWhatIsForbidden_data();
    void refusesWhatIsForbidden();
    void showsWhereAnErrorIs();
    void takesParameters_data();
    void takesParameters();
    void writesPlainValues();
    void showsReservedMembers();
    void readsSystemCollections();
    void explains();
    void anIndexChangesNoAnswer();
    void takesAsManyRowsAsAskedFor();
    void findsByIdInAnyCase();
    void insertsBytesAsTheyStand();
    void insertsManyOrNone();
    void updatesOnlyWhatItNames();
    void addsExactly();
    void addsToWhatIsNoPlainNumber();
    void setsNullAndWholeObjects();
    void idsStay();
    void writesAllOrNothing();
    void takeBoundsWrites();
    void writesInGroups();
    void deletes();

private:
    HttpAnswer ask(const QByteArray &query, const QByteArray &members = {});
    QByteArray rows(const QByteArray &query, const QByteArray &members = {});
    void put(const QByteArray &id, const QByteArray &body);
    QByteArray get(const QByteArray &id);

    HttpNode m_node;
    QByteArray m_database;
    int m_count = 0;
};

namespace {

/// As JSON, with its quotes.
QByteArray quoted(const QByteArray &text)
{
    QByteArray escaped = text;
    escaped.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    return '"' + escaped + '"';
}

QByteArray bodyOf(const QByteArray &query, const QByteArray &members)
{
    return "{\"Query\":" + quoted(query) + (members.isEmpty() ? "" : "," + members) + '}';
}

QJsonObject objectOf(const HttpAnswer &answer)
{
    return QJsonDocument::fromJson(answer.body).object();
}

int countOf(const HttpAnswer &answer, const char *name)
{
    return objectOf(answer).value(QLatin1String(name)).toInt(-1);
}

} // namespace

/// A database of its own for each test.
void TestHttpQuery::init()
{
    m_database = "db" + QByteArray::number(++m_count);
}

HttpAnswer TestHttpQuery::ask(const QByteArray &query, const QByteArray &members)
{
    return m_node.ask(m_database, "POST", "/api/query", bodyOf(query, members));
}

/// The rows as they stand in the answer, or all of an answer that is no success.
QByteArray TestHttpQuery::rows(const QByteArray &query, const QByteArray &members)
{
    const HttpAnswer answer = ask(query, members);
    const qsizetype at = answer.body.indexOf("\"Rows\":");
    return at < 0 ? answer.body : answer.body.sliced(at + 7).chopped(1);
}

void TestHttpQuery::put(const QByteArray &id, const QByteArray &body)
{
    QCOMPARE(m_node.ask(m_database, "PUT", "/api/documents/c/" + id, body).status, 200);
}

QByteArray TestHttpQuery::get(const QByteArray &id)
{
    return m_node.ask(m_database, "GET", "/api/documents/c/" + id).body;
}

void TestHttpQuery::refusesWhatIsForbidden_data()
{
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<int>("status");
    for (const char *query : {"SELECT $ INTO d FROM c",
             "SELECT $ INTO $file('x') FROM c",
             "SELECT $ FROM $file('/etc/passwd')",
             "SELECT $ FROM $query('DELETE c')",
             "SELECT $ FROM $dump",
             "SELECT $ FROM $snapshots",
             "SELECT $ FROM _sys_operations",
             "SELECT $ FROM _SYS_operations",
             "INSERT INTO _sys_x VALUES {Id:'a'}",
             "INSERT INTO $file VALUES {Id:'a'}",
             "UPDATE _sys_x SET {a:1}",
             "UPDATE _sys_x SET {a:1} WHERE _id = 'a'",
             "DELETE FROM _sys_x",
             "DROP COLLECTION c",
             "RENAME COLLECTION c TO d",
             "BEGIN",
             "COMMIT",
             "ROLLBACK",
             "PRAGMA USER_VERSION",
             "CHECKPOINT",
             "REBUILD",
             "SELECT 1; DELETE c",
             "DELETE c; SELECT 1",
             "UPDATE c SET {a:1} WHERE",
             "DELETE FROM c WHERE",
             "DELETE FROM c WHERE ;",
             "INSERT INTO c VALUES {x:1}",
             "INSERT INTO c VALUES {Id:''}",
             "INSERT INTO c VALUES {Id:true}",
             "INSERT INTO c VALUES 1",
             ";",
             "nonsense"}) {
        QTest::newRow(query) << QByteArray(query) << 400;
    }
    for (const char *query : {"INSERT INTO cache VALUES {Id:'a'}",
             "INSERT INTO Cache VALUES {Id:'a'}",
             "UPDATE cache SET {a:1}",
             "DELETE FROM cache"}) {
        QTest::newRow(query) << QByteArray(query) << 403;
    }
}

void TestHttpQuery::refusesWhatIsForbidden()
{
    QFETCH(QByteArray, query);
    QFETCH(int, status);
    put("a", R"({"Id":"a","n":1})");
    const HttpAnswer answer = ask(query);
    QVERIFY2(answer.status == status, answer.body.constData());
    QVERIFY2(answer.body.startsWith("{\"Error\":\""), answer.body.constData());
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","n":1})"));
    QCOMPARE(m_node.ask(m_database, "GET", "/api/documents").body, QByteArray(R"(["c"])"));
}

void TestHttpQuery::showsWhereAnErrorIs()
{
    const HttpAnswer answer = ask("SELECT name\nFROM c WHERE name == 1");
    QCOMPARE(answer.status, 400);
    const QString text = objectOf(answer).value(QLatin1String("Error")).toString();
    QVERIFY2(text.contains(QLatin1String("line 2, column 20.\nFROM c WHERE name == 1\n"
                                         "                   ^")),
        qUtf8Printable(text));
    QVERIFY(answer.body.contains(R"("Code":"invalid-argument")"));
    QCOMPARE(ask("SELECT 9223372036854775807 + 1").status, 400); // while it runs
    const HttpAnswer body = m_node.ask(m_database, "POST", "/api/query", R"({"Query":7})");
    QCOMPARE(body.status, 400);
    QVERIFY(body.body.contains("$.Query"));
    QCOMPARE(ask("SELECT 1", R"("Format":"xml")").status, 400);
    QCOMPARE(ask("SELECT 1", R"("Parameters":7)").status, 400);
    QCOMPARE(ask("SELECT 1", R"("Atomic":"yes")").status, 400);
    QCOMPARE(
        m_node.ask(m_database, "POST", "/api/query?includeReservedFields=7", R"({})").status, 400);
}

void TestHttpQuery::takesParameters_data()
{
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QByteArray>("parameters");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *query, const char *parameters, const char *expected) {
        QTest::newRow(query) << QByteArray(query) << QByteArray(parameters) << QByteArray(expected);
    };
    row("SELECT @0 + @1", "[1,2]", R"([{"expr":3}])");
    row("SELECT @name AS n", R"({"name":"O'Neil"})", R"([{"n":"O'Neil"}])");
    row("SELECT @0 AS n", R"({"0":true})", R"([{"n":true}])");
    row("SELECT @d AS n",
        R"({"d":{"$date":"2026-01-05T10:00:00Z"}})",
        R"([{"n":{"$date":"2026-01-05T10:00:00.0000000Z"}}])");
    row("SELECT @m * 3 AS n",
        R"({"m":{"$numberDecimal":"1.10"}})",
        R"([{"n":{"$numberDecimal":"3.30"}}])");
    row("SELECT @missing AS n", "[]", R"([{"n":null}])");
    row("SELECT Id FROM c WHERE n IN @0", "[[2,3]]", R"([{"Id":"b"}])");
    row("SELECT Id FROM c WHERE _id = @0", R"(["B"])", R"([{"Id":"b"}])");
}

void TestHttpQuery::takesParameters()
{
    QFETCH(QByteArray, query);
    QFETCH(QByteArray, parameters);
    QFETCH(QByteArray, expected);
    put("a", R"({"Id":"a","n":1})");
    put("b", R"({"Id":"b","n":2})");
    QCOMPARE(rows(query, "\"Parameters\":" + parameters), expected);
}

void TestHttpQuery::writesPlainValues()
{
    put("a",
        R"({"Id":"a","n":3000000000,"m":{"$numberDecimal":"1.10"},"d":{"$date":"2026-01-05T10:00:00.5Z"},)"
        R"("g":{"$guid":"00112233-4455-6677-8899-aabbccddeeff"},"x":[{"$numberLong":"5"},1e400]})");
    QCOMPARE(rows("SELECT $ FROM c"),
        QByteArray(
            R"([{"Id":"a","n":{"$numberLong":"3000000000"},"m":{"$numberDecimal":"1.10"},)"
            R"("d":{"$date":"2026-01-05T10:00:00.5000000Z"},"g":{"$guid":"00112233-4455-6677-8899-aabbccddeeff"},)"
            R"("x":[{"$numberLong":"5"},{"$numberDouble":"Infinity"}]}])"));
    QCOMPARE(rows("SELECT $ FROM c", R"("format":"Plain")"),
        QByteArray(R"([{"Id":"a","n":3000000000,"m":1.10,"d":"2026-01-05T10:00:00.5Z",)"
                   R"("g":"00112233-4455-6677-8899-aabbccddeeff","x":[5,null]}])"));
}

void TestHttpQuery::showsReservedMembers()
{
    put("A", R"({"Id":"A","n":1})");
    const QByteArray version
        = objectOf(m_node.ask(m_database, "PUT", "/api/documents/c/a", R"({"Id":"a","n":2})"))
              .value(QLatin1String("Version"))
              .toString()
              .toUtf8();
    const HttpAnswer answer = m_node.ask(
        m_database, "POST", "/api/query?includeReservedFields=true", bodyOf("SELECT $ FROM c", {}));
    QVERIFY2(
        answer.body.contains(R"("Rows":[{"_id":"a","Id":"a","n":2,"_sys_version":")" + version
            + R"(","_sys_deleted":false,"_sys_tombstone":false,"_sys_last_writer_node_id":"node-1",)"
              R"("_sys_last_modified_utc":{"$date":")"),
        answer.body.constData());
    QCOMPARE(rows("SELECT $ FROM c"), QByteArray(R"([{"Id":"a","n":2}])"));
    QCOMPARE(rows("SELECT _id, n FROM c"), QByteArray(R"([{"n":2,"Id":"a"}])"));
    QCOMPARE(rows("SELECT _sys_version AS v FROM c WHERE _sys_deleted = false"),
        R"([{"v":")" + version + R"("}])");
    QVERIFY(rows("SELECT * FROM c").contains("\"_sys_version\":\"" + version));
}

void TestHttpQuery::readsSystemCollections()
{
    put("a", R"({"Id":"a"})");
    QCOMPARE(rows("SELECT name FROM $cols WHERE type = 'user'"), QByteArray(R"([{"name":"c"}])"));
    QCOMPARE(rows("SELECT name FROM $DATABASE"), "[{\"name\":\"" + m_database + "\"}]");
    QCOMPARE(rows("SELECT collection, name FROM $indexes"),
        QByteArray(R"([{"collection":"c","name":"_id"}])"));
}

void TestHttpQuery::explains()
{
    put("a", R"({"Id":"a"})");
    put("b", R"({"Id":"b"})");
    QVERIFY2(rows("EXPLAIN SELECT $ FROM c WHERE _id = 'a'").contains(" 1 of 2 documents"),
        rows("EXPLAIN SELECT $ FROM c WHERE _id = 'a'").constData());
}

void TestHttpQuery::anIndexChangesNoAnswer()
{
    QCOMPARE(
        ask("INSERT INTO c VALUES [{'Id':'A','n':3},{'Id':'b','n':1},{'Id':'d','n':2}]").status,
        200);
    QCOMPARE(countOf(ask("CREATE INDEX byN ON c(n)"), "AppliedCount"), 1);
    QTRY_VERIFY_WITH_TIMEOUT(
        rows("EXPLAIN SELECT $ FROM c WHERE n >= 2").contains("with index byN"), 20'000);
    QCOMPARE(rows("SELECT _id FROM c WHERE n >= 2"), QByteArray(R"([{"Id":"A"},{"Id":"d"}])"));
    QCOMPARE(rows("SELECT _id, n FROM c ORDER BY n DESC LIMIT 2"),
        QByteArray(R"([{"n":3,"Id":"A"},{"n":2,"Id":"d"}])"));
    QCOMPARE(rows("SELECT COUNT(*) AS k FROM c WHERE n IN [1, 3]"), QByteArray(R"([{"k":2}])"));
    QCOMPARE(rows("SELECT $ FROM c WHERE n = 3"), QByteArray(R"([{"Id":"A","n":3}])"));
    QCOMPARE(countOf(ask("UPDATE c SET n = 5 WHERE n = 1"), "AppliedCount"), 1);
    QCOMPARE(rows("SELECT Id FROM c WHERE n = 5"), QByteArray(R"([{"Id":"b"}])"));
    const HttpAnswer gone = ask("DELETE FROM c WHERE n > 2", R"("Atomic":false)");
    QCOMPARE(countOf(gone, "AppliedCount"), 2);
    QVERIFY2(gone.body.contains(R"("id":"A")"), gone.body.constData());
    QCOMPARE(rows("SELECT expression FROM $indexes WHERE name = 'byN'"),
        QByteArray(R"([{"expression":"$.n"}])"));
}

void TestHttpQuery::takesAsManyRowsAsAskedFor()
{
    QByteArrayList documents;
    for (int i = 0; i < 300; ++i) {
        documents.append("{\"Id\":\"" + QByteArray::number(1'000 + i) + "\"}");
    }
    const HttpAnswer inserted = ask("INSERT INTO c VALUES [" + documents.join(',') + ']');
    QCOMPARE(countOf(inserted, "AppliedCount"), 300);
    QCOMPARE(countOf(inserted, "RequestedTake"), 300);
    const auto expect
        = [&](const QByteArray &query, const QByteArray &members, int take, int count) {
              const HttpAnswer answer = ask(query, members);
              QCOMPARE(countOf(answer, "RequestedTake"), take);
              QCOMPARE(countOf(answer, "ReturnedRows"), count);
              QCOMPARE(countOf(answer, "MatchedCount"), count);
              QCOMPARE(countOf(answer, "AppliedCount"), 0);
              QCOMPARE(objectOf(answer).value(QLatin1String("Rows")).toArray().size(), count);
          };
    expect("SELECT $ FROM c", {}, 200, 200);
    expect("SELECT $ FROM c", R"("Take":0)", 100, 100);
    expect("SELECT $ FROM c", R"("Take":-5)", 100, 100);
    expect("SELECT $ FROM c", R"("TAKE":"250")", 250, 250);
    expect("SELECT $ FROM c", R"("Take":20000)", 20'000, 300);
    expect("SELECT $ FROM c", R"("Take":2000000)", driftless::kQueryTakeMax, 300);
    expect("SELECT $ FROM c LIMIT 290", {}, 290, 290);
    expect("SELECT TOP 3 $ FROM c", R"("Take":2)", 3, 3);
    expect("SELECT $ FROM c LIMIT 0", {}, 200, 0);
    expect("SELECT $ FROM nothere", {}, 200, 0);
}

void TestHttpQuery::findsByIdInAnyCase()
{
    put("Gr%C3%B6%C3%9Fe", R"({"Id":"Größe","n":1})");
    put("b", R"({"Id":"b","n":2})");
    QCOMPARE(rows("SELECT n FROM c WHERE _id = 'GRÖSSE'"), QByteArray("[]"));
    QCOMPARE(rows("SELECT n FROM c WHERE _id = 'GRÖßE' AND n > 0"), QByteArray(R"([{"n":1}])"));
    QCOMPARE(rows("SELECT n FROM c WHERE n = 2 AND 'B' = _id"), QByteArray(R"([{"n":2}])"));
    QCOMPARE(rows("SELECT n FROM c WHERE _id = 'b' OR n = 1"), QByteArray(R"([{"n":2},{"n":1}])"));
    QCOMPARE(rows("SELECT n FROM C WHERE _id = 2"), QByteArray("[]"));
}

/// What stands behind VALUES is stored as it is, where it is strict JSON.
void TestHttpQuery::insertsBytesAsTheyStand()
{
    QCOMPARE(
        ask(R"(INSERT INTO c VALUES {"Id": "a", "p":1.50, "big":1E400, "u":"\u00e9"} ;)").status,
        200);
    QCOMPARE(get("a"), QByteArray(R"({"Id": "a", "p":1.50, "big":1E400, "u":"\u00e9"})"));
    QCOMPARE(
        ask("INSERT INTO c VALUES {_id:'b', n:1, m:3000000000, d:{$date:'2026-01-05'}}").status,
        200);
    QCOMPARE(get("b"),
        QByteArray(
            R"({"n":1,"m":3000000000,"d":{"$date":"2026-01-05T00:00:00.0000000Z"},"Id":"b"})"));
    QCOMPARE(
        ask(R"(INSERT INTO c VALUES {"_id":" x ","Id":"y","_sys_version":"v","n":1})").status, 200);
    QCOMPARE(get("x"), QByteArray(R"({"Id":"x","n":1})"));
    QCOMPARE(ask(R"(INSERT INTO c VALUES {"Id":7.50})").status, 200);
    QCOMPARE(get("7.50"), QByteArray(R"({"Id":7.50})"));
}

void TestHttpQuery::insertsManyOrNone()
{
    const HttpAnswer answer
        = ask(R"(INSERT INTO c VALUES {"Id":"a"}, [{"Id":"b","n":1.0}], {"Id":"d"})");
    QCOMPARE(countOf(answer, "MatchedCount"), 3);
    QCOMPARE(countOf(answer, "AppliedCount"), 3);
    QCOMPARE(get("b"), QByteArray(R"({"Id":"b","n":1.0})"));
    QCOMPARE(ask(R"(INSERT INTO c VALUES {"Id":"e"}, {"n":1})").status, 400);
    QCOMPARE(m_node.ask(m_database, "GET", "/api/documents/c/e").status, 404);
    // It takes the place of a document of that id, as in the reference.
    QCOMPARE(ask(R"(INSERT INTO c VALUES {"Id":"A","n":2})").status, 200);
    QCOMPARE(get("a"), QByteArray(R"({"Id":"A","n":2})"));
}

/// Every byte that an UPDATE does not name stays.
void TestHttpQuery::updatesOnlyWhatItNames()
{
    const QByteArray before
        = R"({"Id":"a", "price":1.50 ,"big":12345678901234567890,"t":"\u00e9"})";
    put("a", before);
    put("b", R"({"Id":"b","price":2})");
    const HttpAnswer answer
        = ask("UPDATE c SET { T: 'x', n: price + 1, 'new': [1.5, 2] } WHERE price = 1.5");
    QCOMPARE(countOf(answer, "MatchedCount"), 1);
    QVERIFY2(answer.body.contains(
                 R"("Rows":[{"operation":"UPDATE","collection":"c","id":"a","version":")"),
        answer.body.constData());
    QCOMPARE(get("a"),
        QByteArray(
            R"({"Id":"a", "price":1.50 ,"big":12345678901234567890,"t":"x","n":2.5,"new":[1.5,2]})"));
    QCOMPARE(get("b"), QByteArray(R"({"Id":"b","price":2})"));
    QCOMPARE(ask("UPDATE c SET a.b = 1, n = 3 WHERE Id = 'B'").status, 200);
    QCOMPARE(get("b"), QByteArray(R"({"Id":"b","price":2,"a":{"b":1},"n":3})"));
    // What comes to the same is no write, and is answered with the version that is there.
    const QByteArray again = rows("UPDATE c SET n = 3 WHERE Id = 'b'");
    QCOMPARE(rows("UPDATE c SET n = 3 WHERE Id = 'b'"), again);
}

/// A member changed by a constant is an addition: exact, and kept beside those of others.
void TestHttpQuery::addsExactly()
{
    put("a", R"({"Id":"a","stock":0.3,"big":12345678901234567890,"n":1})");
    put("b", R"({"Id":"b"})");
    QCOMPARE(
        ask("UPDATE c SET stock = stock - 0.1, big = big + @0, n = 1 + n", R"("Parameters":[1])")
            .status,
        200);
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","stock":0.2,"big":12345678901234567891,"n":2})"));
    // What is missing is null, and stays so.
    QCOMPARE(get("b"), QByteArray(R"({"Id":"b","stock":null,"big":null,"n":null})"));
}

void TestHttpQuery::addsToWhatIsNoPlainNumber()
{
    put("a", R"({"Id":"a","m":{"$numberDecimal":"1.10"},"l":{"$numberLong":"5"},"t":"x"})");
    QCOMPARE(ask("UPDATE c SET m = m + 1, l = l + 1, t = t + 1").status, 200);
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","m":{"$numberDecimal":"2.10"},"l":6,"t":"x1"})"));
}

void TestHttpQuery::setsNullAndWholeObjects()
{
    put("a", R"({"Id":"a","o":{"x":1,"y":2},"n":1})");
    QCOMPARE(ask("UPDATE c SET {o:{y:3}, n:null}").status, 200);
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","o":{"y":3},"n":null})"));
}

void TestHttpQuery::idsStay()
{
    put("a", R"({"Id":"a","n":1})");
    QCOMPARE(ask("UPDATE c SET {Id:'b'}").status, 400);
    QCOMPARE(ask("UPDATE c SET {_id:'b'}").status, 400);
    QCOMPARE(ask("UPDATE c SET {Id:'a', _sys_version:'x', n:2}").status, 200);
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","n":2})"));
}

void TestHttpQuery::writesAllOrNothing()
{
    put("a", R"({"Id":"a","n":1})");
    put("b", R"({"Id":"b","n":9223372036854775807})");
    put("d", R"({"Id":"d","n":1})");
    QCOMPARE(ask("UPDATE c SET n = n * 2").status, 400); // too large for b
    QCOMPARE(get("a"), QByteArray(R"({"Id":"a","n":1})"));
    HttpNode small(HttpNode::Settings {{"Node:Limits:GroupOperations", "2"}});
    const auto post = [&small](const QByteArray &query, const QByteArray &members = {}) {
        return small.ask("small", "POST", "/api/query", bodyOf(query, members));
    };
    QCOMPARE(post("INSERT INTO c VALUES [{'Id':'1'},{'Id':'2'},{'Id':'3'}]").status, 413);
    QCOMPARE(countOf(post("SELECT $ FROM c"), "ReturnedRows"), 0);
    QCOMPARE(
        post("INSERT INTO c VALUES [{'Id':'1'},{'Id':'2'},{'Id':'3'}]", R"("Atomic":false)").status,
        200);
    const HttpAnswer refused = post("DELETE FROM c");
    QCOMPARE(refused.status, 413);
    QVERIFY2(refused.body.contains("would write 3 documents"), refused.body.constData());
    QCOMPARE(countOf(post("SELECT $ FROM c"), "ReturnedRows"), 3);
    QCOMPARE(countOf(post("DELETE FROM c", R"("Take":2)"), "AppliedCount"), 2);
    QCOMPARE(countOf(post("DELETE FROM c"), "AppliedCount"), 1);
}

void TestHttpQuery::takeBoundsWrites()
{
    QCOMPARE(ask("INSERT INTO c VALUES [{'Id':'1'},{'Id':'2'},{'Id':'3'}]").status, 200);
    const HttpAnswer answer = ask("UPDATE c SET n = 1", R"("Take":2)");
    QCOMPARE(countOf(answer, "RequestedTake"), 2);
    QCOMPARE(countOf(answer, "MatchedCount"), 3);
    QCOMPARE(countOf(answer, "AppliedCount"), 2);
    QCOMPARE(countOf(answer, "ReturnedRows"), 2);
    QCOMPARE(rows("SELECT Id FROM c WHERE n = 1"), QByteArray(R"([{"Id":"1"},{"Id":"2"}])"));
}

void TestHttpQuery::writesInGroups()
{
    constexpr int kCount = 12'000;
    QByteArrayList documents;
    for (int i = 0; i < kCount; ++i) {
        documents.append(
            "{\"Id\":\"" + QByteArray::number(i) + "\",\"n\":" + QByteArray::number(i % 2) + '}');
    }
    const QByteArray insert = "INSERT INTO c VALUES [" + documents.join(',') + ']';
    QCOMPARE(ask(insert).status, 413);
    QCOMPARE(countOf(ask(insert, R"("Atomic":false)"), "AppliedCount"), kCount);
    QCOMPARE(ask("UPDATE c SET n = n + 2").status, 413);
    const HttpAnswer half = ask("UPDATE c SET n = n + 2 WHERE n = 1", R"("Atomic":false)");
    QCOMPARE(countOf(half, "MatchedCount"), kCount / 2);
    QCOMPARE(countOf(half, "AppliedCount"), kCount / 2);
    QCOMPARE(rows("SELECT n, COUNT(*) AS k FROM c GROUP BY n").isEmpty(), false);
    QCOMPARE(rows("SELECT COUNT(*) AS k FROM c WHERE n = 3"), QByteArray(R"([{"k":6000}])"));
    const HttpAnswer some = ask("DELETE FROM c", R"("Atomic":false,"Take":100)");
    QCOMPARE(countOf(some, "MatchedCount"), kCount);
    QCOMPARE(countOf(some, "AppliedCount"), 100);
    QCOMPARE(countOf(ask("DELETE FROM c", R"("Atomic":false)"), "AppliedCount"), kCount - 100);
    QCOMPARE(
        countOf(ask("UPDATE c SET n = 1 WHERE Id = '1'", R"("Atomic":false)"), "AppliedCount"), 0);
}

void TestHttpQuery::deletes()
{
    put("a", R"({"Id":"a","n":1})");
    put("b", R"({"Id":"b","n":2})");
    const QByteArray gone = rows("DELETE FROM c WHERE n = 1");
    QVERIFY2(gone.startsWith(R"([{"operation":"DELETE","collection":"c","id":"a","version":")")
            && gone.endsWith(R"(","isDeleted":true}])"),
        gone.constData());
    QCOMPARE(m_node.ask(m_database, "GET", "/api/documents/c/a").status, 404);
    QCOMPARE(countOf(ask("DELETE FROM c WHERE $_id = 'B'"), "AppliedCount"), 1);
    QCOMPARE(countOf(ask("DELETE FROM nothere"), "AppliedCount"), 0);
}

QTEST_GUILESS_MAIN(TestHttpQuery)
#include "tst_http_query.moc"
