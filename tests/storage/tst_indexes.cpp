#include "index_check.h"
#include "storage/index_language.h"
#include "storage/read_token.h"
#include "storage/visible_documents.h"
#include "till.h"

#include <QRegularExpression>
#include <QTest>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;
using namespace std::chrono_literals;

namespace {

/// "name": the bytes of that member, or "null". "name*": those of each element of a flat array.
class MemberExpression final : public IndexExpression
{
public:
    explicit MemberExpression(const QByteArray &text)
        : m_text(text)
        , m_isMany(text.endsWith('*'))
        , m_member(m_isMany ? text.chopped(1) : text)
    {
    }

    [[nodiscard]] QByteArray text() const override { return m_text; }
    void appendKeys(const QByteArray &body, std::vector<QByteArray> &keys) const override
    {
        const json::Object object = must(json::Object::scan(body));
        const json::Member *member = object.find(m_member);
        const QByteArray value = member != nullptr ? member->value.toByteArray() : "null";
        if (!m_isMany) {
            keys.push_back(value);
        } else if (value.startsWith('[') && value.size() > 2) {
            for (const QByteArray &element : value.mid(1).chopped(1).split(',')) {
                keys.push_back(element);
            }
        }
    }

private:
    const QByteArray m_text;
    const bool m_isMany;
    const QByteArray m_member;
};

/// One canonical text for two spellings: "n" and " n".
class MemberLanguage final : public IndexLanguage
{
public:
    explicit MemberLanguage(std::int64_t version = 1)
        : m_version(version)
    {
    }
    [[nodiscard]] std::int64_t keyVersion() const override { return m_version; }
    [[nodiscard]] Result<std::unique_ptr<const IndexExpression>> compile(
        const QByteArray &text) const override
    {
        if (text.contains('!') && !m_takesAll) {
            return Error {ErrorCode::InvalidArgument, "'" + text + "' is no member.", {}};
        }
        return std::unique_ptr<const IndexExpression>(
            std::make_unique<MemberExpression>(text.trimmed()));
    }
    void takeAll() { m_takesAll = true; }

private:
    const std::int64_t m_version;
    bool m_takesAll = false;
};

/// Its time passes with every look at it, so that a slice is of so many documents.
class HastyClock final : public Clock
{
public:
    WallTime wallTime() const override { return support::ManualClock::kStart; }
    Instant instant() const override { return Instant(std::chrono::milliseconds(++m_looks)); }

private:
    mutable int m_looks = 0;
};

const HastyClock kClock;

QByteArray idOf(int i)
{
    return QByteArray::number(i).rightJustified(4, '0');
}

QByteArray bodyOf(int i)
{
    const QByteArray n = QByteArray::number(i % 7);
    return "{\"Id\":\"" + idOf(i) + "\",\"n\":" + n + ",\"tags\":[" + n + ',' + n + ",\"t"
        + QByteArray::number(i % 3) + "\"]}";
}

void fill(Till &till, int count, const QByteArray &collection = "products")
{
    std::vector<Edit> edits;
    edits.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        edits.push_back({Edit::Kind::Put, idOf(i), bodyOf(i), collection});
    }
    till.write(edits);
}

bool create(Till &till, const QByteArray &name, const QByteArray &expression)
{
    must(till.file().begin());
    const bool isNew = must(till.file().createIndex("Products", name, expression));
    must(till.file().commit());
    return isNew;
}

bool drop(Till &till, const QByteArray &name)
{
    must(till.file().begin());
    const bool isGone = must(till.file().dropIndex("products", name));
    must(till.file().commit());
    return isGone;
}

void finish(Till &till)
{
    while (till.file().hasIndexWork()) {
        must(till.file().workOnIndexes(support::ManualClock(), {}));
    }
}

IndexInfo infoOf(Till &till, const QByteArray &name)
{
    for (const IndexInfo &info : must(till.reader()->indexes("PRODUCTS"))) {
        if (info.name == name) {
            return info;
        }
    }
    return {};
}

/// A reader within one snapshot.
class Snapshot
{
public:
    explicit Snapshot(Till &till)
        : m_reader(till.reader())
    {
        must(m_reader->beginSnapshot(m_token));
    }
    ~Snapshot() { m_reader->endSnapshot(); }
    VisibleDocuments documents() { return m_reader->visibleDocuments(); }

private:
    const ReadToken m_token {1min};
    const std::unique_ptr<DocumentReader> m_reader;
};

/// "key:id key:id …" of a range, or "(not ready)".
QByteArray listed(const VisibleDocuments &documents, std::int64_t index, const IndexRange &range)
{
    auto cursor = must(documents.indexed(index, range));
    if (!cursor) {
        return "(not ready)";
    }
    QByteArray text;
    while (must(cursor->next())) {
        text += (text.isEmpty() ? "" : " ") + cursor->key().toByteArray() + ':'
            + cursor->foldedId().toByteArray();
    }
    return text;
}

QByteArray listed(Till &till, const QByteArray &name, const IndexRange &range = {})
{
    return listed(Snapshot(till).documents(), infoOf(till, name).id, range);
}

qint64 sqlNumber(Till &till, const char *query)
{
    return must(
        must(Connection::open(till.path(), Connection::Mode::ReadOnly))->queryInteger(query));
}

} // namespace

/// An index always has what a scan of the documents finds, whatever writes them and wherever its
/// building was broken off; the file stays one that SQLite alone can read and check.
class TestIndexes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void followsLocalWrites();
    void severalKeysOfADocument();
    void followsMergesAndDeletions();
    void followsQuarantine();
    void aRollbackTakesItBack();
    void isBuiltInSlices();
    void writesWhileItIsBuilt();
    void isBuiltOnAfterAKill();
    void dropsWhileItIsBuilt();
    void aNameIsTakenAnew();
    void namesAndExpressions();
    void anotherVersionIsRebuilt();
    void withoutALanguageNoneIsKept();
    void whatCannotBeReadIsNotKept();
    void readsRanges();
    void oneSnapshotForAll();
    void aTransactionSeesItsOwnEntries();
    void takesAFileOfVersionTwo();
    void isNoPartOfTheDigest();

private:
    /// Opens a till that keeps indexes.
    Till &till();

    std::unique_ptr<MemberLanguage> m_language;
    std::unique_ptr<Till> m_till;
};

void TestIndexes::init()
{
    m_language = std::make_unique<MemberLanguage>();
    m_till = std::make_unique<Till>("a");
    m_till->setIndexLanguage(m_language.get());
    m_till->restart();
}

void TestIndexes::cleanup()
{
    m_till->close();
    QCOMPARE(support::indexFault(m_till->path(), *m_language), QByteArray());
    QCOMPARE(support::integrityFault(m_till->path()), QByteArray());
    m_till.reset();
}

Till &TestIndexes::till()
{
    return *m_till;
}

void TestIndexes::followsLocalWrites()
{
    QVERIFY(create(till(), "n", "n"));
    till().put("early", R"({"Id":"early","n":1})"); // while it is not built
    finish(till());
    QCOMPARE(listed(till(), "n"), QByteArray("1:early"));
    till().put("B", R"({"Id":"B","n":2})");
    till().put("none", R"({"Id":"none"})");
    QCOMPARE(listed(till(), "n"), QByteArray("1:early 2:b null:none"));
    till().patch("b", R"({"other":true})"); // the key stays
    till().patch("none", R"({"n":0})");
    till().patch("early", R"({"n":{"$inc":8}})");
    QCOMPARE(listed(till(), "n"), QByteArray("0:none 2:b 9:early"));
    till().erase("b");
    QCOMPARE(listed(till(), "n"), QByteArray("0:none 9:early"));
    till().put("b", R"({"Id":"b","n":5})");
    till().write({{Edit::Kind::Put, "x", R"({"Id":"x","n":5})", "products"},
        {Edit::Kind::Delete, "none", {}, "products"},
        {Edit::Kind::Put, "y", R"({"Id":"y","n":5})", "others"}});
    QCOMPARE(listed(till(), "n"), QByteArray("5:b 5:x 9:early"));
}

void TestIndexes::severalKeysOfADocument()
{
    create(till(), "tags", "tags*");
    finish(till());
    till().put("a", R"({"Id":"a","tags":["x","y","x"]})");
    till().put("b", R"({"Id":"b","tags":[]})");
    till().put("c", R"({"Id":"c","tags":["y"]})");
    QCOMPARE(listed(till(), "tags"), QByteArray(R"("x":a "y":a "y":c)"));
    till().put("a", R"({"Id":"a","tags":["y","z"]})");
    QCOMPARE(listed(till(), "tags"), QByteArray(R"("y":a "y":c "z":a)"));
    till().put("a", R"({"Id":"a","tags":[]})");
    QCOMPARE(listed(till(), "tags"), QByteArray(R"("y":c)"));
}

void TestIndexes::followsMergesAndDeletions()
{
    Till b("b");
    create(till(), "n", "n");
    finish(till());
    till().put("merged", R"({"Id":"merged","n":1,"m":1})");
    till().put("counted", R"({"Id":"counted","n":10})");
    till().put("gone", R"({"Id":"gone","n":4})");
    b.read(till());
    b.patch("merged", R"({"n":2})");
    b.patch("counted", R"({"n":{"$inc":-2}})");
    b.erase("gone");
    till().patch("merged", R"({"m":2})");
    till().patch("counted", R"({"n":{"$inc":-1}})");
    till().read(b);
    QCOMPARE(till().shown("merged"), QByteArray(R"({"Id":"merged","n":2,"m":2})"));
    QCOMPARE(listed(till(), "n"), QByteArray("2:merged 7:counted"));
    // A concurrent edit of the earlier clock loses, and brings no key.
    b.clock.jump(-1h);
    till().patch("gone", R"({"n":5})");
    exchange(till(), b);
    QCOMPARE(support::indexFault(till().path(), *m_language), QByteArray());
}

void TestIndexes::followsQuarantine()
{
    Till b("b");
    create(till(), "n", "n");
    finish(till());
    const Operation put = b.put("x", R"({"Id":"x","n":1})");
    const Operation patch = b.patch("x", R"({"n":2})");
    for (const Operation &operation : b.log()) {
        must(till().file().begin());
        must(
            till().file().apply({&operation, 1}, operation.header.version == patch.header.version));
        must(till().file().commit());
    }
    QCOMPARE(listed(till(), "n"), QByteArray("1:x"));
    must(till().file().begin());
    QCOMPARE(must(till().file().releaseQuarantined()), 1);
    must(till().file().commit());
    QCOMPARE(listed(till(), "n"), QByteArray("2:x"));
}

void TestIndexes::aRollbackTakesItBack()
{
    create(till(), "n", "n");
    finish(till());
    till().put("x", R"({"Id":"x","n":1})");
    must(till().file().begin());
    till().writeOpen({{Edit::Kind::Put, "x", R"({"Id":"x","n":2})", "products"}});
    must(till().file().createIndex("products", "m", "m"));
    must(till().file().dropIndex("products", "n"));
    till().file().rollback();
    QVERIFY(!till().file().hasIndexWork());
    till().put("y", R"({"Id":"y","n":3})");
    QCOMPARE(listed(till(), "n"), QByteArray("1:x 3:y"));
    QVERIFY(create(till(), "m", "m"));
    finish(till());
    QCOMPARE(listed(till(), "m"), QByteArray("null:x null:y"));
}

void TestIndexes::isBuiltInSlices()
{
    fill(till(), 500);
    till().erase(idOf(7));
    create(till(), "n", "n");
    QCOMPARE(infoOf(till(), "n").documentsTotal, 0);
    QCOMPARE(listed(till(), "n"), QByteArray("(not ready)"));
    must(till().file().workOnIndexes(kClock, {50ms})); // counts
    QCOMPARE(infoOf(till(), "n").documentsTotal, 500);
    qint64 last = 0;
    int slices = 0;
    while (till().file().hasIndexWork()) {
        must(till().file().workOnIndexes(kClock, {50ms}));
        const IndexInfo info = infoOf(till(), "n");
        QVERIFY(info.documentsDone > last || info.state == IndexState::Ready);
        QVERIFY(info.documentsDone <= last + 50);
        last = info.documentsDone;
        ++slices;
        QCOMPARE(support::indexFault(till().path(), *m_language), QByteArray());
        QCOMPARE(listed(till(), "n") == "(not ready)", info.state == IndexState::Building);
    }
    QVERIFY(slices >= 10);
    QCOMPARE(infoOf(till(), "n").documentsDone, 500);
}

void TestIndexes::writesWhileItIsBuilt()
{
    fill(till(), 200);
    Till b("b");
    b.read(till());
    create(till(), "n", "n");
    create(till(), "tags", "tags*");
    support::SeededRandom random(1);
    while (till().file().hasIndexWork()) {
        const QByteArray id = idOf(random.between(0, 250));
        Till &writer = random.oneIn(2) ? till() : b;
        if (writer.shown(id) != "(gone)" && random.oneIn(3)) {
            writer.erase(id);
        } else {
            writer.write({{Edit::Kind::Put, id, bodyOf(random.between(0, 50)), "products"}});
        }
        if (random.oneIn(4)) {
            till().read(b);
        }
        must(till().file().workOnIndexes(kClock, {5ms}));
        QCOMPARE(support::indexFault(till().path(), *m_language), QByteArray());
    }
    exchange(till(), b);
}

void TestIndexes::isBuiltOnAfterAKill()
{
    fill(till(), 300);
    create(till(), "n", "n");
    must(till().file().workOnIndexes(kClock, {20ms}));
    int kills = 0;
    while (till().file().hasIndexWork()) {
        const qint64 done = infoOf(till(), "n").documentsDone;
        must(till().file().workOnIndexes(kClock, {20ms}));
        // The files as a killed process leaves them, with its log beside them.
        support::TemporaryFolder killed;
        support::copyFolder(till().folder().path(), killed.path());
        till().close();
        support::copyFolder(killed.path(), till().folder().path());
        till().open();
        QCOMPARE(support::indexFault(till().path(), *m_language), QByteArray());
        QVERIFY(infoOf(till(), "n").documentsDone > done || !till().file().hasIndexWork());
        till().patch(idOf(kills * 13), R"({"n":77})");
        ++kills;
    }
    QVERIFY(kills > 10);
    QCOMPARE(infoOf(till(), "n").state, IndexState::Ready);
}

void TestIndexes::dropsWhileItIsBuilt()
{
    fill(till(), 2'000);
    create(till(), "n", "n");
    create(till(), "tags", "tags*");
    for (int i = 0; i < 3; ++i) {
        must(till().file().workOnIndexes(kClock, {700ms}));
    }
    QVERIFY(sqlNumber(till(), "SELECT count(*) FROM index_entries") > 0);
    QVERIFY(drop(till(), "N"));
    QVERIFY(!drop(till(), "n"));
    QCOMPARE(infoOf(till(), "n").id, 0);
    till().put(idOf(1), R"({"Id":"1","n":99})"); // nobody keeps what goes
    till().restart();
    finish(till());
    QVERIFY(drop(till(), "tags"));
    must(till().file().workOnIndexes(kClock, {3ms})); // a part of it
    QVERIFY(till().file().hasIndexWork());
    const qint64 left = sqlNumber(till(), "SELECT count(*) FROM index_entries");
    QVERIFY(left > 0 && left < 4'000);
    till().restart();
    finish(till());
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM index_entries"), 0);
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM indexes"), 0);
}

void TestIndexes::aNameIsTakenAnew()
{
    fill(till(), 50);
    create(till(), "x", "n");
    finish(till());
    const std::int64_t id = infoOf(till(), "x").id;
    drop(till(), "x");
    create(till(), "X", "tags*");
    finish(till());
    QVERIFY(infoOf(till(), "X").id > id);
    QVERIFY(!must(Snapshot(till()).documents().indexed(id, {})));
    drop(till(), "x");
    finish(till());
    create(till(), "x", "n");
    QVERIFY(infoOf(till(), "x").id > id + 1); // not even then
    finish(till());
}

void TestIndexes::namesAndExpressions()
{
    QVERIFY(create(till(), "n", "n"));
    QVERIFY(!create(till(), "N", " n ")); // the same, spelled otherwise
    must(till().file().begin());
    const auto code = [this](const QByteArray &name, const QByteArray &expression) {
        const auto made = till().file().createIndex("new", name, expression);
        return made ? QByteArray("made") : errorName(made.error().code);
    };
    const auto other = till().file().createIndex("products", "n", "m");
    QVERIFY(!other);
    QCOMPARE(other.error().code, ErrorCode::VersionMismatch);
    QVERIFY(other.error().message.contains("'n'"));
    for (const char *name :
        {"", "1a", "a b", "$a", "a-b", "ä", "abcdefghijklmnopqrstuvwxyz0123456"}) {
        QCOMPARE(code(name, "n"), errorName(ErrorCode::InvalidArgument));
    }
    QCOMPARE(code("n", "!"), errorName(ErrorCode::InvalidArgument));
    QVERIFY(must(till().reader()->collections()) == std::vector<QByteArray> {"Products"});
    QCOMPARE(code("abcdefghijklmnopqrstuvwxyz012345", "n"), QByteArray("made"));
    for (int i = 1; i < 32; ++i) {
        QCOMPARE(code("i" + QByteArray::number(i), "n"), QByteArray("made"));
    }
    QCOMPARE(code("onemore", "n"), errorName(ErrorCode::InvalidArgument));
    QCOMPARE(code("I1", "n"), QByteArray("made")); // it is there
    must(till().file().commit());
    QVERIFY((must(till().reader()->collections()) == std::vector<QByteArray> {"new", "Products"}));
    QCOMPARE(must(till().reader()->indexes(std::nullopt)).size(), std::size_t(33));
    must(till().file().begin());
    QVERIFY(!must(till().file().dropIndex("nowhere", "n")));
    must(till().file().commit());
}

void TestIndexes::anotherVersionIsRebuilt()
{
    fill(till(), 100);
    create(till(), "n", "n");
    create(till(), "tags", "tags*");
    finish(till());
    const std::int64_t id = infoOf(till(), "n").id;
    m_language = std::make_unique<MemberLanguage>(2);
    till().setIndexLanguage(m_language.get());
    till().restart();
    QCOMPARE(listed(till(), "n"), QByteArray("(not ready)"));
    QVERIFY(infoOf(till(), "n").id != id);
    till().restart(); // at once again: nothing is begun twice
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM indexes"), 4);
    finish(till());
    QCOMPARE(infoOf(till(), "n").state, IndexState::Ready);
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM indexes"), 2);
    till().close();
    must(must(Connection::open(till().path(), Connection::Mode::ReadWrite))
             ->execute("UPDATE indexes SET expression = ' n' WHERE name = 'n'"));
    till().open();
    QCOMPARE(infoOf(till(), "n").expression, QByteArray("n"));
    QCOMPARE(infoOf(till(), "n").state, IndexState::Building);
    QCOMPARE(infoOf(till(), "tags").state, IndexState::Ready);
    finish(till());
}

void TestIndexes::withoutALanguageNoneIsKept()
{
    fill(till(), 100);
    create(till(), "n", "n");
    finish(till());
    till().setIndexLanguage(nullptr);
    till().restart();
    QCOMPARE(listed(till(), "n"), QByteArray("(not ready)"));
    till().put(idOf(3), R"({"Id":"0003","n":50})");
    finish(till()); // what was is removed; nothing is built
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM index_entries"), 0);
    must(till().file().begin());
    QVERIFY(!till().file().createIndex("products", "m", "m"));
    till().file().rollback();
    till().restart();
    QCOMPARE(sqlNumber(till(), "SELECT count(*) FROM indexes"), 1);
    till().setIndexLanguage(m_language.get());
    till().restart();
    finish(till());
    QVERIFY(listed(till(), "n")
                .endsWith("50:0003 6:0006 6:0013 6:0020 6:0027 6:0034 6:0041 6:0048 "
                          "6:0055 6:0062 6:0069 6:0076 6:0083 6:0090 6:0097"));
}

void TestIndexes::whatCannotBeReadIsNotKept()
{
    // A program that has lost a function says so and goes on; the one that has it again builds
    // anew.
    fill(till(), 10);
    m_language->takeAll();
    create(till(), "odd", "n!");
    finish(till());
    QCOMPARE(infoOf(till(), "odd").state, IndexState::Ready);
    const MemberLanguage strict;
    till().setIndexLanguage(&strict);
    QTest::ignoreMessage(QtCriticalMsg,
        QRegularExpression(QStringLiteral("Index odd of '.*' is not kept: 'n!' is no member.")));
    till().restart();
    finish(till());
    QCOMPARE(infoOf(till(), "odd").state, IndexState::Building);
    till().put(idOf(3), R"({"Id":"0003","n":50})");
    till().setIndexLanguage(m_language.get());
    till().restart();
    finish(till());
    QCOMPARE(infoOf(till(), "odd").state, IndexState::Ready);
}

void TestIndexes::readsRanges()
{
    create(till(), "n", "n");
    finish(till());
    for (const char *id : {"d", "a", "c"}) {
        till().put(id, R"({"Id":"x","n":2})");
    }
    till().put("b", R"({"Id":"b","n":1})");
    till().put("e", R"({"Id":"e","n":3})");
    QCOMPARE(listed(till(), "n"), QByteArray("1:b 2:a 2:c 2:d 3:e"));
    QCOMPARE(listed(till(), "n", {.isDescending = true}), QByteArray("3:e 2:a 2:c 2:d 1:b"));
    QCOMPARE(listed(till(), "n", {"2", "3"}), QByteArray("2:a 2:c 2:d"));
    QCOMPARE(listed(till(), "n", {"2", {}}), QByteArray("2:a 2:c 2:d 3:e"));
    QCOMPARE(listed(till(), "n", {"", "2"}), QByteArray("1:b"));
    QCOMPARE(listed(till(), "n", {"3", "2"}), QByteArray());
    QCOMPARE(listed(till(), "n", {"2", "3", true, false}), QByteArray("2:a 2:c 2:d"));
    Snapshot snapshot(till());
    auto cursor = must(snapshot.documents().indexed(infoOf(till(), "n").id, {"1", "2"}));
    QVERIFY(must(cursor->next()));
    QCOMPARE(cursor->body(), QByteArrayView(R"({"Id":"b","n":1})"));
    QCOMPARE(must(cursor->facts()).id, QByteArray("b"));
    QVERIFY(!must(cursor->next()));
    QVERIFY(!must(snapshot.documents().indexed(4711, {})));
}

void TestIndexes::oneSnapshotForAll()
{
    create(till(), "n", "n");
    finish(till());
    till().put("a", R"({"Id":"a","n":1})");
    till().put("b", R"({"Id":"b","n":2})");
    const std::int64_t id = infoOf(till(), "n").id;
    Snapshot before(till());
    QCOMPARE(listed(before.documents(), id, {}), QByteArray("1:a 2:b"));
    till().put("a", R"({"Id":"a","n":3})");
    drop(till(), "n");
    finish(till());
    QCOMPARE(listed(before.documents(), id, {}), QByteArray("1:a 2:b"));
    QCOMPARE(listed(Snapshot(till()).documents(), id, {}), QByteArray("(not ready)"));
}

void TestIndexes::aTransactionSeesItsOwnEntries()
{
    create(till(), "n", "n");
    finish(till());
    till().put("a", R"({"Id":"a","n":1})");
    const std::int64_t id = infoOf(till(), "n").id;
    must(till().file().begin());
    till().writeOpen({{Edit::Kind::Put, "a", R"({"Id":"a","n":4})", "products"},
        {Edit::Kind::Put, "b", R"({"Id":"b","n":2})", "products"}});
    QCOMPARE(listed(till().file().visibleDocuments(), id, {}), QByteArray("2:b 4:a"));
    QCOMPARE(listed(till(), "n"), QByteArray("1:a"));
    till().file().rollback();
    QCOMPARE(listed(till(), "n"), QByteArray("1:a"));
}

void TestIndexes::takesAFileOfVersionTwo()
{
    fill(till(), 20);
    till().close();
    must(must(Connection::open(till().path(), Connection::Mode::ReadWrite))
             ->execute("DROP TABLE indexes; DROP TABLE index_entries; PRAGMA user_version = 2"));
    till().open();
    QCOMPARE(sqlNumber(till(), "PRAGMA user_version"), 3);
    QCOMPARE(till().file().documentCount(), 20);
    create(till(), "n", "n");
    finish(till());
    QVERIFY(listed(till(), "n", {"6", {}}).startsWith("6:0006 6:0013"));
}

void TestIndexes::isNoPartOfTheDigest()
{
    fill(till(), 20);
    const Hash128 digest = till().file().digest();
    const Hash128 vector = till().file().vectorHash();
    create(till(), "n", "n");
    finish(till());
    drop(till(), "n");
    create(till(), "tags", "tags*");
    finish(till());
    QVERIFY(till().file().digest() == digest);
    QVERIFY(till().file().vectorHash() == vector);
    QCOMPARE(till().log().size(), std::size_t(21));
    Till b("b");
    b.read(till());
    QVERIFY(must(b.reader()->indexes(std::nullopt)).empty());
}

QTEST_GUILESS_MAIN(TestIndexes)
#include "tst_indexes.moc"
