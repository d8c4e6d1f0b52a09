#include "core/decimal.h"

#include <QTest>

#include <algorithm>
#include <random>

using namespace driftless;

/// Sums are exact, whatever their order and size; the bound holds where a number enters and nowhere
/// else.
class TestDecimal : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesPlainNotation_data();
    void writesPlainNotation();
    void refuses_data();
    void refuses();
    void parsesPlainNotationOnly();
    void addsLikeIntegers();
    void orderOfAdditionsDoesNotMatter();
    void neverOverflows();
};

void TestDecimal::writesPlainNotation_data()
{
    QTest::addColumn<QByteArray>("plain");
    QTest::addColumn<int>("digits");
    const auto row = [](const char *token, const char *plain, int digits) {
        QTest::newRow(token) << QByteArray(plain) << digits;
    };
    row("0", "0", 1);
    row("-0", "0", 1);
    row("0.000", "0", 1);
    row("-0.0e5", "0", 1);
    row("0e999999999999999999999", "0", 1);
    row("1", "1", 1);
    row("-1", "-1", 1);
    row("100", "100", 3);
    row("1.50", "1.5", 2);
    row("-0.5", "-0.5", 1);
    row("0.001", "0.001", 3);
    row("1.5e3", "1500", 4);
    row("1.5E+1", "15", 2);
    row("12345e-2", "123.45", 5);
    row("1200e-2", "12", 2);
    row("1200e-4", "0.12", 2);
    row("5e-7", "0.0000005", 7);
    row("1e33", "1000000000000000000000000000000000", 34);
    row("1e-34", "0.0000000000000000000000000000000001", 34);
    row("1234567890123456789012345678901234", "1234567890123456789012345678901234", 34);
    row("1234567890123456.789012345678901234", "1234567890123456.789012345678901234", 34);
    row("1.0000000000000000000000000000000000000000000", "1", 1);
    row("10000000000000000000000000000000000000000e-40", "1", 1);
    row("0.00000000000000000000000000000000000000001e41", "1", 1);
}

void TestDecimal::writesPlainNotation()
{
    QFETCH(QByteArray, plain);
    QFETCH(int, digits);
    const auto number = Decimal::parseCounter(QByteArrayView(QTest::currentDataTag()));
    QVERIFY(number.isOk());
    QCOMPARE(number->toText(), plain);
    QCOMPARE(number->digitCount(), digits);
    QCOMPARE(number->isZero(), plain == "0");
    const auto again = Decimal::parse(plain);
    QVERIFY(again.isOk());
    QVERIFY(*again == *number);
}

void TestDecimal::refuses_data()
{
    QTest::addColumn<ErrorCode>("code");
    for (const char *token : {"",
             "-",
             "+1",
             "01",
             "1.",
             ".5",
             "1e",
             "1e+",
             "abc",
             "1a",
             " 1",
             "1 ",
             "\"1\"",
             "null",
             "--1",
             "1.2.3",
             "1e5.5",
             "NaN",
             "0x10",
             "Infinity"}) {
        QTest::newRow(token) << ErrorCode::NotANumber;
    }
    for (const char *token : {"1e34",
             "1e-35",
             "1e999999999",
             "1e-999999999",
             "1e99999999999999999999999999",
             "-1e-99999999999999999999999999",
             "12345678901234567890123456789012345",
             "1234567890123456.7890123456789012345",
             "10e33",
             "0.1e-34"}) {
        QTest::newRow(token) << ErrorCode::NumberTooLong;
    }
}

void TestDecimal::refuses()
{
    QFETCH(ErrorCode, code);
    const auto number = Decimal::parseCounter(QByteArrayView(QTest::currentDataTag()));
    QVERIFY(!number.isOk());
    QCOMPARE(number.error().code, code);
}

void TestDecimal::parsesPlainNotationOnly()
{
    QCOMPARE(Decimal::parse("1e3").error().code, ErrorCode::NotANumber);
    QCOMPARE(Decimal::parse("x").error().code, ErrorCode::NotANumber);
    const QByteArray longer = "-" + QByteArray(500, '7') + "." + QByteArray(500, '3');
    QCOMPARE(Decimal::parse(longer)->toText(), longer);
    QCOMPARE(Decimal::parse(longer)->digitCount(), 1'000);
    QCOMPARE(Decimal::parse("-0.00")->toText(), QByteArray("0"));
}

namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

/// `value` / 10^`scale`, scale > 0, in plain minimal notation.
QByteArray wideText(Wide value, int scale)
{
    const bool negative = value < 0;
    QByteArray digits;
    for (Wide rest = negative ? -value : value; rest != 0; rest /= 10) {
        digits.append(static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    while (digits.size() <= scale) {
        digits.append('0');
    }
    std::reverse(digits.begin(), digits.end());
    digits.insert(digits.size() - scale, '.');
    while (digits.endsWith('0')) {
        digits.chop(1);
    }
    if (digits.endsWith('.')) {
        digits.chop(1);
    }
    return negative ? "-" + digits : digits;
}

} // namespace

/// Against the processor's arithmetic, at one common scale, on numbers of all lengths.
void TestDecimal::addsLikeIntegers()
{
    constexpr int scale = 9;
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
        Wide values[2];
        for (Wide &value : values) {
            value = static_cast<Wide>(
                (static_cast<UnsignedWide>(random()) << 64U | random()) >> (27U + random() % 101U));
            for (std::uint64_t zeros = random() % 10; zeros > 0; --zeros) {
                value -= value % 10;
                value = value > 0 && zeros > 1 ? value / 10 : value;
            }
            value = random() % 2 == 0 ? value : -value;
        }
        const Decimal a = *Decimal::parse(wideText(values[0], scale));
        const Decimal b = *Decimal::parse(wideText(values[1], scale));
        QCOMPARE(a.toText(), wideText(values[0], scale));
        QCOMPARE((a + b).toText(), wideText(values[0] + values[1], scale));
        QCOMPARE((a - b).toText(), wideText(values[0] - values[1], scale));
        QCOMPARE((-a).toText(), wideText(-values[0], scale));
        QCOMPARE(a == b, values[0] == values[1]);
        QVERIFY((a - a).isZero());
        QVERIFY(a + b - b == a);
    }
}

void TestDecimal::orderOfAdditionsDoesNotMatter()
{
    std::mt19937 random(11);
    std::vector<Decimal> numbers;
    for (int i = 0; i < 60; ++i) {
        const QByteArray mantissa = QByteArray::number(1 + random() % 1'000'000);
        const QByteArray exponent = QByteArray::number(static_cast<int>(random() % 50) - 25);
        if (const auto number
            = Decimal::parseCounter((i % 2 == 0 ? "-" : "") + mantissa + "e" + exponent)) {
            numbers.push_back(*number);
        }
    }
    const auto sum = [&numbers] {
        Decimal total;
        for (const Decimal &number : numbers) {
            total += number;
        }
        return total.toText();
    };
    const QByteArray expected = sum();
    for (int i = 0; i < 100; ++i) {
        std::shuffle(numbers.begin(), numbers.end(), random);
        QCOMPARE(sum(), expected);
    }
}

void TestDecimal::neverOverflows()
{
    Decimal sum;
    const Decimal large = *Decimal::parseCounter("9999999999999999999999999999999999");
    const Decimal small = *Decimal::parseCounter("1e-34");
    for (int i = 0; i < 10; ++i) {
        sum += large;
    }
    sum += small;
    QCOMPARE(sum.toText(),
        QByteArray("99999999999999999999999999999999990.0000000000000000000000000000000001"));
    QCOMPARE(sum.digitCount(), 69);
    sum -= small;
    QCOMPARE(sum.toText(), QByteArray("99999999999999999999999999999999990"));
}

QTEST_APPLESS_MAIN(TestDecimal)
#include "tst_decimal.moc"
