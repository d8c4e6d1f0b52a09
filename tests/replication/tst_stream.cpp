#include "operation_maker.h"
#include "replication/stream.h"

#include <QTest>

using namespace driftless;
using namespace driftless::replication;
using namespace driftless::replication_test;
using namespace std::chrono_literals;
using storage::Operation;

namespace {

constexpr Instant kNow {5'000ms};

/// "a2 a3 b1": origins and sequences in the order sent.
QByteArray listed(const Transfer &transfer)
{
    Preamble preamble;
    preamble.sender.node = node("x");
    const QByteArray bytes = joinTransfer(preamble.encode(), transfer.operations);
    TransferReader reader(bytes);
    DRIFTLESS_ASSERT(reader.preamble().isOk());
    QByteArray list;
    int count = 0;
    while (const auto item = reader.next()) {
        const Version version = *storage::decodeVersion(item->headerBytes);
        list += (list.isEmpty() ? "" : " ") + version.dot.incarnation.origin.bytes()
            + QByteArray::number(static_cast<qulonglong>(version.dot.sequence));
        ++count;
    }
    DRIFTLESS_ASSERT(reader.ok() && count == transfer.count);
    return list;
}

Transfer build(const Copy &copy, const StreamQuery &query)
{
    auto transfer = buildTransfer(*copy.file, query);
    DRIFTLESS_ASSERT(transfer.isOk());
    return std::move(transfer).value();
}

/// a1 b1 a2 b2 a3 in the log, at positions 1 to 5.
struct Fixture
{
    Copy copy;
    OperationMaker a {"a", 1};
    OperationMaker b {"b", 1};
    std::vector<Operation> operations;
    storage::VersionVector known;
    StreamQuery query;

    Fixture()
    {
        operations.push_back(a.open());
        operations.push_back(b.open());
        operations.push_back(a.put("1", "{}"));
        operations.push_back(b.put("2", "{}"));
        operations.push_back(a.put("3", "{}"));
        copy.apply(operations);
        query.known = &known;
    }

    void knows(int index)
    {
        const Operation &operation = operations[static_cast<std::size_t>(index)];
        known.raise(operation.header.version.dot.incarnation,
            {operation.header.version.dot.sequence, operation.chainHash()});
    }
};

} // namespace

/// A transfer follows the log, without what the peer has, without gaps, groups whole, and within
/// its bounds.
class TestStream : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void followsTheLog();
    void skipsWhatThePeerHas();
    void goesOnWhereItStopped();
    void endsAtWhatIsDurable();
    void closesAtItsBounds();
    void keepsGroupsWhole();
    void sendsAGroupAloneThatIsLargerThanATransfer();
    void leavesToOthersAndKeepsTheIncarnationBack();
    void sendsWhatOthersDidNotBring();
    void leavesOutRefusedIncarnations();
    void noticesAForkBeforeSending();
    void readsLongLogsInChunks();
};

void TestStream::followsTheLog()
{
    Fixture f;
    const Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "a1 b1 a2 b2 a3");
    QCOMPARE(transfer.scannedTo.value, 5);
    QVERIFY(!transfer.hasMore);
    QVERIFY(!transfer.hasDeferred);
    QCOMPARE(transfer.sent.sequenceOf(f.a.incarnation()), 3U);
    QVERIFY(transfer.sent.find(f.b.incarnation())->chainHash == f.b.lastHash());

    Copy empty;
    QCOMPARE(build(empty, f.query).count, 0);
}

void TestStream::skipsWhatThePeerHas()
{
    Fixture f;
    f.knows(2);
    QCOMPARE(listed(build(f.copy, f.query)), "b1 b2 a3");
    f.knows(4);
    f.knows(3);
    const Transfer nothing = build(f.copy, f.query);
    QCOMPARE(nothing.count, 0);
    QCOMPARE(nothing.scannedTo.value, 5);
}

void TestStream::goesOnWhereItStopped()
{
    Fixture f;
    f.knows(2);
    f.knows(1);
    f.query.scannedTo = LogPosition {3};
    QCOMPARE(listed(build(f.copy, f.query)), "b2 a3");
}

void TestStream::endsAtWhatIsDurable()
{
    Fixture f;
    f.query.end = LogPosition {3};
    const Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "a1 b1 a2");
    QCOMPARE(transfer.scannedTo.value, 3);
    QVERIFY(!transfer.hasMore);
}

void TestStream::closesAtItsBounds()
{
    Fixture f;
    f.query.operationsMax = 2;
    Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "a1 b1");
    QVERIFY(transfer.hasMore);
    QCOMPARE(transfer.scannedTo.value, 2);

    f.query.operationsMax = 100;
    f.query.bytesMax = 1;
    f.query.scannedTo = transfer.scannedTo;
    f.knows(0);
    f.knows(1);
    transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "a2");
    QVERIFY(transfer.hasMore);
    QCOMPARE(transfer.scannedTo.value, 3);

    f.query.scannedTo = LogPosition {4};
    f.knows(2);
    QVERIFY(!build(f.copy, f.query).hasMore);
}

void TestStream::keepsGroupsWhole()
{
    Copy copy;
    OperationMaker a("a", 1);
    copy.apply({a.open(), a.put("0", "{}")});
    copy.apply(a.group({"1", "2", "3"}));
    copy.apply({a.put("4", "{}")});
    storage::VersionVector known;
    StreamQuery query;
    query.known = &known;
    query.operationsMax = 4;
    Transfer transfer = build(copy, query);
    QCOMPARE(listed(transfer), "a1 a2");
    QVERIFY(transfer.hasMore);
    known.raise(transfer.sent);
    query.scannedTo = transfer.scannedTo;
    QCOMPARE(listed(build(copy, query)), "a3 a4 a5 a6");
}

void TestStream::sendsAGroupAloneThatIsLargerThanATransfer()
{
    Copy copy;
    OperationMaker a("a", 1);
    copy.apply({a.open()});
    copy.apply(a.group({"1", "2", "3"}));
    copy.apply({a.put("4", "{}")});
    storage::VersionVector known;
    known.raise(a.incarnation(),
        {1, Hash128::of(copy.file->findOperation({a.incarnation(), 1})->value().headerBytes)});
    StreamQuery query;
    query.known = &known;
    query.operationsMax = 2;
    const Transfer transfer = build(copy, query);
    QCOMPARE(listed(transfer), "a2 a3 a4");
    QVERIFY(transfer.hasMore);
    QCOMPARE(transfer.scannedTo.value, 4);
}

void TestStream::leavesToOthersAndKeepsTheIncarnationBack()
{
    Fixture f;
    ArrivalLog arrivals;
    ActivePeers active;
    active.set(node("b"), {node("p")});
    arrivals.note({2},
        {2},
        node("b"),
        kNow - 100ms,
        2s); // b1 came from b, which serves p; b2 came from elsewhere
    const RelayRule rule {&arrivals, &active, node("p"), kNow, 1s};
    f.query.relay = &rule;
    const Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "a1 a2 a3");
    QVERIFY(transfer.hasDeferred);
    QCOMPARE(transfer.scannedTo.value, 5);

    // All that is new was left to others: the run is not even read.
    arrivals.note({3}, {5}, node("b"), kNow - 50ms, 2s);
    f.query.scannedTo = LogPosition {1};
    const Transfer nothing = build(f.copy, f.query);
    QCOMPARE(nothing.count, 0);
    QVERIFY(nothing.hasDeferred);
    QCOMPARE(nothing.scannedTo.value, 5);
}

void TestStream::sendsWhatOthersDidNotBring()
{
    Fixture f;
    ArrivalLog arrivals;
    ActivePeers active;
    active.set(node("b"), {node("p")});
    arrivals.note({2}, {2}, node("b"), kNow - 1s, 2s);
    arrivals.note({4}, {4}, node("b"), kNow - 1s, 2s);
    const RelayRule rule {&arrivals, &active, node("p"), kNow, 1s};
    f.query.relay = &rule;
    f.knows(4);
    QCOMPARE(listed(build(f.copy, f.query)), "b1 b2");
    // It brought the first, of which the peer has told meanwhile.
    f.knows(1);
    QCOMPARE(listed(build(f.copy, f.query)), "b2");
}

void TestStream::leavesOutRefusedIncarnations()
{
    Fixture f;
    const std::set<Incarnation> refused {f.a.incarnation()};
    f.query.refused = &refused;
    const Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "b1 b2");
    QVERIFY(!transfer.hasDeferred);
}

void TestStream::noticesAForkBeforeSending()
{
    Fixture f;
    f.known.raise(f.a.incarnation(), {2, Hash128::of("another a2")});
    const Transfer transfer = build(f.copy, f.query);
    QCOMPARE(listed(transfer), "b1 b2");
    QCOMPARE(transfer.forks.size(), 1U);
    QCOMPARE(transfer.forks[0].dot.sequence, 2U);
    QVERIFY(transfer.forks[0].hashHere == f.operations[2].chainHash());
    QVERIFY(transfer.forks[0].hashThere == Hash128::of("another a2"));
}

void TestStream::readsLongLogsInChunks()
{
    Copy copy;
    OperationMaker a("a", 1);
    std::vector<Operation> operations {a.open()};
    for (int i = 0; i < 1'700; ++i) {
        operations.push_back(a.put(QByteArray::number(i), "{}"));
    }
    copy.apply(operations);
    std::vector<QByteArray> ids;
    for (int i = 0; i < 900; ++i) {
        ids.push_back("g" + QByteArray::number(i));
    }
    copy.apply(a.group(ids));
    storage::VersionVector known;
    StreamQuery query;
    query.known = &known;
    query.operationsMax = 1'000;
    int count = 0;
    int transfers = 0;
    for (bool hasMore = true; hasMore; ++transfers) {
        const Transfer transfer = build(copy, query);
        count += transfer.count;
        hasMore = transfer.hasMore;
        known.raise(transfer.sent);
        query.scannedTo = transfer.scannedTo;
    }
    QCOMPARE(count, 2'601);
    QCOMPARE(transfers, 3);
    QVERIFY(known == copy.file->vector());
}

QTEST_APPLESS_MAIN(TestStream)
#include "tst_stream.moc"
