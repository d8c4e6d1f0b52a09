#include "storage/operation.h"

#include "core/cbor.h"
#include "core/json.h"

#include <algorithm>
#include <limits>

namespace driftless::storage {

namespace {

enum HeaderKey : std::uint64_t {
    kOrigin = 1,
    kIncarnation = 2,
    kSequence = 3,
    kHlc = 4,
    kGroup = 5,
    kKind = 6,
    kCollection = 7,
    kDocumentId = 8,
    kFloor = 9,
    kParents = 10,
    kChanged = 11,
    kBodyHash = 12,
    kPrevious = 13,
    kAdoptedId = 15,
    kWallClock = 16,
};

/// Far above what an origin lets through; it bounds the stack of the check.
constexpr json::Limits kReceivedBodyLimits {512, std::numeric_limits<qsizetype>::max()};

void writeHash(cbor::Writer &writer, const Hash128 &hash)
{
    writer.byteString(hash.byteArray());
}

std::optional<Hash128> readHash(cbor::Reader &reader)
{
    const auto hash = Hash128::fromBytes(reader.byteString());
    if (!hash) {
        reader.fail();
    }
    return hash;
}

NodeId readOrigin(cbor::Reader &reader)
{
    auto origin = NodeId::parse(reader.text());
    if (!origin) {
        reader.fail();
        return {};
    }
    return std::move(origin).value();
}

void writeSum(cbor::Writer &writer, const CounterSum &sum)
{
    writer.unsignedInteger(sum.count);
    writer.text(sum.sum.toText());
}

Decimal readDecimal(cbor::Reader &reader)
{
    const QByteArrayView text = reader.text();
    auto value = Decimal::parse(text);
    if (!value || value->toText() != text) {
        reader.fail();
        return {};
    }
    return std::move(value).value();
}

void writeSums(cbor::Writer &writer, const CounterSums &sums)
{
    writer.array(sums.size());
    for (const auto &[incarnation, sum] : sums) {
        writer.array(4);
        writer.text(incarnation.origin.bytes());
        writer.incarnation(incarnation.number);
        writeSum(writer, sum);
    }
}

CounterSums readSums(cbor::Reader &reader)
{
    CounterSums sums;
    for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
        if (reader.array() != 4) {
            reader.fail();
        }
        Incarnation incarnation;
        incarnation.origin = readOrigin(reader);
        incarnation.number = reader.incarnation();
        if (!sums.empty() && !(sums.rbegin()->first < incarnation)) {
            reader.fail();
        }
        CounterSum sum;
        sum.count = reader.unsignedInteger();
        sum.sum = readDecimal(reader);
        sums.emplace_hint(sums.end(), std::move(incarnation), std::move(sum));
    }
    return sums;
}

// A claim without anything but its kind is that number; else an array that begins with it.
void writeClaim(cbor::Writer &writer, const Claim &claim)
{
    const auto kind = static_cast<std::uint64_t>(claim.kind);
    switch (claim.kind) {
    case Claim::Kind::Set:
        if (claim.seen.empty()) {
            writer.unsignedInteger(kind);
            return;
        }
        writer.array(2);
        writer.unsignedInteger(kind);
        writeSums(writer, claim.seen);
        return;
    case Claim::Kind::Removed:
        writer.unsignedInteger(kind);
        return;
    case Claim::Kind::Add:
        writer.array(4);
        writer.unsignedInteger(kind);
        writeSum(writer, claim.own);
        writer.text(claim.by.toText());
        return;
    case Claim::Kind::SetAdd:
        writer.array(6);
        writer.unsignedInteger(kind);
        writer.byteString(claim.base);
        writeSums(writer, claim.seen);
        writeSum(writer, claim.own);
        writer.text(claim.by.toText());
        return;
    }
}

/// False for a kind of claim that this program does not know: the operation is not understood then.
bool readClaim(cbor::Reader &reader, Claim &claim)
{
    if (reader.peek() == cbor::Type::Unsigned) {
        const std::uint64_t kind = reader.unsignedInteger();
        claim.kind = kind == 1 ? Claim::Kind::Removed : Claim::Kind::Set;
        return kind <= 1;
    }
    const std::uint64_t size = reader.array();
    if (size == 0) {
        reader.fail();
        return false;
    }
    const std::uint64_t kind = reader.unsignedInteger();
    if (kind == 0 && size == 2) {
        claim.kind = Claim::Kind::Set;
        claim.seen = readSums(reader);
        if (claim.seen.empty()) {
            reader.fail();
        }
        return true;
    }
    if ((kind == 2 && size == 4) || (kind == 3 && size == 6)) {
        claim.kind = kind == 2 ? Claim::Kind::Add : Claim::Kind::SetAdd;
        if (kind == 3) {
            claim.base = reader.byteString().toByteArray();
            claim.seen = readSums(reader);
        }
        claim.own.count = reader.unsignedInteger();
        claim.own.sum = readDecimal(reader);
        claim.by = readDecimal(reader);
        return true;
    }
    for (std::uint64_t i = 1; i < size; ++i) {
        reader.skip();
    }
    return false;
}

void writeParent(cbor::Writer &writer, const Parent &parent)
{
    writer.array(parent.adoptedId ? 5 : 4);
    writer.text(parent.version.dot.incarnation.origin.bytes());
    writer.incarnation(parent.version.dot.incarnation.number);
    writer.unsignedInteger(parent.version.dot.sequence);
    writer.unsignedInteger(parent.version.hlc);
    if (parent.adoptedId) {
        writeHash(writer, *parent.adoptedId);
    }
}

Parent readParent(cbor::Reader &reader)
{
    Parent parent;
    const std::uint64_t size = reader.array();
    parent.version.dot.incarnation.origin = readOrigin(reader);
    parent.version.dot.incarnation.number = reader.incarnation();
    parent.version.dot.sequence = reader.unsignedInteger();
    parent.version.hlc = reader.unsignedInteger();
    if (size == 5) {
        parent.adoptedId = readHash(reader);
    } else if (size != 4) {
        reader.fail();
    }
    return parent;
}

/// Keys of the map in deterministic order: by the bytes of their encoding, so shorter names first.
bool encodedNameLess(const Claim &a, const Claim &b)
{
    if (a.name.size() != b.name.size()) {
        return a.name.size() < b.name.size();
    }
    return a.name < b.name;
}

void writeChanged(cbor::Writer &writer, const std::vector<Claim> &changed)
{
    std::vector<const Claim *> ordered;
    ordered.reserve(changed.size());
    for (const Claim &claim : changed) {
        ordered.push_back(&claim);
    }
    std::sort(ordered.begin(), ordered.end(), [](const Claim *a, const Claim *b) {
        return encodedNameLess(*a, *b);
    });
    writer.map(ordered.size());
    for (const Claim *claim : ordered) {
        writer.text(claim->name);
        writeClaim(writer, *claim);
    }
}

void readChanged(cbor::Reader &reader, OperationHeader &header)
{
    for (std::uint64_t i = reader.map(); i > 0 && reader.ok(); --i) {
        Claim claim;
        claim.name = reader.text().toByteArray();
        if (!header.changed.empty() && !encodedNameLess(header.changed.back(), claim)) {
            reader.fail();
        }
        header.isUnderstood = readClaim(reader, claim) && header.isUnderstood;
        header.changed.push_back(std::move(claim));
    }
}

/// A default that is written out is a fault: the bytes of a header are a function of its fields.
void refuseDefault(cbor::Reader &reader, bool isDefault)
{
    if (isDefault) {
        reader.fail();
    }
}

void readField(std::uint64_t key, cbor::Reader &reader, OperationHeader &header)
{
    switch (key) {
    case kOrigin:
        header.version.dot.incarnation.origin = readOrigin(reader);
        return;
    case kIncarnation:
        header.version.dot.incarnation.number = reader.incarnation();
        return;
    case kSequence:
        header.version.dot.sequence = reader.unsignedInteger();
        return;
    case kHlc:
        header.version.hlc = reader.unsignedInteger();
        return;
    case kGroup: {
        GroupSpan group;
        if (reader.array() != 2) {
            reader.fail();
        }
        group.first = reader.unsignedInteger();
        group.size = reader.unsignedInteger();
        header.group = group;
        return;
    }
    case kKind: {
        const std::uint64_t kind = reader.unsignedInteger();
        refuseDefault(reader, kind == 0);
        header.kind = static_cast<OperationKind>(kind);
        // `forget` and `collect` are named by the format; applying them is not part of this
        // version.
        header.isUnderstood
            = header.isUnderstood && kind <= static_cast<std::uint64_t>(OperationKind::Admit);
        return;
    }
    case kCollection:
        header.collection = reader.text().toByteArray();
        refuseDefault(reader, header.collection.isEmpty());
        return;
    case kDocumentId:
        header.documentId = reader.text().toByteArray();
        refuseDefault(reader, header.documentId.isEmpty());
        return;
    case kFloor:
        header.floor = reader.boolean();
        refuseDefault(reader, !header.floor);
        return;
    case kParents:
        for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
            header.parents.push_back(readParent(reader));
        }
        refuseDefault(reader, header.parents.empty());
        return;
    case kChanged:
        readChanged(reader, header);
        refuseDefault(reader, header.changed.empty());
        return;
    case kBodyHash:
        header.bodyHash = readHash(reader);
        return;
    case kPrevious:
        header.previous = readHash(reader).value_or(Hash128 {});
        refuseDefault(reader, header.previous == Hash128 {});
        return;
    case kAdoptedId:
        header.adoptedId = readHash(reader);
        return;
    case kWallClock:
        header.wallClockMs = reader.integer();
        return;
    default:
        reader.skip();
        header.isUnderstood = false;
        return;
    }
}

Error malformed(const char *what)
{
    return {
        ErrorCode::Malformed, QByteArray("An operation's header is malformed: ") + what + '.', {}};
}

} // namespace

QByteArray encodeHeader(const OperationHeader &header)
{
    cbor::Writer writer(256);
    const bool hasKind = header.kind != OperationKind::Put;
    std::uint64_t fields = 4;
    fields += header.group ? 1U : 0U;
    fields += hasKind ? 1U : 0U;
    fields += header.collection.isEmpty() ? 0U : 1U;
    fields += header.documentId.isEmpty() ? 0U : 1U;
    fields += header.floor ? 1U : 0U;
    fields += header.parents.empty() ? 0U : 1U;
    fields += header.changed.empty() ? 0U : 1U;
    fields += header.bodyHash ? 1U : 0U;
    fields += header.previous == Hash128 {} ? 0U : 1U;
    fields += header.adoptedId ? 1U : 0U;
    fields += header.wallClockMs ? 1U : 0U;
    writer.map(fields);
    const auto key = [&writer](HeaderKey name) { writer.unsignedInteger(name); };
    key(kOrigin), writer.text(header.version.dot.incarnation.origin.bytes());
    key(kIncarnation), writer.incarnation(header.version.dot.incarnation.number);
    key(kSequence), writer.unsignedInteger(header.version.dot.sequence);
    key(kHlc), writer.unsignedInteger(header.version.hlc);
    if (header.group) {
        key(kGroup), writer.array(2);
        writer.unsignedInteger(header.group->first);
        writer.unsignedInteger(header.group->size);
    }
    if (hasKind) {
        key(kKind), writer.unsignedInteger(static_cast<std::uint64_t>(header.kind));
    }
    if (!header.collection.isEmpty()) {
        key(kCollection), writer.text(header.collection);
    }
    if (!header.documentId.isEmpty()) {
        key(kDocumentId), writer.text(header.documentId);
    }
    if (header.floor) {
        key(kFloor), writer.boolean(true);
    }
    if (!header.parents.empty()) {
        key(kParents), writer.array(header.parents.size());
        for (const Parent &parent : header.parents) {
            writeParent(writer, parent);
        }
    }
    if (!header.changed.empty()) {
        key(kChanged), writeChanged(writer, header.changed);
    }
    if (header.bodyHash) {
        key(kBodyHash), writeHash(writer, *header.bodyHash);
    }
    if (header.previous != Hash128 {}) {
        key(kPrevious), writeHash(writer, header.previous);
    }
    if (header.adoptedId) {
        key(kAdoptedId), writeHash(writer, *header.adoptedId);
    }
    if (header.wallClockMs) {
        key(kWallClock), writer.integer(*header.wallClockMs);
    }
    return writer.take();
}

Result<OperationHeader> decodeHeader(QByteArrayView bytes)
{
    cbor::Reader reader(bytes);
    OperationHeader header;
    std::uint64_t lastKey = 0;
    for (std::uint64_t fields = reader.map(); fields > 0 && reader.ok(); --fields) {
        const std::uint64_t key = reader.unsignedInteger();
        if (key <= lastKey) {
            return malformed("its keys do not ascend");
        }
        lastKey = key;
        readField(key, reader, header);
    }
    if (!reader.ok() || !reader.atEnd()) {
        return malformed("it is not a CBOR map of the agreed shape");
    }
    if (header.version.dot.incarnation.origin.isEmpty() || header.version.dot.sequence == 0
        || header.version.hlc == 0) {
        return malformed("it names no dot");
    }
    if (header.group
        && (header.group->size < 2 || header.group->first == 0
            || header.version.dot.sequence < header.group->first
            || header.version.dot.sequence - header.group->first >= header.group->size)) {
        return malformed("it is outside of its own group");
    }
    if (header.collection.isEmpty() && header.kind <= OperationKind::Delete) {
        return malformed("a write names no collection");
    }
    return header;
}

Result<Version> decodeVersion(QByteArrayView headerBytes)
{
    cbor::Reader reader(headerBytes);
    OperationHeader header;
    reader.map();
    // The keys of a version come first and are always there.
    for (std::uint64_t expected = kOrigin; expected <= kHlc; ++expected) {
        if (reader.unsignedInteger() != expected) {
            return malformed("it names no dot");
        }
        readField(expected, reader, header);
    }
    if (!reader.ok()) {
        return malformed("it names no dot");
    }
    return header.version;
}

Result<OperationHeader> decodeIdentity(QByteArrayView headerBytes)
{
    cbor::Reader reader(headerBytes);
    OperationHeader header;
    for (std::uint64_t fields = reader.map(); fields > 0 && reader.ok(); --fields) {
        const std::uint64_t key = reader.unsignedInteger();
        if (key <= kHlc || key == kAdoptedId) {
            readField(key, reader, header);
        } else {
            reader.skip();
        }
    }
    if (!reader.ok() || header.version.isNone()) {
        return malformed("it names no dot");
    }
    return header;
}

Operation Operation::make(OperationHeader header, QByteArray body)
{
    Operation operation;
    operation.header = std::move(header);
    operation.header.bodyHash = body.isEmpty() ? std::nullopt : std::optional(Hash128::of(body));
    operation.headerBytes = encodeHeader(operation.header);
    operation.body = std::move(body);
    return operation;
}

Result<Operation> Operation::parse(QByteArray headerBytes, QByteArray body)
{
    Operation operation;
    DRIFTLESS_TRY_ASSIGN(operation.header, decodeHeader(headerBytes));
    const auto hash = body.isEmpty() ? std::nullopt : std::optional(Hash128::of(body));
    if (operation.header.bodyHash != hash) {
        return malformed("its body does not have the hash that the header names");
    }
    operation.headerBytes = std::move(headerBytes);
    operation.body = std::move(body);
    return operation;
}

bool isReadableBody(const QByteArray &body)
{
    return json::Object::check(body, kReceivedBodyLimits).isOk();
}

} // namespace driftless::storage
