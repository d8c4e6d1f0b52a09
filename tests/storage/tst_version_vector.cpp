#include "storage/version_vector.h"

#include <QTest>

using namespace driftless;
using storage::VersionVector;

namespace {

const Incarnation kA1 {*NodeId::parse("a"), 1};
const Incarnation kA2 {*NodeId::parse("a"), 2};
const Incarnation kB1 {*NodeId::parse("b"), 1};

VersionVector vectorOf(std::initializer_list<std::pair<Incarnation, std::uint64_t>> entries)
{
    VersionVector vector;
    for (const auto &[incarnation, sequence] : entries) {
        vector.raise(incarnation, {sequence, Hash128 {sequence, 0}});
    }
    return vector;
}

QByteArray encoded(const VersionVector &vector)
{
    cbor::Writer writer;
    vector.encode(writer);
    return writer.take();
}

} // namespace

/// A vector says what a copy has, by incarnation, and only grows.
class TestVersionVector : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void coversUpToItsSequence();
    void coversAnotherOnlyAsAWhole();
    void neverGoesBack();
    void restoreTakesARaiseBack();
    void countsWhatIsBeyond();
    void bytesComeBack();
    void bytesDoNotDependOnTheOrderOfRaises();
    void refusesOtherBytes_data();
    void refusesOtherBytes();
};

void TestVersionVector::coversUpToItsSequence()
{
    const VersionVector vector = vectorOf({{kA1, 3}});
    QVERIFY(vector.covers(Dot {kA1, 1}));
    QVERIFY(vector.covers(Dot {kA1, 3}));
    QVERIFY(!vector.covers(Dot {kA1, 4}));
    QVERIFY(!vector.covers(Dot {kA2, 1})); // the next run of the same node is somebody else
    QCOMPARE(vector.sequenceOf(kB1), 0U);
    QVERIFY(vector.find(kB1) == nullptr);
    QVERIFY(VersionVector().isEmpty());
    QVERIFY(!vector.isEmpty());
}

void TestVersionVector::coversAnotherOnlyAsAWhole()
{
    const VersionVector more = vectorOf({{kA1, 3}, {kB1, 2}});
    QVERIFY(more.covers(VersionVector()));
    QVERIFY(more.covers(more));
    QVERIFY(more.covers(vectorOf({{kA1, 2}, {kB1, 2}})));
    QVERIFY(!more.covers(vectorOf({{kA1, 4}})));
    QVERIFY(!vectorOf({{kA1, 9}}).covers(more));
    QVERIFY(!more.covers(vectorOf({{kA2, 1}})));
}

void TestVersionVector::neverGoesBack()
{
    VersionVector vector = vectorOf({{kA1, 3}});
    vector.raise(kA1, {2, Hash128 {77, 0}});
    vector.raise(kA1, {3, Hash128 {77, 0}});
    QCOMPARE(vector.find(kA1)->sequence, 3U);
    QVERIFY((vector.find(kA1)->chainHash == Hash128 {3, 0}));
    vector.raise(vectorOf({{kA1, 2}, {kB1, 5}}));
    QVERIFY(vector == vectorOf({{kA1, 3}, {kB1, 5}}));
}

void TestVersionVector::restoreTakesARaiseBack()
{
    VersionVector vector = vectorOf({{kA1, 3}});
    vector.raise(kA1, {4, {}});
    vector.raise(kB1, {1, {}});
    vector.restore(kA1, VersionVector::Entry {3, Hash128 {3, 0}});
    vector.restore(kB1, std::nullopt);
    QVERIFY(vector == vectorOf({{kA1, 3}}));
}

void TestVersionVector::countsWhatIsBeyond()
{
    const VersionVector here = vectorOf({{kA1, 10}, {kA2, 4}, {kB1, 1}});
    QCOMPARE(here.operationsBeyond({}), 15U);
    QCOMPARE(here.operationsBeyond(vectorOf({{kA1, 7}, {kB1, 9}})),
        7U); // what is only there does not count against it
    QCOMPARE(here.operationsBeyond(here), 0U);
}

void TestVersionVector::bytesComeBack()
{
    for (const VersionVector &vector : {VersionVector(),
             vectorOf({{kA1, 1}}),
             vectorOf({{kA1, 300}, {kA2, 70'000}, {kB1, 5'000'000'000}})}) {
        const QByteArray bytes = encoded(vector);
        cbor::Reader reader(bytes);
        QVERIFY(VersionVector::decode(reader) == vector);
        QVERIFY(reader.ok() && reader.atEnd());
    }
}

void TestVersionVector::bytesDoNotDependOnTheOrderOfRaises()
{
    QCOMPARE(encoded(vectorOf({{kB1, 2}, {kA2, 1}, {kA1, 3}})),
        encoded(vectorOf({{kA1, 3}, {kA2, 1}, {kB1, 2}})));
}

void TestVersionVector::refusesOtherBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char *name,
                         std::uint64_t items,
                         const QByteArray &origin,
                         std::uint64_t sequence,
                         const QByteArray &hash) {
        cbor::Writer writer;
        writer.array(1), writer.array(items);
        writer.text(origin), writer.incarnation(1), writer.unsignedInteger(sequence),
            writer.byteString(hash);
        QTest::newRow(name) << writer.take();
    };
    const QByteArray hash(16, 'x');
    row("five items", 5, "a", 1, hash);
    row("no node", 4, "a b", 1, hash);
    row("sequence 0", 4, "a", 0, hash);
    row("short hash", 4, "a", 1, "x");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a map") << QByteArray::fromHex("a0");
    QTest::newRow("cut") << encoded(vectorOf({{kA1, 1}})).chopped(1);
    QTest::newRow("an array longer than all that follows")
        << QByteArray::fromHex("9b0fffffffffffffff");
}

void TestVersionVector::refusesOtherBytes()
{
    QFETCH(QByteArray, bytes);
    cbor::Reader reader(bytes);
    VersionVector::decode(reader);
    QVERIFY(!reader.ok());
}

QTEST_GUILESS_MAIN(TestVersionVector)
#include "tst_version_vector.moc"
