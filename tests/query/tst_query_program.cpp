#include "core/clock.h"
#include "core/random.h"
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

private:
    Result<Value> evaluate(const QByteArray &text)
    {
        DRIFTLESS_TRY_ASSIGN(const auto expression, parseExpression(text));
        DRIFTLESS_TRY_ASSIGN(const Value document, parseJson(kDocument));
        const Services services {m_clock, m_random};
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

QTEST_APPLESS_MAIN(TestQueryProgram)
#include "tst_query_program.moc"
