#include "core/cbor.h"

#include <QTest>

#include <functional>
#include <limits>

using namespace driftless;
using cbor::Reader;
using cbor::Type;
using cbor::Writer;

using Write = std::function<void(Writer &)>;
using Read = std::function<bool(Reader &)>;
Q_DECLARE_METATYPE(Write)
Q_DECLARE_METATYPE(Read)

/// The supported part of RFC 8949 is written as its appendix A says, and nothing else is read.
class TestCbor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesAppendixA_data();
    void writesAppendixA();
    void refuses_data();
    void refuses();
    void refusesEveryCutItem();
    void refusesTheWrongType();
    void faultSticks();
    void readsWhatItWrote();
    void skips();
};

void TestCbor::writesAppendixA_data()
{
    QTest::addColumn<QByteArray>("hex");
    QTest::addColumn<Write>("write");
    QTest::addColumn<Read>("read");
    const auto natural = [](const char *hex, std::uint64_t value) {
        QTest::newRow(hex) << QByteArray(hex)
                           << Write([value](Writer &w) { w.unsignedInteger(value); })
                           << Read([value](Reader &r) {
                                  return r.peek() == Type::Unsigned && r.unsignedInteger() == value;
                              });
    };
    const auto negative = [](const char *hex, std::int64_t value) {
        QTest::newRow(hex) << QByteArray(hex) << Write([value](Writer &w) { w.integer(value); })
                           << Read([value](Reader &r) {
                                  return r.peek() == Type::Negative && r.integer() == value;
                              });
    };
    const auto text = [](const char *hex, const char *value) {
        QTest::newRow(hex) << QByteArray(hex) << Write([value](Writer &w) {
            w.text(QByteArrayView(value));
        }) << Read([value](Reader &r) {
            return r.peek() == Type::Text && r.text() == QByteArrayView(value);
        });
    };
    const auto row = [](const char *hex, Write write, Read read) {
        QTest::newRow(hex) << QByteArray(hex) << std::move(write) << std::move(read);
    };
    natural("00", 0);
    natural("01", 1);
    natural("0a", 10);
    natural("17", 23);
    natural("1818", 24);
    natural("1819", 25);
    natural("1864", 100);
    natural("1903e8", 1'000);
    natural("1a000f4240", 1'000'000);
    natural("1b000000e8d4a51000", 1'000'000'000'000);
    natural("1bffffffffffffffff", 18'446'744'073'709'551'615U);
    natural("18ff", 0xff);
    natural("190100", 0x100);
    natural("19ffff", 0xffff);
    natural("1a00010000", 0x10000);
    natural("1affffffff", 0xffffffffU);
    natural("1b0000000100000000", 0x100000000U);
    negative("20", -1);
    negative("29", -10);
    negative("3863", -100);
    negative("3903e7", -1'000);
    negative("3b7fffffffffffffff", std::numeric_limits<std::int64_t>::min());
    text("60", "");
    text("6161", "a");
    text("6449455446", "IETF");
    text("62225c", "\"\\");
    text("62c3bc", "ü");
    text("63e6b0b4", "水");
    text("64f0908591", "𐅑");
    row(
        "40",
        [](Writer &w) { w.byteString({}); },
        [](Reader &r) { return r.peek() == Type::Bytes && r.byteString().isEmpty() && r.ok(); });
    row(
        "4401020304",
        [](Writer &w) { w.byteString("\1\2\3\4"); },
        [](Reader &r) { return r.byteString() == QByteArrayView("\1\2\3\4"); });
    row(
        "f4",
        [](Writer &w) { w.boolean(false); },
        [](Reader &r) { return r.peek() == Type::Boolean && !r.boolean() && r.ok(); });
    row(
        "f5", [](Writer &w) { w.boolean(true); }, [](Reader &r) { return r.boolean(); });
    row(
        "f6",
        [](Writer &w) { w.null(); },
        [](Reader &r) { return r.peek() == Type::Null && r.null(); });
    row(
        "80",
        [](Writer &w) { w.array(0); },
        [](Reader &r) { return r.peek() == Type::Array && r.array() == 0 && r.ok(); });
    row(
        "83010203",
        [](Writer &w) {
            w.array(3);
            for (std::uint64_t i = 1; i <= 3; ++i) {
                w.unsignedInteger(i);
            }
        },
        [](Reader &r) {
            return r.array() == 3 && r.unsignedInteger() == 1 && r.unsignedInteger() == 2
                && r.unsignedInteger() == 3;
        });
    row(
        "a0",
        [](Writer &w) { w.map(0); },
        [](Reader &r) { return r.peek() == Type::Map && r.map() == 0 && r.ok(); });
    row(
        "a26161016162820203",
        [](Writer &w) {
            w.map(2);
            w.text("a");
            w.unsignedInteger(1);
            w.text("b");
            w.array(2);
            w.integer(2);
            w.integer(3);
        },
        [](Reader &r) {
            return r.map() == 2 && r.text() == QByteArrayView("a") && r.integer() == 1
                && r.text() == QByteArrayView("b") && r.array() == 2 && r.integer() == 2
                && r.integer() == 3;
        });
}

void TestCbor::writesAppendixA()
{
    QFETCH(QByteArray, hex);
    QFETCH(Write, write);
    QFETCH(Read, read);
    Writer writer;
    write(writer);
    QCOMPARE(writer.bytes().toByteArray().toHex(), hex);
    Reader reader(writer.bytes());
    QVERIFY(read(reader));
    QVERIFY(reader.ok());
    QVERIFY(reader.atEnd());
    QCOMPARE(reader.peek(), Type::End);
}

void TestCbor::refuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char *name, const char *hex) {
        QTest::newRow(name) << QByteArray::fromHex(hex);
    };
    row("nothing", "");
    row("0 in two bytes", "1800");
    row("23 in two bytes", "1817");
    row("255 in three bytes", "1900ff");
    row("65535 in five bytes", "1a0000ffff");
    row("2^32-1 in nine bytes", "1b00000000ffffffff");
    row("-24 in two bytes", "3817");
    row("empty text with a long head", "780000");
    row("empty array with a long head", "9800");
    row("reserved head 28", "1c");
    row("reserved head 30", "1e");
    row("indefinite bytes", "5f4101ff");
    row("indefinite text", "7f6161ff");
    row("indefinite array", "9fff");
    row("indefinite map", "bfff");
    row("break", "ff");
    row("tag", "c074323031332d30332d32315432303a30343a30305a");
    row("undefined", "f7");
    row("half float", "f93c00");
    row("float", "fa47c35000");
    row("double", "fb3ff199999999999a");
    row("simple 16", "f0");
    row("simple 255", "f8ff");
    row("text longer than the rest", "6361");
    row("text that is not UTF-8", "61ff");
    row("text with a surrogate", "63eda080");
    row("text that ends inside of a character", "6261c3");
    row("text of 2^64-1 bytes", "7bffffffffffffffff61");
    row("array of 2^64-1 items", "9bffffffffffffffff01");
    row("map of 2^63 pairs", "bb80000000000000000101");
    row("array with fewer items", "830102");
    row("map without the last value", "a2010203");
    row("nested 33 deep", "81818181818181818181818181818181818181818181818181818181818181818100");
}

void TestCbor::refuses()
{
    QFETCH(QByteArray, bytes);
    Reader reader(bytes);
    QVERIFY(reader.skip().isEmpty());
    QVERIFY(!reader.ok());
}

namespace {

QByteArray sample()
{
    Writer writer;
    writer.map(4);
    writer.unsignedInteger(1);
    writer.text("größe");
    writer.unsignedInteger(2);
    writer.array(3);
    writer.integer(-70'000);
    writer.boolean(true);
    writer.null();
    writer.unsignedInteger(3);
    writer.incarnation(0x0123456789abcdefU);
    writer.unsignedInteger(4);
    writer.byteString(QByteArray(300, 'b'));
    return writer.take();
}

} // namespace

void TestCbor::refusesEveryCutItem()
{
    const QByteArray whole = sample();
    Reader reader(whole);
    QCOMPARE(reader.skip().size(), whole.size());
    for (qsizetype size = 0; size < whole.size(); ++size) {
        const std::vector<char> exact(whole.begin(), whole.begin() + size); // no NUL behind it
        Reader cut(QByteArrayView(exact.data(), size));
        QVERIFY(cut.skip().isEmpty());
        QVERIFY(!cut.ok());
    }
}

void TestCbor::refusesTheWrongType()
{
    const Read reads[] = {
        [](Reader &r) { return r.unsignedInteger() == 0; },
        [](Reader &r) { return r.integer() == 0; },
        [](Reader &r) { return r.byteString().isEmpty(); },
        [](Reader &r) { return r.text().isEmpty(); },
        [](Reader &r) { return r.array() == 0; },
        [](Reader &r) { return r.map() == 0; },
        [](Reader &r) { return !r.boolean(); },
        [](Reader &r) { return !r.null(); },
        [](Reader &r) { return r.incarnation() == 0; },
    };
    const Type taken[] = {Type::Unsigned,
        Type::Unsigned,
        Type::Bytes,
        Type::Text,
        Type::Array,
        Type::Map,
        Type::Boolean,
        Type::Null,
        Type::End};
    for (const char *hex : {"01", "20", "4101", "6161", "8101", "a10101", "f5", "f6"}) {
        const QByteArray bytes = QByteArray::fromHex(hex);
        for (std::size_t i = 0; i < std::size(reads); ++i) {
            Reader reader(bytes);
            const Type found = reader.peek();
            if (found != taken[i] && !(i == 1 && found == Type::Negative)) {
                QVERIFY2(reads[i](reader) && !reader.ok(), hex);
            }
        }
    }
    // What a 64-bit signed integer cannot hold.
    for (const char *hex : {"1b8000000000000000", "3b8000000000000000", "3bffffffffffffffff"}) {
        const QByteArray bytes = QByteArray::fromHex(hex);
        Reader reader(bytes);
        QCOMPARE(reader.integer(), 0);
        QVERIFY(!reader.ok());
    }
}

void TestCbor::faultSticks()
{
    const QByteArray bytes = QByteArray::fromHex("0102");
    Reader reader(bytes);
    QVERIFY(reader.text().isEmpty());
    QCOMPARE(reader.unsignedInteger(), std::uint64_t {0});
    QCOMPARE(reader.peek(), Type::End);
    QVERIFY(!reader.ok());
    Reader other(bytes);
    QCOMPARE(other.unsignedInteger(), std::uint64_t {1});
    other.fail();
    QCOMPARE(other.unsignedInteger(), std::uint64_t {0});
    QVERIFY(!other.ok());
}

void TestCbor::readsWhatItWrote()
{
    const QByteArray bytes = sample();
    Reader reader(bytes);
    QCOMPARE(reader.map(), std::uint64_t {4});
    QCOMPARE(reader.unsignedInteger(), std::uint64_t {1});
    QCOMPARE(reader.text().toByteArray(), QByteArray("größe"));
    QCOMPARE(reader.unsignedInteger(), std::uint64_t {2});
    QCOMPARE(reader.array(), std::uint64_t {3});
    QCOMPARE(reader.integer(), std::int64_t {-70'000});
    QVERIFY(reader.boolean());
    QVERIFY(reader.null());
    QCOMPARE(reader.integer(), std::int64_t {3});
    QCOMPARE(reader.incarnation(), std::uint64_t {0x0123456789abcdefU});
    QCOMPARE(reader.unsignedInteger(), std::uint64_t {4});
    QCOMPARE(reader.byteString().size(), 300);
    QVERIFY(reader.ok() && reader.atEnd());
    for (int shift = 0; shift < 64; ++shift) {
        for (const std::uint64_t near :
            {std::uint64_t {0}, std::uint64_t {1}, ~std::uint64_t {0}}) {
            const std::uint64_t value = (std::uint64_t {1} << shift) + near;
            Writer writer;
            writer.unsignedInteger(value);
            writer.integer(static_cast<std::int64_t>(value));
            writer.incarnation(value);
            Reader again(writer.bytes());
            QCOMPARE(again.unsignedInteger(), value);
            QCOMPARE(again.integer(), static_cast<std::int64_t>(value));
            QCOMPARE(again.incarnation(), value);
            QVERIFY(again.ok() && again.atEnd());
        }
    }
}

void TestCbor::skips()
{
    Writer writer(64);
    writer.array(2);
    writer.raw(sample());
    writer.unsignedInteger(7);
    Reader reader(writer.bytes());
    QCOMPARE(reader.array(), std::uint64_t {2});
    QCOMPARE(reader.offset(), 1);
    QCOMPARE(reader.skip().toByteArray(), sample());
    QCOMPARE(reader.unsignedInteger(), std::uint64_t {7});
    QVERIFY(reader.ok() && reader.atEnd());
    const QByteArray nested = QByteArray(32, '\x81') + '\0';
    Reader deep(nested);
    QCOMPARE(deep.skip().size(), nested.size());
}

QTEST_APPLESS_MAIN(TestCbor)
#include "tst_cbor.moc"
