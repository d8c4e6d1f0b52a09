#include "query/index_expression.h"
#include "query/parser.h"

#include <QTest>

using namespace driftless::query;

namespace {

QByteArrayList keysOf(const QByteArray &expression, const char *document)
{
    const auto index = IndexExpression::compile(expression);
    if (!index) {
        return {"error"};
    }
    std::vector<QByteArray> keys;
    index->appendKeys(*parseJson(document), keys);
    return {keys.begin(), keys.end()};
}

QByteArrayList keysOfValues(const char *array)
{
    const Value values = *parseJson(array);
    QByteArrayList keys;
    for (const Value &value : values.toArray()) {
        keys += keyOf(value);
    }
    return keys;
}

} // namespace

/// Which expressions an index may go by, and the keys of documents in it.
class TestIndexExpression : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void givesKeys();
    void refuses_data();
    void refuses();
    void knowsItself();
};

void TestIndexExpression::givesKeys()
{
    QCOMPARE(keysOf("w", "{W: 'Alpha'}"), keysOfValues("['ALPHA']"));
    QCOMPARE(keysOf("w", "{}"), keysOfValues("[null]"));
    QCOMPARE(keysOf("LOWER(w)", "{w: 5}"), keysOfValues("[null]"));
    QCOMPARE(keysOf("[a, b.c]", "{a: 1, b: {c: 'x'}}"), keysOfValues("[[1, 'x']]"));
    QCOMPARE(keysOf("t[*]", "{t: ['y', 1, 'Y', 1.0]}"), keysOfValues("[1, 'y']"));
    QCOMPARE(keysOf("t[*].p", "{t: [{p: 2}, {}, 5]}"), keysOfValues("[null, 2]"));
    QCOMPARE(keysOf("t[*]", "{t: 'y'}"), QByteArrayList());
    QCOMPARE(keysOf("ITEMS(t)", "{t: 'y'}"), keysOfValues("['y']"));
    // What cannot be evaluated is above everything else.
    QCOMPARE(keysOf("5 % a", "{a: 0}"), QByteArrayList {QByteArray(1, kFailedKey)});
    QVERIFY(QByteArray(1, kFailedKey) > keyOf(Value::maxValue()));
}

void TestIndexExpression::refuses_data()
{
    QTest::addColumn<QByteArray>("expression");
    for (const char *text : {"",
             "1",
             "a +",
             "NOW()",
             "a + RANDOM()",
             "a = @0",
             "$",
             "_id",
             "[a, $._ID]",
             "COUNT(*)",
             "a; b"}) {
        QTest::newRow(text) << QByteArray(text);
    }
}

void TestIndexExpression::refuses()
{
    QFETCH(QByteArray, expression);
    QCOMPARE(keysOf(expression, "{}"), QByteArrayList {"error"});
}

void TestIndexExpression::knowsItself()
{
    const auto index = IndexExpression::compile("lines[*] .product");
    QVERIFY(!index);
    const auto other = IndexExpression::compile("lines[*].product");
    QCOMPARE(other->text(), QByteArray("MAP($.lines[*]=>@.product)"));
    QVERIFY(other->isMultiKey());
    QVERIFY(other->fields().contains("Lines") && !other->fields().contains("product"));
    QVERIFY(!IndexExpression::compile("[a, b]")->isMultiKey());
}

QTEST_APPLESS_MAIN(TestIndexExpression)
#include "tst_index_expression.moc"
