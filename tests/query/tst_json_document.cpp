#include "core/json.h"
#include "query/extended_json.h"
#include "query/json_document.h"
#include "query/parser.h"

#include <QFile>
#include <QTest>

#include <random>

using namespace driftless;
using namespace driftless::query;

namespace {

QByteArray read(const QByteArray &text, const FieldSet &wanted = FieldSet::all())
{
    const auto document = documentFromJson(text, wanted);
    return document ? toExtendedJson(*document) : QByteArrayLiteral("error");
}

QByteArray fieldsOfText(const QByteArray &text)
{
    const auto statement = parseStatement(text);
    if (!statement) {
        return statement.error().message;
    }
    const FieldSet fields = std::visit(
        [](const auto &one) {
            if constexpr (requires { fieldsOf(one); }) {
                return fieldsOf(one);
            } else {
                return FieldSet();
            }
        },
        *statement);
    QByteArrayList names(fields.names().begin(), fields.names().end());
    return fields.isAll() ? QByteArrayLiteral("all") : names.join(' ');
}

} // namespace

/// Stored bytes become values, only the wanted members of them; and which ones are wanted.
class TestJsonDocument : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads_data();
    void reads();
    void readsOnlyWhatIsWanted_data();
    void readsOnlyWhatIsWanted();
    void readsWhateverPassesTheCheck();
    void doesNoHarm();
    void keepsLastValuesInLargeObjects();
    void findsAmongManyFields();
    void knowsFields_data();
    void knowsFields();
};

void TestJsonDocument::reads_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("answer");
    const auto row = [](const char *text, const char *answer) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(answer);
    };
    row("{}", "{}");
    row(" { \"a\" : [ 1 , { } , [ ] ] , \"b\" : true } ", R"({"a":[1,{},[]],"b":true})");
    row(R"({"a":2147483647,"b":2147483648,"c":-0,"d":-2147483648})",
        R"({"a":2147483647,"b":{"$numberLong":"2147483648"},"c":0,"d":-2147483648})");
    row(R"({"a":9223372036854775808,"b":-9223372036854775808})",
        R"({"a":{"$numberDecimal":"9223372036854775808"},"b":{"$numberLong":"-9223372036854775808"}})");
    row(R"({"a":79228162514264337593543950336})", R"({"a":79228162514264337593543950336.0})");
    row(R"({"a":1.50,"b":1e3,"c":1E400,"d":-1e400,"e":1e-400,"f":-0.0})",
        R"({"a":1.5,"b":1000.0,"c":{"$numberDouble":"Infinity"},"d":{"$numberDouble":"-Infinity"},"e":0.0,"f":-0.0})");
    row(R"({"d":{"$date":"2024-02-29T13:45:50Z"},"l":{"$numberLong":"5"},"n":{"$numberDecimal":"1.10"}})",
        R"({"d":{"$date":"2024-02-29T13:45:50.0000000Z"},"l":{"$numberLong":"5"},"n":{"$numberDecimal":"1.10"}})");
    row(R"({"a":{"$date":"never"},"b":{"$date":"2024-02-29","x":1},"c":{"$oid":null},"d":{"$id":1}})",
        R"({"a":{"$date":"never"},"b":{"$date":"2024-02-29","x":1},"c":{"$oid":null},"d":{"$id":1}})");
    row(R"({"o":{"x":1,"X":2,"y":3}})", R"({"o":{"x":2,"y":3}})");
    row(R"({"a\n":"\u00e4\"\\","😀":null})", "{\"a\\n\":\"\xc3\xa4\\\"\\\\\",\"😀\":null}");
}

void TestJsonDocument::reads()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, answer);
    QCOMPARE(read(text), answer);
    const auto value = valueFromJson(text);
    QCOMPARE(value ? toExtendedJson(*value) : QByteArray("error"), answer);
}

void TestJsonDocument::readsOnlyWhatIsWanted_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("others are skipped")
        << QByteArray(R"({"x":{"a":"}]"},"a":1,"y":[1,"]"],"z":"\""})") << QByteArray(R"({"a":1})");
    QTest::newRow("any case") << QByteArray(R"({"A":1,"GRÖẞE":{"a":1}})")
                              << QByteArray(R"({"A":1,"GRÖẞE":{"a":1}})");
    QTest::newRow("escaped") << QByteArray(R"({"\u0041":1})") << QByteArray(R"({"A":1})");
    QTest::newRow("the last value counts")
        << QByteArray(R"({"a":1,"b":2,"A":3})") << QByteArray(R"({"a":3})");
    QTest::newRow("none") << QByteArray(R"({"b":1})") << QByteArray("{}");
}

void TestJsonDocument::readsOnlyWhatIsWanted()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, answer);
    QCOMPARE(read(text, FieldSet::of({"a", "größe"})), answer);
}

void TestJsonDocument::readsWhateverPassesTheCheck()
{
    std::mt19937 random(3);
    const std::string alphabet = R"({}[]",:\u0041 truefalsnd-.+eE0123456789$äab)";
    const std::string parts[] = {R"("a":)",
        R"("$date":)",
        "{",
        "}",
        "[",
        "]",
        ",",
        "1",
        "-1.5e3",
        R"("x")",
        R"({"$numberLong":"7"})",
        "null",
        R"("\ud83d\ude00":)",
        "9999999999999999999999999999999999"};
    int accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        QByteArray text = "{";
        for (auto j = random() % 9; j > 0; --j) {
            if (random() % 8 == 0) {
                text += alphabet[random() % alphabet.size()];
            } else {
                text += QByteArray::fromStdString(parts[random() % std::size(parts)]);
            }
        }
        text += '}';
        const auto checked = json::Object::check(text);
        const auto all = documentFromJson(text, FieldSet::all());
        const auto some = documentFromJson(text, FieldSet::of({"a"}));
        if (checked) {
            ++accepted;
            QVERIFY2(all.isOk() && some.isOk(), text.constData());
            QVERIFY(all->toDocument().size() == checked->members().size());
            for (const json::Member &member : checked->members()) {
                QCOMPARE(toExtendedJson(all->member(member.decoded)),
                    toExtendedJson(*valueFromJson(member.value)));
            }
            QCOMPARE(toExtendedJson(some->member("A")), toExtendedJson(all->member("a")));
        }
    }
    QVERIFY2(accepted > 1000, QByteArray::number(accepted).constData());
}

void TestJsonDocument::doesNoHarm()
{
    const QByteArray deep = R"({"a":)" + QByteArray(kDocumentDepthMax - 1, '[')
        + QByteArray(kDocumentDepthMax - 1, ']') + '}';
    QVERIFY(json::Object::check(deep).isOk());
    QVERIFY(read(deep) != "error");
    QCOMPARE(read(R"({"a":)" + QByteArray(100'000, '[')), QByteArray("error"));
    const QByteArray text = R"({"a":[1,{"b\u0041":"x"}],"c":{"$date":"2024-02-29"},"d":null})";
    for (qsizetype i = 0; i < text.size(); ++i) {
        QCOMPARE(read(text.left(i)), QByteArray("error"));
        QByteArray changed = text;
        for (const char c : {'"', '\\', '{', ']', ':', ',', '1', '\0'}) {
            changed[i] = c;
            read(changed);
            read(changed, FieldSet::of({"d"}));
        }
    }
}

void TestJsonDocument::keepsLastValuesInLargeObjects()
{
    QByteArray text = R"({"o":{)";
    for (int i = 0; i < 50'000; ++i) {
        text += '"' + QByteArray(i % 2 == 0 ? "n" : "N") + QByteArray::number(i / 2)
            + "\":" + QByteArray::number(i) + ',';
    }
    text += R"("end":1}})";
    const Value object = documentFromJson(text, FieldSet::all())->member("o");
    QCOMPARE(object.toDocument().size(), 25'001U);
    QCOMPARE(object.toDocument().members()[7].name, QByteArray("n7"));
    QCOMPARE(object.toDocument().members()[7].value.toInt64(), 15);
    QCOMPARE(object.toDocument().members()[25'000].name, QByteArray("end"));
}

void TestJsonDocument::findsAmongManyFields()
{
    FieldSet fields;
    for (int i = 0; i < 100; ++i) {
        fields.add("Name" + QByteArray::number(i));
        QVERIFY(fields.contains("nAMe" + QByteArray::number(i)));
        QVERIFY(!fields.contains("name" + QByteArray::number(i + 1)));
    }
    QCOMPARE(fields.names().size(), 100U);
    QVERIFY(FieldSet::of({"k"}).contains("\xe2\x84\xaa")); // the sign of Kelvin folds to k
}

void TestJsonDocument::knowsFields_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("fields");
    const auto row = [](const char *text, const char *fields) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(fields);
    };
    row("SELECT $ FROM c", "all");
    row("SELECT * FROM c", "all");
    row("SELECT A, b.c[d > 1].e FROM c WHERE x = 1 ORDER BY y", "a b x y");
    row("SELECT _id, @.name AS n FROM c", "_id name");
    row("SELECT COUNT(*) FROM c WHERE q > 1", "q");
    row("SELECT SUM(*.total), AVG(MAP(* => @.a + $.b)) FROM c", "a b total");
    row("SELECT COUNT(FILTER(* => a > 1)), MAX(MAP(FILTER(* => b > 1) => c)) FROM c", "a b c");
    row("SELECT FIRST(*) FROM c", "all");
    row("SELECT COUNT(UNION(*, [1])) FROM c", "all");
    row("SELECT LAST(SORT(* => a)) FROM c", "all");
    row("SELECT {a, n: {b}}, EXTEND({c: d}, {}) FROM c", "a b d");
    row("SELECT EXTEND($, {a: 1}) FROM c", "all");
    row("SELECT lines[* ].sku FROM c INCLUDE customer, lines[*].product", "customer lines");
    row("SELECT lines[price > $.min].sku FROM c", "lines min");
    row("SELECT @key, SUM(*.qty) FROM c GROUP BY site HAVING COUNT(*) > 1", "qty site");
    row("SELECT IIF(a = 1, b, c) FROM c WHERE s LIKE t ", "a b c s t");
    row("SELECT $[0] FROM c", "all");
    row("UPDATE c SET a = b + 1, x.y = 2 WHERE z = 1", "_id a b x z");
    row("UPDATE c SET {a: b}", "_id b");
    row("DELETE c WHERE a = 1", "_id a");
}

void TestJsonDocument::knowsFields()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, fields);
    QCOMPARE(fieldsOfText(text), fields);
}

QTEST_APPLESS_MAIN(TestJsonDocument)
#include "tst_json_document.moc"
