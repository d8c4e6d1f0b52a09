#include "hand_made.h"
#include "storage/local_writer.h"
#include "till.h"

#include <QTest>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;
using namespace std::chrono_literals;

namespace {

std::uint64_t hlcOf(const support::ManualClock &clock)
{
    return static_cast<std::uint64_t>(clock.wallTime().time_since_epoch().count()) << 16;
}

const OperationHeader &lastHeader(const std::vector<Operation> &log)
{
    return log.back().header;
}

} // namespace

/// A node's own operations: numbered without a gap, chained, stamped above all that it has seen, in
/// a new incarnation for each start.
class TestLocalWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void firstWriteOpensAnIncarnation();
    void eachStartDrawsAnother();
    void startWithoutAWriteLeavesNothing();
    void openGoesBackWithItsTransaction();
    void cloneUnderAnotherNodeContinuesNothing();
    void restoredFileContinuesWhatItHolds();
    void chainsByHash();
    void groupsShareTheirHlc();
    void parentsAreTheHeads();
    void hlcFollowsTheWall();
    void hlcIsAboveWhatArrived();
    void hlcNeverGoesBack();
    void counterOverflowCarries();
    void wallClockIsKeptWhereItDiffers();
    void admitsOnce();
    void forkDrawsAnother();
    void refusesAGroupThatNoTransferCarries();
};

void TestLocalWriter::firstWriteOpensAnIncarnation()
{
    Till a("a");
    QVERIFY(a.file().vector().isEmpty());
    const Operation put = a.put("1", R"({"Id":"1"})");
    const auto log = a.log();
    QCOMPARE(log.size(), 2U);
    const OperationHeader &open = log[0].header;
    QCOMPARE(open.kind, OperationKind::Open);
    QCOMPARE(open.version.dot.sequence, 1U);
    QVERIFY(open.version.dot.incarnation.origin == node("a"));
    QVERIFY(open.collection.isEmpty() && open.documentId.isEmpty() && !open.group && !open.bodyHash
        && open.parents.empty());
    QVERIFY(open.previous == Hash128 {});
    QCOMPARE(put.header.version.dot.sequence, 2U);
    QVERIFY(put.header.version.hlc > open.version.hlc);
    QVERIFY((a.file().roster() == std::set {node("a")}));
    QVERIFY(a.file().lastOwnIncarnation() == put.header.version.dot.incarnation);
}

void TestLocalWriter::eachStartDrawsAnother()
{
    Till a("a");
    a.put("1", R"({"Id":"1","m":1})");
    const Operation last = a.put("1", R"({"Id":"1","m":2})");
    a.restart();
    const Operation next = a.put("1", R"({"Id":"1","m":3})");
    QVERIFY(next.header.version.dot.incarnation != last.header.version.dot.incarnation);
    QVERIFY(next.header.version.dot.incarnation.origin == node("a"));
    const auto log = a.log();
    const OperationHeader &open = log[3].header;
    QCOMPARE(open.kind, OperationKind::Open);
    QVERIFY(open.previous == last.chainHash());
    QCOMPARE(open.parents.size(), 1U);
    QVERIFY(open.parents[0].version.dot == last.header.version.dot);
    Till b("b");
    b.read(a);
    QVERIFY(a.file().vectorHash() == b.file().vectorHash());
    QVERIFY(a.file().vector() == b.file().vector());
}

void TestLocalWriter::startWithoutAWriteLeavesNothing()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    const VersionVector before = a.file().vector();
    for (int i = 0; i < 3; ++i) {
        a.restart();
        QVERIFY(!a.incarnation().origin.isEmpty()); // asking draws, and writes nothing
    }
    QVERIFY(a.file().vector() == before);
    QCOMPARE(a.file().lastPosition().value, 2);
}

void TestLocalWriter::openGoesBackWithItsTransaction()
{
    Till a("a");
    must(a.file().begin());
    a.writeOpen({{Edit::Kind::Put, "1", R"({"Id":"1"})"}});
    a.file().rollback();
    QVERIFY(a.file().vector().isEmpty());
    QVERIFY(!a.file().lastOwnIncarnation().has_value());
    const Operation put = a.put("2", R"({"Id":"2"})");
    QCOMPARE(put.header.version.dot.sequence, 2U);
    QCOMPARE(a.log().size(), 2U);
    QCOMPARE(a.log()[0].header.kind, OperationKind::Open);
}

void TestLocalWriter::cloneUnderAnotherNodeContinuesNothing()
{
    Till a("a");
    const Operation put = a.put("1", R"({"Id":"1"})");
    a.close();
    Till b("b");
    b.close();
    support::copyFolder(a.folder().path(), b.folder().path());
    a.open();
    b.open();
    const Operation edit = b.put("1", R"({"Id":"1","m":1})");
    const OperationHeader open = b.log()[2].header;
    QCOMPARE(open.kind, OperationKind::Open);
    QVERIFY(open.parents.empty());
    QVERIFY(open.previous == Hash128 {});
    QVERIFY((b.file().roster() == std::set {node("a"), node("b")}));
    QVERIFY(edit.header.parents[0].version == put.header.version);
    exchange(a, b);
    QVERIFY((a.file().roster() == std::set {node("a"), node("b")}));
    QVERIFY(a.file().digest() == b.file().digest());
}

void TestLocalWriter::restoredFileContinuesWhatItHolds()
{
    // The lost half comes back from a peer under the old incarnation; nothing is numbered twice.
    Till a("a");
    Till b("b");
    a.put("1", R"({"Id":"1","m":1})");
    support::TemporaryFolder backup;
    a.close();
    support::copyFolder(a.folder().path(), backup.path());
    a.open();
    const Operation lost = a.put("2", R"({"Id":"2"})");
    b.read(a);
    a.close();
    support::copyFolder(backup.path(), a.folder().path());
    a.open();
    QCOMPARE(a.shown("2"), QByteArray("(gone)"));
    const Operation next = a.put("3", R"({"Id":"3"})");
    QVERIFY(next.header.version.dot.incarnation != lost.header.version.dot.incarnation);
    exchange(a, b);
    QCOMPARE(a.shown("2"), QByteArray(R"({"Id":"2"})"));
    QVERIFY(a.file().digest() == b.file().digest());
    QVERIFY(a.file().vector() == b.file().vector());
    QVERIFY(a.file().vectorHash() == b.file().vectorHash());
}

void TestLocalWriter::chainsByHash()
{
    Till a("a");
    for (int i = 0; i < 3; ++i) {
        a.put("1", R"({"Id":"1","m":)" + QByteArray::number(i) + '}');
    }
    a.write({{Edit::Kind::Put, "2", R"({"Id":"2"})"}, {Edit::Kind::Put, "3", R"({"Id":"3"})"}});
    Hash128 previous;
    std::uint64_t sequence = 0;
    for (const Operation &operation : a.log()) {
        QCOMPARE(operation.header.version.dot.sequence, ++sequence);
        QVERIFY(operation.header.previous == previous);
        previous = operation.chainHash();
    }
    QVERIFY(a.file().vector().find(a.incarnation())->chainHash == previous);
    QCOMPARE(sequence, 6U);
}

void TestLocalWriter::groupsShareTheirHlc()
{
    Till a("a");
    const Operation alone = a.put("1", R"({"Id":"1"})");
    QVERIFY(!alone.header.group.has_value());
    const auto group = a.write({{Edit::Kind::Delete, "1", {}},
        {Edit::Kind::Put, "2", R"({"Id":"2"})"},
        {Edit::Kind::Put, "3", R"({"Id":"3"})"}});
    QCOMPARE(group.size(), 3U);
    for (std::size_t i = 0; i < group.size(); ++i) {
        QVERIFY((group[i].header.group == GroupSpan {3, 3}));
        QCOMPARE(group[i].header.version.hlc, group[0].header.version.hlc);
        QCOMPARE(group[i].header.version.dot.sequence, 3U + i);
    }
    QVERIFY(group[0].header.version.hlc > alone.header.version.hlc);
    const Operation next = a.put("4", R"({"Id":"4"})");
    QVERIFY(next.header.version.hlc > group[0].header.version.hlc);
}

void TestLocalWriter::parentsAreTheHeads()
{
    Till a("a");
    Till b("b");
    const Operation first = a.put("1", R"({"Id":"1","m":1,"n":1})");
    QVERIFY(first.header.parents.empty());
    QVERIFY(first.header.floor);
    b.read(a);
    const Operation left = a.patch("1", R"({"m":2})");
    QCOMPARE(left.header.parents.size(), 1U);
    QVERIFY(left.header.parents[0].version == first.header.version);
    const Operation right = b.patch("1", R"({"n":2})");
    exchange(a, b);
    const Operation erase = b.erase("1");
    QCOMPARE(erase.header.parents.size(), 2U);
    QVERIFY(erase.header.parents[0].version < erase.header.parents[1].version);
    const Operation again = b.put("1", R"({"Id":"1"})");
    QVERIFY(again.header.floor);
    QVERIFY(again.header.parents[0].version == erase.header.version); // the tombstone was seen
}

void TestLocalWriter::hlcFollowsTheWall()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    a.clock.advance(5s);
    const Operation put = a.put("2", R"({"Id":"2"})");
    QCOMPARE(put.header.version.hlc, hlcOf(a.clock));
    QVERIFY(!put.header.wallClockMs.has_value());
    QCOMPARE(a.put("3", R"({"Id":"3"})").header.version.hlc,
        hlcOf(a.clock) + 1); // the clock stands still
}

void TestLocalWriter::hlcIsAboveWhatArrived()
{
    Till a("a");
    Till b("b");
    b.clock.jump(1h);
    const Operation ahead = b.put("1", R"({"Id":"1"})");
    a.put("2", R"({"Id":"2"})");
    a.read(b);
    const Operation put = a.put("3", R"({"Id":"3"})"); // of another document
    QCOMPARE(put.header.version.hlc, ahead.header.version.hlc + 1);
}

void TestLocalWriter::hlcNeverGoesBack()
{
    Till a("a");
    std::uint64_t last = a.put("1", R"({"Id":"1"})").header.version.hlc;
    for (int i = 2; i < 6; ++i) {
        a.clock.jump(-24h);
        if (i % 2 == 0) {
            a.restart();
        }
        const QByteArray id = QByteArray::number(i);
        const std::uint64_t hlc = a.put(id, "{\"Id\":\"" + id + "\"}").header.version.hlc;
        QVERIFY(hlc > last);
        last = hlc;
    }
    QCOMPARE(last >> 16, hlcOf(support::ManualClock()) >> 16); // it stands where the wall once was
    a.clock.setWallTime(WallTime(-5s)); // before 1970
    QVERIFY(a.put("9", R"({"Id":"9"})").header.version.hlc > last);
}

void TestLocalWriter::counterOverflowCarries()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    // A peer has used the counter up.
    Pen b("b");
    const std::uint64_t full = hlcOf(a.clock) | 0xffffU;
    const Operation arrived = b.insert(full, R"({"Id":"2"})");
    must(a.file().begin());
    must(a.file().apply({&arrived, 1}));
    must(a.file().commit());
    const Operation put = a.put("3", R"({"Id":"3"})");
    QCOMPARE(put.header.version.hlc, hlcOf(a.clock) + 0x10000U);
    QVERIFY(put.header.wallClockMs == a.clock.wallTime().time_since_epoch().count());
}

void TestLocalWriter::wallClockIsKeptWhereItDiffers()
{
    Till a("a");
    a.put("1", R"({"Id":"1"})");
    a.clock.jump(-1min);
    const Operation put = a.put("2", R"({"Id":"2"})");
    QVERIFY(put.header.wallClockMs == a.clock.wallTime().time_since_epoch().count());
    a.clock.jump(2min);
    QVERIFY(!a.put("3", R"({"Id":"3"})").header.wallClockMs.has_value());
}

void TestLocalWriter::admitsOnce()
{
    Till a("a");
    must(a.file().begin());
    must(a.writer().admit(node("a"))); // its first incarnation does that
    must(a.writer().admit(node("b")));
    must(a.writer().admit(node("b")));
    must(a.file().commit());
    QVERIFY((a.file().roster() == std::set {node("a"), node("b")}));
    QCOMPARE(a.log().size(), 2U);
    QCOMPARE(lastHeader(a.log()).kind, OperationKind::Admit);
    QCOMPARE(lastHeader(a.log()).documentId, QByteArray("b"));
    a.restart();
    QVERIFY((a.file().roster() == std::set {node("a"), node("b")}));
    Till b("b");
    b.read(a);
    QVERIFY(b.file().roster() == a.file().roster());
}

void TestLocalWriter::forkDrawsAnother()
{
    Till a("a");
    const Operation put = a.put("1", R"({"Id":"1"})");
    const Incarnation forked = a.incarnation();
    must(a.file().begin());
    must(a.file().recordFork({put.header.version.dot, put.chainHash(), Hash128 {1, 1}}));
    must(a.file().commit());
    const Operation next = a.put("2", R"({"Id":"2"})");
    QVERIFY(next.header.version.dot.incarnation != forked);
    QCOMPARE(a.log()[2].header.kind, OperationKind::Open);
    QCOMPARE(a.file().vector().sequenceOf(forked), 2U);
}

void TestLocalWriter::refusesAGroupThatNoTransferCarries()
{
    Till a("a");
    PlannedWrite plan;
    plan.floor = true;
    plan.body = "{\"m\":\"" + QByteArray(kTransferBytesMax / 8, 'x') + "\"}";
    plan.document = must(json::Object::check(plan.body));
    std::vector<LocalWrite> writes;
    for (int i = 0; i < 8; ++i) {
        const QByteArray id = QByteArray::number(i);
        writes.push_back({"products", id, {{"products", id}, {}, std::nullopt}, plan});
    }
    must(a.file().begin());
    const auto refused = a.writer().write(writes);
    QVERIFY(!refused.isOk());
    QCOMPARE(refused.error().code, ErrorCode::TooLarge);
    writes.pop_back();
    QVERIFY(a.writer().write(writes).isOk());
    must(a.file().commit());
    QCOMPARE(a.file().documentCount(), 7);
}

QTEST_GUILESS_MAIN(TestLocalWriter)
#include "tst_local_writer.moc"
