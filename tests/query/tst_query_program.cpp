#include "core/clock.h"
#include "core/random.h"
#include "query/budget.h"
#include "query/extended_json.h"
#include "query/parser.h"
#include "query/program.h"

#include <QTest>

using namespace driftless;
using namespace driftless::query;

namespace {

constexpr char kDocument[] = R"({
    _id: 7, name: 'Ana', Stock: 5, price: {$numberDecimal: '1.10'}, when: {$date: '2024-02-29T13:45:50.678Z'},
    addr: {city: 'Graz'}, nums: [5, 3, 8], empty: [], nil: null,
    lines: [{sku: 'A', qty: 2, mods: ['x', 'y']}, {sku: 'B', qty: 5}, {sku: 'C'}]
})";

} // namespace

/// What expressions answer over one document.
class TestQueryProgram : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answers_data();
    void answers();
    void fails_data();
    void fails();
    void matchesLike_data();
    void matchesLike();
    void leavesAloneWhatIsNotNeeded();
    void runsTheHighestTree();
    void boundsWhatGrows_data();
    void boundsWhatGrows();
    void endsWithItsBudget_data();
    void endsWithItsBudget();
    void asksWhetherItIsOver();

private:
    Result<Value> evaluate(const QByteArray &text, Budget *budget = nullptr)
    {
        DRIFTLESS_TRY_ASSIGN(const auto expression, parseExpression(text));
        DRIFTLESS_TRY_ASSIGN(const Value document, parseJson(kDocument));
        const Services services {m_clock, m_random, budget};
        Parameters parameters;
        parameters.set("first", Value::int32(0));
        parameters.set("0", Value::string("Gr%"));
        return Program::compile(*expression)
            .evaluate({&document, &document, nullptr, &parameters, &services});
    }

    SystemClock m_clock;
    SystemRandom m_random;
};

void TestQueryProgram::answers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("value");
    const auto row = [](const char *text, const char *value) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(value);
    };
    // Paths.
    row("NAME", R"("Ana")");
    row("stock + 1", "6");
    row("addr.['city']", R"("Graz")");
    row("missing.deep", "null");
    row("nums[0]", "5");
    row("nums[-1]", "8");
    row("nums[9]", "null");
    row("nums[@first]", "5");
    row("nums['x']", "[]");
    row("nums[@ > 4]", "[5,8]");
    row("lines[qty > 1].sku", R"(["A","B"])");
    row("lines[*].mods[*]", R"(["x","y"])");
    row("missing[*]", "[]");
    row("MAP(lines => {_id})", R"([{"_id":7},{"_id":7},{"_id":7}])");
    // Operators.
    row("10 - 2 + 3", "5");
    row("6 / 3", "2.0");
    row("7.5 % 2", "1.5");
    row("2147483647 + 1", R"({"$numberLong":"2147483648"})");
    row("price * 3", R"({"$numberDecimal":"3.30"})");
    row("3 * 1.1", "3.3");
    row("'No ' + 5000000000", R"("No 5000000000")");
    row("when + 15000", R"({"$date":"2024-02-29T13:45:50.6790000Z"})");
    row("nil + 1", "null");
    row("'abc' = 'ABC'", "true");
    row("'abc' >= 'ABC'", "true");
    row("missing = null", "true");
    row("missing < 5", "true");
    row("5 BETWEEN 1 AND 5", "true");
    row("'a' IN ['A']", "true");
    row("3 IN (1, 2, 3)", "true");
    row("3 NOT IN (1, 2)", "true");
    row("addr.city LIKE @0", "true");
    row("nums ANY > 7", "true");
    row("nums[*] ALL > 7", "false");
    row("empty[*] ALL > 7", "true");
    row("missing ANY = null", "true");
    row("NOT 1 = 2 AND true", "true");
    row("name IS NULL", "false");
    row("name IS NOT NULL", "true");
    row("1 <> 2", "true");
    // Functions.
    row("COUNT(missing)", "1");
    row("COUNT(DISTINCT ITEMS([1, 1, 1.0, 'a', 'A']))", "3");
    row("SUM(lines[*].qty)", "7");
    row("AVG(nums)", "5.333333333333333");
    row("MIN(empty)", R"({"$minValue":"1"})");
    row("FIRST(empty) = null", "true");
    row("SORT(nums => @, -1)", "[8,5,3]");
    row("EXTEND(addr, {zip: '1'})", R"({"city":"Graz","zip":"1"})");
    row("SUBSTRING('h\xc3\xa4llo', 1, 2)", "\"\xc3\xa4l\"");
    row("LENGTH('\xf0\x9f\x98\x80')", "2");
    row("SPLIT('a,,b', ',')", R"(["a","b"])");
    row("MATCH('2024/07', '([0-9]+)/(?<m>[0-9]+)', 'm')", R"("07")");
    row("FORMAT(255, 'X4')", R"("00FF")");
    row("FORMAT(1234.5, '#,##0.00')", R"("1,234.50")");
    row("FORMAT(when, 'yyyy-MM-dd HH:mm')", R"("2024-02-29 13:45")");
    row("DATEADD('M', 12, when)", R"({"$date":"2025-02-28T13:45:50.6780000Z"})");
    row("YEAR(when)", "2024");
    row("STRING(price)", R"("1.10")");
    row("STRING(when)", R"("2024-02-29T13:45:50.678Z")");
    row("ROUND(2.5, 0)", "2.0");
    row("FLOOR(-1.5)", "-2.0");
    row("CEIL(price)", R"({"$numberDecimal":"2"})");
    row("SQRT(9)", "3.0");
    row("MOD(7, 4)", "3");
    row("JSON('{a: 1')", "null");
    row("JSON('[1, 2] and more # of \\'it')", "[1,2]");
    row("JSON('  {a: 1} {$date: 5}')", R"({"a":1})");
    // Character by character, without the ligatures and the Turkish letters of a culture.
    row("UPPER('stra\xc3\x9f\x65 \xef\xac\x81 \xc4\xb1 \xc3\xa9')",
        "\"STRA\xc3\x9f\x45 \xef\xac\x81 \xc4\xb1 \xc3\x89\"");
    row("LOWER('\xc4\xb0 \xce\xa3 \xc3\x89')", "\"\xc4\xb0 \xcf\x83 \xc3\xa9\"");
    row("INDEXOF('\xf0\x9f\x98\x80\x61\xc3\xa4\x61', 'a')", "2");
    row("INDEXOF('\xf0\x9f\x98\x80\x61\xc3\xa4\x61', 'a', 3)", "4");
    row("INDEXOF('\xf0\x9f\x98\x80\x61', 'a', 1)", "2");
    row("INDEXOF('abc', '', 3)", "3");
    row("REPLACE('aXbXX', 'X', 'yy')", R"("ayybyyyy")");
    row("SPLIT('xxaxxbxx', 'xx')", R"(["a","b"])");
    row("SPLIT('a1b', '[0-9]|$', true)", R"(["a","b",""])");
    row("MATCH('a', 'a', '')", "\"\"");
    row("JOIN(['', ''], '-')", "\"-\"");
    row("DATE('2024-01-01T10:00:00+01:30')", R"({"$date":"2024-01-01T08:30:00.0000000Z"})");
    row("DATE('2024-01-01T10:00:00+01:3')", "null");
    row("DATE('0001-01-01')", R"({"$date":"0001-01-01T00:00:00.0000000Z"})");
    row("DATE('1/2/2024')", R"({"$date":"2024-01-02T00:00:00.0000000Z"})");
    row("DATE('2024-01-01T10:00:00+01:75')", "null");
    row("'\\u0x41\\u 41'", R"("0x41 41")");
    row("IS_GUID(GUID())", "true");
    row("IS_OBJECTID(OBJECTID())", "true");
    row("NOW() > DATE('2024-01-01')", "true");
    row("RANDOM(3, 4)", "3");
}

void TestQueryProgram::answers()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, value);
    const auto answer = evaluate(text);
    QVERIFY2(answer.isOk(), answer ? "" : answer.error().message.constData());
    QCOMPARE(toExtendedJson(*answer), value);
}

void TestQueryProgram::fails_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"9223372036854775807 + 1",
             "9223372036854775807 * 9223372036854775807",
             "5 % 0",
             "price / 0",
             "1 + 1e30",
             "1 AND true",
             "true AND missing",
             "NOT name",
             "IIF(1, 2, 3)",
             "nums[@0]",
             "SUBSTRING('abc', 4)",
             "REPLACE('a', '', 'x')",
             "DATEADD('y', 9000, when)",
             "when + 9e18",
             "DATETIME(2023, 2, 29)",
             "INT32(5000000000)",
             "IS_MATCH('a', '(')",
             "FORMAT(5, 'Q')",
             "JSON('{$date: \"x\"}')"}) {
        QTest::newRow(text) << QByteArray(text);
    }
}

void TestQueryProgram::fails()
{
    QFETCH(QByteArray, text);
    const auto answer = evaluate(text);
    QVERIFY2(!answer, answer ? toExtendedJson(*answer).constData() : "");
    QVERIFY(!answer.error().message.isEmpty());
}

void TestQueryProgram::matchesLike_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<bool>("matches");
    const auto row = [](const char *text, const char *pattern, bool matches) {
        QTest::newRow((QByteArray(text) + " like " + pattern).constData())
            << QByteArray(text) << QByteArray(pattern) << matches;
    };
    row("", "", true);
    row("", "%", true);
    row("", "_", false);
    row("aa", "a", false);
    row("xabb", "%ab", false);
    row("0", "%_", true);
    row("ab", "%%b", true);
    row("ESPRESSO", "esp%o", true);
    row("a%c", "a\\%c", false);
    row("abab", "%ab", true);
    row("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "%a%a%a%a%a%a%a%a%c", false);
}

void TestQueryProgram::matchesLike()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, pattern);
    QFETCH(bool, matches);
    QCOMPARE(isLike(text, pattern), matches);
}

void TestQueryProgram::leavesAloneWhatIsNotNeeded()
{
    QCOMPARE(toExtendedJson(*evaluate("IIF(true, 1, 5 % 0)")), QByteArray("1"));
    QCOMPARE(toExtendedJson(*evaluate("false AND 5 % 0 = 1")), QByteArray("false"));
    QCOMPARE(toExtendedJson(*evaluate("true OR 5 % 0 = 1")), QByteArray("true"));
}

void TestQueryProgram::runsTheHighestTree()
{
    QCOMPARE(toExtendedJson(*evaluate("0" + QByteArray("+1").repeated(990))), QByteArray("990"));
    QCOMPARE(toExtendedJson(*evaluate(
                 QByteArray("COUNT([").repeated(49) + '1' + QByteArray("])").repeated(49))),
        QByteArray("1"));
}

namespace {

/// `before` and `behind` around the text, so many times.
QByteArray nested(int times, const char *before, const char *inside, const char *behind)
{
    return QByteArray(before).repeated(times) + inside + QByteArray(behind).repeated(times);
}

} // namespace

void TestQueryProgram::boundsWhatGrows_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const QByteArray &text) { QTest::newRow(name) << text; };
    row("joining a text to itself", nested(30, "FIRST(MAP(", "'xxxxxxxx'", "=>@+@))"));
    row("values in values", nested(30, "FIRST(MAP([", "'x'", "]=>[@,@,@]))"));
    row("documents in documents", nested(30, "FIRST(MAP([", "'x'", "]=>{a:@,b:@,c:@}))"));
    row("the text of values in values", nested(30, "FIRST(MAP([", "'x'", "]=>STRING([@,@,@])))"));
    row("sequences", nested(30, "MAP([1,2,3]=>", "$", ")"));
    row("REPLACE", "REPLACE(LPAD('', 1000, 'a'), 'a', LPAD('', 1000000, 'b'))");
    row("LPAD", "LPAD('', 100000000, 'b')");
    row("JOIN", "JOIN(SPLIT(LPAD('', 1000, 'a'), 'b|', true), LPAD('', 1000000, 'b'))");
    row("SPLIT", "SPLIT(FIRST(MAP(REPLACE(LPAD('', 1000000, 'a'), 'a', 'ab') => @+@+@+@)), 'b')");
    row("attempts of a regular expression", "IS_MATCH(LPAD('b', 50, 'a'), '(a+)+$')");
    row("the same in MATCH", "MATCH(LPAD('b', 50, 'a'), '(a+)+$', 0)");
    row("the same in SPLIT", "SPLIT(LPAD('b', 50, 'a'), '(a+)+$', true)");
    row("a long regular expression", "IS_MATCH('a', LPAD('', 20000, 'a'))");
    row("a repeated regular expression", "IS_MATCH('a', '((((a{100}){100}){100}){100})')");
}

/// A short expression makes no value that a node cannot hold.
void TestQueryProgram::boundsWhatGrows()
{
    QFETCH(QByteArray, text);
    QVERIFY(parseExpression(text).isOk());
    const auto answer = evaluate(text);
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::InvalidArgument);
}

void TestQueryProgram::endsWithItsBudget_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const QByteArray &text) { QTest::newRow(name) << text; };
    row("lambdas in lambdas", nested(20, "COUNT(MAP($.nums=>", "1", "))"));
    row("filters in filters", nested(20, "COUNT($.nums[", "1=1", "])=1"));
    row("sorting inside of sorting", nested(20, "COUNT(SORT($.nums=>", "1", "))"));
    row("sorting by what is large",
        "COUNT(SORT(SPLIT(LPAD('', 1000, 'a'), '', true) => LPAD('', 10000, 'a')))");
    row("an array again and again",
        "COUNT(MAP(SPLIT(LPAD('', 1000, 'a'), '', true) => COUNT(["
            + QByteArray("1,").repeated(1'000) + "1])))");
    row("LIKE of long texts", "LPAD('b', 1000000, 'a') LIKE '%' + LPAD('c', 100000, 'a') + '%'");
    row("a comparison again and again",
        "COUNT(MAP(SPLIT(LPAD('', 10000, 'a'), '', true) => $.lines = $.lines)) = 1");
}

/// What takes long inside of one document ends, too.
void TestQueryProgram::endsWithItsBudget()
{
    QFETCH(QByteArray, text);
    const auto parsed = parseExpression(text);
    QVERIFY2(parsed.isOk(), parsed ? "" : parsed.error().message.constData());
    Budget budget(20'000);
    const auto answer = evaluate(text, &budget);
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::Timeout);
}

void TestQueryProgram::asksWhetherItIsOver()
{
    class ThirdTime final : public Watch
    {
    public:
        Result<void> check() override
        {
            return ++m_count < 3 ? Result<void>() : Error {ErrorCode::ShuttingDown, "Enough.", {}};
        }

    private:
        int m_count = 0;
    };
    ThirdTime watch;
    Budget budget(1'000'000'000, &watch);
    const auto answer = evaluate(nested(20, "COUNT(MAP($.nums=>", "1", "))"), &budget);
    QVERIFY(!answer);
    QCOMPARE(answer.error().code, ErrorCode::ShuttingDown);
}

QTEST_APPLESS_MAIN(TestQueryProgram)
#include "tst_query_program.moc"
