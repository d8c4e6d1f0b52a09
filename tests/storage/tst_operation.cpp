#include "core/cbor.h"
#include "hand_made.h"
#include "seeded_random.h"
#include "storage/operation.h"

#include <QTest>

#include <functional>
#include <limits>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

const Incarnation kTillA {node("till-a"), 0x0102'0304'0506'0708};
const Incarnation kTillB {node("till-b"), std::numeric_limits<std::uint64_t>::max()};

OperationHeader smallest()
{
    OperationHeader header;
    header.version = {1, {kTillA, 1}};
    header.collection = "c";
    header.documentId = "1";
    return header;
}

/// Every field that a header can have, with what is awkward about it.
OperationHeader everything()
{
    OperationHeader header;
    header.version = {std::uint64_t {1'790'000'000'000} << 16 | 0xffffU, {kTillA, 70'000}};
    header.group = GroupSpan {69'999, 10'000};
    header.collection = "Bestände";
    header.documentId = "A/1 \"ß\"";
    header.floor = true;
    header.parents = {{{5, {kTillB, 3}}, Hash128 {1, 2}}, {{6, {kTillA, 69'998}}, std::nullopt}};
    CounterSums seen = sum(kTillA, 3, "-1.5");
    seen.merge(sum(
        kTillB, std::numeric_limits<std::uint64_t>::max(), "12345678901234567890123456789012345"));
    header.changed = {set("a"),
        set("set", seen),
        add("added", 4, "-0.25", "10"),
        removed("removed"),
        setAdd("set and added", "1e2", 1, "7", "7", seen)};
    header.bodyHash = Hash128::of("{}");
    header.previous = {3, 4};
    header.adoptedId = Hash128 {5, 6};
    header.wallClockMs = -1;
    return header;
}

/// A header by its items, for what encodeHeader does not make.
QByteArray raw(
    std::uint64_t fields, const std::function<void(cbor::Writer &)> &more, bool isWrite = true)
{
    cbor::Writer writer;
    writer.map(4 + (isWrite ? 2U : 0U) + fields);
    writer.unsignedInteger(1), writer.text("till-a");
    writer.unsignedInteger(2), writer.incarnation(7);
    writer.unsignedInteger(3), writer.unsignedInteger(2);
    writer.unsignedInteger(4), writer.unsignedInteger(9);
    if (isWrite) {
        writer.unsignedInteger(7), writer.text("c");
        writer.unsignedInteger(8), writer.text("1");
    }
    more(writer);
    return writer.take();
}

} // namespace

/// A header is read as it was written, to the byte, by every program; what it does not know it
/// keeps.
class TestOperation : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void headerComesBack_data();
    void headerComesBack();
    void bytesAreFrozen();
    void bytesDoNotDependOnTheOrderOfClaims();
    void idIsMadeOfHlcAndDot();
    void unknownIsKept_data();
    void unknownIsKept();
    void refusesMalformed_data();
    void refusesMalformed();
    void refusesEveryCut();
    void damageDoesNoHarm();
    void bodyMustHaveTheHash_data();
    void bodyMustHaveTheHash();
};

void TestOperation::headerComesBack_data()
{
    QTest::addColumn<OperationHeader>("header");
    QTest::newRow("smallest") << smallest();
    QTest::newRow("everything") << everything();
    OperationHeader open = smallest();
    open.kind = OperationKind::Open;
    open.collection.clear();
    open.documentId.clear();
    open.previous = {8, 9};
    open.parents = {{{1, {kTillB, 12}}, std::nullopt}};
    QTest::newRow("open") << open;
    OperationHeader admit = smallest();
    admit.kind = OperationKind::Admit;
    admit.collection.clear();
    admit.documentId = "till-c";
    QTest::newRow("admit") << admit;
    OperationHeader erase = smallest();
    erase.kind = OperationKind::Delete;
    QTest::newRow("delete") << erase;
    OperationHeader largest = smallest();
    largest.version = {std::numeric_limits<std::uint64_t>::max(),
        {kTillB, std::numeric_limits<std::uint64_t>::max()}};
    largest.group = GroupSpan {std::numeric_limits<std::uint64_t>::max(), 2};
    largest.wallClockMs = std::numeric_limits<std::int64_t>::max();
    QTest::newRow("largest numbers") << largest;
}

void TestOperation::headerComesBack()
{
    QFETCH(OperationHeader, header);
    const QByteArray bytes = encodeHeader(header);
    const auto decoded = decodeHeader(bytes);
    QVERIFY2(decoded.isOk(), decoded.isOk() ? "" : decoded.error().message.constData());
    // The map of claims is ordered by name.
    std::sort(header.changed.begin(), header.changed.end(), [](const Claim &a, const Claim &b) {
        return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
    QVERIFY(*decoded == header);
    QVERIFY(decoded->isUnderstood);
    QCOMPARE(encodeHeader(*decoded), bytes);
    const auto version = decodeVersion(bytes);
    QVERIFY(version.isOk());
    QVERIFY(*version == header.version);
}

void TestOperation::bytesAreFrozen()
{
    // Nodes of any age hash each other's bytes: these may never change.
    QCOMPARE(encodeHeader(smallest()).toHex(),
        QByteArray("a60166"
                   "74696c6c2d61"
                   "0248"
                   "0102030405060708"
                   "0301"
                   "0401"
                   "076163"
                   "086131"));
    OperationHeader header = smallest();
    header.floor = true;
    header.kind = OperationKind::Delete;
    header.group = GroupSpan {1, 2};
    header.changed = {removed("bb"), set("a")};
    header.previous = {0, 1};
    QCOMPARE(encodeHeader(header).toHex(),
        QByteArray("ab0166"
                   "74696c6c2d61"
                   "0248"
                   "0102030405060708"
                   "0301"
                   "0401"
                   "05820102"
                   "0601"
                   "076163"
                   "086131"
                   "09f5"
                   "0ba2"
                   "616100"
                   "62626201"
                   "0d50"
                   "00000000000000000000000000000001"));
}

void TestOperation::bytesDoNotDependOnTheOrderOfClaims()
{
    OperationHeader header = everything();
    const QByteArray bytes = encodeHeader(header);
    std::reverse(header.changed.begin(), header.changed.end());
    QCOMPARE(encodeHeader(header), bytes);
}

void TestOperation::idIsMadeOfHlcAndDot()
{
    OperationHeader header = smallest();
    header.version.hlc = 0x0102;
    QCOMPARE(header.id().bytes().first(8).toHex(), QByteArray("0000000000000102"));
    OperationHeader other = header;
    other.version.dot.incarnation.number += 1;
    QVERIFY(other.id() != header.id());
    header.adoptedId = Hash128 {5, 6};
    QVERIFY(header.id() == (Hash128 {5, 6}));
}

void TestOperation::unknownIsKept_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto claim = [](const std::function<void(cbor::Writer &)> &value) {
        return raw(1, [&value](cbor::Writer &writer) {
            writer.unsignedInteger(11), writer.map(1);
            writer.text("a"), value(writer);
        });
    };
    QTest::newRow("key") << raw(1, [](cbor::Writer &writer) {
        writer.unsignedInteger(99), writer.array(2), writer.text("x"), writer.null();
    });
    QTest::newRow("the key that is not used") << raw(
        1, [](cbor::Writer &writer) { writer.unsignedInteger(14), writer.unsignedInteger(1); });
    const auto kind = [](std::uint64_t number) {
        cbor::Writer writer;
        writer.map(5);
        writer.unsignedInteger(1), writer.text("till-a");
        writer.unsignedInteger(2), writer.incarnation(7);
        writer.unsignedInteger(3), writer.unsignedInteger(2);
        writer.unsignedInteger(4), writer.unsignedInteger(9);
        writer.unsignedInteger(6), writer.unsignedInteger(number);
        return writer.take();
    };
    QTest::newRow("kind") << kind(77);
    QTest::newRow("forget, of a later version") << kind(4);
    QTest::newRow("collect, of a later version") << kind(5);
    QTest::newRow("claim, a number")
        << claim([](cbor::Writer &writer) { writer.unsignedInteger(2); });
    QTest::newRow("claim, an array") << claim(
        [](cbor::Writer &writer) { writer.array(2), writer.unsignedInteger(9), writer.text("x"); });
    QTest::newRow("claim with more than is known") << claim([](cbor::Writer &writer) {
        writer.array(3), writer.unsignedInteger(0), writer.array(0), writer.null();
    });
}

void TestOperation::unknownIsKept()
{
    QFETCH(QByteArray, bytes);
    const auto operation = Operation::parse(bytes, {});
    QVERIFY2(operation.isOk(), operation.isOk() ? "" : operation.error().message.constData());
    QVERIFY(!operation->header.isUnderstood);
    QVERIFY((operation->header.version == Version {9, {{node("till-a"), 7}, 2}}));
    QCOMPARE(operation->headerBytes, bytes); // and so it is forwarded
}

void TestOperation::refusesMalformed_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char *name,
                         std::uint64_t fields,
                         const std::function<void(cbor::Writer &)> &more) {
        QTest::newRow(name) << raw(fields, more);
    };
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no map") << QByteArray::fromHex("80");
    QTest::newRow("an empty map") << QByteArray::fromHex("a0");
    QTest::newRow("a map without an end") << QByteArray::fromHex("bf");
    QTest::newRow("a length that is not the shortest") << QByteArray::fromHex("b806");
    QTest::newRow("something behind it") << raw(0, [](cbor::Writer &writer) { writer.null(); });
    QTest::newRow("a write without a collection") << raw(
        0, [](cbor::Writer &) {}, false);
    row("keys that do not ascend", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(5), writer.array(2), writer.unsignedInteger(1),
            writer.unsignedInteger(2);
    });
    row("a key twice", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(8), writer.text("2");
    });
    row("a key that is text", 1, [](cbor::Writer &writer) { writer.text("x"), writer.null(); });
    row("floor is no boolean", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(9), writer.unsignedInteger(1);
    });
    row("parents is no array", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.map(0);
    });
    row("a parent of three", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.array(1), writer.array(3), writer.text("b"),
            writer.incarnation(1), writer.unsignedInteger(1);
    });
    row("a parent whose origin is no node", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.array(1), writer.array(4), writer.text("no node"),
            writer.incarnation(1), writer.unsignedInteger(1), writer.unsignedInteger(1);
    });
    row("an adopted id of the wrong size", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.array(1), writer.array(5), writer.text("b"),
            writer.incarnation(1), writer.unsignedInteger(1), writer.unsignedInteger(1),
            writer.byteString("short");
    });
    row("a claim that is empty", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.array(0);
    });
    row("a claim that is text", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.text("x");
    });
    row("a sum that is no number", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.array(4),
            writer.unsignedInteger(2), writer.unsignedInteger(1), writer.text("many"),
            writer.text("1");
    });
    row("an array longer than all that follows", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.array(std::uint64_t {1} << 60);
    });
    row("a hash of the wrong size", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(12), writer.byteString("short");
    });
    row("a wall clock that is text", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(16), writer.text("now");
    });
    // The bytes are a function of the fields: nothing may be written in a second way.
    row("a floor that is none", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(9), writer.boolean(false);
    });
    row("no parents written out", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(10), writer.array(0);
    });
    row("no claims written out", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(0);
    });
    row("names that do not ascend", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(2), writer.text("bb"), writer.unsignedInteger(0),
            writer.text("c"), writer.unsignedInteger(0);
    });
    row("a name twice", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(2), writer.text("a"), writer.unsignedInteger(0),
            writer.text("a"), writer.unsignedInteger(1);
    });
    row("a name that is not UTF-8", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("\xff"), writer.unsignedInteger(0);
    });
    row("a set that has seen nothing, written out", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.array(2),
            writer.unsignedInteger(0), writer.array(0);
    });
    row("incarnations that do not ascend", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.array(2),
            writer.unsignedInteger(0), writer.array(2);
        for (const char *origin : {"b", "a"}) {
            writer.array(4), writer.text(origin), writer.incarnation(1), writer.unsignedInteger(1),
                writer.text("1");
        }
    });
    row("a number that is not minimal", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(11), writer.map(1), writer.text("a"), writer.array(4),
            writer.unsignedInteger(2), writer.unsignedInteger(1), writer.text("1.0"),
            writer.text("1");
    });
    row("a predecessor that is none", 1, [](cbor::Writer &writer) {
        writer.unsignedInteger(13), writer.byteString(QByteArray(16, '\0'));
    });
    const auto header = [](const char *name, const std::function<void(OperationHeader &)> &change) {
        OperationHeader changed = smallest();
        change(changed);
        QTest::newRow(name) << encodeHeader(changed);
    };
    header("no origin", [](OperationHeader &h) { h.version.dot.incarnation.origin = {}; });
    header("sequence 0", [](OperationHeader &h) { h.version.dot.sequence = 0; });
    header("hlc 0", [](OperationHeader &h) { h.version.hlc = 0; });
    header("a group of one", [](OperationHeader &h) { h.group = GroupSpan {1, 1}; });
    header("a group that begins at 0", [](OperationHeader &h) { h.group = GroupSpan {0, 3}; });
    header("before its own group", [](OperationHeader &h) { h.group = GroupSpan {2, 2}; });
    header("behind its own group", [](OperationHeader &h) {
        h.version.dot.sequence = 3;
        h.group = GroupSpan {1, 2};
    });
}

void TestOperation::refusesMalformed()
{
    QFETCH(QByteArray, bytes);
    const auto header = decodeHeader(bytes);
    QVERIFY(!header.isOk());
    QCOMPARE(header.error().code, ErrorCode::Malformed);
    const auto operation = Operation::parse(bytes, {});
    QVERIFY(!operation.isOk());
    QCOMPARE(operation.error().code, ErrorCode::Malformed);
}

void TestOperation::refusesEveryCut()
{
    const QByteArray bytes = encodeHeader(everything());
    for (qsizetype size = 0; size < bytes.size(); ++size) {
        QVERIFY2(!decodeHeader(bytes.first(size)).isOk(), QByteArray::number(size).constData());
    }
    QVERIFY(!decodeVersion(bytes.first(12)).isOk());
}

void TestOperation::damageDoesNoHarm()
{
    support::SeededRandom random(11);
    const QByteArray bytes = encodeHeader(everything());
    int read = 0;
    for (int round = 0; round < 20'000; ++round) {
        QByteArray damaged = bytes;
        for (int flips = random.between(1, 3); flips > 0; --flips) {
            damaged[random.between(0, static_cast<int>(damaged.size()) - 1)]
                = static_cast<char>(random.next());
        }
        const auto header = decodeHeader(damaged);
        read += header.isOk() ? 1 : 0;
        QVERIFY(header.isOk() || header.error().code == ErrorCode::Malformed);
    }
    QVERIFY(read > 0); // a hash may be any bytes: the chain finds that
}

void TestOperation::bodyMustHaveTheHash_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("arrived");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("the same") << QByteArray("{\"a\":1}") << QByteArray("{\"a\":1}") << true;
    QTest::newRow("none") << QByteArray() << QByteArray() << true;
    QTest::newRow("another") << QByteArray("{\"a\":1}") << QByteArray("{\"a\":2}") << false;
    QTest::newRow("a blank more") << QByteArray("{\"a\":1}") << QByteArray("{\"a\": 1}") << false;
    QTest::newRow("lost") << QByteArray("{\"a\":1}") << QByteArray() << false;
    QTest::newRow("from nowhere") << QByteArray() << QByteArray("{\"a\":1}") << false;
}

void TestOperation::bodyMustHaveTheHash()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, arrived);
    QFETCH(bool, isGood);
    const Operation made = Operation::make(smallest(), body);
    QCOMPARE(made.header.bodyHash.has_value(), !body.isEmpty());
    const auto parsed = Operation::parse(made.headerBytes, arrived);
    QCOMPARE(parsed.isOk(), isGood);
    if (isGood) {
        QVERIFY(parsed->header == made.header);
        QVERIFY(parsed->chainHash() == made.chainHash());
        QCOMPARE(parsed->body, body);
    } else {
        QCOMPARE(parsed.error().code, ErrorCode::Malformed);
    }
}

QTEST_GUILESS_MAIN(TestOperation)
#include "tst_operation.moc"
