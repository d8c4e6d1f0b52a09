#include "query/extended_json.h"
#include "query/value_key.h"
#include "query/value_order.h"
#include "random_values.h"

#include <QTest>

using namespace driftless::query;

namespace {

std::weak_ordering compareBytes(const QByteArray &a, const QByteArray &b)
{
    return a < b ? std::weak_ordering::less
        : b < a  ? std::weak_ordering::greater
                 : std::weak_ordering::equivalent;
}

QByteArray described(const Value &a, const Value &b)
{
    return toExtendedJson(a) + ' ' + keyOf(a).toHex() + "  " + toExtendedJson(b) + ' '
        + keyOf(b).toHex();
}

} // namespace

/// The bytes of keys order as the values do.
class TestValueKey : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void ordersNumbers();
    void ordersAllValues();
    void noKeyBeginsAnother();
    void ordersTuples();
    void findsPrefixes();
    void endsRanges();
    void keepsItsBytes();
};

void TestValueKey::ordersNumbers()
{
    std::mt19937 random(11);
    for (int i = 0; i < 200'000; ++i) {
        const Value a = randomNumber(random);
        const Value b = randomNumber(random);
        QVERIFY2(
            compareValues(a, b) == compareBytes(keyOf(a), keyOf(b)), described(a, b).constData());
    }
}

void TestValueKey::ordersAllValues()
{
    std::mt19937 random(12);
    for (int i = 0; i < 200'000; ++i) {
        const Value a = randomValue(random);
        const Value b = randomValue(random);
        QVERIFY2(
            compareValues(a, b) == compareBytes(keyOf(a), keyOf(b)), described(a, b).constData());
    }
}

void TestValueKey::noKeyBeginsAnother()
{
    std::mt19937 random(13);
    for (int i = 0; i < 100'000; ++i) {
        const Value a = randomValue(random, 2);
        const Value b = randomValue(random, 2);
        QVERIFY2(areEqual(a, b) || !keyOf(a).startsWith(keyOf(b)), described(a, b).constData());
    }
}

void TestValueKey::ordersTuples()
{
    std::mt19937 random(14);
    for (int i = 0; i < 50'000; ++i) {
        Array a;
        Array b;
        QByteArray keyOfA;
        QByteArray keyOfB;
        for (int part = 0; part < 3; ++part) {
            a.push_back(randomValue(random, 2));
            b.push_back(random() % 2 == 0 ? a.back() : randomValue(random, 2));
            appendKey(keyOfA, a.back());
            appendKey(keyOfB, b.back());
        }
        QVERIFY(compareValues(Value::array(a), Value::array(b)) == compareBytes(keyOfA, keyOfB));
    }
}

void TestValueKey::findsPrefixes()
{
    std::mt19937 random(15);
    int found = 0;
    for (int i = 0; i < 50'000; ++i) {
        const Value text = randomValue(random, 3);
        const Value prefix = randomValue(random, 3);
        if (!prefix.isString()) {
            continue;
        }
        const bool begins = text.isString()
            && text.bytes()
                   .toLower()
                   .replace("\xc3\x84", "\xc3\xa4")
                   .startsWith(prefix.bytes().toLower().replace("\xc3\x84", "\xc3\xa4"));
        found += begins ? 1 : 0;
        QCOMPARE(rangeOfPrefix(keyOfPrefix(prefix.bytes())).contains(keyOf(text)), begins);
    }
    QVERIFY(found > 100);
}

void TestValueKey::endsRanges()
{
    QCOMPARE(rangeOfPrefix("a\xff\xff").to, QByteArray("b"));
    QCOMPARE(rangeOfPrefix("\xff").to, QByteArray());
    QVERIFY(rangeOfPrefix("\xff").contains("\xff\xff"));
    QVERIFY(!rangeOfPrefix("a").contains("b"));
    QVERIFY((KeyRange {"b", "a"}.isEmpty()));
    QVERIFY(!(KeyRange {"b", ""}.isEmpty()));
}

void TestValueKey::keepsItsBytes()
{
    // A change here makes every stored index wrong: raise kKeyVersion.
    QCOMPARE(kKeyVersion, 1);
    const auto hex = [](const Value &value) { return keyOf(value).toHex(); };
    QCOMPARE(hex(Value::int32(-120)), QByteArray("32bffcf2ff"));
    QCOMPARE(hex(Value::real(0.5)), QByteArray("3440003300"));
    QCOMPARE(hex(Value::string("A\xc3\x84")), QByteArray("4061c3a40001"));
    QCOMPARE(hex(Value::array({Value(), Value::boolean(true)})), QByteArray("6020a00100"));
    Document document;
    document.set("B", Value::int32(1));
    document.set("a", Value::minValue());
    QCOMPARE(hex(Value::document(document)), QByteArray("5001610001039dfffe3440010b000200000002"));
    QCOMPARE(hex(Value::dateTime(0)), QByteArray("b08000000000000000"));
}

QTEST_APPLESS_MAIN(TestValueKey)
#include "tst_value_key.moc"
