#include "core/clock.h"
#include "core/random.h"
#include "memory_catalog.h"
#include "query/extended_json.h"
#include "query/parser.h"
#include "random_values.h"

#include <QTest>

using namespace driftless;
using namespace driftless::query;

namespace {

const char *const kIndexes[] = {"CREATE INDEX ia ON c (a)",
    "CREATE INDEX iab ON c ([a, b])",
    "CREATE INDEX isab ON c ([s, a, b])",
    "CREATE INDEX it ON c (t[*])",
    "CREATE INDEX ii ON c (ITEMS(u))",
    "CREATE INDEX ix ON c (t[*].x)",
    "CREATE INDEX il ON c (LENGTH(t))",
    "CREATE INDEX iw ON c (s)"};

template <typename T, std::size_t count> T pick(std::mt19937 &random, const T (&list)[count])
{
    return list[random() % count];
}

QByteArray randomLiteral(std::mt19937 &random)
{
    static const char *const literals[] = {"0",
        "1",
        "2",
        "1.0",
        "1.5",
        "-1",
        "null",
        "true",
        "'a'",
        "'B'",
        "'ab'",
        "''",
        "[1]",
        "{x: 1}",
        "{$numberLong: '2'}",
        "{$numberDecimal: '1.00'}",
        "{$numberDouble: 'NaN'}",
        "{$minValue: '1'}",
        "{$maxValue: '1'}",
        "@p"};
    return pick(random, literals);
}

QByteArray randomTerm(std::mt19937 &random)
{
    static const char *const subjects[] = {"a", "$.A", "b", "s", "_id", "LENGTH(t)", "[a, b]"};
    static const char *const sequences[] = {"t[*]", "u", "t[*].x", "ITEMS(u)", "t"};
    static const char *const operators[] = {"=", "=", "=", "!=", "<", "<=", ">", ">="};
    static const char *const patterns[]
        = {"'a%'", "'B%'", "'%a'", "'a_'", "'ab'", "''", "5", "'A%b'"};
    const QByteArray any = random() % 4 == 0
        ? QByteArray(pick(random, sequences)) + (random() % 4 != 0 ? " ANY" : " ALL")
        : QByteArray();
    const QByteArray subject = any.isEmpty() ? QByteArray(pick(random, subjects)) : any;
    switch (random() % 7) {
    case 0:
        return subject + " IN [" + randomLiteral(random) + ", " + randomLiteral(random) + ", "
            + randomLiteral(random) + ']';
    case 1:
        return subject + " BETWEEN " + randomLiteral(random) + " AND " + randomLiteral(random);
    case 2:
        return subject + " LIKE " + pick(random, patterns);
    case 3:
        return any.isEmpty() ? randomLiteral(random) + ' ' + pick(random, operators) + ' ' + subject
                             : subject + " = 1";
    default:
        return subject + ' ' + pick(random, operators) + ' ' + randomLiteral(random);
    }
}

QByteArray randomCondition(std::mt19937 &random)
{
    QByteArray condition;
    for (auto i = random() % 3; i > 0; --i) {
        condition += randomTerm(random) + (random() % 8 == 0 ? " OR " : " AND ");
    }
    return condition + randomTerm(random);
}

QByteArray randomSelect(std::mt19937 &random)
{
    static const char *const lists[] = {"SELECT $",
        "SELECT _id, a",
        "SELECT COUNT(*)",
        "SELECT COUNT(*), MAX(*.a), FIRST(*._id)",
        "SELECT DISTINCT s",
        "SELECT a, s"};
    static const char *const orders[] = {" ORDER BY a",
        " ORDER BY a DESC",
        " ORDER BY a, b",
        " ORDER BY a DESC, b DESC",
        " ORDER BY a, b DESC",
        " ORDER BY s, a, b",
        " ORDER BY _id",
        " ORDER BY _id DESC",
        " ORDER BY LENGTH(t)",
        " ORDER BY b",
        " ORDER BY s"};
    QByteArray text = QByteArray(pick(random, lists)) + " FROM c";
    const bool hasWhere = random() % 8 != 0;
    text += hasWhere ? " WHERE " + randomCondition(random) : QByteArray();
    if (!text.contains("(*)") && random() % 10 == 0) {
        return "SELECT @key AS k, COUNT(*) AS n, FIRST(*._id) AS f FROM c"
            + (hasWhere ? text.mid(text.indexOf(" WHERE")) : QByteArray()) + " GROUP BY a";
    }
    text += random() % 2 == 0 ? pick(random, orders) : "";
    text += random() % 3 == 0 ? " LIMIT " + QByteArray::number(static_cast<int>(random() % 5))
                              : QByteArray();
    text += random() % 6 == 0 ? " OFFSET 1" : "";
    return text;
}

Value randomScalar(std::mt19937 &random)
{
    return parseJson(randomLiteral(random).replace("@p", "7")).value();
}

Value randomDocument(std::mt19937 &random, int id)
{
    Document document;
    document.set("_id",
        random() % 3 == 0 ? Value::string(
            QByteArray(1, static_cast<char>('a' + id % 26)) + QByteArray::number(id))
                          : Value::int32(id));
    for (const char *name : {"a", "b", "s"}) {
        if (random() % 4 != 0) {
            document.set(name, randomScalar(random));
        }
    }
    for (const char *name : {"t", "U"}) {
        Array elements;
        for (auto i = random() % 4; i > 0; --i) {
            Document element;
            element.set("x", randomScalar(random));
            elements.push_back(random() % 2 == 0 ? Value::document(element) : randomScalar(random));
        }
        if (random() % 4 != 0) {
            document.set(
                name, random() % 4 == 0 ? randomScalar(random) : Value::array(std::move(elements)));
        }
    }
    return Value::document(std::move(document));
}

} // namespace

/// Whatever plan is chosen, the answer is that of reading everything; and which plan is.
class TestQueryPlanner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void indexesChangeNoAnswer();
    void indexesChangeNoWrite();
    void choosesPlans_data();
    void choosesPlans();
    void readsFewDocuments_data();
    void readsFewDocuments();
    void failsWithAnIndexAsWithout();
    void keepsUniqueKeys();
    void explainsSteps();

private:
    QByteArray run(MemoryCatalog &catalog, const QByteArray &text);

    SystemClock m_clock;
    SystemRandom m_random;
    Services m_services {m_clock, m_random};
    std::unique_ptr<MemoryCatalog> m_plain;
    std::unique_ptr<MemoryCatalog> m_indexed;
};

void TestQueryPlanner::init()
{
    m_plain = std::make_unique<MemoryCatalog>(m_services);
    m_indexed = std::make_unique<MemoryCatalog>(m_services);
    m_plain->create("c");
    m_indexed->create("c");
}

/// The rows or the changes, one a line.
QByteArray TestQueryPlanner::run(MemoryCatalog &catalog, const QByteArray &text)
{
    const auto statement = parseStatement(text);
    if (!statement) {
        return "syntax: " + statement.error().message;
    }
    Parameters parameters;
    parameters.set("p", Value::int32(7));
    const Context context {catalog, parameters, m_services};
    QByteArrayList lines;
    if (const auto *select = std::get_if<Select>(&*statement)) {
        const auto done = runSelect(*select, context, [&lines](const Value &row) -> Result<bool> {
            lines += toExtendedJson(row);
            return true;
        });
        return done ? lines.join('\n') : "error: " + done.error().message;
    }
    if (const auto *create = std::get_if<CreateIndex>(&*statement)) {
        const auto done = catalog.createIndex(*create);
        return done ? QByteArrayLiteral("done") : "error: " + done.error().message;
    }
    if (const auto *drop = std::get_if<DropIndex>(&*statement)) {
        return catalog.dropIndex(*drop) ? QByteArrayLiteral("done") : QByteArrayLiteral("error");
    }
    const auto *insert = std::get_if<Insert>(&*statement);
    const auto *update = std::get_if<Update>(&*statement);
    const auto changes = insert != nullptr ? evaluateInsert(*insert, context)
        : update != nullptr                ? evaluateUpdate(*update, context)
                                           : evaluateDelete(std::get<Delete>(*statement), context);
    if (!changes) {
        return "error: " + changes.error().message;
    }
    for (const Change &change : *changes) {
        QByteArray line = toExtendedJson(change.id);
        for (const MemberChange &member : change.members) {
            line += ' ' + member.name + '=' + toExtendedJson(member.value);
        }
        lines += line;
    }
    return lines.join('\n');
}

void TestQueryPlanner::indexesChangeNoAnswer()
{
    std::mt19937 random(31);
    int planned = 0;
    for (int round = 0; round < 60; ++round) {
        init();
        for (int id = 0; id < 25; ++id) {
            const Value document = randomDocument(random, id);
            m_plain->put("c", document);
            m_indexed->put("c", document);
        }
        for (const char *index : kIndexes) {
            if (random() % 3 != 0) {
                QCOMPARE(run(*m_indexed, index), QByteArray("done"));
            }
        }
        for (int i = 0; i < 100; ++i) {
            const QByteArray text = randomSelect(random);
            const QByteArray expected = run(*m_plain, text);
            QVERIFY2(!expected.startsWith("syntax"), (text + '\n' + expected).constData());
            QVERIFY2(run(*m_indexed, text) == expected,
                (text + '\n' + run(*m_indexed, "EXPLAIN " + text) + '\n' + run(*m_indexed, text)
                    + "\ninstead of\n" + expected)
                    .constData());
            planned += run(*m_indexed, "EXPLAIN " + text).contains("with index") ? 1 : 0;
        }
    }
    QVERIFY2(planned > 1000, QByteArray::number(planned).constData());
}

void TestQueryPlanner::indexesChangeNoWrite()
{
    std::mt19937 random(32);
    for (int id = 0; id < 40; ++id) {
        const Value document = randomDocument(random, id);
        m_plain->put("c", document);
        m_indexed->put("c", document);
    }
    for (const char *index : kIndexes) {
        QCOMPARE(run(*m_indexed, index), QByteArray("done"));
    }
    for (int i = 0; i < 500; ++i) {
        const QByteArray where = " WHERE " + randomCondition(random);
        for (const QByteArray &text : {"UPDATE c SET n = a, s = 'z'" + where, "DELETE c" + where}) {
            QCOMPARE(run(*m_indexed, text), run(*m_plain, text));
        }
    }
}

void TestQueryPlanner::choosesPlans_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("sentence");
    const auto row = [](const char *text, const char *sentence) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(sentence);
    };
    row("SELECT $ FROM c", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE b != 1", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE b = 3", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE A = 3", "Reads 10 of 100 documents with index ia.");
    row("SELECT $ FROM c WHERE a = 3 AND b = 1", "Reads 2 of 100 documents with index iab.");
    row("SELECT $ FROM c WHERE a = 3 AND b > 1 AND b <= 3",
        "Reads 4 of 100 documents with index iab.");
    row("SELECT $ FROM c WHERE 8 < a", "Reads 10 of 100 documents with index ia.");
    row("SELECT $ FROM c WHERE a BETWEEN 2 AND 3", "Reads 20 of 100 documents with index ia.");
    row("SELECT $ FROM c WHERE a IN [1, 1.0, 3, 77]", "Reads 20 of 100 documents with index ia.");
    row("SELECT $ FROM c WHERE a = 1 AND a = 2", "Reads 0 of 100 documents with index ia.");
    row("SELECT $ FROM c WHERE a > 1 OR b = 2", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE s LIKE 'name 1%'", "Reads 11 of 100 documents with index is.");
    row("SELECT $ FROM c WHERE s LIKE '%1'", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE s = 'NAME 7'", "Reads 1 of 100 documents with index is.");
    row("SELECT $ FROM c WHERE s = 'name ' + STRING(7)", "Reads 1 of 100 documents with index is.");
    row("SELECT $ FROM c WHERE s = s2", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE a < RANDOM()", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE t[*] ANY = 5", "Reads 20 of 100 documents with index it.");
    row("SELECT $ FROM c WHERE t[*] ANY IN [5, 6]", "Reads 30 of 100 documents with index it.");
    row("SELECT $ FROM c WHERE t[*] ALL = 5", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE t ANY = 5", "Reads all 100 documents.");
    row("SELECT $ FROM c WHERE _id = 7 AND a = 3",
        "Reads at most 1 of 100 documents by their ids.");
    row("SELECT $ FROM c WHERE _id IN [7, 8, 7]", "Reads at most 2 of 100 documents by their ids.");
    row("SELECT $ FROM c WHERE _id > 90", "Reads a range of 100 documents by their ids.");
    row("SELECT 1", "Reads no documents.");
    row("SELECT name FROM $cols", "Reads all documents.");
}

void TestQueryPlanner::choosesPlans()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, sentence);
    for (int id = 0; id < 100; ++id) {
        const QByteArray number = QByteArray::number(id);
        const QByteArray document = "{_id: " + number + ", a: " + QByteArray::number(id % 10)
            + ", b: " + QByteArray::number(id / 10 % 5) + ", s: 'Name " + number + "', t: ["
            + QByteArray::number(id % 10) + ", " + QByteArray::number(id % 10 + 1) + "]}";
        m_indexed->put("c", *parseJson(document));
    }
    for (const char *index : {"CREATE INDEX ia ON c (a)",
             "CREATE INDEX iab ON c ([a, b])",
             "CREATE UNIQUE INDEX is ON c (s)",
             "CREATE INDEX it ON c (t[*])"}) {
        QCOMPARE(run(*m_indexed, index), QByteArray("done"));
    }
    const QByteArray plan = run(*m_indexed, "EXPLAIN " + text);
    if (text.contains("$cols")) {
        QVERIFY(plan.contains("scan"));
        return;
    }
    QCOMPARE(plan.split('\n').front(), "{\"plan\":\"" + sentence + "\"}");
}

void TestQueryPlanner::readsFewDocuments_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("atMost");
    const auto row
        = [](const char *text, int atMost) { QTest::newRow(text) << QByteArray(text) << atMost; };
    row("SELECT $ FROM c WHERE a = 3", 10);
    row("SELECT $ FROM c WHERE a > 3 LIMIT 2", 62); // the ids of 60, then two documents
    row("SELECT $ FROM c ORDER BY a LIMIT 3", 3);
    row("SELECT $ FROM c ORDER BY a DESC LIMIT 3", 3);
    row("SELECT $ FROM c WHERE a > 3 ORDER BY a LIMIT 3", 3);
    row("SELECT $ FROM c WHERE a = 3 ORDER BY b LIMIT 1", 1);
    row("SELECT COUNT(*) FROM c", 0);
    row("SELECT $ FROM c WHERE _id = 5", 1);
    row("SELECT $ FROM c WHERE _id >= 95 AND _id < 97", 3);
    row("UPDATE c SET b = 1 WHERE a = 3 AND b = 2", 2);
}

void TestQueryPlanner::readsFewDocuments()
{
    QFETCH(QByteArray, text);
    QFETCH(int, atMost);
    for (int id = 0; id < 100; ++id) {
        m_indexed->put("c",
            *parseJson("{_id: " + QByteArray::number(id) + ", a: " + QByteArray::number(id % 10)
                + ", b: " + QByteArray::number(id / 10 % 5) + '}'));
    }
    run(*m_indexed, "CREATE INDEX ia ON c (a)");
    run(*m_indexed, "CREATE INDEX iab ON c ([a, b])");
    const QByteArray answer = run(*m_indexed, text);
    QVERIFY2(!answer.startsWith("error") && !answer.isEmpty(), answer.constData());
    QVERIFY2(m_indexed->documentsRead() <= atMost,
        QByteArray::number(static_cast<int>(m_indexed->documentsRead())).constData());
}

void TestQueryPlanner::failsWithAnIndexAsWithout()
{
    for (const auto &catalog : {m_plain.get(), m_indexed.get()}) {
        catalog->put("c", *parseJson("{_id: 1, a: 5}"));
        catalog->put("c", *parseJson("{_id: 2, a: 0}"));
    }
    QCOMPARE(run(*m_indexed, "CREATE INDEX i ON c (10 % a)"), QByteArray("done"));
    for (const char *text :
        {"SELECT _id FROM c WHERE 10 % a = 3", "SELECT _id FROM c ORDER BY 10 % a LIMIT 1"}) {
        QVERIFY(run(*m_plain, text).startsWith("error"));
        QCOMPARE(run(*m_indexed, text), run(*m_plain, text));
    }
    QCOMPARE(run(*m_indexed, "DELETE c WHERE _id = 2"), QByteArray("2"));
    // Of a compound index one column may fail while another one is what is asked for.
    QCOMPARE(run(*m_indexed, "DROP INDEX c.i"), QByteArray("done"));
    QCOMPARE(run(*m_indexed, "CREATE INDEX i ON c ([a, 10 % a])"), QByteArray("done"));
    for (const char *text : {"SELECT _id FROM c WHERE a = 0", "SELECT _id FROM c WHERE a < 9"}) {
        QVERIFY(run(*m_indexed, "EXPLAIN " + QByteArray(text)).contains("index i"));
        QCOMPARE(run(*m_indexed, text), run(*m_plain, text));
    }
}

void TestQueryPlanner::keepsUniqueKeys()
{
    run(*m_indexed, "CREATE UNIQUE INDEX u ON c (n)");
    m_indexed->put("c", *parseJson("{_id: 1, n: 1}"));
    m_indexed->put("c", *parseJson("{_id: 2, n: 2}"));
    QVERIFY(run(*m_indexed, "INSERT INTO c VALUES {_id: 3, n: 2.0}").startsWith("error"));
    QVERIFY(
        run(*m_indexed, "INSERT INTO c VALUES {_id: 3, n: 3}, {_id: 4, n: 3}").startsWith("error"));
    QVERIFY(
        run(*m_indexed, "INSERT INTO c VALUES {_id: 3}, {_id: 4, n: null}").startsWith("error"));
    QCOMPARE(run(*m_indexed, "INSERT INTO c VALUES {_id: 3, n: 3}"), QByteArray("3"));
    QVERIFY(run(*m_indexed, "UPDATE c SET n = 1 WHERE _id = 2").startsWith("error"));
    QVERIFY(run(*m_indexed, "UPDATE c SET x = 1").startsWith("1"));
    // The documents that are written make room for each other.
    QCOMPARE(run(*m_indexed, "UPDATE c SET n = n + 1"), QByteArray("1 n=2\n2 n=3"));
}

void TestQueryPlanner::explainsSteps()
{
    m_indexed->put("c", *parseJson("{_id: 1, a: 1}"));
    run(*m_indexed, "CREATE INDEX ia ON c (a)");
    QCOMPARE(run(*m_indexed,
                 "EXPLAIN SELECT DISTINCT b FROM c INCLUDE d WHERE a > 0 AND b = 1 ORDER BY a DESC "
                 "LIMIT 2 OFFSET 1"),
        QByteArray(R"({"plan":"Reads 1 of 1 document with index ia."}
{"step":1,"action":"index","what":"ia on $.a"}
{"step":2,"action":"filter","what":"$.a>0 AND $.b=1"}
{"step":3,"action":"include","what":"$.d"}
{"step":4,"action":"already in order","what":"$.a DESC"}
{"step":5,"action":"distinct","what":"rows"}
{"step":6,"action":"offset","what":"1"}
{"step":7,"action":"limit","what":"2"})"));
    // What INCLUDE exchanges is no longer what the index knows.
    QVERIFY(run(*m_indexed, "EXPLAIN SELECT b FROM c INCLUDE a WHERE a > 0").contains("scan"));
}

QTEST_APPLESS_MAIN(TestQueryPlanner)
#include "tst_query_planner.moc"
