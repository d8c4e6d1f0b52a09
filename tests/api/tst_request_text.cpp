#include "api/request_text.h"
#include "core/limits.h"
#include "engine/names.h"

#include <QTest>

using namespace driftless;
using namespace driftless::api;

/// The small languages of a request: percent-encoding, media types, queries; and which names are
/// taken.
class TestRequestText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void decodes_data();
    void decodes();
    void encodes();
    void trims_data();
    void trims();
    void judgesMediaTypes_data();
    void judgesMediaTypes();
    void findsQueryValues_data();
    void findsQueryValues();
    void judgesCollections_data();
    void judgesCollections();
    void judgesIds_data();
    void judgesIds();
};

void TestRequestText::decodes_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("decoded");
    QTest::newRow("plain") << QByteArray("abc") << QByteArray("abc");
    QTest::newRow("both cases") << QByteArray("%c3%A9%2f") << QByteArray("é/");
    QTest::newRow("percent") << QByteArray("%25") << QByteArray("%");
    QTest::newRow("cut") << QByteArray("a%2") << QByteArray("a%2");
    QTest::newRow("no hex") << QByteArray("%zz%1g") << QByteArray("%zz%1g");
    QTest::newRow("plus stays") << QByteArray("a+b") << QByteArray("a+b");
}

void TestRequestText::decodes()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, decoded);
    QCOMPARE(percentDecoded(text), decoded);
}

void TestRequestText::encodes()
{
    QCOMPARE(percentEncoded("a-b_c.d~1 /?&=%é\""), "a-b_c.d~1%20%2F%3F%26%3D%25%C3%A9%22");
    QByteArray all;
    for (int i = 0; i < 256; ++i) {
        all.append(static_cast<char>(i));
    }
    QCOMPARE(percentDecoded(percentEncoded(all)), all);
}

void TestRequestText::trims_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("trimmed");
    QTest::newRow("nothing") << QByteArray("") << QByteArray("");
    QTest::newRow("blanks only") << QByteArray(" \t\xc2\xa0\xe3\x80\x80") << QByteArray("");
    QTest::newRow("ascii") << QByteArray(" a b\n") << QByteArray("a b");
    QTest::newRow("wide") << QByteArray("\xe2\x80\x83x\xc2\x85") << QByteArray("x");
    QTest::newRow("no blank") << QByteArray("é") << QByteArray("é");
    QTest::newRow("zero width is none")
        << QByteArray("\xe2\x80\x8bx") << QByteArray("\xe2\x80\x8bx");
}

void TestRequestText::trims()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, trimmed);
    QCOMPARE(trimmedBlanks(text).toByteArray(), trimmed);
}

void TestRequestText::judgesMediaTypes_data()
{
    QTest::addColumn<QByteArray>("type");
    QTest::addColumn<bool>("isJson");
    QTest::newRow("json") << QByteArray("application/json") << true;
    QTest::newRow("with charset") << QByteArray("application/json; charset=utf-8") << true;
    QTest::newRow("quoted charset") << QByteArray("Application/JSON;charset=\"UTF-8\"") << true;
    QTest::newRow("text") << QByteArray("text/json") << true;
    QTest::newRow("merge patch") << QByteArray("application/merge-patch+json") << true;
    QTest::newRow("none") << QByteArray() << false;
    QTest::newRow("plain") << QByteArray("text/plain") << false;
    QTest::newRow("form") << QByteArray("application/x-www-form-urlencoded") << false;
    QTest::newRow("nothing before the suffix") << QByteArray("application/+json") << false;
    QTest::newRow("another charset") << QByteArray("application/json; charset=utf-16") << false;
    QTest::newRow("longer") << QByteArray("application/jsonx") << false;
}

void TestRequestText::judgesMediaTypes()
{
    QFETCH(QByteArray, type);
    QFETCH(bool, isJson);
    QCOMPARE(isJsonMediaType(type), isJson);
}

void TestRequestText::findsQueryValues_data()
{
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QByteArray>("value"); // of "take"; "-" is none
    QTest::newRow("none") << QByteArray() << QByteArray("-");
    QTest::newRow("one") << QByteArray("take=5") << QByteArray("5");
    QTest::newRow("in another case, behind others")
        << QByteArray("skip=1&&x&TAKE=7") << QByteArray("7");
    QTest::newRow("the first counts") << QByteArray("take=1&take=2") << QByteArray("1");
    QTest::newRow("no value") << QByteArray("take") << QByteArray("");
    QTest::newRow("empty value") << QByteArray("take=&a=1") << QByteArray("");
    QTest::newRow("encoded") << QByteArray("t%61ke=a%26b+c%3D=") << QByteArray("a&b c==");
    QTest::newRow("not text") << QByteArray("take=%FF") << QByteArray("\xef\xbf\xbd");
}

void TestRequestText::findsQueryValues()
{
    QFETCH(QByteArray, query);
    QFETCH(QByteArray, value);
    Request request;
    request.query = query;
    QCOMPARE(queryValue(request, "take").value_or("-"), value);
}

void TestRequestText::judgesCollections_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("read"); // code, or "ok"
    QTest::addColumn<QByteArray>("write");
    const auto row
        = [](const char *title, const QByteArray &name, const char *read, const char *write) {
              QTest::newRow(title) << name << QByteArray(read) << QByteArray(write);
          };
    row("word", "orders", "ok", "ok");
    row("every kind of character", "_a9$é", "ok", "ok");
    row("letters of a script", "注文", "ok", "ok");
    row("cache", "Cache", "reserved-collection", "reserved-collection");
    row("system", "_sys_operations", "invalid-argument", "invalid-argument");
    row("system in capitals", "_SYS_x", "invalid-argument", "invalid-argument");
    row("function", "$file", "invalid-argument", "invalid-argument");
    row("hyphen", "my-table", "ok", "invalid-argument");
    row("digit first", "1abc", "ok", "invalid-argument");
    row("blank", "a b", "ok", "invalid-argument");
    row("a picture", "a😀", "ok", "invalid-argument");
    row("longest", QByteArray(kCollectionNameBytesMax, 'a'), "ok", "ok");
    row("too long", QByteArray(kCollectionNameBytesMax + 1, 'a'), "ok", "invalid-argument");
}

void TestRequestText::judgesCollections()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, read);
    QFETCH(QByteArray, write);
    const auto outcome = [](const Result<void> &result) {
        return result ? QByteArray("ok") : errorName(result.error().code);
    };
    QCOMPARE(outcome(engine::checkCollectionToRead(name)), read);
    QCOMPARE(outcome(engine::checkCollectionToWrite(name)), write);
}

void TestRequestText::judgesIds_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("plain") << QByteArray("o1") << true;
    QTest::newRow("with a slash and blanks inside") << QByteArray("a / b") << true;
    QTest::newRow("blank") << QByteArray("  ") << false;
    QTest::newRow("blank before") << QByteArray(" a") << false;
    QTest::newRow("wide blank behind") << QByteArray("a\xc2\xa0") << false;
    QTest::newRow("longest") << QByteArray(kDocumentIdBytesMax, 'x') << true;
    QTest::newRow("too long") << QByteArray(kDocumentIdBytesMax + 1, 'x') << false;
}

void TestRequestText::judgesIds()
{
    QFETCH(QByteArray, id);
    QFETCH(bool, isGood);
    QCOMPARE(engine::checkIdToWrite(id).isOk(), isGood);
}

QTEST_APPLESS_MAIN(TestRequestText)
#include "tst_request_text.moc"
