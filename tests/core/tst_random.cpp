#include "core/random.h"

#include <QTest>

#include <array>

using namespace driftless;

/// Numbers below a bound are uniform whatever the bound, and the system's source does not repeat
/// itself.
class TestRandom : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rejectsTheIncompleteSpan();
    void staysBelowEveryBound();
    void makesBytes();
};

namespace {

/// Answers the given numbers, one after another.
class Scripted final : public Random
{
public:
    explicit Scripted(std::vector<std::uint64_t> numbers)
        : m_numbers(std::move(numbers))
    {
    }
    std::uint64_t next() override { return m_numbers.at(m_used++); }
    [[nodiscard]] std::size_t used() const { return m_used; }

private:
    std::vector<std::uint64_t> m_numbers;
    std::size_t m_used = 0;
};

constexpr std::uint64_t kTop = ~std::uint64_t {0};

} // namespace

/// 2^64 = 3 * 6148914691236517205 + 1: the topmost number alone would make 0 more likely.
void TestRandom::rejectsTheIncompleteSpan()
{
    Scripted three({kTop, kTop - 1});
    QCOMPARE(three.below(3), (kTop - 1) % 3);
    QCOMPARE(three.used(), std::size_t {2});
    Scripted four({kTop});
    QCOMPARE(four.below(4), std::uint64_t {3});
    Scripted one({kTop});
    QCOMPARE(one.below(1), std::uint64_t {0});
    Scripted most({kTop, 5});
    QCOMPARE(most.below(kTop), std::uint64_t {5});
}

void TestRandom::staysBelowEveryBound()
{
    SystemRandom random;
    std::array<int, 10> seen {};
    for (int i = 0; i < 10'000; ++i) {
        ++seen.at(random.below(seen.size()));
    }
    for (const int count : seen) {
        QVERIFY(count > 700 && count < 1'300); // ten standard deviations
    }
}

void TestRandom::makesBytes()
{
    Scripted scripted({0x0807060504030201U, 0x0a09U});
    QCOMPARE(scripted.bytes(10).toHex(), QByteArray("0102030405060708090a"));
    SystemRandom random;
    QCOMPARE(random.bytes(0), QByteArray());
    QCOMPARE(random.bytes(33).size(), 33);
    QVERIFY(random.bytes(16) != random.bytes(16));
}

QTEST_APPLESS_MAIN(TestRandom)
#include "tst_random.moc"
