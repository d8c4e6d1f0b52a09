#include "storage/row_codec.h"

#include "core/case_fold.h"
#include "core/cbor.h"

#include <QVarLengthArray>

#include <algorithm>
#include <span>
#include <tuple>

namespace driftless::storage {

namespace {

// Keys of the state map.
enum StateKey : std::uint64_t {
    kNewestDelete = 1,
    kNewestFloor = 2,
    kHeads = 3,
    kQuarantined = 4,
    kVersions = 5, ///< table that members refer to by index
    kDefault = 6, ///< index of the version of the live members that stand in the newest write as
                  ///< they are and are not listed
    kOlder = 7, ///< [index, names…]: live members that stand in the newest write as they are, of
                ///< other versions
    kRemoved = 8, ///< [index, names…]
    kOwn = 9, ///< [index, name, raw name, value, seen]: live members whose bytes are not the newest
              ///< write's
    kSums = 10,
    kHidden = 11, ///< names that stand in the newest write, but below the floor
};

void writeVersion(cbor::Writer &writer, const Version &version)
{
    writer.array(4);
    writer.text(version.dot.incarnation.origin.bytes());
    writer.incarnation(version.dot.incarnation.number);
    writer.unsignedInteger(version.dot.sequence);
    writer.unsignedInteger(version.hlc);
}

Incarnation readIncarnation(cbor::Reader &reader)
{
    auto origin = NodeId::parse(reader.text());
    const std::uint64_t number = reader.incarnation();
    if (!origin) {
        reader.fail();
        return {};
    }
    return {std::move(origin).value(), number};
}

Version readVersion(cbor::Reader &reader)
{
    if (reader.array() != 4) {
        reader.fail();
    }
    Version version;
    version.dot.incarnation = readIncarnation(reader);
    version.dot.sequence = reader.unsignedInteger();
    version.hlc = reader.unsignedInteger();
    return version;
}

void writeSum(cbor::Writer &writer, const Incarnation &incarnation, const CounterSum &sum)
{
    writer.text(incarnation.origin.bytes());
    writer.incarnation(incarnation.number);
    writer.unsignedInteger(sum.count);
    writer.text(sum.sum.toText());
}

std::pair<Incarnation, CounterSum> readSum(cbor::Reader &reader)
{
    Incarnation incarnation = readIncarnation(reader);
    CounterSum sum;
    sum.count = reader.unsignedInteger();
    auto value = Decimal::parse(reader.text());
    if (!value) {
        reader.fail();
        return {};
    }
    sum.sum = std::move(value).value();
    return {std::move(incarnation), std::move(sum)};
}

/// What a member's bytes need.
enum class Need : std::uint8_t {
    Plain, ///< nothing: they stand in the newest write
    Removed,
    Own
};

struct Listed
{
    Need need;
    std::size_t version; ///< place in the row's table
    const MemberState *member;
};

/// The members by what their bytes need, and the versions that they have.
struct Sorted
{
    QVarLengthArray<Version, 4>
        versions; ///< the row's table: in the order of the members, each once
    QVarLengthArray<Listed, 32> members; ///< ascending by need, version, and name
    QVarLengthArray<QByteArrayView, 8> hidden;
    std::size_t largestPlain = 0; ///< the version of most plain members

    [[nodiscard]] std::span<const Listed> of(Need need) const
    {
        const auto [begin, end] = std::equal_range(members.begin(),
            members.end(),
            Listed {need, 0, nullptr},
            [](const Listed &a, const Listed &b) { return a.need < b.need; });
        return {begin, end};
    }
};

/// Calls `visit` with the listed ones of each version.
template <typename Visit> void forEachVersion(std::span<const Listed> listed, Visit visit)
{
    while (!listed.empty()) {
        std::size_t count = 1;
        while (count < listed.size() && listed[count].version == listed.front().version) {
            ++count;
        }
        visit(listed.first(count));
        listed = listed.subspan(count);
    }
}

Sorted sortMembers(const DocumentState &state)
{
    Sorted sorted;
    // From the state's table to the row's, which is in the order of the members: it must not depend
    // on the order in which the operations came.
    constexpr std::size_t kUnused = static_cast<std::size_t>(-1);
    QVarLengthArray<std::size_t, 4> places(
        static_cast<qsizetype>(state.versions().size()), kUnused);
    for (const MemberState &member : state.members()) {
        std::size_t &place = places[static_cast<qsizetype>(member.version)];
        if (place == kUnused) {
            place = static_cast<std::size_t>(sorted.versions.size());
            sorted.versions.push_back(state.versionOf(member));
        }
        const bool isPlain = state.isInNewestWrite(member) && member.seen == 0;
        const Need need = member.isRemoved ? Need::Removed : (isPlain ? Need::Plain : Need::Own);
        sorted.members.push_back({need, place, &member});
    }
    std::stable_sort(
        sorted.members.begin(), sorted.members.end(), [](const Listed &a, const Listed &b) {
            return std::tie(a.need, a.version) < std::tie(b.need, b.version);
        });
    if (state.hidesWritten()) {
        for (const json::Member &written : state.newestWriteBody().members()) {
            if (!isIdMember(written.folded) && state.findMember(written.folded) == nullptr) {
                sorted.hidden.push_back(written.folded);
            }
        }
    }
    std::size_t most = 0;
    forEachVersion(sorted.of(Need::Plain), [&sorted, &most](std::span<const Listed> group) {
        if (group.size() > most) {
            most = group.size();
            sorted.largestPlain = group.front().version;
        }
    });
    return sorted;
}

std::size_t countVersions(std::span<const Listed> listed)
{
    std::size_t count = 0;
    forEachVersion(listed, [&count](std::span<const Listed>) { ++count; });
    return count;
}

void writeGroups(
    cbor::Writer &writer, std::span<const Listed> listed, std::optional<std::size_t> except)
{
    writer.array(countVersions(listed) - (except ? 1 : 0));
    forEachVersion(listed, [&writer, except](std::span<const Listed> group) {
        if (except == group.front().version) {
            return;
        }
        writer.array(group.size() + 1);
        writer.unsignedInteger(group.front().version);
        for (const Listed &one : group) {
            writer.text(one.member->folded);
        }
    });
}

void writeOwn(
    cbor::Writer &writer, std::size_t index, const MemberState &member, const CounterSums &seenSums)
{
    writer.array(5);
    writer.unsignedInteger(index);
    writer.text(member.folded);
    writer.byteString(member.name);
    writer.byteString(member.value);
    writer.array(seenSums.size());
    for (const auto &[incarnation, sum] : seenSums) {
        writer.array(4);
        writeSum(writer, incarnation, sum);
    }
}

} // namespace

bool RowCodec::isToldByNewestWrite(const DocumentState &state)
{
    if (!state.m_newestDelete.isNone() || state.m_newestFloor != state.m_newestWrite
        || state.m_newestWrite.isNone() || !state.m_sums.empty() || !state.m_quarantined.empty()
        || state.m_heads.size() != 1 || state.m_heads.front().version != state.m_newestWrite) {
        return false;
    }
    // Above the floor, which is the newest write itself, there are only its own claims.
    return std::all_of(state.m_members.begin(),
        state.m_members.end(),
        [](const MemberState &member) { return !member.isRemoved && member.seen == 0; });
}

QByteArray RowCodec::encodeState(const DocumentState &state)
{
    if (isToldByNewestWrite(state)) {
        return {};
    }
    const Sorted sorted = sortMembers(state);
    const auto removed = sorted.of(Need::Removed);
    const auto own = sorted.of(Need::Own);
    const auto plain = sorted.of(Need::Plain);
    const bool hasOlder = countVersions(plain) > 1;
    const bool headIsWrite = state.m_heads.size() == 1
        && state.m_heads.front() == Head {state.m_newestWrite, std::nullopt};
    cbor::Writer writer(256);
    std::uint64_t fields = 2;
    fields += state.m_newestDelete.isNone() ? 0U : 1U;
    fields += state.m_newestFloor.isNone() ? 0U : 1U;
    fields += headIsWrite ? 0U : 1U;
    fields += state.m_quarantined.empty() ? 0U : 1U;
    fields += hasOlder ? 1U : 0U;
    fields += removed.empty() ? 0U : 1U;
    fields += own.empty() ? 0U : 1U;
    fields += state.m_sums.empty() ? 0U : 1U;
    fields += sorted.hidden.empty() ? 0U : 1U;
    writer.map(fields);
    if (!state.m_newestDelete.isNone()) {
        writer.unsignedInteger(kNewestDelete), writeVersion(writer, state.m_newestDelete);
    }
    if (!state.m_newestFloor.isNone()) {
        writer.unsignedInteger(kNewestFloor), writeVersion(writer, state.m_newestFloor);
    }
    if (!headIsWrite) {
        writer.unsignedInteger(kHeads), writer.array(state.m_heads.size());
        for (const Head &head : state.m_heads) {
            writer.array(2);
            writeVersion(writer, head.version);
            head.adoptedId ? writer.byteString(head.adoptedId->bytes()) : writer.null();
        }
    }
    if (!state.m_quarantined.empty()) {
        writer.unsignedInteger(kQuarantined), writer.array(state.m_quarantined.size());
        for (const Dot &dot : state.m_quarantined) {
            writeVersion(writer, Version {0, dot});
        }
    }
    writer.unsignedInteger(kVersions),
        writer.array(static_cast<std::size_t>(sorted.versions.size()));
    for (const Version &version : sorted.versions) {
        writeVersion(writer, version);
    }
    writer.unsignedInteger(kDefault), writer.unsignedInteger(sorted.largestPlain);
    if (hasOlder) {
        writer.unsignedInteger(kOlder), writeGroups(writer, plain, sorted.largestPlain);
    }
    if (!removed.empty()) {
        writer.unsignedInteger(kRemoved), writeGroups(writer, removed, std::nullopt);
    }
    if (!own.empty()) {
        writer.unsignedInteger(kOwn), writer.array(own.size());
        for (const Listed &one : own) {
            writeOwn(writer, one.version, *one.member, state.seenBy(*one.member));
        }
    }
    if (!state.m_sums.empty()) {
        writer.unsignedInteger(kSums), writer.array(state.m_sums.size());
        for (const auto &[key, sum] : state.m_sums) {
            writer.array(5);
            writer.text(key.first);
            writeSum(writer, key.second, sum);
        }
    }
    if (!sorted.hidden.empty()) {
        writer.unsignedInteger(kHidden),
            writer.array(static_cast<std::size_t>(sorted.hidden.size()));
        for (const QByteArrayView name : sorted.hidden) {
            writer.text(name);
        }
    }
    return writer.take();
}

namespace {

/// What stands in a state map, before the newest write gives the plain members their bytes.
struct Decoded
{
    Version newestDelete;
    Version newestFloor;
    std::optional<std::vector<Head>> heads; ///< nothing: the newest write alone
    std::vector<Dot> quarantined;
    std::map<DocumentState::SumKey, CounterSum> sums;
    std::vector<Version> versions; ///< come before all that refers to them
    std::uint64_t defaultIndex = 0; ///< not yet known to be in the table
    std::vector<std::pair<std::uint32_t, QByteArrayView>> older;
    std::vector<MemberState> removed;
    std::vector<MemberState> own;
    std::vector<CounterSums> seen; ///< of those
    std::vector<QByteArrayView> hidden;
};

std::uint32_t readVersionIndex(cbor::Reader &reader, const Decoded &decoded)
{
    const std::uint64_t index = reader.unsignedInteger();
    if (index >= decoded.versions.size()) {
        reader.fail();
        return 0;
    }
    return static_cast<std::uint32_t>(index);
}

/// Calls `visit` with each name and the index of its version.
template <typename Visit> void readGroups(cbor::Reader &reader, const Decoded &decoded, Visit visit)
{
    for (std::uint64_t groups = reader.array(); groups > 0 && reader.ok(); --groups) {
        std::uint64_t names = reader.array();
        const std::uint32_t index = readVersionIndex(reader, decoded);
        for (; names > 1 && reader.ok(); --names) {
            visit(index, reader.text());
        }
    }
}

void readOwn(cbor::Reader &reader, Decoded &decoded)
{
    for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
        if (reader.array() != 5) {
            reader.fail();
        }
        MemberState &member = decoded.own.emplace_back();
        member.version = readVersionIndex(reader, decoded);
        member.folded = reader.text();
        member.name = reader.byteString();
        member.value = reader.byteString();
        const std::uint64_t count = reader.array();
        if (count > 0) {
            CounterSums &sums = decoded.seen.emplace_back();
            member.seen = static_cast<std::uint32_t>(decoded.seen.size());
            for (std::uint64_t left = count; left > 0 && reader.ok(); --left) {
                reader.array();
                sums.insert(readSum(reader));
            }
        }
    }
}

void readHeads(cbor::Reader &reader, std::optional<std::vector<Head>> &heads)
{
    heads.emplace();
    for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
        reader.array();
        Head head {readVersion(reader), std::nullopt};
        if (reader.peek() == cbor::Type::Null) {
            reader.null();
        } else {
            head.adoptedId = Hash128::fromBytes(reader.byteString());
        }
        heads->push_back(std::move(head));
    }
}

void readState(cbor::Reader &reader, Decoded &decoded)
{
    for (std::uint64_t fields = reader.map(); fields > 0 && reader.ok(); --fields) {
        switch (reader.unsignedInteger()) {
        case kNewestDelete:
            decoded.newestDelete = readVersion(reader);
            break;
        case kNewestFloor:
            decoded.newestFloor = readVersion(reader);
            break;
        case kHeads:
            readHeads(reader, decoded.heads);
            break;
        case kQuarantined:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                decoded.quarantined.push_back(readVersion(reader).dot);
            }
            break;
        case kVersions:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                decoded.versions.push_back(readVersion(reader));
            }
            break;
        case kDefault:
            decoded.defaultIndex = reader.unsignedInteger();
            break;
        case kOlder:
            readGroups(reader, decoded, [&decoded](std::uint32_t version, QByteArrayView name) {
                decoded.older.emplace_back(version, name);
            });
            break;
        case kRemoved:
            readGroups(reader, decoded, [&decoded](std::uint32_t version, QByteArrayView name) {
                MemberState &member = decoded.removed.emplace_back();
                member.folded = name;
                member.version = version;
                member.isRemoved = true;
            });
            break;
        case kOwn:
            readOwn(reader, decoded);
            break;
        case kSums:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                reader.array();
                QByteArray member = reader.text().toByteArray();
                auto [incarnation, sum] = readSum(reader);
                decoded.sums.emplace(
                    DocumentState::SumKey {std::move(member), std::move(incarnation)},
                    std::move(sum));
            }
            break;
        case kHidden:
            for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
                decoded.hidden.push_back(reader.text());
            }
            break;
        default:
            reader.fail();
            break;
        }
    }
}

} // namespace

Result<DocumentState> RowCodec::decode(
    const QByteArray &state, const Operation *newestWrite, LogPosition position)
{
    const Error malformed {ErrorCode::Malformed,
        "A document's row is damaged: its state does not fit its operation.",
        {}};
    DocumentState result;
    if (newestWrite != nullptr) {
        result.m_newestWrite = newestWrite->header.version;
        DRIFTLESS_TRY_ASSIGN(result.m_written, json::Object::scan(newestWrite->body));
        result.m_writtenAt = position;
        result.keepAlive(result.m_written);
    }
    if (state.isEmpty()) {
        if (newestWrite == nullptr) {
            return malformed;
        }
        result.m_newestFloor = result.m_newestWrite;
        result.m_heads.push_back({result.m_newestWrite, newestWrite->header.adoptedId});
        result.takeMembers(result.m_newestWrite, result.m_written);
        result.compareWithWritten();
        return result;
    }
    result.m_keptAlive.push_back(state);
    cbor::Reader reader(result.m_keptAlive.back());
    Decoded decoded;
    readState(reader, decoded);
    if (!reader.ok() || !reader.atEnd()) {
        return malformed;
    }
    result.m_newestDelete = decoded.newestDelete;
    result.m_newestFloor = decoded.newestFloor;
    result.m_quarantined = std::move(decoded.quarantined);
    result.m_sums = std::move(decoded.sums);
    if (decoded.heads) {
        result.m_heads = std::move(*decoded.heads);
    } else {
        result.m_heads.push_back({result.m_newestWrite, std::nullopt});
    }
    result.m_versions = std::move(decoded.versions);
    result.m_seen = std::move(decoded.seen);
    decoded.own.insert(decoded.own.end(), decoded.removed.begin(), decoded.removed.end());
    result.joinMembers(std::move(decoded.own));
    std::vector<MemberState> joined;
    const auto comesFirst = [](const auto &a, const auto &b) { return a.second < b.second; };
    std::stable_sort(decoded.older.begin(), decoded.older.end(), comesFirst);
    std::sort(decoded.hidden.begin(), decoded.hidden.end());
    joined.reserve(result.m_written.members().size());
    for (const json::Member &written : result.m_written.members()) {
        if (isIdMember(written.folded)) {
            continue;
        }
        const QByteArrayView name = written.folded;
        const auto older = std::lower_bound(decoded.older.begin(),
            decoded.older.end(),
            name,
            [](const auto &entry, QByteArrayView wanted) { return entry.second < wanted; });
        const bool isOlder = older != decoded.older.end() && older->second == name;
        if (std::binary_search(decoded.hidden.begin(), decoded.hidden.end(), name)
            || result.findMember(written.folded) != nullptr) {
            continue; // below the floor, with bytes of its own, or removed
        }
        const std::uint64_t version = isOlder ? older->first : decoded.defaultIndex;
        if (version >= result.versions().size()) {
            return malformed;
        }
        joined.push_back(MemberState::of(written, static_cast<std::uint32_t>(version)));
    }
    result.joinMembers(std::move(joined));
    result.compareWithWritten();
    return result;
}

} // namespace driftless::storage
