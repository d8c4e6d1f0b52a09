#include "query/decimal96.h"
#include "query/extended_json.h"
#include "query/parser.h"
#include "query/value_order.h"

#include <QTest>

#include <limits>
#include <random>

using namespace driftless::query;

namespace {

Value json(const char *text)
{
    auto value = parseJson(text);
    return value ? *value : Value::string("not JSON: " + value.error().message);
}

std::vector<Value> simpleValues()
{
    std::vector<Value> values;
    for (const char *text : {"{$minValue:1}",
             "null",
             "-3",
             "0",
             "1",
             "1.0",
             "{$numberDecimal:'1.0'}",
             "{$numberLong:'1'}",
             "0.1",
             "{$numberDecimal:'0.1'}",
             "0.30000000000000004",
             "{$numberDecimal:'0.3'}",
             "9007199254740993",
             "9007199254740992.0",
             "{$numberDecimal:'9007199254740993'}",
             "1e300",
             "-1e300",
             "1e-40",
             "{$numberDecimal:'0.0000000000000000000000000001'}",
             "{$numberDouble:'NaN'}",
             "{$numberDouble:'Infinity'}",
             "{$numberDouble:'-Infinity'}",
             "''",
             "'a'",
             "'A'",
             "'b'",
             "'\xc3\xa4'",
             "{}",
             "{a:1}",
             "{A:1}",
             "{a:null}",
             "{b:null}",
             "{a:1,b:2}",
             "{b:2,a:1}",
             "{b:1,a:2}",
             "[]",
             "[1]",
             "[1,2]",
             "['A']",
             "['a']",
             "{$binary:''}",
             "{$binary:'AQ=='}",
             "{$oid:'5f8a1b2c3d4e5f6071829304'}",
             "{$oid:'ff8a1b2c3d4e5f6071829304'}",
             "{$guid:'6f9619ff-8b86-d011-b42d-00cf4fc964ff'}",
             "false",
             "true",
             "{$date:'2024-02-29T13:45:50.678Z'}",
             "{$date:'0001-01-01'}",
             "{$maxValue:1}"}) {
        values.push_back(json(text));
    }
    return values;
}

Value randomValue(std::mt19937 &random, int depth)
{
    static const std::vector<Value> simple = simpleValues();
    if (depth > 2 || random() % 3 != 0) {
        return simple[random() % simple.size()];
    }
    const auto count = random() % 3;
    if (random() % 2 == 0) {
        Array elements;
        for (unsigned i = 0; i < count; ++i) {
            elements.push_back(randomValue(random, depth + 1));
        }
        return Value::array(std::move(elements));
    }
    Document document;
    for (unsigned i = 0; i < count; ++i) {
        document.set(QByteArray(1, "aAbc"[random() % 4]), randomValue(random, depth + 1));
    }
    return Value::document(std::move(document));
}

} // namespace

/// There is one order of all values, total and transitive; values read what they were written as.
class TestValueOrder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ordersTypes();
    void comparesNumbersByValue();
    void comparesStringsByFoldedCase();
    void isTotalAndTransitive();
    void readsWhatItWrites();
    void writesAsTheReference_data();
    void writesAsTheReference();
    void readsDoublesBeyondTheRange();
    void calculatesDecimals_data();
    void calculatesDecimals();
};

void TestValueOrder::ordersTypes()
{
    const char *const ascending[] = {"{$minValue:1}",
        "null",
        "5",
        "'a'",
        "{}",
        "[]",
        "{$binary:''}",
        "{$oid:'000000000000000000000000'}",
        "{$guid:'00000000-0000-0000-0000-000000000000'}",
        "false",
        "{$date:'2024-01-01'}",
        "{$maxValue:1}"};
    for (std::size_t i = 1; i < std::size(ascending); ++i) {
        QVERIFY2(
            std::is_lt(compareValues(json(ascending[i - 1]), json(ascending[i]))), ascending[i]);
    }
}

void TestValueOrder::comparesNumbersByValue()
{
    QVERIFY(areEqual(json("1"), json("1.0")));
    QVERIFY(areEqual(json("1.0"), json("{$numberDecimal:'1.00'}")));
    QVERIFY(areEqual(json("0.1"), json("{$numberDecimal:'0.1'}")));
    QVERIFY(!areSame(json("1"), json("1.0")));
    QVERIFY(std::is_lt(compareValues(json("1"), json("1e300"))));
    QVERIFY(std::is_gt(compareValues(json("9007199254740993"), json("9007199254740992.0"))));
    QVERIFY(std::is_lt(compareValues(json("{$numberDouble:'NaN'}"), json("-1e300"))));
}

void TestValueOrder::comparesStringsByFoldedCase()
{
    QVERIFY(areEqual(json("'Straße'"), json("'STRAßE'")));
    QVERIFY(areEqual(json("['A', {x: 'B'}]"), json("['a', {X: 'b'}]")));
    QVERIFY(std::is_lt(compareValues(json("'a'"), json("'B'"))));
    // Bytes that are no text do no harm.
    const Value low = Value::string(QByteArray(50, '\x80'));
    const Value high = Value::string(QByteArray(49, '\x80') + '\x81');
    QVERIFY(std::is_lt(compareValues(low, high)));
}

void TestValueOrder::isTotalAndTransitive()
{
    std::mt19937 random(5);
    std::vector<Value> values = simpleValues();
    for (int i = 0; i < 60; ++i) {
        values.push_back(randomValue(random, 0));
    }
    for (const Value &a : values) {
        QVERIFY(areEqual(a, a));
        for (const Value &b : values) {
            QVERIFY((std::is_lt(compareValues(a, b))) == (std::is_gt(compareValues(b, a))));
            for (const Value &c : values) {
                if (std::is_lteq(compareValues(a, b)) && std::is_lteq(compareValues(b, c))) {
                    QVERIFY2(std::is_lteq(compareValues(a, c)),
                        (toExtendedJson(a) + ' ' + toExtendedJson(b) + ' ' + toExtendedJson(c))
                            .constData());
                }
            }
        }
    }
}

void TestValueOrder::readsWhatItWrites()
{
    std::mt19937 random(7);
    for (int i = 0; i < 500; ++i) {
        const QByteArray text = toExtendedJson(randomValue(random, 0));
        QCOMPARE(toExtendedJson(json(text.constData())), text);
    }
}

void TestValueOrder::writesAsTheReference_data()
{
    QTest::addColumn<QByteArray>("read");
    QTest::addColumn<QByteArray>("written");
    const auto row = [](const char *read, const char *written) {
        QTest::newRow(read) << QByteArray(read) << QByteArray(written);
    };
    row("5", "5");
    row("2.0", "2.0");
    row("1e20", "100000000000000000000.0");
    row("1.", "1.0");
    row("1e400", R"({"$numberDouble":"Infinity"})");
    row("-1e400", R"({"$numberDouble":"-Infinity"})");
    row("1e-400", "0.0");
    row("0.1234567891234", "0.1234567891234");
    row("5000000000", R"({"$numberLong":"5000000000"})");
    row("{$numberDecimal:'1.10'}", R"({"$numberDecimal":"1.10"})");
    row("{$date:'2024-02-29T13:45:50.678Z'}", R"({"$date":"2024-02-29T13:45:50.6780000Z"})");
    row("{$date:'2024-02-29T13:45:50+01:00'}", R"({"$date":"2024-02-29T12:45:50.0000000Z"})");
    row("{b:1,_id:2,}", R"({"_id":2,"b":1})");
    row("{a:1 A:[2 3]}", R"({"a":[2,3]})");
    row(R"("a\n\"\u00e4")", "\"a\\n\\\"\xc3\xa4\"");
    row("{'a\"b':1}", R"({"a\"b":1})");
}

void TestValueOrder::writesAsTheReference()
{
    QFETCH(QByteArray, read);
    QFETCH(QByteArray, written);
    QCOMPARE(toExtendedJson(json(read.constData())), written);
}

void TestValueOrder::readsDoublesBeyondTheRange()
{
    const QByteArray zeros(400, '0');
    QCOMPARE(toExtendedJson(json(("0." + zeros + "1").constData())), QByteArray("0.0"));
    QCOMPARE(toExtendedJson(json(('1' + zeros + ".0e-400").constData())), QByteArray("1.0"));
    QCOMPARE(toExtendedJson(json(('1' + zeros + ".0").constData())),
        QByteArray(R"({"$numberDouble":"Infinity"})"));
}

void TestValueOrder::calculatesDecimals_data()
{
    QTest::addColumn<QByteArray>("a");
    QTest::addColumn<char>("op");
    QTest::addColumn<QByteArray>("b");
    QTest::addColumn<QByteArray>("result");
    const auto row = [](const char *a, char op, const char *b, const char *result) {
        QTest::newRow((QByteArray(a) + op + b).constData())
            << QByteArray(a) << op << QByteArray(b) << QByteArray(result);
    };
    row("6.40", '+', "10.20", "16.60");
    row("1.10", '*', "3", "3.30");
    row("1", '-', "1.00", "0.00");
    row("7", '/', "1.1", "6.3636363636363636363636363636");
    row("1", '/', "3", "0.3333333333333333333333333333");
    row("2", '/', "3", "0.6666666666666666666666666667");
    row("16.60", '/', "2", "8.30");
    row("1", '/', "0.5", "2");
    row("79228162514264337593543950335", '+', "1", "error");
    row("79228162514264337593543950335", '*', "10", "error");
    row("79228162514264337593543950335", '+', "0.4", "79228162514264337593543950335");
    row("0.0000000000000000000000000001", '*', "0.5", "0.0000000000000000000000000000");
    row("1", '/', "0", "error");
    row("-7", '%', "4", "-3");
    row("7.5", '%', "2", "1.5");
}

void TestValueOrder::calculatesDecimals()
{
    QFETCH(QByteArray, a);
    QFETCH(char, op);
    QFETCH(QByteArray, b);
    QFETCH(QByteArray, result);
    const Decimal96 left = *Decimal96::parse(a);
    const Decimal96 right = *Decimal96::parse(b);
    const auto done = op == '+' ? Decimal96::add(left, right)
        : op == '-'             ? Decimal96::subtract(left, right)
        : op == '*'             ? Decimal96::multiply(left, right)
        : op == '/'             ? Decimal96::divide(left, right)
                                : Decimal96::remainder(left, right);
    QCOMPARE(done ? done->toText() : QByteArray("error"), result);
}

QTEST_APPLESS_MAIN(TestValueOrder)
#include "tst_value_order.moc"
