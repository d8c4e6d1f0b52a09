#include "core/json.h"

#include <QTest>

using namespace driftless;

/// Edits touch what they name and no other byte; RFC 7396; strings.
class TestJsonEdit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void splices_data();
    void splices();
    void splicesManyMembers();
    void mergesPatches_data();
    void mergesPatches();
    void mergesLargeObjects();
    void writesStrings();
    void resolvesEscapes_data();
    void resolvesEscapes();
};

void TestJsonEdit::splices_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArrayList>("edits"); // name, value, name, value …; an empty value removes
    QTest::addColumn<QByteArray>("expected");
    const auto row =
        [](const char *name, const char *text, const QByteArrayList &edits, const char *expected) {
            QTest::newRow(name) << QByteArray(text) << edits << QByteArray(expected);
        };
    const char spaced[] = "\n{ \"A\" : 1.0 ,\n  \"b\":[ 1 , 2 ],\t\"\\u0063\" : \"x\" }\r\n";
    row("nothing", spaced, {}, spaced);
    row("a value in place",
        spaced,
        {"b", "null"},
        "\n{ \"A\" : 1.0 ,\n  \"b\":null,\t\"\\u0063\" : \"x\" }\r\n");
    row("found by folded name",
        spaced,
        {"a", "2"},
        "\n{ \"A\" : 2 ,\n  \"b\":[ 1 , 2 ],\t\"\\u0063\" : \"x\" }\r\n");
    row("found by decoded name",
        spaced,
        {"C", "2"},
        "\n{ \"A\" : 1.0 ,\n  \"b\":[ 1 , 2 ],\t\"\\u0063\" : 2 }\r\n");
    row("remove the first", spaced, {"A", ""}, "\n{ \"b\":[ 1 , 2 ],\t\"\\u0063\" : \"x\" }\r\n");
    row("remove the middle", spaced, {"B", ""}, "\n{ \"A\" : 1.0,\t\"\\u0063\" : \"x\" }\r\n");
    row("remove the last", spaced, {"c", ""}, "\n{ \"A\" : 1.0 ,\n  \"b\":[ 1 , 2 ] }\r\n");
    row("remove two at the end", spaced, {"c", "", "b", ""}, "\n{ \"A\" : 1.0 }\r\n");
    row("remove two at the begin", spaced, {"a", "", "b", ""}, "\n{ \"\\u0063\" : \"x\" }\r\n");
    row("remove all", spaced, {"a", "", "b", "", "c", ""}, "\n{  }\r\n");
    row("remove all and add", spaced, {"a", "", "d", "4", "b", "", "c", ""}, "\n{ \"d\":4 }\r\n");
    row("add",
        spaced,
        {"z", "1", "y", "[2]"},
        "\n{ \"A\" : 1.0 ,\n  \"b\":[ 1 , 2 ],\t\"\\u0063\" : \"x\",\"z\":1,\"y\":[2] }\r\n");
    row("add to nothing", "{}", {"z", "1", "y", "2"}, "{\"z\":1,\"y\":2}");
    row("add to blanks", " {\n} ", {"z", "1"}, " {\"z\":1\n} ");
    row("add an escaped name", "{}", {"a\"\\\n", "1"}, "{\"a\\\"\\\\\\n\":1}");
    row("remove what is not there", spaced, {"nothing", ""}, spaced);
    row("all at once",
        spaced,
        {"b", "", "a", "7", "d", "8"},
        "\n{ \"A\" : 7,\t\"\\u0063\" : \"x\",\"d\":8 }\r\n");
    row("the later of two counts",
        "{\"a\":1}",
        {"a", "2", "A", "3", "b", "4", "B", "5"},
        "{\"a\":3,\"B\":5}");
    row("removed, then set", "{\"a\":1}", {"a", "", "A", "3", "b", "4", "B", ""}, "{\"a\":3}");
}

void TestJsonEdit::splices()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArrayList, edits);
    QFETCH(QByteArray, expected);
    const auto object = json::Object::check(text);
    QVERIFY(object.isOk());
    std::vector<json::Edit> list;
    for (qsizetype i = 0; i + 1 < edits.size(); i += 2) {
        list.push_back({edits[i], edits[i + 1]});
    }
    const QByteArray result = json::splice(*object, list);
    QCOMPARE(result, expected);
    QVERIFY(json::Object::check(result).isOk());
}

void TestJsonEdit::splicesManyMembers()
{
    constexpr int count = 100'000;
    std::vector<json::Edit> edits;
    for (int i = 0; i < count; ++i) {
        edits.push_back({"n" + QByteArray::number(i), QByteArray::number(i)});
    }
    const auto made = json::Object::check(json::splice(*json::Object::check("{}"), edits));
    QVERIFY(made.isOk());
    QCOMPARE(made->members().size(), edits.size());
    for (json::Edit &edit : edits) {
        edit.value.clear();
    }
    QCOMPARE(json::splice(*made, edits), QByteArray("{}"));
}

/// RFC 7396, appendix A, where target and patch can stand as the value of a member; and what it
/// leaves open: the bytes.
void TestJsonEdit::mergesPatches_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("patch");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *target, const char *patch, const char *expected) {
        QTest::addRow("%s + %s", target, patch)
            << QByteArray(target) << QByteArray(patch) << QByteArray(expected);
    };
    row(R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})");
    row(R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})");
    row(R"({"a":"b"})", R"({"a":null})", R"({})");
    row(R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})");
    row(R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})");
    row(R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})");
    row(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})");
    row(R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})");
    row(R"(["a","b"])", R"(["c","d"])", R"(["c","d"])");
    row(R"({"a":"b"})", R"(["c"])", R"(["c"])");
    row(R"({"a":"foo"})", R"(null)", R"(null)");
    row(R"({"a":"foo"})", R"("bar")", R"("bar")");
    row(R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})");
    row(R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})");
    row(R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})");
    // Beyond the appendix.
    row("", R"({"a":null,"b":{"c":null,"d":1}})", R"({"b":{"d":1}})");
    row("", R"([null])", R"([null])");
    row("7", R"({})", R"({})");
    row(R"({ "x" : 1.0 , "y" :{ "p" : 1e0 ,"q": 2 } })",
        R"({"y":{"q":3,"r":4}})",
        R"({ "x" : 1.0 , "y" :{ "p" : 1e0 ,"q": 3,"r":4 } })");
    row(R"({"A":1})", R"({"a":2})", R"({"A":1,"a":2})");
    row(R"({"\u0061":1})", R"({"a":2})", R"({"\u0061":2})");
    row(R"({"a":1})", R"({"\u0061":null,"\u00e4":1})", R"({"\u00e4":1})");
    row(R"({"a":1})", R"({"a":{"b":null}})", R"({"a":{}})");
}

void TestJsonEdit::mergesPatches()
{
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, patch);
    QFETCH(QByteArray, expected);
    const QByteArray merged = json::mergePatchValue(target, patch);
    QCOMPARE(merged, expected);
    QVERIFY(json::checkValue(merged).isOk());
}

void TestJsonEdit::mergesLargeObjects()
{
    QByteArray target = "{";
    QByteArray patch = "{";
    QByteArray expected = "{";
    for (int i = 0; i < 50'000; ++i) {
        const QByteArray number = QByteArray::number(i);
        target.append("\"k" + number + "\":" + number + ",");
        patch.append("\"k" + number + "\":" + (i % 2 == 0 ? "null," : "\"x\","));
        expected.append(i % 2 == 0 ? QByteArray() : "\"k" + number + "\":\"x\",");
    }
    for (QByteArray *text : {&target, &patch, &expected}) {
        text->back() = '}';
    }
    QCOMPARE(json::mergePatchValue(target, patch), expected);
}

void TestJsonEdit::writesStrings()
{
    QByteArray out = "x";
    json::appendString(out, "a\"b\\c/ü😀\b\f\n\r\t\x7f");
    QCOMPARE(out, QByteArray("x\"a\\\"b\\\\c/ü😀\\b\\f\\n\\r\\t\x7f\""));
    QByteArray all;
    for (int c = 0; c < 0x80; ++c) {
        all.append(static_cast<char>(c));
    }
    all.append("größe 名前 😀");
    QByteArray text;
    json::appendString(text, all);
    QVERIFY(json::checkValue(text).isOk());
    QCOMPARE(json::decodeString(QByteArrayView(text).sliced(1).chopped(1)), all);
    QByteArray empty;
    json::appendString(empty, {});
    QCOMPARE(empty, QByteArray("\"\""));
}

void TestJsonEdit::resolvesEscapes_data()
{
    QTest::addColumn<QByteArray>("decoded");
    QTest::newRow(R"(plain text, longer than a word)")
        << QByteArray("plain text, longer than a word");
    QTest::newRow(R"(\"\\\/\b\f\n\r\t)") << QByteArray("\"\\/\b\f\n\r\t");
    QTest::newRow(R"(\u0041\u00e4\u20ac\ud83d\ude00z)") << QByteArray("Aä€😀z");
    QTest::newRow(R"(\uFFFF\uDBFF\uDFFF)") << QByteArray("\xef\xbf\xbf\xf4\x8f\xbf\xbf");
    QTest::newRow(R"(\u0000)") << QByteArray("\0", 1);
}

void TestJsonEdit::resolvesEscapes()
{
    QFETCH(QByteArray, decoded);
    QCOMPARE(json::decodeString(QByteArrayView(QTest::currentDataTag())), decoded);
}

QTEST_APPLESS_MAIN(TestJsonEdit)
#include "tst_json_edit.moc"
