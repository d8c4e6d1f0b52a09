#include "operation_maker.h"
#include "replication/ingest.h"
#include "storage/document_state.h"

#include <QTest>

#include <algorithm>

using namespace driftless;
using namespace driftless::replication;
using namespace driftless::replication_test;
using storage::Operation;

namespace {

/// One transfer, committed.
IngestOutcome take(Copy &copy, const QByteArray &transfer)
{
    TransferReader reader(transfer);
    DRIFTLESS_ASSERT(reader.preamble().isOk());
    DRIFTLESS_ASSERT(copy.file->begin().isOk());
    auto outcome = ingest(*copy.file, reader);
    DRIFTLESS_ASSERT(outcome.isOk());
    DRIFTLESS_ASSERT(copy.file->commit().isOk());
    return std::move(outcome).value();
}

IngestOutcome take(Copy &copy, const std::vector<Operation> &operations)
{
    return take(copy, transferOf(operations));
}

LeftOutReason reasonOf(const IngestOutcome &outcome, const Incarnation &incarnation)
{
    const auto found = outcome.firstLeftOut.find(incarnation);
    return found == outcome.firstLeftOut.end() ? LeftOutReason {} : found->second.reason;
}

} // namespace

/// What arrives is taken once, in order, whole and with what it was built on, or not at all.
class TestIngest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void takesInOrder();
    void takesNothingTwice();
    void leavesOutWhatFollowsAGap();
    void leavesOutWhatIsBuiltOnWhatIsMissing();
    void leavesOutAllOfTheOriginBehind();
    void appliesGroupsWhole();
    void leavesTornGroupsOut();
    void leavesGroupsOutThatContradictThemselves();
    void findsAForkBehindTheEnd();
    void findsAForkAmongDuplicates();
    void findsAForkThatAnOpenContinues();
    void takesAnOpenBehindWhatItContinues();
    void takesNoMoreOfAStoppedIncarnation();
    void quarantinesWhatItDoesNotKnow();
    void quarantinesAGroupAsAWhole();
    void leavesOutBrokenBodies_data();
    void leavesOutBrokenBodies();
    void quarantinesBodiesThatAreNoDocuments_data();
    void quarantinesBodiesThatAreNoDocuments();
    void stopsAtBytesThatAreNoOperation();
    void answersWithItsEntries();
};

void TestIngest::takesInOrder()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    const Operation first = maker.put("1", R"({"n":1})");
    const Operation second = maker.put("1", R"({"n":2})", {first.header.version});
    const IngestOutcome outcome = take(copy, {open, first, second});
    QCOMPARE(outcome.applied, 3U);
    QCOMPARE(outcome.leftOut, 0U);
    QCOMPARE(outcome.firstPosition.value, 1);
    QCOMPARE(outcome.lastPosition.value, 3);
    QCOMPARE(copy.file->vector().sequenceOf(maker.incarnation()), 3U);
    QCOMPARE(copy.file->documentCount(), 1);
    QCOMPARE(outcome.senderHas.sequenceOf(maker.incarnation()), 3U);
}

void TestIngest::takesNothingTwice()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const std::vector<Operation> operations {
        maker.open(), maker.put("1", "{}"), maker.put("2", "{}")};
    take(copy, operations);
    const Hash128 digest = copy.file->digest();
    const IngestOutcome again = take(copy, operations);
    QCOMPARE(again.applied, 0U);
    QCOMPARE(again.duplicates, 3U);
    QCOMPARE(again.lastPosition.value, 0);
    QVERIFY(again.forks.empty());
    QVERIFY(copy.file->digest() == digest);

    // Half of it known, the rest new.
    const Operation more = maker.put("3", "{}");
    const IngestOutcome mixed = take(copy, {operations[1], operations[2], more});
    QCOMPARE(mixed.duplicates, 2U);
    QCOMPARE(mixed.applied, 1U);
}

void TestIngest::leavesOutWhatFollowsAGap()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    const Operation first = maker.put("1", "{}");
    const Operation second = maker.put("2", "{}");
    OperationMaker other("b", 1);
    const IngestOutcome outcome = take(copy, {open, second, other.open(), first});
    QCOMPARE(outcome.applied, 2U);
    QCOMPARE(outcome.leftOut, 2U);
    QCOMPARE(reasonOf(outcome, maker.incarnation()), LeftOutReason::Gap);
    QCOMPARE(outcome.firstLeftOut.at(maker.incarnation()).dot.sequence, 3U);
    QCOMPARE(copy.file->vector().sequenceOf(maker.incarnation()), 1U);
    QCOMPARE(copy.file->vector().sequenceOf(other.incarnation()), 1U);

    QCOMPARE(take(copy, {first, second}).applied, 2U);
}

void TestIngest::leavesOutWhatIsBuiltOnWhatIsMissing()
{
    Copy copy;
    OperationMaker a("a", 1);
    OperationMaker b("b", 1);
    const Operation openA = a.open();
    const Operation written = a.put("1", R"({"n":1})");
    const Operation openB = b.open();
    const Operation edited = b.put("1", R"({"n":2})", {written.header.version});
    const Operation after = b.put("2", "{}");
    const IngestOutcome outcome = take(copy, {openA, openB, edited, after});
    QCOMPARE(outcome.applied, 2U);
    QCOMPARE(outcome.leftOut, 2U);
    QCOMPARE(outcome.parentsMissing, 1U);
    QCOMPARE(reasonOf(outcome, b.incarnation()), LeftOutReason::ParentsMissing);

    QCOMPARE(take(copy, {written, edited, after}).applied, 3U);
    QCOMPARE(copy.file->documentCount(), 2);
}

void TestIngest::leavesOutAllOfTheOriginBehind()
{
    // What a node wrote after a restart may be built on what it wrote before.
    Copy copy;
    OperationMaker before("a", 1);
    OperationMaker later("a", 2);
    const Operation open = before.open();
    before.put("lost", "{}");
    const Operation behindGap = before.put("1", "{}");
    const IngestOutcome outcome = take(copy, {open, behindGap, later.open()});
    QCOMPARE(outcome.applied, 1U);
    QCOMPARE(outcome.leftOut, 2U);
    QVERIFY(copy.file->vector().find(later.incarnation()) == nullptr);
}

void TestIngest::appliesGroupsWhole()
{
    Copy copy;
    OperationMaker maker("a", 1);
    std::vector<Operation> operations {maker.open()};
    const std::vector<Operation> group = maker.group({"1", "2", "3"});
    operations.insert(operations.end(), group.begin(), group.end());
    operations.push_back(maker.put("4", "{}"));
    const IngestOutcome outcome = take(copy, operations);
    QCOMPARE(outcome.applied, 5U);
    QCOMPARE(copy.file->documentCount(), 4);
}

void TestIngest::leavesTornGroupsOut()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    const std::vector<Operation> group = maker.group({"1", "2", "3"});
    IngestOutcome outcome = take(copy, {open, group[0], group[1]});
    QCOMPARE(outcome.applied, 1U);
    QCOMPARE(outcome.leftOut, 2U);
    QCOMPARE(reasonOf(outcome, maker.incarnation()), LeftOutReason::Torn);
    QCOMPARE(copy.file->documentCount(), 0);
    QCOMPARE(copy.file->vector().sequenceOf(maker.incarnation()), 1U);

    // The same where the transfer breaks off in the middle of an operation.
    const QByteArray whole = transferOf({group[0], group[1], group[2]});
    outcome = take(copy, whole.chopped(3));
    QVERIFY(outcome.malformed.has_value());
    QCOMPARE(outcome.applied, 0U);
    QCOMPARE(copy.file->documentCount(), 0);

    QCOMPARE(take(copy, whole).applied, 3U);
    QCOMPARE(copy.file->documentCount(), 3);
}

void TestIngest::leavesGroupsOutThatContradictThemselves()
{
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    OperationMaker clone = maker.branch();
    const std::vector<Operation> group = maker.group({"1", "2", "3"});
    clone.group({"other", "2"});
    const std::vector<Operation> alien = clone.group({"1", "2", "3"});

    const std::vector<std::vector<Operation>> streams {
        {open, group[0], group[2], group[1]}, // not consecutive
        {open, group[1], group[2]}, // without its beginning
        {open, group[0], alien[1], group[2]}, // of another group
    };
    for (const auto &stream : streams) {
        Copy copy;
        const IngestOutcome outcome = take(copy, stream);
        QCOMPARE(outcome.applied, 1U);
        QCOMPARE(outcome.leftOut, stream.size() - 1);
        QCOMPARE(copy.file->documentCount(), 0);
        QVERIFY(outcome.forks.empty());
        QCOMPARE(take(copy, group).applied, 3U);
    }
}

void TestIngest::findsAForkBehindTheEnd()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    OperationMaker rolledBack = maker.branch();
    const Operation here = maker.put("1", R"({"n":1})");
    const Operation there = rolledBack.put("1", R"({"n":2})");
    const Operation next = rolledBack.put("2", "{}");
    take(copy, {open, here});
    const IngestOutcome outcome = take(copy, {there, next});
    QCOMPARE(outcome.applied, 0U);
    QCOMPARE(outcome.forks.size(), 1U);
    const Dot dot {maker.incarnation(), 2};
    QVERIFY(outcome.forks[0].dot == dot);
    QVERIFY(outcome.forks[0].hashHere == here.chainHash());
    QVERIFY(outcome.forks[0].hashThere == there.chainHash());
    QVERIFY(copy.file->isStopped(maker.incarnation()));
    const LeftOut leftOut = outcome.firstLeftOut.at(maker.incarnation());
    QCOMPARE(leftOut.reason, LeftOutReason::Fork);
    QVERIFY(leftOut.forkAt == dot);
    QVERIFY(leftOut.hashHere == here.chainHash());
}

void TestIngest::findsAForkAmongDuplicates()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    OperationMaker rolledBack = maker.branch();
    take(copy, {open, maker.put("1", "{}"), maker.put("2", "{}")});
    const Operation there = rolledBack.put("1", R"({"n":2})");
    const IngestOutcome outcome = take(copy, {open, there});
    QCOMPARE(outcome.duplicates, 2U);
    QCOMPARE(outcome.forks.size(), 1U);
    QCOMPARE(outcome.forks[0].dot.sequence, 2U);
    QVERIFY(copy.file->isStopped(maker.incarnation()));
}

void TestIngest::findsAForkThatAnOpenContinues()
{
    Copy copy;
    OperationMaker before("a", 1);
    const Operation open = before.open();
    OperationMaker rolledBack = before.branch();
    const Operation here = before.put("1", "{}");
    const Operation there = rolledBack.put("1", R"({"n":2})");
    take(copy, {open, here});

    OperationMaker later("a", 2);
    storage::OperationHeader header = later.open().header;
    header.parents = {{there.header.version, {}}};
    header.previous = there.chainHash();
    const IngestOutcome outcome = take(copy, {Operation::make(header, {})});
    QCOMPARE(outcome.applied, 1U);
    QCOMPARE(outcome.forks.size(), 1U);
    QVERIFY(copy.file->isStopped(before.incarnation()));
    QVERIFY(!copy.file->isStopped(later.incarnation()));
}

// The canonical form of a vector leaves out the incarnation that is continued; a copy that had only
// the next one would seem to have both.
void TestIngest::takesAnOpenBehindWhatItContinues()
{
    Copy copy;
    OperationMaker before("a", 1);
    const Operation first = before.open();
    const Operation last = before.put("1", "{}");
    OperationMaker later("a", 2);
    storage::OperationHeader header = later.open().header;
    header.parents = {{last.header.version, {}}};
    header.previous = last.chainHash();
    const Operation next = Operation::make(header, {});
    const IngestOutcome early = take(copy, {first, next});
    QCOMPARE(early.applied, 1U);
    QCOMPARE(reasonOf(early, later.incarnation()), LeftOutReason::ParentsMissing);
    QCOMPARE(take(copy, {last, next}).applied, 2U);
}

void TestIngest::takesNoMoreOfAStoppedIncarnation()
{
    Copy copy;
    OperationMaker maker("a", 1);
    OperationMaker later("a", 2);
    const Operation open = maker.open();
    take(copy, {open});
    QVERIFY(copy.file->begin().isOk());
    QVERIFY(
        copy.file->recordFork({{maker.incarnation(), 1}, open.chainHash(), Hash128::of("other")})
            .isOk());
    QVERIFY(copy.file->commit().isOk());
    const IngestOutcome outcome = take(copy, {maker.put("1", "{}"), later.open()});
    QCOMPARE(reasonOf(outcome, maker.incarnation()), LeftOutReason::Stopped);
    QCOMPARE(outcome.applied, 1U); // the next run of the same node goes on
}

void TestIngest::quarantinesWhatItDoesNotKnow()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const IngestOutcome outcome = take(copy, {maker.open(), maker.unknown(), maker.put("1", "{}")});
    QCOMPARE(outcome.applied, 3U);
    QCOMPARE(outcome.quarantined, 1U);
    QCOMPARE(copy.file->quarantinedCount(), 1);
    QCOMPARE(copy.file->vector().sequenceOf(maker.incarnation()), 3U);
}

void TestIngest::quarantinesAGroupAsAWhole()
{
    Copy copy;
    OperationMaker maker("a", 1);
    const Operation open = maker.open();
    std::vector<Operation> group = maker.group({"1", "2"});
    // The second carries a key of a later version.
    cbor::Writer writer;
    const QByteArray &known = group[1].headerBytes;
    writer.raw(QByteArray(1, static_cast<char>(known.at(0) + 1)));
    writer.raw(QByteArrayView(known).sliced(1));
    writer.unsignedInteger(23);
    writer.unsignedInteger(1);
    group[1].headerBytes = writer.take();
    const IngestOutcome outcome = take(copy, {open, group[0], group[1]});
    QCOMPARE(outcome.applied, 3U);
    QCOMPARE(outcome.quarantined, 2U);
    QCOMPARE(copy.file->documentCount(), 0);
    QCOMPARE(copy.file->quarantinedDocuments()->size(), 2U);
}

void TestIngest::leavesOutBrokenBodies_data()
{
    QTest::addColumn<QByteArray>("body"); // the header names another
    QTest::newRow("another hash") << QByteArray("{\"n\":2}");
    QTest::newRow("no body") << QByteArray();
}

void TestIngest::leavesOutBrokenBodies()
{
    QFETCH(QByteArray, body);
    Copy copy;
    OperationMaker maker("a", 1);
    OperationMaker other("b", 1);
    const Operation open = maker.open();
    OperationMaker intact = maker.branch();
    Operation broken = maker.put("1", "{\"n\":1}");
    broken.body = body;
    const IngestOutcome outcome = take(copy, {open, broken, maker.put("2", "{}"), other.open()});
    QCOMPARE(outcome.applied, 2U);
    QCOMPARE(outcome.leftOut, 2U);
    QCOMPARE(reasonOf(outcome, maker.incarnation()), LeftOutReason::Damaged);
    QVERIFY(!outcome.malformed.has_value());
    QCOMPARE(take(copy, {intact.put("1", "{}")}).applied, 1U);
}

void TestIngest::quarantinesBodiesThatAreNoDocuments_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("no JSON") << QByteArray("{\"n\":}");
    QTest::newRow("no object") << QByteArray("[]");
    QTest::newRow("more behind it") << QByteArray("{}x");
    QTest::newRow("a name twice") << QByteArray("{\"a\":1,\"A\":2}");
    QTest::newRow("too deep") << QByteArray(
        "{\"a\":" + QByteArray(600, '[') + QByteArray(600, ']') + '}');
    QTest::newRow("a put without a body") << QByteArray();
}

void TestIngest::quarantinesBodiesThatAreNoDocuments()
{
    QFETCH(QByteArray, body);
    Copy copy;
    OperationMaker maker("a", 1);
    const IngestOutcome outcome
        = take(copy, {maker.open(), maker.put("1", body), maker.put("2", "{}")});
    QCOMPARE(outcome.applied, 3U); // what its origin wrote does not hold the origin back
    QCOMPARE(outcome.quarantined, 1U);
    QCOMPARE(copy.file->quarantinedDocuments()->size(), 1U);
    QVERIFY(copy.file->begin().isOk());
    QCOMPARE(copy.file->releaseQuarantined().value(), 0); // nor is it read at the next start
    QVERIFY(copy.file->commit().isOk());
    QVERIFY(copy.file->load({"orders", "2"})->isVisible());
}

void TestIngest::stopsAtBytesThatAreNoOperation()
{
    Copy copy;
    OperationMaker maker("a", 1);
    cbor::Writer writer;
    writer.raw(transferOf({maker.open()}));
    appendOperation(writer, "no header", {});
    const Operation behind = maker.put("1", "{}");
    appendOperation(writer, behind.headerBytes, behind.body);
    const IngestOutcome outcome = take(copy, writer.take());
    QVERIFY(outcome.malformed.has_value());
    QCOMPARE(outcome.malformed->code, ErrorCode::Malformed);
    QCOMPARE(outcome.applied, 1U);
    const OperationsAnswer answer = answerFor(outcome, *copy.file, {}, 5);
    QCOMPARE(answer.status, TransferStatus::Malformed);
    QVERIFY(!answer.message.isEmpty());
}

void TestIngest::answersWithItsEntries()
{
    Copy copy;
    OperationMaker a("a", 1);
    OperationMaker b("b", 1);
    OperationMaker c("c", 1);
    take(copy, {c.open()});
    b.open();
    const Operation last = a.open();
    const IngestOutcome outcome = take(copy, {last, b.put("1", "{}")});
    const OperationsAnswer answer = answerFor(outcome, *copy.file, {3, true}, 9);
    QCOMPARE(answer.status, TransferStatus::Taken);
    QCOMPARE(answer.run, 9U);
    QCOMPARE(answer.generation.number, 3U);
    QCOMPARE(answer.applied, 1U);
    QCOMPARE(answer.leftOutCount, 1U);
    QCOMPARE(answer.leftOut.size(), 1U);
    QCOMPARE(answer.entries.entries().size(),
        1U); // not of c, of which the transfer had nothing; nothing of b is here
    QVERIFY(answer.entries.find(a.incarnation())->chainHash == last.chainHash());
}

QTEST_APPLESS_MAIN(TestIngest)
#include "tst_ingest.moc"
