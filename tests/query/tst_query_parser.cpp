#include "query/function_table.h"
#include "query/parser.h"
#include "query/printer.h"
#include "random_statement.h"
#include "same_statement.h"

#include <QTest>

#include <random>
#include <set>

using namespace driftless;
using namespace driftless::query;

/// Printing a tree and reading it again gives the same tree; what is no statement is refused where
/// it stops being one.
class TestQueryParser : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatItPrints();
    void readsPrintedStatements_data();
    void readsPrintedStatements();
    void groupsByLevel_data();
    void groupsByLevel();
    void refuses_data();
    void refuses();
    void pointsAtTheToken();
    void holdsTheDepth();
    void holdsTheNumberOfParts();
    void knowsEveryFunctionOnce();
};

void TestQueryParser::readsWhatItPrints()
{
    // Beside the same ones of every run some that nobody has seen yet.
    for (const std::uint64_t seed : {std::uint64_t {11}, std::uint64_t {std::random_device()()}}) {
        RandomStatement texts(seed);
        for (int i = 0; i < 4'000; ++i) {
            const QByteArray where
                = "seed " + QByteArray::number(static_cast<qulonglong>(seed)) + ": ";
            const QByteArray text = i % 4 > 0 ? texts.statement() : "SELECT " + texts.scalar(5);
            const auto parsed = parseStatement(text);
            QVERIFY2(parsed.isOk(),
                (where + text + '\n' + (parsed ? "" : parsed.error().message)).constData());
            const QByteArray printed = print(*parsed);
            const auto again = parseStatement(printed);
            QVERIFY2(again.isOk(),
                (where + text + '\n' + printed + '\n' + (again ? "" : again.error().message))
                    .constData());
            QVERIFY2(
                areSameStatements(*parsed, *again), (where + text + '\n' + printed).constData());
            QCOMPARE(print(*again), printed);
        }
    }
}

void TestQueryParser::readsPrintedStatements_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("printed");
    const auto row = [](const char *text, const char *printed) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(printed);
    };
    row("select name n, 1+1 FROM c;", "SELECT $.name AS n,1+1 FROM c");
    row("SELECT DISTINCT TOP 5 a FROM c", "SELECT DISTINCT TOP 5 $.a FROM c");
    row("SELECT from FROM c", "SELECT $.from FROM c");
    row("EXPLAIN SELECT COUNT(*) FROM c", "EXPLAIN SELECT COUNT(*) FROM c");
    row("select a from c include b where a = 1 group by x, y having count(*) > 1 order by z desc, "
        "w "
        "limit 3 offset 4 for update",
        "SELECT $.a FROM c INCLUDE $.b WHERE $.a=1 GROUP BY $.x,$.y HAVING COUNT(*)>1 ORDER BY $.z "
        "DESC,$.w LIMIT 3 OFFSET 4 FOR UPDATE");
    row("select a[*].b from c -- all\n", "SELECT MAP($.a[*]=>@.b) FROM c");
    row("insert into c values {a: 1}, [{b: 2.0}]",
        R"(INSERT INTO c:OBJECTID VALUES {"a":1},{"b":2.0})");
    row("insert into c:long values {}", "INSERT INTO c:LONG VALUES {}");
    row("update c set a = 1, b.'c d' = a where a is null",
        R"(UPDATE c SET a=1,b."c d"=$.a WHERE $.a=null)");
    row("update c set {a: 1}", "UPDATE c SET {a:1}");
    row("delete from c where a <> 1", "DELETE c WHERE $.a!=1");
    row("create unique index i on c (LOWER(a))", "CREATE UNIQUE INDEX i ON c (LOWER($.a))");
    row("drop index c.i", "DROP INDEX c.i");
}

void TestQueryParser::readsPrintedStatements()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, printed);
    const auto parsed = parseStatement(text);
    QVERIFY2(parsed.isOk(), parsed ? "" : parsed.error().message.constData());
    QCOMPARE(print(*parsed), printed);
    const auto again = parseStatement(printed);
    QVERIFY2(again.isOk(), again ? "" : again.error().message.constData());
    QCOMPARE(print(*again), printed);
}

void TestQueryParser::groupsByLevel_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("grouped");
    const auto row = [](const char *text, const char *grouped) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(grouped);
    };
    row("10 - 2 + 3", "10-(2+3)");
    row("10 - 2 - 3", "(10-2)-3");
    row("8 * 2 / 4", "8*(2/4)");
    row("1 = 1 > 0", "1=(1>0)");
    row("NOT a = 1 AND b = 2", "(NOT (a=1)) AND (b=2)");
    row("a = 1 OR b = 2 AND c = 3", "(a=1) OR ((b=2) AND (c=3))");
    row("x IN (1, 2)", "x IN [1,2]");
    row("x IN ('a')", "x IN 'a'");
    row("5--3", "5");
}

void TestQueryParser::groupsByLevel()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, grouped);
    const auto left = parseExpression(text);
    const auto right = parseExpression(grouped);
    QVERIFY(left && right);
    QVERIFY2(areEqual(**left, **right), print(**left).constData());
}

void TestQueryParser::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"",
             "SELECT",
             "SELECT FROM c",
             "SELECT a FROM c; SELECT b FROM c",
             "SELECT a FROM c WHERE",
             "SELECT a FROM c WHERE a",
             "SELECT a FROM c WHERE 'unfinished",
             "SELECT a INTO b FROM c",
             "SELECT a FROM $file('x')",
             "SELECT TOP 1 a FROM c LIMIT 1",
             "SELECT a FROM c OFFSET 1 LIMIT 1",
             "SELECT a FROM c LIMIT 99999999999",
             "SELECT NOSUCH(1)",
             "SELECT UPPER()",
             "SELECT a[*] + 1 FROM c",
             "SELECT 5 = a[*] FROM c",
             "SELECT x BETWEEN 1 AND 2 + 3 FROM c",
             "SELECT - 5",
             "SELECT a..b FROM c",
             "SELECT 99999999999999999999",
             "UPDATE c SET",
             "UPDATE c SET a == 1",
             "INSERT INTO c VALUES 5",
             "INSERT INTO c VALUES {d: {$date: '2024-02-30'}}",
             "INSERT INTO $cols VALUES {}",
             "DELETE",
             "CREATE INDEX i ON c (NOW())",
             "CREATE INDEX $i ON c (a)",
             "PRAGMA user_version",
             "BEGIN",
             "SELECT \xff"}) {
        QTest::newRow(text) << QByteArray(text);
    }
}

void TestQueryParser::refuses()
{
    QFETCH(QByteArray, text);
    QVERIFY(!parseStatement(text));
}

void TestQueryParser::pointsAtTheToken()
{
    const auto parsed = parseStatement("SELECT \xc3\xa4\nFROM c WHERE x = = 1");
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().message,
        QByteArray("Expected an expression. At '=', line 2, column 18.\n"
                   "FROM c WHERE x = = 1\n"
                   "                 ^"));
}

void TestQueryParser::holdsTheDepth()
{
    const auto nested
        = [](int depth) { return QByteArray(depth, '(') + '1' + QByteArray(depth, ')'); };
    QVERIFY(parseExpression(nested(kQueryDepthMax - 1)).isOk());
    QVERIFY(!parseExpression(nested(kQueryDepthMax + 1)));
    QVERIFY(!parseExpression(nested(100'000)));
    QVERIFY(!parseExpression(QByteArray("[").repeated(100'000)));
    QVERIFY(!parseExpression(QByteArray("NOT ").repeated(100'000) + "(a = 1)"));
    QVERIFY(parseExpression("1" + QByteArray("+1").repeated(900)).isOk());
    QVERIFY(!parseExpression("1" + QByteArray("+1").repeated(100'000)));
    QVERIFY(!parseStatement(QByteArray(kQueryBytesMax + 1, ' ')));
    QVERIFY(!parseJson(QByteArray(kQueryBytesMax + 1, ' ')));
}

/// A text that is allowed to be long makes neither a tree without end nor one that takes minutes.
void TestQueryParser::holdsTheNumberOfParts()
{
    const auto names = [](int count) {
        QByteArrayList all;
        for (int i = 0; i < count; ++i) {
            all += "a" + QByteArray::number(i);
        }
        return all;
    };
    const int max = kQueryFieldsMax;
    QVERIFY(parseExpression('[' + names(max).join(',') + ']').isOk());
    QVERIFY(!parseExpression('[' + names(max + 1).join(',') + ']'));
    QVERIFY(!parseExpression('[' + names(100'000).join(',') + ']'));
    QVERIFY(!parseExpression(names(900).join('+')));
    QVERIFY(parseExpression('[' + QByteArray("1,").repeated(kQueryNodesMax - 2) + "1]").isOk());
    QVERIFY(!parseExpression('[' + QByteArray("1,").repeated(kQueryNodesMax) + "1]"));
}

void TestQueryParser::knowsEveryFunctionOnce()
{
    std::set<QByteArray> seen;
    for (const auto &group : {aggregateFunctions(),
             sequenceFunctions(),
             stringFunctions(),
             dateFunctions(),
             numberFunctions(),
             typeFunctions()}) {
        for (const Function &function : group) {
            const QByteArray name = function.name;
            QCOMPARE(name, name.toUpper());
            QVERIFY2(
                seen.insert(name + ' ' + QByteArray::number(qulonglong(function.count()))).second,
                function.name);
            QCOMPARE(findFunction(name.toLower(), function.count()), &function);
        }
    }
    QVERIFY(isFunction("count"));
    QVERIFY(!isFunction("nosuch"));
}

QTEST_APPLESS_MAIN(TestQueryParser)
#include "tst_query_parser.moc"
