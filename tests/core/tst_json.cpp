#include "core/json.h"

#include <QTest>

using namespace driftless;

/// What a document may be, what is refused and where, and that the views of an object hold.
class TestJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void acceptsAndFindsMembers_data();
    void acceptsAndFindsMembers();
    void refuses_data();
    void refuses();
    void refusesEveryCutDocument();
    void survivesEveryChangedByte();
    void acceptsOnlyWellFormedUtf8();
    void checksNumbersByTheStandard_data();
    void checksNumbersByTheStandard();
    void boundsDepthAndSize();
    void checksValues();
    void foldsNames();
    void findsInLargeObjects();
    void refusesRepeatedNamesInLargeObjects();
    void tellsNamesApartThatLookAlike();
    void viewsOutliveTheInput();
    void scanAgreesWithCheck();
    void scanRefusesWhatIsNoObject();
    void cutsLongNamesInPaths();
};

void TestJson::acceptsAndFindsMembers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("members"); // decoded name = value, each followed by ';'
    const auto row = [](const char *name, const QByteArray &text, const QByteArray &members) {
        QTest::newRow(name) << text << members;
    };
    row("empty", "{}", "");
    row("blanks everywhere", " \t\r\n{ \"a\" : 1 , \"b\"\n:\t[ ] } \n", "a=1;b=[ ];");
    row("every kind",
        R"({"s":"x","n":-1.5e3,"t":true,"f":false,"z":null,"a":[1,"2",{}],"o":{"p":{}}})",
        R"(s="x";n=-1.5e3;t=true;f=false;z=null;a=[1,"2",{}];o={"p":{}};)");
    row("brackets and quotes in strings",
        R"({"a":"}]\"{[","b":["\\","]"],"c":{"x\"}":1}})",
        R"(a="}]\"{[";b=["\\","]"];c={"x\"}":1};)");
    row("escaped names", R"({"\u0061\/\"\\\n":1,"\ud83d\ude00":2})", "a/\"\\\n=1;😀=2;");
    row("names in scripts", "{\"größe\":1,\"名前\":2,\"😀\":3}", "größe=1;名前=2;😀=3;");
    row("one name at different places",
        R"({"a":{"a":{"a":1}},"b":[{"x":1},{"x":1}]})",
        R"(a={"a":{"a":1}};b=[{"x":1},{"x":1}];)");
    row("names that differ in case below the top", R"({"a":{"x":1,"X":2}})", R"(a={"x":1,"X":2};)");
    row("numbers of any length",
        R"({"n":123456789012345678901234567890.123456789,"e":1e999999999})",
        "n=123456789012345678901234567890.123456789;e=1e999999999;");
    row("escaped NUL, bare DEL", "{\"a\":\"\\u0000\x7f\"}", "a=\"\\u0000\x7f\";");
    row("hex digits of either case", R"({"a":"\uD83D\uDE00\uABcd"})", R"(a="\uD83D\uDE00\uABcd";)");
}

void TestJson::acceptsAndFindsMembers()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, members);
    const auto checked = json::Object::check(text);
    QVERIFY2(checked.isOk(), checked.isOk() ? "" : checked.error().message.constData());
    QCOMPARE(checked->bytes(), text);
    QByteArray found;
    for (const json::Member &member : checked->members()) {
        found.append(member.decoded.toByteArray()).append('=').append(member.value).append(';');
    }
    QCOMPARE(found, members);
}

void TestJson::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("part"); // of the message
    const auto row
        = [](const char *name, const QByteArray &text, const char *path, const char *part) {
              QTest::newRow(name) << text << QByteArray(path) << QByteArray(part);
          };
    row("nothing", "", "$", "begin it with '{'");
    row("blanks", "  ", "$", "begin it with '{'");
    row("array", "[]", "$", "begin it with '{'");
    row("string", "\"{}\"", "$", "begin it with '{'");
    row("byte order mark", "\xef\xbb\xbf{}", "$", "byte order mark");
    row("something behind", "{}x", "$", "Nothing may follow");
    row("a second object", "{} {}", "$", "Nothing may follow");
    row("NUL behind", QByteArray("{}\0", 3), "$", "Nothing may follow");
    row("NUL inside", QByteArray("{\0}", 3), "$", "A name in double quotes");
    row("NUL in a string", QByteArray("{\"a\":\"\0\"}", 9), "$.a", "control character");
    row("NUL for a value", QByteArray("{\"a\":\0}", 7), "$.a", "value is expected");
    row("form feed is no blank", "{\f}", "$", "A name in double quotes");
    row("comma at the end", R"({"a":1,})", "$", "no comma behind");
    row("comma first", R"({,"a":1})", "$", "A name in double quotes");
    row("two commas", R"({"a":1,,"b":2})", "$", "A name in double quotes");
    row("no comma", R"({"a":1 "b":2})", "$.a", "',' or '}'");
    row("no colon", R"({"a" 1})", "$.a", "':' is expected");
    row("no value", R"({"a":})", "$.a", "value is expected");
    row("cut before a value", R"({"a":)", "$.a", "too early");
    row("cut name", R"({"a)", "$", "no closing quote");
    row("cut escape", "{\"a\":\"\\", "$.a", "unknown escape");
    row("name without quotes", "{a:1}", "$", "A name in double quotes");
    row("single quotes", "{'a':1}", "$", "A name in double quotes");
    row("comment", "{/**/}", "$", "A name in double quotes");
    row("wrong close", R"({"a":[1}})", "$.a[0]", "',' or ']'");
    row("other wrong close", R"({"a":{"b":1]})", "$.a.b", "',' or '}'");
    row("comma at the end of an array", R"({"a":[1,]})", "$.a[1]", "value is expected");
    row("array element",
        R"({"lines":[{"price":1},{"price":2},{"price":x}]})",
        "$.lines[2].price",
        "value is expected");
    row("name that is no word",
        R"({"unit price":{"a\"b":[0,-]}})",
        R"($["unit price"]["a\"b"][1])",
        "digit behind the '-'");
    row("wrong word", R"({"a":True})", "$.a", "value is expected");
    row("cut word", R"({"a":tru})", "$.a", "unknown word");
    row("longer word", R"({"a":nullx})", "$.a", "',' or '}'");
    row("not a number", R"({"a":NaN})", "$.a", "value is expected");
    row("line feed in a string", "{\"a\":\"x\ny\"}", "$.a", "control character");
    row("tab in a name", "{\"a\tb\":1}", "$", "control character");
    row("unknown escape", R"({"a":"\x41"})", "$.a", "unknown escape");
    row("short escape", R"({"a":"\u12"})", "$.a", "four hex digits");
    row("no hex", R"({"a":"\u12g4"})", "$.a", "four hex digits");
    row("lone high surrogate", R"({"a":"\ud83d"})", "$.a", "surrogate");
    row("high surrogate and a letter", R"({"a":"\ud83d\u0041"})", "$.a", "surrogate");
    row("two high surrogates", R"({"a":"\ud83d\ud83d\ude00"})", "$.a", "surrogate");
    row("lone low surrogate", R"({"a":"x\ude00"})", "$.a", "surrogate");
    row("lone surrogate in a name", R"({"\udfff":1})", "$", "surrogate");
    row("surrogate as UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "$.a", "UTF-8");
    row("Latin-1", "{\"a\":\"gr\xfc\xdf\"}", "$.a", "UTF-8");
    row("repeated name", R"({"a":1,"b":2,"a":3})", "$.a", "twice");
    row("repeated name by escape", R"({"a":1,"\u0061":3})", "$.a", "twice");
    row("repeated name below", R"({"o":[0,{"x":1,"y":{"x":1},"x":2}]})", "$.o[1].x", "twice");
    row("repeated name below by escape", R"({"o":{"\u0078y":1,"xy":2}})", "$.o.xy", "twice");
    row("repeated when folded", R"({"Id":1,"ID":2})", "$.ID", "differ only in");
    row("repeated when folded by escape", R"({"Id":1,"\u0049D":2})", "$.ID", "differ only in");
    row("repeated when folded, not ASCII",
        "{\"größe\":1,\"GRÖßE\":2}",
        "$.GRÖßE",
        "differ only in");
    row("Kelvin sign", "{\"k\":1,\"\u212a\":2}", "$.\u212a", "differ only in");
    row("empty name", R"({"":1})", "$", "must not be empty");
    row("empty name below", R"({"a":{"":1}})", "$.a", "must not be empty");
}

void TestJson::refuses()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, part);
    const auto checked = json::Object::check(text);
    QVERIFY(!checked.isOk());
    QCOMPARE(checked.error().code, ErrorCode::InvalidJson);
    QCOMPARE(checked.error().path, path);
    QVERIFY2(checked.error().message.contains(part), checked.error().message.constData());
}

namespace {

const QByteArray kSample
    = "{\"Id\":\"o-1\",\"Lines\":[{\"sku\":\"\\u00fc\\ud83d\\ude00\",\"price\":-12.50e+1},"
      "[true,false,null]],\"größe\":{\"a\":{},\"b\":[]},\"z\":0}";

/// {"Name0":0,"Name1":1, … and `last` behind them.
QByteArray objectOf(int members, const QByteArray &last = {})
{
    QByteArray text = "{";
    for (int i = 0; i < members; ++i) {
        const QByteArray number = QByteArray::number(i);
        text.append("\"Name" + number + "\":" + number + ",");
    }
    text.append(last);
    if (last.isEmpty()) {
        text.chop(1);
    }
    return text.append('}');
}

} // namespace

void TestJson::refusesEveryCutDocument()
{
    QVERIFY(json::Object::check(kSample).isOk());
    for (qsizetype size = 0; size < kSample.size(); ++size) {
        const QByteArray cut = kSample.first(size);
        QVERIFY(!json::Object::check(cut).isOk());
        QVERIFY(!json::Object::scan(cut).isOk());
        // Without the NUL of a QByteArray behind it, so that a sanitizer sees a step too far.
        const std::vector<char> exact(cut.begin(), cut.end());
        QVERIFY(!json::checkValue(QByteArrayView(exact.data(), size)).isOk());
    }
}

/// No text, however broken, leads the readers outside of it; what they say is compared where both
/// take it.
void TestJson::survivesEveryChangedByte()
{
    for (qsizetype i = 0; i < kSample.size(); ++i) {
        for (int byte = 0; byte < 256; ++byte) {
            QByteArray changed = kSample;
            changed[i] = static_cast<char>(byte);
            const auto checked = json::Object::check(changed);
            const auto scanned = json::Object::scan(changed);
            if (checked.isOk()) {
                QVERIFY(scanned.isOk());
                QCOMPARE(scanned->members().size(), checked->members().size());
            } else {
                QVERIFY(checked.error().path.startsWith('$'));
            }
            QVERIFY(json::decodeString(changed).size() <= changed.size());
        }
    }
}

/// Every sequence of four bytes from the borders of table 3-7 of the Unicode Standard, and every
/// code point, judged by Qt.
void TestJson::acceptsOnlyWellFormedUtf8()
{
    const QByteArray borders = QByteArray::fromHex("417f808f909fa0bfc0c1c2dfe0ecedeeeff0f3f4f5ff");
    for (const char a : borders) {
        for (const char b : borders) {
            for (const char c : borders) {
                for (const char d : borders) {
                    const QByteArray sequence = QByteArray(1, a).append(b).append(c).append(d);
                    const bool wellFormed = QString::fromUtf8(sequence).toUtf8() == sequence;
                    QVERIFY2(json::checkValue("\"" + sequence + "\"").isOk() == wellFormed,
                        sequence.toHex().constData());
                }
            }
        }
    }
    for (char32_t code = 0x20; code <= 0x10ffff; ++code) {
        if (code != '"' && code != '\\' && (code < 0xd800 || code > 0xdfff)) {
            QVERIFY(json::checkValue("\"" + QString::fromUcs4(&code, 1).toUtf8() + "\"").isOk());
        }
    }
}

void TestJson::checksNumbersByTheStandard_data()
{
    QTest::addColumn<bool>("valid");
    for (const char *valid : {"0",
             "-0",
             "1",
             "-1",
             "10",
             "1.0",
             "0.5",
             "-0.0",
             "1e1",
             "1E+1",
             "1e-1",
             "0e0",
             "1.5e10",
             "1234567890.0123456789"}) {
        QTest::newRow(valid) << true;
    }
    for (const char *invalid : {"-",
             "+1",
             "01",
             "-01",
             "00",
             "1.",
             ".5",
             "-.5",
             "1.e1",
             "1e",
             "1e+",
             "1e-",
             "0x1",
             "1_0",
             "1e1.5",
             "--1",
             "Infinity",
             "-Infinity",
             "1 2"}) {
        QTest::newRow(invalid) << false;
    }
}

void TestJson::checksNumbersByTheStandard()
{
    QFETCH(bool, valid);
    const QByteArray token = QTest::currentDataTag();
    QCOMPARE(json::checkValue(token).isOk(), valid);
    QCOMPARE(json::Object::check("{\"a\":" + token + "}").isOk(), valid);
    QCOMPARE(json::Object::check("{\"a\":[" + token + ",1]}").isOk(), valid);
}

void TestJson::boundsDepthAndSize()
{
    const auto nested = [](int depth, char open, char close) {
        const QByteArray inner = QByteArray(open == '[' ? "[" : "{\"a\":").repeated(depth - 1);
        return "{\"a\":" + inner + "1" + QByteArray(depth - 1, close) + "}";
    };
    QVERIFY(json::Object::check(nested(kDocumentDepthMax, '[', ']')).isOk());
    QVERIFY(json::Object::check(nested(kDocumentDepthMax, '{', '}')).isOk());
    for (const int depth : {kDocumentDepthMax + 1, 1'000'000}) {
        const auto array = json::Object::check(nested(depth, '[', ']'));
        QCOMPARE(array.error().code, ErrorCode::TooDeep);
        QCOMPARE(array.error().path, "$.a" + QByteArray("[0]").repeated(kDocumentDepthMax - 1));
        const auto object = json::Object::check(nested(depth, '{', '}'));
        QCOMPARE(object.error().code, ErrorCode::TooDeep);
        QVERIFY(object.error().message.contains("64 levels"));
    }
    const QByteArray text = R"({"a":"0123456789"})";
    QVERIFY(json::Object::check(text, {.bytesMax = text.size()}).isOk());
    const auto large = json::Object::check(text, {.bytesMax = text.size() - 1});
    QCOMPARE(large.error().code, ErrorCode::TooLarge);
    QCOMPARE(large.error().path, QByteArray("$"));
    QVERIFY(json::checkValue("[[1]]", {.depthMax = 2}).isOk());
    QCOMPARE(json::checkValue("[[1]]", {.depthMax = 1}).error().code, ErrorCode::TooDeep);
    QVERIFY(json::checkValue("1", {.depthMax = 0}).isOk());
}

void TestJson::checksValues()
{
    for (const char *text : {"1", "\"x\"", "null", "[1,{\"a\":2}]", "{\"a\":1}"}) {
        const QByteArray padded = " \n" + QByteArray(text) + "\t ";
        const auto value = json::checkValue(padded);
        QVERIFY(value.isOk());
        QCOMPARE(value->toByteArray(), QByteArray(text));
    }
    QVERIFY(!json::checkValue("").isOk());
    QVERIFY(!json::checkValue("1 2").isOk());
    QCOMPARE(json::checkValue("[0,{\"a\":1,\"a\":1}]").error().path, QByteArray("$[1].a"));
    QVERIFY(json::isString("\"x\""));
    QVERIFY(!json::isString("1"));
}

void TestJson::foldsNames()
{
    const auto object = json::Object::check(
        "{\"id\":1,\"OrderId\":2,\"GRÖSSE\":3,\"größe\":4,\"\\u0041\\u00c4\":5,\"名前\":6}");
    QVERIFY(object.isOk());
    QByteArrayList folded;
    for (const json::Member &member : object->members()) {
        folded.append(member.folded.toByteArray());
    }
    QCOMPARE(folded, QByteArrayList({"id", "orderid", "grösse", "größe", "aä", "名前"}));
    QCOMPARE(object->members()[4].decoded.toByteArray(), QByteArray("AÄ"));
    QCOMPARE(object->members()[4].name.toByteArray(), QByteArray("\\u0041\\u00c4"));
    QCOMPARE(object->find("orderid"), &object->members()[1]);
    QVERIFY(object->find("OrderId") == nullptr);
    QVERIFY(object->find("") == nullptr);
}

void TestJson::findsInLargeObjects()
{
    for (const int size : {1, 31, 32, 33, 34, 1'000}) {
        const auto object = json::Object::check(objectOf(size));
        QVERIFY(object.isOk());
        for (int i = 0; i < size; ++i) {
            const json::Member *member = object->find("name" + QByteArray::number(i));
            QVERIFY(member != nullptr);
            QCOMPARE(member->value.toByteArray(), QByteArray::number(i));
        }
        QVERIFY(object->find("name" + QByteArray::number(size)) == nullptr);
    }
}

/// In time that grows about as the members do, at every level.
void TestJson::refusesRepeatedNamesInLargeObjects()
{
    for (const int size : {31, 32, 33, 62, 63, 64, 65, 100'000}) {
        QVERIFY(json::Object::check(objectOf(size)).isOk());
        QCOMPARE(
            json::Object::check(objectOf(size, "\"Name7\":0")).error().path, QByteArray("$.Name7"));
        QCOMPARE(
            json::Object::check(objectOf(size, "\"nAME7\":0")).error().path, QByteArray("$.nAME7"));
        QVERIFY(json::Object::check("{\"o\":" + objectOf(size, "\"nAME7\":0") + "}").isOk());
        QCOMPARE(
            json::Object::check("{\"o\":" + objectOf(size, "\"\\u004eame7\":0") + "}").error().path,
            QByteArray("$.o.Name7"));
    }
}

/// Names of one length that share their first, middle and last byte are told apart.
void TestJson::tellsNamesApartThatLookAlike()
{
    for (const int size : {2, 20, 60, 200}) {
        QByteArray text;
        for (int i = 0; i < size; ++i) {
            const QByteArray number = QByteArray::number(i).rightJustified(4, '0');
            text.append("\"a" + number.first(2) + "m" + number.last(2) + "z\":0,");
        }
        QVERIFY(json::Object::check("{\"o\":{" + text.chopped(1) + "}," + text.chopped(1) + "}")
                    .isOk());
        QCOMPARE(json::Object::check("{\"o\":{" + text + "\"a00m01z\":1}}").error().path,
            QByteArray("$.o.a00m01z"));
        QCOMPARE(json::Object::check("{" + text + "\"a00m01z\":1}").error().path,
            QByteArray("$.a00m01z"));
    }
}

/// An object owns what it points to: neither the caller's buffer, nor a move, nor a copy, nor the
/// end of the first one matters.
void TestJson::viewsOutliveTheInput()
{
    std::vector<char> buffer(kSample.begin(), kSample.end());
    json::Object kept;
    {
        auto checked = json::Object::check(
            QByteArray::fromRawData(buffer.data(), static_cast<qsizetype>(buffer.size())));
        QVERIFY(checked.isOk());
        std::fill(buffer.begin(), buffer.end(), 'x');
        const json::Object moved = std::move(checked).value();
        kept = moved;
    }
    QByteArray shared(kSample.constData(), kSample.size());
    const auto other = json::Object::check(shared);
    shared.fill('x');
    const json::Object *const both[] = {&kept, &*other};
    for (const json::Object *object : both) {
        QCOMPARE(object->bytes(), kSample);
        QCOMPARE(object->members().size(), std::size_t {4});
        QCOMPARE(object->members()[0].decoded, QByteArray("Id"));
        QCOMPARE(object->members()[0].folded, QByteArray("id"));
        QCOMPARE(object->members()[2].value.toByteArray(), QByteArray(R"({"a":{},"b":[]})"));
        QVERIFY(object->find("größe") != nullptr);
    }
}

void TestJson::scanAgreesWithCheck()
{
    const QByteArray blanks
        = R"({ "A\"" : "\\" , "b" : [ "]" ] , "long enough a name" : "and a \u0041 value" })";
    for (const QByteArray &text : {kSample, objectOf(100), QByteArray(" { } "), blanks}) {
        const auto checked = json::Object::check(text);
        const auto scanned = json::Object::scan(text);
        QVERIFY(checked.isOk() && scanned.isOk());
        QCOMPARE(scanned->members().size(), checked->members().size());
        for (std::size_t i = 0; i < checked->members().size(); ++i) {
            QCOMPARE(
                scanned->members()[i].name.toByteArray(), checked->members()[i].name.toByteArray());
            QCOMPARE(scanned->members()[i].value.toByteArray(),
                checked->members()[i].value.toByteArray());
            QCOMPARE(scanned->members()[i].decoded, checked->members()[i].decoded);
            QCOMPARE(scanned->members()[i].folded, checked->members()[i].folded);
        }
    }
}

void TestJson::scanRefusesWhatIsNoObject()
{
    for (const char *text : {"",
             " ",
             "[]",
             "1",
             "{",
             "{\"a\"",
             "{\"a\":",
             "{\"a\":1",
             "{\"a\":1,",
             "{\"a\":[1}",
             "{}x",
             "{\"a\":\"",
             "{\"a\\",
             "{1:2}"}) {
        QVERIFY2(!json::Object::scan(text).isOk(), text);
    }
}

void TestJson::cutsLongNamesInPaths()
{
    const auto checked = json::Object::check(
        "{\"" + QByteArray(63, 'n') + "ü" + QByteArray(1'000'000, 'n') + "\":x}");
    QCOMPARE(checked.error().path, "$[\"" + QByteArray(63, 'n') + "…\"]");
}

QTEST_APPLESS_MAIN(TestJson)
#include "tst_json.moc"
