#include "replication/messages.h"

#include <QTest>

using namespace driftless;
using namespace driftless::replication;

namespace {

NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

Dot dot(const char *origin, std::uint64_t incarnation, std::uint64_t sequence)
{
    return {{node(origin), incarnation}, sequence};
}

storage::VersionVector vectorOf(std::initializer_list<Dot> dots)
{
    storage::VersionVector vector;
    for (const Dot &one : dots) {
        vector.raise(one.incarnation,
            {one.sequence, Hash128::of(QByteArray::number(static_cast<qulonglong>(one.sequence)))});
    }
    return vector;
}

Heartbeat richHeartbeat()
{
    Heartbeat heartbeat;
    heartbeat.sender = {node("till-1"), 0x8000000000000001U, {node("till-2"), node("office")}};
    heartbeat.wallTime = WallTime(std::chrono::milliseconds(1'790'000'000'123));
    heartbeat.receivedAt = WallTime(std::chrono::milliseconds(-5));
    heartbeat.isScoped = true;
    HeartbeatDatabase shop;
    shop.name = *DatabaseName::parse("shop");
    shop.generation = {3, false};
    shop.vectorHash = Hash128::of("v");
    shop.digest = Hash128::of("d");
    shop.leftOutHash = Hash128::of("l");
    shop.documents = 70'000;
    HeartbeatDatabase stock = shop;
    stock.name = *DatabaseName::parse("stock");
    stock.vector = vectorOf({dot("till-1", 7, 3), dot("till-2", 1, 12)});
    heartbeat.databases = {shop, stock};
    return heartbeat;
}

Preamble richPreamble()
{
    Preamble preamble;
    preamble.sender = {node("till-1"), 9, {node("till-2")}};
    preamble.generation = {1, true};
    preamble.vector = vectorOf({dot("till-1", 7, 3)});
    preamble.bytesMax = 4'000'000;
    preamble.hasMore = true;
    return preamble;
}

OperationsAnswer richAnswer()
{
    OperationsAnswer answer;
    answer.status = TransferStatus::Malformed;
    answer.run = 77;
    answer.generation = {2, true};
    answer.entries = vectorOf({dot("till-1", 7, 3)});
    answer.applied = 10;
    answer.duplicates = 300;
    answer.leftOutCount = 2;
    answer.leftOut = {{dot("till-2", 1, 4), LeftOutReason::ParentsMissing, {}, {}},
        {dot("till-3", 1, 9), LeftOutReason::Fork, dot("till-3", 1, 8), Hash128::of("here")}};
    answer.message = "no";
    return answer;
}

} // namespace

/// What nodes say to each other survives the way, and no bytes from outside are taken for what they
/// are not.
class TestReplicationMessages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void heartbeatsComeBackEqual();
    void preamblesComeBackEqual();
    void answersComeBackEqual();
    void transfersAreSequences();
    void unknownKeysAreSkipped();
    void anotherProtocolIsRefused();
    void everyCutIsMalformed();
    void everyChangedByteIsReadOrRefused();
};

void TestReplicationMessages::heartbeatsComeBackEqual()
{
    const Heartbeat rich = richHeartbeat();
    QVERIFY(*Heartbeat::decode(rich.encode()) == rich);
    Heartbeat plain;
    plain.sender.node = node("a");
    QVERIFY(*Heartbeat::decode(plain.encode()) == plain);
    QVERIFY(rich.find(*DatabaseName::parse("stock"))->vector.has_value());
    QVERIFY(rich.find(*DatabaseName::parse("other")) == nullptr);
    QVERIFY(rich.sender.serves(node("office")));
    QVERIFY(!rich.sender.serves(node("till-1")));
}

void TestReplicationMessages::preamblesComeBackEqual()
{
    const Preamble rich = richPreamble();
    QVERIFY(*Preamble::decode(QByteArrayView(rich.encode())) == rich);
    Preamble plain;
    plain.sender.node = node("a");
    QVERIFY(*Preamble::decode(QByteArrayView(plain.encode())) == plain);
}

void TestReplicationMessages::answersComeBackEqual()
{
    const OperationsAnswer rich = richAnswer();
    QVERIFY(*OperationsAnswer::decode(rich.encode()) == rich);
    QVERIFY(*OperationsAnswer::decode(OperationsAnswer().encode()) == OperationsAnswer());
}

void TestReplicationMessages::transfersAreSequences()
{
    cbor::Writer writer;
    richPreamble().encode(writer);
    appendOperation(writer, "header 1", "{}");
    appendOperation(writer, "header 2", {});
    const QByteArray bytes = writer.take();

    TransferReader reader(bytes);
    QVERIFY(*reader.preamble() == richPreamble());
    auto item = reader.next();
    QVERIFY(item.has_value());
    QCOMPARE(item->headerBytes.toByteArray(), "header 1");
    QCOMPARE(item->body.toByteArray(), "{}");
    item = reader.next();
    QVERIFY(item.has_value());
    QCOMPARE(item->headerBytes.toByteArray(), "header 2");
    QVERIFY(item->body.isEmpty());
    QVERIFY(!reader.next().has_value());
    QVERIFY(reader.ok());

    const QByteArray cut = bytes.chopped(1);
    TransferReader cutReader(cut);
    QVERIFY(cutReader.preamble().isOk());
    QVERIFY(cutReader.next().has_value());
    QVERIFY(!cutReader.next().has_value());
    QVERIFY(!cutReader.ok());
}

void TestReplicationMessages::unknownKeysAreSkipped()
{
    cbor::Writer writer;
    writer.map(5);
    writer.unsignedInteger(1), writer.unsignedInteger(kProtocol);
    writer.unsignedInteger(2), writer.text("a");
    writer.unsignedInteger(3), writer.incarnation(5);
    writer.unsignedInteger(4), writer.integer(1'000);
    writer.unsignedInteger(99), writer.array(2), writer.map(1), writer.text("x"), writer.null(),
        writer.boolean(true);
    const auto heartbeat = Heartbeat::decode(writer.bytes());
    QVERIFY(heartbeat.isOk());
    QCOMPARE(heartbeat->sender.run, 5U);
    QCOMPARE(heartbeat->wallTime.time_since_epoch().count(), 1'000);
}

void TestReplicationMessages::anotherProtocolIsRefused()
{
    cbor::Writer writer;
    writer.map(2);
    writer.unsignedInteger(1), writer.unsignedInteger(2);
    writer.unsignedInteger(2), writer.text("a");
    QVERIFY(!Heartbeat::decode(writer.bytes()).isOk());
    QVERIFY(!Preamble::decode(QByteArrayView(writer.bytes())).isOk());
}

void TestReplicationMessages::everyCutIsMalformed()
{
    const QByteArray heartbeat = richHeartbeat().encode();
    for (qsizetype size = 0; size < heartbeat.size(); ++size) {
        QVERIFY(!Heartbeat::decode(QByteArrayView(heartbeat).first(size)).isOk());
    }
    const QByteArray answer = richAnswer().encode();
    for (qsizetype size = 0; size < answer.size(); ++size) {
        QVERIFY(!OperationsAnswer::decode(QByteArrayView(answer).first(size)).isOk());
    }
    QVERIFY(!Heartbeat::decode(heartbeat + 'x').isOk());
}

void TestReplicationMessages::everyChangedByteIsReadOrRefused()
{
    const QByteArray heartbeat = richHeartbeat().encode();
    const QByteArray answer = richAnswer().encode();
    for (int value = 0; value < 256; value += 5) {
        for (qsizetype i = 0; i < heartbeat.size(); ++i) {
            QByteArray changed = heartbeat;
            changed[i] = static_cast<char>(value);
            (void)Heartbeat::decode(changed).isOk();
        }
        for (qsizetype i = 0; i < answer.size(); ++i) {
            QByteArray changed = answer;
            changed[i] = static_cast<char>(value);
            (void)OperationsAnswer::decode(changed).isOk();
        }
    }
}

QTEST_APPLESS_MAIN(TestReplicationMessages)
#include "tst_replication_messages.moc"
