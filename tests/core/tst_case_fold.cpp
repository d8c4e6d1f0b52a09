#include "core/case_fold.h"

#include <QCryptographicHash>
#include <QTest>

using namespace driftless;

/// The table is the one of Unicode 15.0 for ever, and folding is safe and cheap for every text.
class TestCaseFold : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void folds_data();
    void folds();
    void tableIsFrozen();
    void foldsEveryCodePointOnce();
    void findsUpperCaseAtEveryPlace();
    void sharesWhatDoesNotChange();
    void staysInsideOfBrokenText();
};

void TestCaseFold::folds_data()
{
    QTest::addColumn<QByteArray>("folded");
    const auto row
        = [](const char *text, const char *folded) { QTest::newRow(text) << QByteArray(folded); };
    row("", "");
    row("orders", "orders");
    row("OrderLines_2026-11-AZ@[`{", "orderlines_2026-11-az@[`{");
    row("GRÖSSE", "grösse");
    row("Größe", "größe");
    row("ẞ", "ß"); // S: full folding would make "ss"
    row("ß", "ß");
    row("ſ", "s");
    row("\u212a\u212b", "kå"); // Kelvin and Ångström sign
    row("µ", "μ");
    row("ΣΑΣ σς", "σασ σσ");
    row("ЖЁ ѐ", "жё ѐ");
    row("İ", "İ"); // T and F only
    row("ı", "ı");
    row("ŸŻ", "ÿż");
    row("Ǆǅǆ", "ǆǆǆ");
    row("Ꭰꭰ", "ᎠᎠ"); // Cherokee folds to upper case
    row("ᾈ", "ᾀ");
    row("Ⅷ Ⓐ", "ⅷ ⓐ");
    row("ＡＺ", "ａｚ");
    row("𐐀", "𐐨");
    row("𞤀", "𞤢");
    row("Ⱥ", "ⱥ"); // two bytes become three
    row("名前 😀 İstanbul", "名前 😀 İstanbul");
}

void TestCaseFold::folds()
{
    QFETCH(QByteArray, folded);
    const QByteArray text = QTest::currentDataTag();
    QCOMPARE(foldCase(text), folded);
    QCOMPARE(foldCaseView(text), folded);
    QVERIFY(equalFolded(text, folded));
    QCOMPARE(equalFolded(text, folded + "x"), false);
}

namespace {

QByteArray utf8Of(char32_t code)
{
    return QString::fromUcs4(&code, 1).toUtf8();
}

bool isSurrogate(char32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

} // namespace

/// The fingerprint is of the lines "41>61\n" … of CaseFolding-15.0.0.txt, statuses C and S, made
/// without this program.
void TestCaseFold::tableIsFrozen()
{
    QCryptographicHash lines(QCryptographicHash::Sha256);
    int count = 0;
    for (char32_t code = 0; code <= 0x10ffff; ++code) {
        if (isSurrogate(code)) {
            continue;
        }
        const QByteArray folded = foldCase(utf8Of(code));
        if (folded != utf8Of(code)) {
            const QList<uint> target = QString::fromUtf8(folded).toUcs4();
            QCOMPARE(target.size(), 1);
            lines.addData(QByteArray::number(static_cast<uint>(code), 16).toUpper() + ">"
                + QByteArray::number(target.front(), 16).toUpper() + "\n");
            ++count;
        }
    }
    QCOMPARE(count, 1454);
    QCOMPARE(lines.result().toHex(),
        QByteArray("58659d364a55058b674475d9bf90a55ec3035af9fc55c0604ae4c5f1b746d01d"));
}

void TestCaseFold::foldsEveryCodePointOnce()
{
    for (char32_t code = 0; code <= 0x10ffff; ++code) {
        if (!isSurrogate(code)) {
            const QByteArray folded = foldCase(utf8Of(code));
            QCOMPARE(foldCase(folded), folded);
            QVERIFY(folded.size() <= foldedBytesMax(utf8Of(code).size()));
        }
    }
}

/// The eight bytes that are looked at together hide nothing from each other.
void TestCaseFold::findsUpperCaseAtEveryPlace()
{
    for (int size = 1; size <= 24; ++size) {
        for (int place = 0; place < size; ++place) {
            for (int c = 0; c < 0x80; ++c) {
                QByteArray text(size, '~');
                text[place] = static_cast<char>(c);
                const bool upper = c >= 'A' && c <= 'Z';
                QCOMPARE(isFoldedAscii(text), !upper);
                QByteArray folded = text;
                folded[place] = static_cast<char>(upper ? c + 32 : c);
                QCOMPARE(foldCase(text), folded);
            }
            QByteArray text(size, 'A');
            text.replace(place, 1, "Ä");
            QCOMPARE(foldCase(text), QByteArray(size, 'a').replace(place, 1, "ä"));
            QVERIFY(!isFoldedAscii(text));
        }
    }
}

void TestCaseFold::sharesWhatDoesNotChange()
{
    for (const QByteArray &text : {QByteArray("orders"), QByteArray("größe 名前")}) {
        QCOMPARE(static_cast<const void *>(foldCase(text).constData()),
            static_cast<const void *>(text.constData()));
    }
    const QByteArray text = "orders";
    QCOMPARE(static_cast<const void *>(foldCaseView(text).constData()),
        static_cast<const void *>(text.constData()));
}

void TestCaseFold::staysInsideOfBrokenText()
{
    for (const char *broken : {"\x80",
             "A\xc3",
             "\xe2\x84",
             "\xf0\x90\x90",
             "\xed\xa0\x80",
             "\xff\xfe",
             "AAAAAAAA\xc0\x80Z"}) {
        const std::vector<char> exact(broken, broken + qstrlen(broken)); // no NUL behind it
        const QByteArrayView view(exact.data(), static_cast<qsizetype>(exact.size()));
        QCOMPARE(foldCaseView(view).size(), view.size());
    }
}

QTEST_APPLESS_MAIN(TestCaseFold)
#include "tst_case_fold.moc"
