#include "core/hash.h"

#include <QTest>

#include <random>

using namespace driftless;

/// The hash is XXH3-128 with its published values, and sums of it are sums modulo 2^128, in any
/// order.
class TestHash : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hasThePublishedValues();
    void convertsToBytesAndBack();
    void addsModulo();
    void addsLikeWideIntegers();
};

void TestHash::hasThePublishedValues()
{
    QCOMPARE(Hash128::of("").hex(), QByteArray("99aa06d3014798d86001c324468d497f"));
    QCOMPARE(Hash128::of("a").hex(), QByteArray("a96faf705af16834e6c632b61e964e1f"));
    QCOMPARE(
        Hash128::of(QByteArray(1'000, 'a')).hex(), QByteArray("b01da365eddaa29cb3e7af627147db7c"));
    QVERIFY(Hash128::of("a") != Hash128::of("b"));
}

void TestHash::convertsToBytesAndBack()
{
    const Hash128 hash {0x0123456789abcdefU, 0xfedcba9876543210U};
    QCOMPARE(hash.hex(), QByteArray("0123456789abcdeffedcba9876543210"));
    QCOMPARE(hash.bytes().toHex(), hash.hex());
    QVERIFY(Hash128::fromBytes(hash.bytes()) == hash);
    QVERIFY(!Hash128::fromBytes(hash.bytes().chopped(1)));
    QVERIFY(!Hash128::fromBytes(hash.bytes() + 'x'));
    QVERIFY(!Hash128::fromBytes({}));
    QVERIFY((Hash128 {1, 0}) > (Hash128 {0, ~std::uint64_t {0}}));
}

void TestHash::addsModulo()
{
    constexpr std::uint64_t top = ~std::uint64_t {0};
    Hash128 sum {0, top};
    sum += {0, 1};
    QVERIFY(sum == (Hash128 {1, 0}));
    sum = {top, top};
    sum += {0, 1};
    QVERIFY(sum == Hash128());
    sum -= {0, 1};
    QVERIFY(sum == (Hash128 {top, top}));
    sum -= sum;
    QVERIFY(sum == Hash128());
    sum = {1, 0};
    sum -= {0, 1};
    QVERIFY(sum == (Hash128 {0, top}));
}

void TestHash::addsLikeWideIntegers()
{
    __extension__ using Wide = unsigned __int128;
    std::mt19937_64 random(3);
    Hash128 sum;
    Wide expected = 0;
    for (int i = 0; i < 10'000; ++i) {
        const Hash128 term {random(), random()};
        const Wide value = static_cast<Wide>(term.high) << 64U | term.low;
        const bool minus = random() % 2 == 0;
        minus ? sum -= term : sum += term;
        expected = minus ? expected - value : expected + value;
        QCOMPARE(sum.low, static_cast<std::uint64_t>(expected));
        QCOMPARE(sum.high, static_cast<std::uint64_t>(expected >> 64U));
    }
}

QTEST_APPLESS_MAIN(TestHash)
#include "tst_hash.moc"
