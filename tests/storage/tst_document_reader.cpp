#include "hand_made.h"
#include "storage/document_reader.h"
#include "till.h"

#include <QFile>
#include <QTest>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;
using namespace std::chrono_literals;

namespace {

QByteArray bodyOf(int i)
{
    return "{\"Id\":\"" + QByteArray::number(i).rightJustified(5, '0') + "\"}";
}

/// Documents 0 to count - 1 in one group.
void fill(Till &till, int count, const QByteArray &collection = "products")
{
    std::vector<Edit> edits;
    for (int i = 0; i < count; ++i) {
        edits.push_back(
            {Edit::Kind::Put, QByteArray::number(i).rightJustified(5, '0'), bodyOf(i), collection});
    }
    till.write(edits);
}

qint64 sizeOf(const QByteArray &path)
{
    return QFile(QString::fromUtf8(path)).size();
}

} // namespace

/// Readers show what is committed, as the writer would show it, and never hold the file's log up
/// for long.
class TestDocumentReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void showsWhatTheStateShows();
    void showsWhatIsCommitted();
    void findsInAnyCase();
    void pagesByKeyAndBySkip();
    void everyPagingGivesEachOnce();
    void tombstonesAreSkipped();
    void listsCollections();
    void listsConflictsInPages();
    void prunedSidesAreMissing();
    void longReadsEnd();
    void slowReaderDoesNotHoldTheLog();
    void cursorsGoOverOneState();
    void cursorsTellWhoWroteWhat();
    void cursorsEndWithTheirToken();
};

void TestDocumentReader::showsWhatTheStateShows()
{
    Till a("a");
    Till b("b");
    a.put("verbatim", "{ \"Id\" : \"verbatim\" }");
    a.put("merged", R"({"Id":"merged","m":1,"n":1})");
    a.put("gone", R"({"Id":"gone"})");
    a.put("counted", R"({"Id":"counted","n":10})");
    a.put("waiting", R"({"Id":"waiting","m":1})");
    b.read(a);
    a.patch("merged", R"({"m":2})");
    a.patch("counted", R"({"n":{"$inc":-1}})");
    b.patch("merged", R"({"n":2})");
    b.patch("counted", R"({"n":{"$inc":-2}})");
    b.erase("gone");
    const Operation late = b.patch("waiting", R"({"m":2})");
    for (const Operation &operation : b.log()) {
        if (!a.file().vector().covers(operation.header.version.dot)) {
            must(a.file().begin());
            must(a.file().apply({&operation, 1}, operation.header.version == late.header.version));
            must(a.file().commit());
        }
    }
    auto reader = a.reader();
    for (const char *id : {"verbatim", "merged", "counted", "waiting"}) {
        const DocumentState state = a.state(id);
        const auto document = must(reader->document("products", id));
        QVERIFY2(document.has_value(), id);
        QCOMPARE(document->body, *state.shown());
        QCOMPARE(document->token.hex(), state.token("products", id)->hex());
    }
    QVERIFY(!a.state("merged").showsNewestWrite());
    QVERIFY(a.state("waiting").isQuarantined());
    QVERIFY(!must(reader->document("products", "gone")).has_value());
    const auto page = must(reader->documents("products", {}, 0, 10));
    QCOMPARE(page.bodies.size(), 4U);
    QCOMPARE(page.bodies[0], a.shown("counted"));
    QCOMPARE(page.bodies[1], a.shown("merged"));
}

void TestDocumentReader::showsWhatIsCommitted()
{
    Till a("a");
    auto reader = a.reader();
    QVERIFY(!must(reader->document("products", "1")).has_value());
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "1", R"({"Id":"1"})"}});
    QVERIFY(!must(reader->document("products", "1")).has_value());
    QVERIFY(must(reader->collections()).empty());
    must(a.file().commit());
    QVERIFY(must(reader->document("products", "1"))
                .has_value()); // a collection younger than the reader
    QCOMPARE(must(reader->documents("products", {}, 0, 10)).bodies.size(), 1U);
}

void TestDocumentReader::findsInAnyCase()
{
    Till a("a");
    a.write({{Edit::Kind::Put, "Größe/1", R"({"Id":"Größe/1"})", "Bestände"}});
    auto reader = a.reader();
    QVERIFY(must(reader->document("BESTÄNDE", "GRÖßE/1")).has_value());
    QVERIFY(!must(reader->document("bestande", "Größe/1")).has_value());
    QVERIFY(!must(reader->document("Bestände", "")).has_value());
}

void TestDocumentReader::pagesByKeyAndBySkip()
{
    Till a("a");
    fill(a, 10);
    fill(a, 3, "zeta"); // another collection never shows
    auto reader = a.reader();
    const auto ids = [](const DocumentReader::Page &page) {
        QByteArray result;
        for (const QByteArray &body : page.bodies) {
            result += body.mid(11, 1); // the last digit
        }
        return result + (page.lastId ? "|" + *page.lastId : QByteArray());
    };
    QCOMPARE(ids(must(reader->documents("products", {}, 0, 4))), QByteArray("0123|00003"));
    QCOMPARE(ids(must(reader->documents("products", QByteArray("00003"), 0, 4))),
        QByteArray("4567|00007"));
    QCOMPARE(ids(must(reader->documents("products", QByteArray("00007"), 0, 4))), QByteArray("89"));
    QCOMPARE(ids(must(reader->documents("products", {}, 0, 10))),
        QByteArray("0123456789")); // nothing follows
    QCOMPARE(ids(must(reader->documents("products", {}, 8, 4))), QByteArray("89"));
    QCOMPARE(ids(must(reader->documents("products", QByteArray("00001"), 2, 2))),
        QByteArray("45|00005")); // skip counts from there
    QCOMPARE(ids(must(reader->documents("products", QByteArray("000015"), 0, 1))),
        QByteArray("2|00002")); // a key that is no document's
    QCOMPARE(ids(must(reader->documents("products", {}, 100, 4))), QByteArray());
    QCOMPARE(ids(must(reader->documents("nothing", {}, 0, 4))), QByteArray());
}

void TestDocumentReader::everyPagingGivesEachOnce()
{
    Till a("a");
    fill(a, 50);
    for (const int gone : {0, 7, 8, 9, 10, 11, 30, 49}) {
        a.erase(QByteArray::number(gone).rightJustified(5, '0'));
    }
    auto reader = a.reader();
    const std::vector<QByteArray> all = must(reader->documents("products", {}, 0, 100)).bodies;
    QCOMPARE(all.size(), 42U);
    for (int take = 1; take < 45; ++take) {
        std::vector<QByteArray> byKey;
        std::optional<QByteArray> after;
        do {
            const auto page = must(reader->documents("products", after, 0, take));
            QVERIFY(static_cast<int>(page.bodies.size()) <= take);
            byKey.insert(byKey.end(), page.bodies.begin(), page.bodies.end());
            after = page.lastId;
        } while (after);
        QVERIFY(byKey == all);
        std::vector<QByteArray> bySkip;
        while (bySkip.size() < all.size()) {
            const auto page
                = must(reader->documents("products", {}, static_cast<qint64>(bySkip.size()), take));
            bySkip.insert(bySkip.end(), page.bodies.begin(), page.bodies.end());
        }
        QVERIFY(bySkip == all);
    }
}

void TestDocumentReader::tombstonesAreSkipped()
{
    Till a("a");
    fill(a, 5);
    a.erase("00000");
    a.erase("00004");
    auto reader = a.reader();
    const auto page = must(reader->documents("products", {}, 0, 3));
    QCOMPARE(page.bodies.size(), 3U);
    QVERIFY(!page.lastId.has_value()); // what follows is gone
    QVERIFY(!must(reader->document("products", "00000")).has_value());
    a.put("00000", bodyOf(0));
    QCOMPARE(must(reader->documents("products", {}, 0, 10)).bodies.size(), 4U);
}

void TestDocumentReader::listsCollections()
{
    Till a("a");
    a.write({{Edit::Kind::Put, "1", R"({"Id":"1"})", "orders"},
        {Edit::Kind::Put, "1", R"({"Id":"1"})", "Beta"},
        {Edit::Kind::Put, "1", R"({"Id":"1"})", "alpha"}});
    QCOMPARE(
        must(a.reader()->collections()), (std::vector<QByteArray> {"alpha", "Beta", "orders"}));
    a.write({{Edit::Kind::Delete, "1", {}, "Beta"}});
    QCOMPARE(must(a.reader()->collections()).size(), 3U); // once made it stays
}

void TestDocumentReader::listsConflictsInPages()
{
    Till a("a");
    Till b("b");
    fill(a, 7);
    b.read(a);
    b.clock.advance(1s);
    for (int i = 0; i < 7; ++i) {
        const QByteArray id = QByteArray::number(i).rightJustified(5, '0');
        a.patch(id, R"({"m":1})");
        b.patch(id, R"({"m":2})");
    }
    a.read(b);
    auto reader = a.reader();
    QCOMPARE(must(reader->conflictCount()), 7);
    std::vector<QByteArray> ids;
    while (true) {
        const auto conflicts = must(reader->conflicts(static_cast<qint64>(ids.size()), 3));
        if (conflicts.empty()) {
            break;
        }
        for (const DocumentReader::Conflict &conflict : conflicts) {
            ids.push_back(conflict.id);
            QCOMPARE(conflict.collection, QByteArray("products"));
            QCOMPARE(conflict.member, QByteArray("m"));
            QVERIFY(conflict.winner->header.version > conflict.loser->header.version);
            QVERIFY(conflict.winner->body.contains("\"m\":2"));
            QVERIFY(conflict.loser->body.contains("\"m\":1"));
        }
    }
    QCOMPARE(ids.size(), 7U);
    QVERIFY(std::is_sorted(ids.begin(), ids.end()));
    QCOMPARE(must(Till("c").reader()->conflictCount()), 0);
}

void TestDocumentReader::prunedSidesAreMissing()
{
    Till a("a");
    Till b("b");
    fill(a, 1);
    b.read(a);
    b.clock.advance(1s);
    const Operation loser = a.patch("00000", R"({"m":1})");
    b.patch("00000", R"({"m":2})");
    a.read(b);
    a.close();
    must(must(Connection::open(a.path(), Connection::Mode::ReadWrite))
             ->execute("DELETE FROM operations WHERE position = 3"));
    a.open();
    const auto conflicts = must(a.reader()->conflicts(0, 10));
    QCOMPARE(conflicts.size(), 1U);
    QVERIFY(conflicts.front().winner.has_value());
    QVERIFY(!conflicts.front().loser.has_value());
    QVERIFY(!must(a.file().findOperation(loser.header.version.dot)).has_value());
}

void TestDocumentReader::longReadsEnd()
{
    Till a("a");
    fill(a, 20'000);
    auto reader = a.reader(-1ms); // over before it began
    const auto page = reader->documents("products", {}, 19'999, 1);
    QVERIFY(!page.isOk());
    QCOMPARE(page.error().code, ErrorCode::Timeout);
    QVERIFY(page.error().message.contains("Node:ReadMaxMilliseconds"));
    // Short ones go on, and so does the long one where it may.
    QVERIFY(must(reader->document("products", "00007")).has_value());
    QCOMPARE(must(a.reader()->documents("products", {}, 19'999, 1)).bodies.size(), 1U);
}

void TestDocumentReader::slowReaderDoesNotHoldTheLog()
{
    Till a("a");
    fill(a, 1'000);
    const QByteArray log = a.path() + "-wal";
    const auto writeMuch = [&a] {
        for (int round = 0; round < 20; ++round) {
            std::vector<Edit> edits;
            for (int i = 0; i < 200; ++i) {
                edits.push_back({Edit::Kind::Patch,
                    QByteArray::number(i).rightJustified(5, '0'),
                    "{\"n\":" + QByteArray::number(round) + '}'});
            }
            edits.push_back({Edit::Kind::Patch, "00000", R"({"x":{"$inc":1}})"});
            edits.erase(edits.begin());
            a.write(edits);
            must(a.file().checkpoint());
        }
    };
    must(a.file().checkpoint());
    auto connection = must(Connection::open(a.path(), Connection::Mode::ReadOnly));
    connection->setReadDeadline(0ms);
    {
        Statement slow = must(connection->prepare("SELECT count(*) OVER (), a.position FROM "
                                                  "operations a, operations b ORDER BY random()"));
        Statement holds = must(connection->prepare("SELECT position FROM operations"));
        QVERIFY(must(holds.step())); // a snapshot
        writeMuch();
        const qint64 first = sizeOf(log);
        writeMuch();
        QVERIFY(sizeOf(log) > first + first / 2); // that is what a reader without an end would do
        const auto ended = slow.step();
        QVERIFY(!ended.isOk());
        QCOMPARE(ended.error().code, ErrorCode::Timeout);
    }
    // The snapshot is gone: with the next commit the log is copied back, and begins anew.
    a.put("last", R"({"Id":"last"})");
    must(a.file().checkpoint());
    const qint64 held = sizeOf(log);
    for (int round = 0; round < 3; ++round) {
        writeMuch();
        QCOMPARE(sizeOf(log), held);
    }
}

/// A snapshot does not change, however many documents are read, and a cursor has no page.
void TestDocumentReader::cursorsGoOverOneState()
{
    Till a("a");
    fill(a, 50);
    a.erase("00007");
    auto reader = a.reader();
    const ReadToken token(10s);
    must(reader->beginSnapshot(token));
    const VisibleDocuments documents = reader->visibleDocuments();
    QVERIFY(!must(documents.scan("nothing")).has_value());
    QVERIFY(!must(documents.contains("nothing")));
    QVERIFY(must(documents.contains("PRODUCTS")));
    QCOMPARE(must(documents.count("Products")), 49);
    QCOMPARE(must(documents.count("nothing")), 0);
    QCOMPARE(must(documents.collections()), std::vector<QByteArray> {"products"});
    auto cursor = must(documents.scan("Products"));
    int count = 0;
    QByteArray last;
    while (must(cursor->next())) {
        if (++count == 1) {
            a.put("00000", R"({"Id":"00000","x":1})");
            a.put("99999", R"({"Id":"99999"})");
        }
        QVERIFY(cursor->foldedId().compare(last) > 0);
        last = cursor->foldedId().toByteArray();
        QCOMPARE(cursor->body(), bodyOf(last.toInt()));
    }
    QCOMPARE(count, 49);
    cursor = must(documents.scan("products", "00047"));
    QVERIFY(must(cursor->next()));
    QCOMPARE(cursor->foldedId(), QByteArrayView("00048"));
    cursor = must(documents.find("products", "99999"));
    QVERIFY(!must(cursor->next())); // younger than the snapshot
    cursor.reset();
    reader->endSnapshot();
    must(reader->beginSnapshot(token));
    cursor = must(documents.find("products", "99999"));
    QVERIFY(must(cursor->next()));
    QVERIFY(!must(cursor->next()));
    cursor.reset();
    reader->endSnapshot();
    // The writer sees its own transaction.
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "open", R"({"Id":"open"})"}});
    cursor = must(a.file().visibleDocuments().find("products", "OPEN"));
    QVERIFY(must(cursor->next()));
    cursor.reset();
    must(a.file().commit());
}

void TestDocumentReader::cursorsTellWhoWroteWhat()
{
    Till a("a");
    const auto first = a.put("Ada", R"({"Id":"Ada","n":1})");
    auto reader = a.reader();
    const ReadToken token(10s);
    must(reader->beginSnapshot(token));
    auto cursor = must(reader->visibleDocuments().scan("products"));
    QVERIFY(must(cursor->next()));
    const DocumentFacts facts = must(cursor->facts());
    QCOMPARE(facts.id, QByteArray("Ada"));
    QCOMPARE(facts.token, first.header.id());
    QCOMPARE(facts.writer.bytes(), QByteArray("a"));
    QCOMPARE(facts.modified, support::ManualClock::kStart);
    cursor.reset();
    reader->endSnapshot();
}

void TestDocumentReader::cursorsEndWithTheirToken()
{
    Till a("a");
    fill(a, 20'000);
    auto reader = a.reader();
    ReadToken token(600s);
    const auto countAll = [&reader, &token]() -> Result<int> {
        DRIFTLESS_TRY(reader->beginSnapshot(token));
        auto cursor = must(reader->visibleDocuments().scan("products"));
        for (int count = 0;; ++count) {
            const auto more = cursor->next();
            if (!more || !*more) {
                cursor.reset();
                reader->endSnapshot();
                return more ? Result<int>(count) : Result<int>(more.error());
            }
        }
    };
    QCOMPARE(must(countAll()), 20'000);
    token.cancel();
    QCOMPARE(countAll().error().code, ErrorCode::ShuttingDown);
    ReadToken late(-1ms);
    must(reader->beginSnapshot(late));
    auto cursor = must(reader->visibleDocuments().scan("products"));
    Result<bool> more = true;
    while (more && *more) {
        more = cursor->next();
    }
    QCOMPARE(more.error().code, ErrorCode::Timeout);
    cursor.reset();
    reader->endSnapshot();
    QVERIFY(must(reader->document("products", "00001")).has_value()); // the reader goes on
}

QTEST_GUILESS_MAIN(TestDocumentReader)
#include "tst_document_reader.moc"
