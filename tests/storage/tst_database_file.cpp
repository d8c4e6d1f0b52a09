#include "hand_made.h"
#include "storage/database_file.h"
#include "till.h"

#include <QFileInfo>
#include <QTest>
#include <sqlite3.h>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

/// Everything that a database says of itself, to be compared.
struct Summary
{
    VersionVector vector;
    Hash128 vectorHash;
    Hash128 digest;
    qint64 documents;
    qint64 conflicts;
    qint64 quarantined;
    std::vector<DocumentKey> quarantinedDocuments;
    std::uint64_t hlc;
    LogPosition last;
    LogPosition oldest;
    std::set<NodeId> roster;
    std::size_t forks;
    std::optional<Incarnation> own;
    friend bool operator==(const Summary &, const Summary &) = default;
};

Summary summaryOf(DatabaseFile &file)
{
    return {file.vector(),
        file.vectorHash(),
        file.digest(),
        file.documentCount(),
        file.conflictCount(),
        file.quarantinedCount(),
        must(file.quarantinedDocuments()),
        file.hlc(),
        file.lastPosition(),
        must(file.oldestPosition()),
        file.roster(),
        file.forks().size(),
        file.lastOwnIncarnation()};
}

void take(Till &till, const Operations &group, bool quarantine = false)
{
    must(till.file().begin());
    must(till.file().apply(group, quarantine));
    must(till.file().commit());
}

int release(Till &till)
{
    must(till.file().begin());
    const int released = must(till.file().releaseQuarantined());
    must(till.file().commit());
    return released;
}

/// With a header key that no program knows yet.
Operation notUnderstood(OperationHeader header, const QByteArray &body)
{
    Operation operation = Operation::make(std::move(header), body);
    QByteArray &bytes = operation.headerBytes;
    bytes[0] = static_cast<char>(bytes[0] + 1); // one more pair in the map, which has less than 23
    bytes.append(QByteArray::fromHex("18c801"));
    return must(Operation::parse(bytes, body));
}

/// A group of puts over nothing by one incarnation, which has nothing yet.
Operations groupOf(
    const char *origin, const std::vector<std::pair<QByteArray, QByteArray>> &documents)
{
    Operations group;
    for (const auto &[id, body] : documents) {
        OperationHeader header;
        header.version = {1'000, {{node(origin), 1}, group.size() + 1}};
        header.group = GroupSpan {1, documents.size()};
        header.collection = "products";
        header.documentId = id;
        header.floor = true;
        group.push_back(Operation::make(std::move(header), body));
    }
    return group;
}

/// Adds to a member that its body lacks.
Operation contradictory(OperationHeader header)
{
    header.changed = {add("n", 1, "1", "1")};
    return Operation::make(std::move(header), R"({"Id":"1"})");
}

} // namespace

/// Operations, documents, vector, digest and counts change together, or not at all, and are a
/// function of the set of operations.
class TestDatabaseFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void rollbackRestoresEverything();
    void rollbackOfTheFirstTransaction();
    void whatWasRolledBackIsWrittenLikeNew();
    void uncommittedIsGoneAfterACrash();
    void whatFollowsAFailedReadIsNotWrittenAlone();
    void aLongWalIsCopiedBackBetweenTransactions();
    void reopeningGivesTheSame();
    void digestIsAFunctionOfTheSet();
    void digestComesBackWithTheState();
    void countsVisibleDocuments();
    void cacheIsOutsideOfTheDigest();
    void collectionsKeepTheirFirstSpelling();
    void canonicalVectorSkipsWhatIsContinued();
    void canonicalVectorTellsWhoLacksWhatIsContinued();
    void readsTheLogInPieces();
    void findsOperations();
    void quarantineWaitsAndIsReleased();
    void quarantineOfAGroupIsWhole();
    void contradictionsWaitAsAGroup();
    void contradictoryAdmitWaits();
    void lateOpenJoinsTheRoster();
    void whatIsNotUnderstoodStays();
    void operationsBehindAQuarantinedOneAreJoined();
    void forkStopsTheIncarnation();
    void forkOfTheUnknownIsIgnored();
};

void TestDatabaseFile::initTestCase()
{
    sqlite3_initialize(); // before the first connection: a limit needs SQLite to count its memory
}

void TestDatabaseFile::rollbackRestoresEverything()
{
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","m":1})");
    b.read(a);
    a.patch("1", R"({"m":2})");
    b.clock.advance(std::chrono::hours(1));
    b.patch("1", R"({"m":3})");
    const Summary before = summaryOf(a.file());
    const QByteArray shownBefore = a.shown("1");
    for (int round = 0; round < 2; ++round) {
        must(a.file().begin());
        QVERIFY(a.file().isInTransaction());
        a.writeOpen(
            {{Edit::Kind::Put, "2", R"({"Id":"2"})", "Orders"}, {Edit::Kind::Delete, "1", {}}});
        for (const Operation &operation : b.log()) {
            if (!a.file().vector().covers(operation.header.version.dot)) {
                must(a.file().apply({&operation, 1}));
            }
        }
        must(a.writer().admit(node("c")));
        must(a.file().recordFork({{a.incarnation(), 2}, {1, 1}, {2, 2}}));
        const auto group = groupOf("d", {{"7", R"({"Id":"7"})"}, {"8", R"({"Id":"8"})"}});
        must(a.file().apply(group, true));
        must(a.file().registerCollection("Nothing"));
        QVERIFY(!(summaryOf(a.file()) == before));
        a.file().rollback();
        QVERIFY(!a.file().isInTransaction());
        QVERIFY(summaryOf(a.file()) == before);
        QVERIFY(!a.file().isStopped(a.incarnation()));
        QCOMPARE(a.shown("1"), shownBefore);
        QCOMPARE(must(a.reader()->collections()), std::vector<QByteArray> {"products"});
    }
    // And goes on as if it had not been.
    a.put("2", R"({"Id":"2"})");
    exchange(a, b);
    QVERIFY(a.file().digest() == b.file().digest());
    QCOMPARE(must(a.reader()->collections()), std::vector<QByteArray> {"products"});
}

void TestDatabaseFile::rollbackOfTheFirstTransaction()
{
    Till a("a");
    const Summary before = summaryOf(a.file());
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "1", R"({"Id":"1"})"}});
    a.file().rollback();
    QVERIFY(summaryOf(a.file()) == before);
    a.restart();
    QVERIFY(summaryOf(a.file()) == before);
    // A transaction in which nothing happens.
    must(a.file().begin());
    must(a.file().begin()); // is the one that is open
    must(a.file().commit());
    QVERIFY(summaryOf(a.file()) == before);
}

/// What the file keeps in memory of collections and of runs must not outlive the rows of them.
void TestDatabaseFile::whatWasRolledBackIsWrittenLikeNew()
{
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1"})");
    b.write({{Edit::Kind::Put, "2", R"({"Id":"2"})", "fresh"}});
    const std::vector<Operation> log = b.log();
    for (const bool isKept : {false, true}) {
        must(a.file().begin());
        for (const Operation &operation : log) {
            must(a.file().apply({&operation, 1}));
        }
        if (isKept) {
            must(a.file().commit());
        } else {
            a.file().rollback();
        }
    }
    QCOMPARE(must(a.reader()->documents("fresh", {}, 0, 10)).bodies.size(), 1U);
    for (const Operation &operation : log) {
        QVERIFY(must(a.file().findOperation(operation.header.version.dot)).has_value());
    }
}

void TestDatabaseFile::uncommittedIsGoneAfterACrash()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const Summary before = summaryOf(a.file());
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "2", R"({"Id":"2"})"}});
    QCOMPARE(a.file().committedPosition().value, 2);
    QCOMPARE(a.file().lastPosition().value, 3);
    support::TemporaryFolder crashed;
    support::copyFolder(a.folder().path(), crashed.path());
    auto file = must(DatabaseFile::open(crashed.path("shop.db"), {}));
    QVERIFY(summaryOf(*file) == before);
    must(a.file().commit());
    QCOMPARE(a.file().committedPosition().value, 3);
    support::TemporaryFolder afterwards;
    support::copyFolder(a.folder().path(), afterwards.path());
    file = must(DatabaseFile::open(afterwards.path("shop.db"), {}));
    QVERIFY(summaryOf(*file) == summaryOf(a.file()));
}

void TestDatabaseFile::whatFollowsAFailedReadIsNotWrittenAlone()
{
    Till a("a");
    a.put("1", R"({"Id":"1","m":")" + QByteArray(3'000'000, 'x') + "\"}");
    a.restart(); // nothing is cached
    const Summary before = summaryOf(a.file());
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "2", R"({"Id":"2"})"}});
    // SQLite answers a read that finds no memory by rolling back the whole transaction.
    sqlite3_hard_heap_limit64(1);
    const auto read = a.file().load(Till::key("1"));
    sqlite3_hard_heap_limit64(0);
    QVERIFY(!read.isOk());
    Pen pen("z");
    const Operation later = pen.insert(10, R"({"Id":"1"})");
    const auto applied = a.file().apply({&later, 1});
    QVERIFY(!applied.isOk());
    QVERIFY(!a.file().registerCollection("Orders").isOk());
    QVERIFY(!a.file().commit().isOk());
    QVERIFY(summaryOf(a.file()) == before);
    a.restart();
    QVERIFY(summaryOf(a.file()) == before);
    QCOMPARE(a.log().size(), 2U);
    a.put("2", R"({"Id":"2"})");
}

void TestDatabaseFile::aLongWalIsCopiedBackBetweenTransactions()
{
    Till a("a");
    const auto bytesOf
        = [](const QByteArray &path) { return QFileInfo(QString::fromUtf8(path)).size(); };
    const auto write = [&a](int i) {
        const QByteArray id = QByteArray::number(i);
        a.put(id, "{\"Id\":\"" + id + "\",\"text\":\"" + QByteArray(1'000'000, 'x') + "\"}");
    };
    write(0);
    a.file().checkpointWhenDue();
    QVERIFY(bytesOf(a.path()) < 1'000'000); // too early
    for (int i = 1; i < 17; ++i) {
        write(i);
    }
    const qint64 before = bytesOf(a.path());
    QVERIFY2(before < 1'000'000, "a commit copies nothing back by itself");
    a.file().checkpointWhenDue();
    QVERIFY(bytesOf(a.path()) > 17'000'000);
    const qint64 wal = bytesOf(a.path() + "-wal");
    write(17); // begins the WAL anew
    QCOMPARE(bytesOf(a.path() + "-wal"), wal);
}

void TestDatabaseFile::reopeningGivesTheSame()
{
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","n":1,"m":1})");
    b.read(a);
    a.patch("1", R"({"n":{"$inc":2},"m":2})");
    b.patch("1", R"({"n":{"$inc":3},"m":3})");
    a.put("2", R"({"Id":"2"})");
    a.erase("2");
    a.read(b);
    take(a, groupOf("d", {{"7", R"({"Id":"7"})"}, {"8", R"({"Id":"8"})"}}), true);
    must(a.file().begin());
    must(a.file().recordFork({{b.incarnation(), 2}, {1, 1}, {2, 2}}));
    must(a.file().commit());
    const Summary before = summaryOf(a.file());
    QCOMPARE(before.quarantined, 2);
    QCOMPARE(before.conflicts, 1);
    const QByteArray shown = a.shown("1");
    const auto token = a.state("1").token("products", "1");
    a.restart();
    QVERIFY(summaryOf(a.file()) == before);
    QCOMPARE(a.shown("1"), shown);
    QVERIFY(a.state("1").token("products", "1") == token);
    QVERIFY(a.file().isStopped(b.incarnation()));
    QVERIFY(a.file().forks().front().hashThere == (Hash128 {2, 2}));
}

void TestDatabaseFile::digestIsAFunctionOfTheSet()
{
    Till a("a");
    Till b("b", true);
    Till c("c");
    a.put("1", R"({"Id":"1","n":10,"m":1})");
    a.put("2", R"({"Id":"2","n":10})");
    b.read(a);
    c.read(a);
    a.write(
        {{Edit::Kind::Patch, "1", R"({"n":{"$inc":-1}})"}, {Edit::Kind::Patch, "2", R"({"x":1})"}});
    b.write({{Edit::Kind::Patch, "1", R"({"m":5})"}, {Edit::Kind::Delete, "2", {}}});
    c.write({{Edit::Kind::Patch, "1", R"({"n":{"$inc":-3}})"},
        {Edit::Kind::Put, "3", R"({"Id":"3"})"}});
    std::vector<Till *> tills {&a, &b, &c};
    std::set<Hash128> digests;
    std::set<QByteArray> bodies;
    std::sort(tills.begin(), tills.end());
    do {
        Till reader("reader");
        for (Till *till : tills) {
            reader.read(*till);
        }
        digests.insert(reader.file().digest());
        bodies.insert(reader.shown("1"));
        // Relayed by somebody whose log has another order.
        Till next("next");
        next.read(reader);
        digests.insert(next.file().digest());
    } while (std::next_permutation(tills.begin(), tills.end()));
    QCOMPARE(digests.size(), 1U);
    QCOMPARE(bodies.size(), 1U);
}

void TestDatabaseFile::digestComesBackWithTheState()
{
    Till a("a");
    QVERIFY(a.file().digest() == Hash128 {});
    a.put("1", R"({"Id":"1"})");
    const Hash128 one = a.file().digest();
    a.put("2", R"({"Id":"2"})");
    QVERIFY(a.file().digest() != one);
    a.erase("2");
    QVERIFY(a.file().digest() != one); // the tombstone counts
    const Hash128 two = a.file().digest();
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "3", R"({"Id":"3"})"}});
    a.file().rollback();
    QVERIFY(a.file().digest() == two);
}

void TestDatabaseFile::countsVisibleDocuments()
{
    Till a("a");
    QCOMPARE(a.file().documentCount(), 0);
    a.write({{Edit::Kind::Put, "1", R"({"Id":"1"})"},
        {Edit::Kind::Put, "2", R"({"Id":"2"})"},
        {Edit::Kind::Put, "3", R"({"Id":"3"})"}});
    QCOMPARE(a.file().documentCount(), 3);
    a.patch("2", R"({"m":1})");
    QCOMPARE(a.file().documentCount(), 3);
    a.erase("1");
    QCOMPARE(a.file().documentCount(), 2);
    QVERIFY(a.write({{Edit::Kind::Delete, "1", {}}}).empty());
    a.put("1", R"({"Id":"1"})");
    QCOMPARE(a.file().documentCount(), 3);
}

void TestDatabaseFile::cacheIsOutsideOfTheDigest()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const Hash128 digest = a.file().digest();
    a.write({{Edit::Kind::Put, "2", R"({"Id":"2"})", "Cache"}});
    QVERIFY(a.file().digest() == digest);
    QCOMPARE(a.file().documentCount(), 1);
    QVERIFY(must(a.reader()->document("cache", "2")).has_value());
    // No other is, however much its name is like it.
    a.write({{Edit::Kind::Put, "3", R"({"Id":"3"})", "cachedPrices"}});
    QVERIFY(!(a.file().digest() == digest));
}

void TestDatabaseFile::collectionsKeepTheirFirstSpelling()
{
    Till a("a");
    a.write({{Edit::Kind::Put, "1", R"({"Id":"1"})", "Orders"},
        {Edit::Kind::Put, "2", R"({"Id":"2"})", "ORDERS"}});
    must(a.file().begin());
    must(a.file().registerCollection("Bestände"));
    must(a.file().registerCollection("orders"));
    must(a.file().commit());
    QCOMPARE(must(a.reader()->collections()), (std::vector<QByteArray> {"Bestände", "Orders"}));
    QCOMPARE(must(a.reader()->documents("oRDERS", {}, 0, 10)).bodies.size(), 2U);
}

void TestDatabaseFile::canonicalVectorSkipsWhatIsContinued()
{
    // Two copies with the same documents, one of whose files was opened once more, are told to be
    // equal where the last held sequence is continued; and not where it is not.
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const Hash128 before = a.file().vectorHash();
    a.restart();
    a.put("1", R"({"Id":"1","m":1})");
    VersionVector only;
    only.raise(a.incarnation(), *a.file().vector().find(a.incarnation()));
    cbor::Writer writer;
    only.encode(writer);
    QVERIFY(a.file().vectorHash() == Hash128::of(writer.bytes()));
    QVERIFY(a.file().vectorHash() != before);
    QCOMPARE(a.file().vector().entries().size(), 2U);
}

void TestDatabaseFile::canonicalVectorTellsWhoLacksWhatIsContinued()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    a.restart();
    a.put("2", R"({"Id":"2"})");
    // A relay may leave the first incarnation to others for a moment; a second copy then begins
    // with the second.
    Till b("b");
    must(b.file().begin());
    for (const Operation &operation : a.log()) {
        if (operation.header.version.dot.incarnation == a.incarnation()) {
            must(b.file().apply({&operation, 1}));
        }
    }
    must(b.file().commit());
    QVERIFY(a.file().digest() != b.file().digest());
    QVERIFY(a.file().vectorHash() != b.file().vectorHash());
    b.read(a);
    QVERIFY(a.file().vectorHash() == b.file().vectorHash());
    QVERIFY(a.file().digest() == b.file().digest());
}

void TestDatabaseFile::readsTheLogInPieces()
{
    Till a("a");
    for (int i = 1; i < 10; ++i) {
        a.put(QByteArray::number(i), "{\"Id\":\"" + QByteArray::number(i) + "\"}");
    }
    QCOMPARE(must(a.file().oldestPosition()).value, 1);
    QCOMPARE(must(a.file().readLog({0}, 100, 1'000'000)).size(), 10U);
    QCOMPARE(must(a.file().readLog({0}, 4, 1'000'000)).size(), 4U);
    QCOMPARE(must(a.file().readLog({7}, 4, 1'000'000)).size(), 3U);
    QVERIFY(must(a.file().readLog({10}, 4, 1'000'000)).empty());
    const auto one = must(a.file().readLog({3}, 100, 1)); // at least one
    QCOMPARE(one.size(), 1U);
    QCOMPARE(one.front().position.value, 4);
    std::int64_t expected = 0;
    for (LogPosition after; expected < 10;) {
        const auto piece = must(a.file().readLog(after, 3, 200));
        QVERIFY(!piece.empty());
        for (const StoredOperation &stored : piece) {
            QCOMPARE(stored.position.value, ++expected);
        }
        after = piece.back().position;
    }
    QCOMPARE(must(Till("b").file().oldestPosition()).value, 0);
}

void TestDatabaseFile::findsOperations()
{
    Till a("a");
    const Operation put = a.put("1", R"({"Id":"1"})");
    const auto found = must(a.file().findOperation(put.header.version.dot));
    QVERIFY(found.has_value());
    QCOMPARE(found->headerBytes, put.headerBytes);
    QCOMPARE(found->body, put.body);
    QVERIFY(!must(a.file().findOperation({a.incarnation(), 3})).has_value());
    QVERIFY(!must(a.file().findOperation({{node("z"), 1}, 1})).has_value());
}

void TestDatabaseFile::quarantineWaitsAndIsReleased()
{
    Till a("a");
    Till b("b");
    a.put("2", R"({"Id":"2"})");
    const Hash128 withoutIt = a.file().digest();
    a.put("1", R"({"Id":"1","m":1})");
    b.read(a);
    const Operation edit = a.patch("1", R"({"m":2})");
    take(b, {edit}, true);
    QCOMPARE(b.file().quarantinedCount(), 1);
    QCOMPARE(must(b.file().quarantinedDocuments()), std::vector {Till::key("1")});
    QVERIFY(b.file().vector() == a.file().vector()); // it is here, and is forwarded
    QCOMPARE(b.shown("1"), QByteArray(R"({"Id":"1","m":1})")); // it only claims nothing yet
    QVERIFY(b.state("1").isQuarantined());
    QVERIFY(b.file().digest() == withoutIt); // left out of the digest
    // A rollback takes the release back.
    must(b.file().begin());
    QCOMPARE(must(b.file().releaseQuarantined()), 1);
    QCOMPARE(b.file().quarantinedCount(), 0);
    b.file().rollback();
    QCOMPARE(b.file().quarantinedCount(), 1);
    QCOMPARE(release(b), 1);
    QCOMPARE(release(b), 0);
    QCOMPARE(b.file().quarantinedCount(), 0);
    QVERIFY(must(b.file().quarantinedDocuments()).empty());
    QVERIFY(b.file().digest() == a.file().digest());
    QCOMPARE(b.shown("1"), a.shown("1"));
}

void TestDatabaseFile::quarantineOfAGroupIsWhole()
{
    Till a("a");
    Operations group = groupOf("d", {{"1", R"({"Id":"1"})"}, {"2", R"({"Id":"2"})"}});
    group[1] = notUnderstood(group[1].header, group[1].body);
    take(a, group);
    QCOMPARE(a.file().quarantinedCount(), 2);
    QCOMPARE(a.file().documentCount(), 0);
    QCOMPARE(a.file().vector().sequenceOf({node("d"), 1}), 2U);
    QCOMPARE(release(a), 0); // the first is understood, and waits for the second
    QCOMPARE(a.file().documentCount(), 0);
}

void TestDatabaseFile::contradictionsWaitAsAGroup()
{
    Till a("a");
    Operations group
        = groupOf("d", {{"1", R"({"Id":"1"})"}, {"2", R"({"Id":"2"})"}, {"3", R"({"Id":"3"})"}});
    group[1] = contradictory(group[1].header);
    take(a, group);
    QCOMPARE(a.file().quarantinedCount(), 3);
    QCOMPARE(a.file().documentCount(), 0); // never a part of a group
    QVERIFY(a.file().digest() == Hash128 {});
    QCOMPARE(release(a), 0);
    QCOMPARE(a.file().documentCount(), 0);
    // Alone it waits alone.
    Till b("b");
    OperationHeader header = group[0].header;
    header.group.reset();
    take(b, {contradictory(header)});
    QCOMPARE(b.file().quarantinedCount(), 1);
    b.put("9", R"({"Id":"9"})");
    QCOMPARE(b.file().documentCount(), 1);
    b.restart();
    QCOMPARE(release(b), 0);
    QCOMPARE(b.file().quarantinedCount(), 1);
}

void TestDatabaseFile::contradictoryAdmitWaits()
{
    // Refusing it would wedge its origin for ever, and failing to release it would keep the file
    // from being opened.
    Till a("a");
    OperationHeader header;
    header.version = {1'000, {{node("d"), 1}, 1}};
    header.kind = OperationKind::Admit;
    header.documentId = "no node at all";
    take(a, {Operation::make(header, {})});
    QCOMPARE(a.file().quarantinedCount(), 1);
    QVERIFY(a.file().roster().empty());
    QCOMPARE(release(a), 0);
    QCOMPARE(a.file().quarantinedCount(), 1);
}

void TestDatabaseFile::lateOpenJoinsTheRoster()
{
    Till a("a");
    OperationHeader header;
    header.version = {1'000, {{node("d"), 1}, 1}};
    header.kind = OperationKind::Open;
    take(a, {Operation::make(header, {})}, true);
    QVERIFY(a.file().roster().empty());
    QCOMPARE(a.file().quarantinedCount(), 1);
    QVERIFY(must(a.file().quarantinedDocuments()).empty());
    QCOMPARE(release(a), 1);
    QVERIFY(a.file().roster() == std::set {node("d")});
}

void TestDatabaseFile::whatIsNotUnderstoodStays()
{
    Till a("a");
    const Operation known = groupOf("d", {{"1", R"({"Id":"1"})"}}).front();
    OperationHeader header = known.header;
    header.group.reset();
    const Operation operation = notUnderstood(header, known.body);
    take(a, {operation});
    QCOMPARE(a.file().quarantinedCount(), 1);
    QCOMPARE(release(a), 0);
    QVERIFY(a.state("1").isQuarantined());
    QVERIFY(!a.state("1").isVisible());
    QCOMPARE(must(a.file().readLog({}, 10, 1'000)).front().headerBytes,
        operation.headerBytes); // to the byte, for those who understand
    a.restart();
    QCOMPARE(a.file().quarantinedCount(), 1);
    QCOMPARE(must(a.file().quarantinedDocuments()), std::vector {Till::key("1")});
}

void TestDatabaseFile::operationsBehindAQuarantinedOneAreJoined()
{
    Till a("a");
    Pen d("d");
    const Operation base = d.insert(1'000, R"({"Id":"1","m":1,"n":1})");
    const Operation edit = d.update(1'001, R"({"Id":"1","m":2,"n":1})", {set("m")}, {base});
    const Operation next = d.update(1'002, R"({"Id":"1","m":2,"n":3})", {set("n")}, {edit});
    take(a, {base});
    take(a, {edit}, true);
    take(a, {next});
    QCOMPARE(a.shown("1"), QByteArray(R"({"Id":"1","m":1,"n":3})"));
    QCOMPARE(a.state("1").heads().size(), 1U);
    QCOMPARE(release(a), 1);
    QCOMPARE(a.shown("1"), next.body);
    Till b("b");
    for (const Operation &operation : {base, edit, next}) {
        take(b, {operation});
    }
    QVERIFY(a.file().digest() == b.file().digest());
}

void TestDatabaseFile::forkStopsTheIncarnation()
{
    Till a("a");
    Till b("b");
    const Operation put = b.put("1", R"({"Id":"1"})");
    a.read(b);
    const Fork fork {put.header.version.dot, put.chainHash(), {9, 9}};
    QVERIFY(!a.file().isStopped(b.incarnation()));
    for (int round = 0; round < 2; ++round) { // said once is enough
        must(a.file().begin());
        must(a.file().recordFork(fork));
        must(a.file().recordFork({put.header.version.dot, put.chainHash(), {8, 8}}));
        must(a.file().commit());
        QVERIFY(a.file().isStopped(b.incarnation()));
        QCOMPARE(a.file().forks().size(), 1U);
        QVERIFY(a.file().forks().front().dot == fork.dot);
        QVERIFY(a.file().forks().front().hashThere == fork.hashThere);
    }
    QVERIFY(!a.file().isStopped({node("b"), 1}));
    QCOMPARE(a.shown("1"), put.body); // what was taken stays
    a.put("2", R"({"Id":"2"})");
    a.restart();
    QVERIFY(a.file().isStopped(b.incarnation()));
    QCOMPARE(a.file().forks().size(), 1U);
}

void TestDatabaseFile::forkOfTheUnknownIsIgnored()
{
    Till a("a");
    must(a.file().begin());
    must(a.file().recordFork({{{node("z"), 5}, 1}, {1, 1}, {2, 2}}));
    must(a.file().commit());
    QVERIFY(a.file().forks().empty());
    QVERIFY(!a.file().isStopped({node("z"), 5}));
    // In one transaction with its first operation, in whichever order.
    Pen z("z", 5);
    const Operation first = z.insert(10, R"({"Id":"1"})");
    must(a.file().begin());
    must(a.file().recordFork({first.header.version.dot, {1, 1}, {2, 2}}));
    must(a.file().apply({&first, 1}));
    a.file().rollback();
    QVERIFY(a.file().vector().isEmpty());
    take(a, {first});
    QVERIFY(!a.file().isStopped({node("z"), 5}));
}

QTEST_GUILESS_MAIN(TestDatabaseFile)
#include "tst_database_file.moc"
