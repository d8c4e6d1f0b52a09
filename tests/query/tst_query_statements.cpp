#include "core/clock.h"
#include "core/random.h"
#include "memory_catalog.h"
#include "query/extended_json.h"
#include "query/parser.h"

#include <QTest>

using namespace driftless;
using namespace driftless::query;

/// Statements over collections in memory: rows, and the lists of what to write.
class TestQueryStatements : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void selects_data();
    void selects();
    void refuses_data();
    void refuses();
    void stopsWhenTheVisitorDoes();
    void writes_data();
    void writes();
    void writesNothingAfterAnError();

private:
    QByteArray run(const QByteArray &text);
    Result<QByteArray> rows(const Select &select, const Context &context) const;

    SystemClock m_clock;
    SystemRandom m_random;
    Services m_services {m_clock, m_random};
    std::unique_ptr<MemoryCatalog> m_catalog;
};

void TestQueryStatements::init()
{
    m_catalog = std::make_unique<MemoryCatalog>(m_services);
    for (const char *document : {"{_id: 3, site: 'B', day: 'mon', qty: 1}",
             "{_id: 1, site: 'a', day: 'mon', qty: 5, of: {$id: 1, $ref: 'people'}}",
             "{_id: 2, site: 'A', day: 'tue', qty: 2, of: {$id: 9, $ref: 'people'}}",
             "{_id: 4, site: 'b', day: 'mon'}"}) {
        m_catalog->put("sales", *parseJson(document));
    }
    m_catalog->put("people", *parseJson("{_id: 1, name: 'Ana'}"));
}

Result<QByteArray> TestQueryStatements::rows(const Select &select, const Context &context) const
{
    QByteArrayList all;
    DRIFTLESS_TRY(runSelect(select, context, [&all](const Value &row) -> Result<bool> {
        all += toExtendedJson(row);
        return true;
    }));
    return all.join(' ');
}

/// The rows, the changes, or "error".
QByteArray TestQueryStatements::run(const QByteArray &text)
{
    const auto statement = parseStatement(text);
    if (!statement) {
        return "error";
    }
    Parameters parameters;
    parameters.set("lo", Value::int32(2));
    const Context context {*m_catalog, parameters, m_services};
    if (const auto *select = std::get_if<Select>(&*statement)) {
        const auto answered = rows(*select, context);
        return answered ? *answered : "error";
    }
    const auto *insert = std::get_if<Insert>(&*statement);
    const auto *update = std::get_if<Update>(&*statement);
    const auto *remove = std::get_if<Delete>(&*statement);
    const auto changes = insert != nullptr ? evaluateInsert(*insert, context)
        : update != nullptr                ? evaluateUpdate(*update, context)
        : remove != nullptr                ? evaluateDelete(*remove, context)
                                           : Result<std::vector<Change>>(Error {});
    if (!changes) {
        return "error";
    }
    QByteArrayList all;
    for (const Change &change : *changes) {
        switch (change.kind) {
        case ChangeKind::Insert:
            all += '+' + toExtendedJson(change.document);
            break;
        case ChangeKind::Replace: {
            QByteArrayList members;
            for (const MemberChange &member : change.members) {
                members += member.name + '=' + toExtendedJson(member.value)
                    + (member.addend ? " by " + toExtendedJson(*member.addend) : QByteArray());
            }
            all += toExtendedJson(change.id) + ": " + members.join(", ");
            break;
        }
        case ChangeKind::Remove:
            all += '-' + toExtendedJson(change.id);
        }
    }
    return all.join(' ');
}

void TestQueryStatements::selects_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("answer");
    const auto row = [](const char *text, const char *answer) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(answer);
    };
    row("SELECT _id FROM SALES", R"({"_id":1} {"_id":2} {"_id":3} {"_id":4})");
    row("SELECT _id FROM sales WHERE qty >= @lo", R"({"_id":1} {"_id":2})");
    row("SELECT _id FROM sales ORDER BY site, qty DESC",
        R"({"_id":1} {"_id":2} {"_id":3} {"_id":4})");
    row("SELECT _id, qty * -1 AS q FROM sales ORDER BY q LIMIT 2 OFFSET 1",
        R"({"_id":1,"q":-5} {"_id":2,"q":-2})");
    row("SELECT TOP 1 $ FROM people", R"({"_id":1,"name":"Ana"})");
    row("SELECT DISTINCT site FROM sales", R"({"site":"a"} {"site":"B"})");
    row("SELECT DISTINCT day FROM sales LIMIT 1 OFFSET 1", R"({"day":"tue"})");
    row("SELECT COUNT(*), SUM(*.qty) FROM sales", R"({"expr":4,"qty":8})");
    row("SELECT COUNT(*) AS n FROM nothing", R"({"n":0})");
    row("SELECT a FROM nothing", "");
    row("SELECT @key AS k, COUNT(*) AS n FROM sales GROUP BY site",
        R"({"k":"a","n":2} {"k":"B","n":2})");
    row("SELECT @key AS k FROM sales GROUP BY site HAVING SUM(*.qty) > 3", R"({"k":"a"})");
    row("SELECT site, day, COUNT(*) AS n FROM sales GROUP BY site, day ORDER BY n DESC, day",
        R"({"site":"B","day":"mon","n":2} {"site":"a","day":"mon","n":1} {"site":"A","day":"tue","n":1})");
    row("SELECT of FROM sales INCLUDE of WHERE of.name = 'ANA'",
        R"({"of":{"$id":1,"name":"Ana"}})");
    row("SELECT of FROM sales INCLUDE of WHERE _id = 2",
        R"({"of":{"$id":9,"$ref":"people","$missing":true}})");
    row("SELECT 1 + 1", R"({"expr":2})");
    row("SELECT {a: 1} FROM people", R"({"a":1})");
    row("SELECT name, NAME AS name FROM people", R"({"name":"Ana","name1":"Ana"})");
}

void TestQueryStatements::selects()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, answer);
    QCOMPARE(run(text), answer);
}

void TestQueryStatements::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"SELECT COUNT(*), site FROM sales",
             "SELECT site FROM sales GROUP BY site",
             "SELECT $ FROM sales GROUP BY site",
             "SELECT @key FROM sales GROUP BY site HAVING qty > 1",
             "SELECT @key FROM sales GROUP BY site ORDER BY qty",
             "SELECT name FROM $dump",
             "CREATE INDEX i ON sales (site)",
             "DROP INDEX sales.i"}) {
        QTest::newRow(text) << QByteArray(text);
    }
}

void TestQueryStatements::refuses()
{
    QFETCH(QByteArray, text);
    QCOMPARE(run(text), QByteArray("error"));
}

void TestQueryStatements::stopsWhenTheVisitorDoes()
{
    const auto statement = parseStatement("SELECT _id FROM sales");
    const Parameters parameters;
    const Context context {*m_catalog, parameters, m_services};
    int seen = 0;
    QVERIFY(
        runSelect(std::get<Select>(*statement), context, [&seen](const Value &) -> Result<bool> {
            return ++seen < 2;
        }).isOk());
    QCOMPARE(seen, 2);
}

void TestQueryStatements::writes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("changes");
    const auto row = [](const char *text, const char *changes) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(changes);
    };
    row("INSERT INTO people VALUES {a: 1, _id: 5}, [{_id: 6}]", R"(+{"_id":5,"a":1} +{"_id":6})");
    row("INSERT INTO people:INT VALUES {}, {_id: 7.6}, {}",
        R"(+{"_id":2} +{"_id":7.6} +{"_id":9})");
    row("UPDATE people SET name = UPPER(name), old = name", R"(1: name="ANA", old="Ana")");
    row("UPDATE people SET {a: 1}", "1: a=1");
    row("UPDATE people SET x.y = 1, x.z = 2", R"(1: x={"y":1,"z":2})");
    row("UPDATE people SET {$date: '2024-01-01'}", "error");
    row("UPDATE people SET _ID = 1.0, a = 1, A = 2", "1: _ID=1.0, a=2");
    row("UPDATE sales SET qty = qty - 2",
        "1: qty=3 by -2 2: qty=0 by -2 3: qty=-1 by -2 4: qty=null");
    row("UPDATE sales SET {QTY: @lo * 2 + qty} WHERE _id = 1", "1: QTY=9 by 4");
    row("UPDATE sales SET qty = qty + 1, qty = 5 WHERE _id = 1", "1: qty=5");
    row("UPDATE sales SET qty = 5 - qty, n = qty + 1 WHERE _id = 1", "1: qty=0, n=6");
    row("UPDATE sales SET site = site + 1 WHERE _id = 1", R"(1: site="a1")");
    row("UPDATE people SET a = 1 WHERE name = 'nobody'", "");
    row("UPDATE nothing SET a = 1", "");
    row("UPDATE people SET name.first = 1", "error");
    row("UPDATE people SET _id = 2", "error");
    row("DELETE sales WHERE qty > 1", "-1 -2");
    row("DELETE FROM people", "-1");
    row("INSERT INTO people VALUES {_id: 1.0}", "error");
    row("INSERT INTO people VALUES {_id: 'k'}, {_id: 'K'}", "error");
    row("INSERT INTO people VALUES {_id: null}", "error");
}

void TestQueryStatements::writes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, changes);
    QCOMPARE(run(text), changes);
}

void TestQueryStatements::writesNothingAfterAnError()
{
    // The third document fails; the list is all or nothing.
    QCOMPARE(
        run("UPDATE sales SET a = 6 / 1 WHERE IIF(_id = 3, 5 % 0, 1) = 1"), QByteArray("error"));
}

QTEST_APPLESS_MAIN(TestQueryStatements)
#include "tst_query_statements.moc"
