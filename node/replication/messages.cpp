#include "replication/messages.h"

#include <algorithm>

namespace driftless::replication {

namespace {

// Keys 1 to 3 mean the same in every message.
enum SenderKey : std::uint64_t { kProtocolKey = 1, kNode = 2, kRun = 3 };
enum HeartbeatKey : std::uint64_t {
    kWallTime = 4,
    kHeartbeatActivePeers = 5,
    kDatabases = 6,
    kReceivedAt = 7,
    kIsScoped = 8
};
enum DatabaseKey : std::uint64_t {
    kName = 1,
    kDatabaseGeneration = 2,
    kVectorHash = 3,
    kDigest = 4,
    kLeftOutHash = 5,
    kDatabaseVector = 6,
    kDocuments = 7,
};
enum PreambleKey : std::uint64_t {
    kPreambleGeneration = 4,
    kPreambleActivePeers = 5,
    kPreambleVector = 6,
    kBytesMax = 7,
    kHasMore = 8
};
enum AnswerKey : std::uint64_t {
    kStatus = 1,
    kEntries = 2,
    kCounts = 3,
    kAnswerGeneration = 4,
    kLeftOut = 5,
    kAnswerRun = 6,
    kMessage = 7,
};

Error malformed(const char *what)
{
    return {
        ErrorCode::Malformed, QByteArray("A message of a node is malformed: ") + what + '.', {}};
}

/// Calls `field` for each entry; `field` answers false for a key that it does not know.
template <typename Field> void readMap(cbor::Reader &reader, Field field)
{
    for (std::uint64_t i = reader.map(); i > 0 && reader.ok(); --i) {
        if (!field(reader.unsignedInteger())) {
            reader.skip();
        }
    }
}

NodeId readNode(cbor::Reader &reader)
{
    auto node = NodeId::parse(reader.text());
    if (!node) {
        reader.fail();
        return {};
    }
    return std::move(node).value();
}

Hash128 readHash(cbor::Reader &reader)
{
    const auto hash = Hash128::fromBytes(reader.byteString());
    if (!hash) {
        reader.fail();
    }
    return hash.value_or(Hash128 {});
}

void writeGeneration(cbor::Writer &writer, const Generation &generation)
{
    writer.array(2);
    writer.unsignedInteger(generation.number);
    writer.boolean(generation.isAlive);
}

Generation readGeneration(cbor::Reader &reader)
{
    Generation generation;
    if (reader.array() != 2) {
        reader.fail();
    }
    generation.number = reader.unsignedInteger();
    generation.isAlive = reader.boolean();
    return generation;
}

void writeActivePeers(cbor::Writer &writer, const std::vector<NodeId> &peers)
{
    writer.array(peers.size());
    for (const NodeId &peer : peers) {
        writer.text(peer.bytes());
    }
}

std::vector<NodeId> readActivePeers(cbor::Reader &reader)
{
    std::vector<NodeId> peers;
    for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
        peers.push_back(readNode(reader));
    }
    return peers;
}

void writeSenderKeys(cbor::Writer &writer, const Sender &sender)
{
    writer.unsignedInteger(kProtocolKey), writer.unsignedInteger(kProtocol);
    writer.unsignedInteger(kNode), writer.text(sender.node.bytes());
    writer.unsignedInteger(kRun), writer.incarnation(sender.run);
}

bool readSenderKey(std::uint64_t key, cbor::Reader &reader, Sender &sender)
{
    switch (key) {
    case kProtocolKey:
        if (reader.unsignedInteger() != kProtocol) {
            reader.fail();
        }
        return true;
    case kNode:
        sender.node = readNode(reader);
        return true;
    case kRun:
        sender.run = reader.incarnation();
        return true;
    default:
        return false;
    }
}

void writeDot(cbor::Writer &writer, const Dot &dot)
{
    writer.array(3);
    writer.text(dot.incarnation.origin.bytes());
    writer.incarnation(dot.incarnation.number);
    writer.unsignedInteger(dot.sequence);
}

Dot readDot(cbor::Reader &reader)
{
    Dot dot;
    if (reader.array() != 3) {
        reader.fail();
    }
    dot.incarnation.origin = readNode(reader);
    dot.incarnation.number = reader.incarnation();
    dot.sequence = reader.unsignedInteger();
    return dot;
}

void writeLeftOut(cbor::Writer &writer, const LeftOut &leftOut)
{
    const bool isFork = leftOut.forkAt && leftOut.hashHere;
    writer.array(isFork ? 4 : 2);
    writeDot(writer, leftOut.dot);
    writer.unsignedInteger(static_cast<std::uint64_t>(leftOut.reason));
    if (isFork) {
        writeDot(writer, *leftOut.forkAt);
        writer.byteString(leftOut.hashHere->bytes());
    }
}

LeftOut readLeftOut(cbor::Reader &reader)
{
    LeftOut leftOut;
    const std::uint64_t size = reader.array();
    leftOut.dot = readDot(reader);
    leftOut.reason = static_cast<LeftOutReason>(reader.unsignedInteger());
    if (size == 4) {
        leftOut.forkAt = readDot(reader);
        leftOut.hashHere = readHash(reader);
    } else if (size != 2) {
        reader.fail();
    }
    return leftOut;
}

void writeDatabase(cbor::Writer &writer, const HeartbeatDatabase &database)
{
    writer.map(database.vector ? 7 : 6);
    writer.unsignedInteger(kName), writer.text(database.name.bytes());
    writer.unsignedInteger(kDatabaseGeneration), writeGeneration(writer, database.generation);
    writer.unsignedInteger(kVectorHash), writer.byteString(database.vectorHash.bytes());
    writer.unsignedInteger(kDigest), writer.byteString(database.digest.bytes());
    writer.unsignedInteger(kLeftOutHash), writer.byteString(database.leftOutHash.bytes());
    if (database.vector) {
        writer.unsignedInteger(kDatabaseVector), database.vector->encode(writer);
    }
    writer.unsignedInteger(kDocuments), writer.unsignedInteger(database.documents);
}

HeartbeatDatabase readDatabase(cbor::Reader &reader)
{
    HeartbeatDatabase database;
    readMap(reader, [&](std::uint64_t key) {
        switch (key) {
        case kName: {
            auto name = DatabaseName::parse(reader.text());
            if (!name) {
                reader.fail();
                return true;
            }
            database.name = std::move(name).value();
            return true;
        }
        case kDatabaseGeneration:
            database.generation = readGeneration(reader);
            return true;
        case kVectorHash:
            database.vectorHash = readHash(reader);
            return true;
        case kDigest:
            database.digest = readHash(reader);
            return true;
        case kLeftOutHash:
            database.leftOutHash = readHash(reader);
            return true;
        case kDatabaseVector:
            database.vector = storage::VersionVector::decode(reader);
            return true;
        case kDocuments:
            database.documents = reader.unsignedInteger();
            return true;
        default:
            return false;
        }
    });
    if (database.name.isEmpty()) {
        reader.fail();
    }
    return database;
}

} // namespace

bool Sender::serves(const NodeId &peer) const
{
    return std::find(activePeers.begin(), activePeers.end(), peer) != activePeers.end();
}

const HeartbeatDatabase *Heartbeat::find(const DatabaseName &name) const
{
    const auto found = std::find_if(databases.begin(),
        databases.end(),
        [&name](const HeartbeatDatabase &database) { return database.name == name; });
    return found == databases.end() ? nullptr : &*found;
}

QByteArray Heartbeat::encode() const
{
    cbor::Writer writer(256);
    writer.map(6U + (receivedAt ? 1U : 0U) + (isScoped ? 1U : 0U));
    writeSenderKeys(writer, sender);
    writer.unsignedInteger(kWallTime), writer.integer(wallTime.time_since_epoch().count());
    writer.unsignedInteger(kHeartbeatActivePeers), writeActivePeers(writer, sender.activePeers);
    writer.unsignedInteger(kDatabases), writer.array(databases.size());
    for (const HeartbeatDatabase &database : databases) {
        writeDatabase(writer, database);
    }
    if (receivedAt) {
        writer.unsignedInteger(kReceivedAt), writer.integer(receivedAt->time_since_epoch().count());
    }
    if (isScoped) {
        writer.unsignedInteger(kIsScoped), writer.boolean(true);
    }
    return writer.take();
}

Result<Heartbeat> Heartbeat::decode(QByteArrayView bytes)
{
    cbor::Reader reader(bytes);
    Heartbeat heartbeat;
    readMap(reader, [&](std::uint64_t key) {
        switch (key) {
        case kWallTime:
            heartbeat.wallTime = WallTime(std::chrono::milliseconds(reader.integer()));
            return true;
        case kHeartbeatActivePeers:
            heartbeat.sender.activePeers = readActivePeers(reader);
            return true;
        case kDatabases:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                heartbeat.databases.push_back(readDatabase(reader));
            }
            return true;
        case kReceivedAt:
            heartbeat.receivedAt = WallTime(std::chrono::milliseconds(reader.integer()));
            return true;
        case kIsScoped:
            heartbeat.isScoped = reader.boolean();
            return true;
        default:
            return readSenderKey(key, reader, heartbeat.sender);
        }
    });
    if (!reader.ok() || !reader.atEnd() || heartbeat.sender.node.isEmpty()) {
        return malformed("it is no heartbeat of protocol 1");
    }
    return heartbeat;
}

void Preamble::encode(cbor::Writer &writer) const
{
    writer.map(5U + (vector ? 1U : 0U) + (bytesMax > 0 ? 1U : 0U) + (hasMore ? 1U : 0U));
    writeSenderKeys(writer, sender);
    writer.unsignedInteger(kPreambleGeneration), writeGeneration(writer, generation);
    writer.unsignedInteger(kPreambleActivePeers), writeActivePeers(writer, sender.activePeers);
    if (vector) {
        writer.unsignedInteger(kPreambleVector), vector->encode(writer);
    }
    if (bytesMax > 0) {
        writer.unsignedInteger(kBytesMax), writer.unsignedInteger(bytesMax);
    }
    if (hasMore) {
        writer.unsignedInteger(kHasMore), writer.boolean(true);
    }
}

QByteArray Preamble::encode() const
{
    cbor::Writer writer(128);
    encode(writer);
    return writer.take();
}

Preamble Preamble::decode(cbor::Reader &reader)
{
    Preamble preamble;
    readMap(reader, [&](std::uint64_t key) {
        switch (key) {
        case kPreambleGeneration:
            preamble.generation = readGeneration(reader);
            return true;
        case kPreambleActivePeers:
            preamble.sender.activePeers = readActivePeers(reader);
            return true;
        case kPreambleVector:
            preamble.vector = storage::VersionVector::decode(reader);
            return true;
        case kBytesMax:
            preamble.bytesMax = reader.unsignedInteger();
            return true;
        case kHasMore:
            preamble.hasMore = reader.boolean();
            return true;
        default:
            return readSenderKey(key, reader, preamble.sender);
        }
    });
    if (preamble.sender.node.isEmpty()) {
        reader.fail();
    }
    return preamble;
}

Result<Preamble> Preamble::decode(QByteArrayView bytes)
{
    cbor::Reader reader(bytes);
    Preamble preamble = decode(reader);
    if (!reader.ok() || !reader.atEnd()) {
        return malformed("it is no preamble of protocol 1");
    }
    return preamble;
}

void appendOperation(cbor::Writer &writer, QByteArrayView headerBytes, QByteArrayView body)
{
    writer.array(2);
    writer.byteString(headerBytes);
    if (body.isEmpty()) {
        writer.null();
    } else {
        writer.byteString(body);
    }
}

Result<Preamble> TransferReader::preamble()
{
    Preamble preamble = Preamble::decode(m_reader);
    if (!m_reader.ok()) {
        return malformed("a transfer begins with no preamble of protocol 1");
    }
    return preamble;
}

std::optional<TransferReader::Item> TransferReader::next()
{
    if (!m_reader.ok() || m_reader.atEnd()) {
        return std::nullopt;
    }
    Item item;
    if (m_reader.array() != 2) {
        m_reader.fail();
    }
    item.headerBytes = m_reader.byteString();
    if (m_reader.peek() == cbor::Type::Null) {
        m_reader.null();
    } else {
        item.body = m_reader.byteString();
    }
    return m_reader.ok() ? std::optional(item) : std::nullopt;
}

QByteArray OperationsAnswer::encode() const
{
    cbor::Writer writer(128);
    writer.map(5U + (leftOut.empty() ? 0U : 1U) + (message.isEmpty() ? 0U : 1U));
    writer.unsignedInteger(kStatus), writer.unsignedInteger(static_cast<std::uint64_t>(status));
    writer.unsignedInteger(kEntries), entries.encode(writer);
    writer.unsignedInteger(kCounts), writer.array(3);
    writer.unsignedInteger(applied);
    writer.unsignedInteger(duplicates);
    writer.unsignedInteger(leftOutCount);
    writer.unsignedInteger(kAnswerGeneration), writeGeneration(writer, generation);
    if (!leftOut.empty()) {
        writer.unsignedInteger(kLeftOut), writer.array(leftOut.size());
        for (const LeftOut &one : leftOut) {
            writeLeftOut(writer, one);
        }
    }
    writer.unsignedInteger(kAnswerRun), writer.incarnation(run);
    if (!message.isEmpty()) {
        writer.unsignedInteger(kMessage), writer.text(message);
    }
    return writer.take();
}

Result<OperationsAnswer> OperationsAnswer::decode(QByteArrayView bytes)
{
    cbor::Reader reader(bytes);
    OperationsAnswer answer;
    bool hasStatus = false;
    readMap(reader, [&](std::uint64_t key) {
        switch (key) {
        case kStatus:
            answer.status = static_cast<TransferStatus>(reader.unsignedInteger());
            hasStatus = answer.status <= TransferStatus::Malformed;
            return true;
        case kEntries:
            answer.entries = storage::VersionVector::decode(reader);
            return true;
        case kCounts:
            if (reader.array() != 3) {
                reader.fail();
            }
            answer.applied = reader.unsignedInteger();
            answer.duplicates = reader.unsignedInteger();
            answer.leftOutCount = reader.unsignedInteger();
            return true;
        case kAnswerGeneration:
            answer.generation = readGeneration(reader);
            return true;
        case kLeftOut:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                answer.leftOut.push_back(readLeftOut(reader));
            }
            return true;
        case kAnswerRun:
            answer.run = reader.incarnation();
            return true;
        case kMessage:
            answer.message = reader.text().toByteArray();
            return true;
        default:
            return false;
        }
    });
    if (!reader.ok() || !reader.atEnd() || !hasStatus) {
        return malformed("it is no answer to a transfer");
    }
    return answer;
}

} // namespace driftless::replication
