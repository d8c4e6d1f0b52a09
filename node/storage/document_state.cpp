#include "storage/document_state.h"

#include "core/case_fold.h"
#include "core/cbor.h"

#include <algorithm>

namespace driftless::storage {

namespace {

Error contradiction(const char *what)
{
    return {ErrorCode::Malformed, QByteArray("An operation contradicts itself: ") + what + '.', {}};
}

/// The number that additions count on; nothing for any other value. An exponent is taken as far as it can be written out.
std::optional<Decimal> numberOf(QByteArrayView value)
{
    auto number = Decimal::parse(value);
    if (!number) {
        number = Decimal::parseCounter(value);
    }
    return number ? std::optional(std::move(number).value()) : std::nullopt;
}

/// A claim must be about what its body shows; a counter's numbers must be numbers.
Result<void> checkClaims(const OperationHeader &header, const json::Object &body)
{
    for (const Claim &claim : header.changed) {
        const json::Member *member = body.find(foldCase(claim.name));
        if ((claim.kind == Claim::Kind::Removed) != (member == nullptr)) {
            return contradiction("a member that it claims is not in its body, or one that it removes is");
        }
        if (claim.kind == Claim::Kind::SetAdd && !numberOf(claim.base)) {
            return contradiction("it adds to something that is not a number");
        }
    }
    return {};
}

bool less(const MemberState &member, QByteArrayView folded)
{
    return QByteArrayView(member.folded).compare(folded) < 0;
}

void writeVersion(cbor::Writer &writer, const Version &version)
{
    if (version.isNone()) {
        writer.null();
        return;
    }
    writer.array(4);
    writer.unsignedInteger(version.hlc);
    writer.text(version.dot.incarnation.origin.bytes());
    writer.incarnation(version.dot.incarnation.number);
    writer.unsignedInteger(version.dot.sequence);
}

} // namespace

bool isIdMember(QByteArrayView folded)
{
    return folded == "id";
}

void DocumentState::admitHead(const OperationHeader &header)
{
    std::erase_if(m_heads, [&header](const Head &head) {
        return std::any_of(header.parents.begin(), header.parents.end(), [&head](const Parent &parent) {
            return parent.version.dot == head.version.dot || (parent.adoptedId && parent.adoptedId == head.adoptedId);
        });
    });
    const Head head {header.version, header.adoptedId};
    const auto place = std::lower_bound(
        m_heads.begin(), m_heads.end(), head, [](const Head &a, const Head &b) { return a.version < b.version; });
    m_heads.insert(place, head);
}

Result<void> DocumentState::check(const Operation &operation)
{
    if (operation.header.kind == OperationKind::Delete) {
        return {};
    }
    const auto body = json::Object::scan(operation.body);
    return body ? checkClaims(operation.header, *body) : Result<void>(contradiction("its body is not a JSON object"));
}

Result<void> DocumentState::join(const Operation &operation, LogPosition position)
{
    const OperationHeader &header = operation.header;
    if (header.kind == OperationKind::Delete) {
        m_newestDelete = std::max(m_newestDelete, header.version);
        return {};
    }
    auto scanned = json::Object::scan(operation.body);
    if (!scanned) {
        return contradiction("its body is not a JSON object");
    }
    json::Object body = std::move(scanned).value();
    DRIFTLESS_TRY(checkClaims(header, body));
    if (header.floor) {
        m_newestFloor = std::max(m_newestFloor, header.version);
    }
    joinClaims(operation, body);
    forgetBelowFloor();
    m_keptAlive.push_back(body.bytes());
    if (header.version > m_newestWrite) {
        m_newestWrite = header.version;
        m_written = std::move(body);
        m_writtenAt = position;
    }
    return {};
}

QByteArray DocumentState::keptName(const json::Member &member)
{
    const bool isText = member.folded.constData() == member.name.data();
    return isText ? member.folded : QByteArray(member.folded.constData(), member.folded.size());
}

void DocumentState::joinClaims(const Operation &operation, const json::Object &body)
{
    const OperationHeader &header = operation.header;
    const auto set = [&](const json::Member &member) {
        MemberState state;
        state.folded = keptName(member);
        state.version = header.version;
        state.name = QByteArray::fromRawData(member.name.data(), member.name.size());
        state.value = QByteArray::fromRawData(member.value.data(), member.value.size());
        return state;
    };
    const auto findClaim = [&header](const json::Member &member) -> const Claim * {
        for (const Claim &claim : header.changed) {
            if (equalFolded(claim.name, member.decoded)) {
                return &claim;
            }
        }
        return nullptr;
    };
    if (m_members.empty()) {
        m_members.reserve(body.members().size());
    }
    for (const json::Member &member : body.members()) {
        if (isIdMember(member.folded)) {
            continue;
        }
        const Claim *claim = header.changed.empty() ? nullptr : findClaim(member);
        if (claim == nullptr && !header.floor) {
            continue;
        }
        if (claim == nullptr || claim->kind != Claim::Kind::Add) {
            MemberState state = set(member);
            if (claim != nullptr) {
                state.seen = claim->seen;
                if (claim->kind == Claim::Kind::SetAdd) {
                    state.value = claim->base;
                }
            }
            joinMember(std::move(state));
        }
        if (claim != nullptr && (claim->kind == Claim::Kind::Add || claim->kind == Claim::Kind::SetAdd)) {
            joinSum(member.folded, header.version.dot.incarnation, claim->own);
        }
    }
    for (const Claim &claim : header.changed) {
        if (claim.kind == Claim::Kind::Removed) {
            MemberState state;
            state.folded = foldCase(claim.name);
            state.version = header.version;
            state.isRemoved = true;
            joinMember(std::move(state));
        }
    }
}

void DocumentState::joinMember(MemberState member)
{
    const auto place = std::lower_bound(m_members.begin(), m_members.end(), QByteArrayView(member.folded), less);
    if (place == m_members.end() || place->folded != member.folded) {
        m_members.insert(place, std::move(member));
    } else if (member.version > place->version) {
        *place = std::move(member);
    }
}

void DocumentState::joinSum(const QByteArray &foldedMember, const Incarnation &incarnation, const CounterSum &sum)
{
    // The name may point into a body that is not kept.
    CounterSum &mine = m_sums[SumKey {QByteArray(foldedMember.constData(), foldedMember.size()), incarnation}];
    if (sum.count > mine.count) {
        mine = sum;
    }
}

void DocumentState::forgetBelowFloor()
{
    std::erase_if(m_members, [this](const MemberState &member) { return member.version < m_newestFloor; });
}

void DocumentState::setQuarantined(const Dot &dot, bool waits)
{
    const auto place = std::lower_bound(m_quarantined.begin(), m_quarantined.end(), dot);
    const bool found = place != m_quarantined.end() && *place == dot;
    if (waits && !found) {
        m_quarantined.insert(place, dot);
    } else if (!waits && found) {
        m_quarantined.erase(place);
    }
}

CounterSums DocumentState::sumsOf(const QByteArray &foldedMember) const
{
    CounterSums result;
    for (auto it = m_sums.lower_bound(SumKey {foldedMember, Incarnation {}}); it != m_sums.end() && it->first.first == foldedMember; ++it) {
        result.emplace(it->first.second, it->second);
    }
    return result;
}

QByteArray DocumentState::valueOf(const MemberState &member) const
{
    if (m_sums.empty()) {
        return member.value;
    }
    bool hasUnseen = false;
    Decimal extra;
    for (const auto &[incarnation, sum] : sumsOf(member.folded)) {
        const auto seen = member.seen.find(incarnation);
        const CounterSum before = seen == member.seen.end() ? CounterSum {} : seen->second;
        hasUnseen = hasUnseen || sum.count > before.count;
        extra += sum.sum - before.sum;
    }
    if (!hasUnseen) {
        return member.value;
    }
    const auto base = numberOf(member.value);
    return base ? (*base + extra).toText() : member.value;
}

const MemberState *DocumentState::findMember(QByteArrayView folded) const
{
    const auto place = std::lower_bound(m_members.begin(), m_members.end(), folded, less);
    return place != m_members.end() && place->folded == folded ? &*place : nullptr;
}

bool DocumentState::showsNewestWrite() const
{
    if (!isVisible()) {
        return false;
    }
    qsizetype live = 0;
    for (const MemberState &member : m_members) {
        live += member.isRemoved ? 0 : 1;
    }
    qsizetype written = 0;
    for (const json::Member &member : m_written.members()) {
        if (isIdMember(member.folded)) {
            continue;
        }
        ++written;
        const MemberState *winner = findMember(member.folded);
        if (winner == nullptr || winner->isRemoved || QByteArrayView(winner->name) != member.name || QByteArrayView(valueOf(*winner)) != member.value) {
            return false;
        }
    }
    return live == written;
}

std::optional<QByteArray> DocumentState::shown() const
{
    if (!isVisible()) {
        return std::nullopt;
    }
    if (showsNewestWrite()) {
        return m_written.bytes();
    }
    QByteArray out;
    out.reserve(m_written.bytes().size() + 64);
    const auto append = [&out](QByteArrayView name, QByteArrayView value) {
        out.append(out.isEmpty() ? "{\"" : ",\"").append(name).append("\":").append(value);
    };
    for (const json::Member &member : m_written.members()) {
        const MemberState *winner = findMember(member.folded);
        if (isIdMember(member.folded)) {
            append(member.name, member.value);
        } else if (winner != nullptr && !winner->isRemoved) {
            append(winner->name, valueOf(*winner));
        }
    }
    std::vector<std::pair<QByteArray, const MemberState *>> missing;
    for (const MemberState &member : m_members) {
        if (!member.isRemoved && m_written.find(member.folded) == nullptr) {
            missing.emplace_back(json::decodeString(member.name), &member);
        }
    }
    std::sort(missing.begin(), missing.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    for (const auto &[decoded, member] : missing) {
        append(member->name, valueOf(*member));
    }
    out.append(out.isEmpty() ? "{}" : "}");
    return out;
}

std::optional<Hash128> DocumentState::token(QByteArrayView collection, QByteArrayView id) const
{
    const auto idOf = [this](const Version &version) {
        for (const Head &head : m_heads) {
            if (head.version == version && head.adoptedId) {
                return *head.adoptedId;
            }
        }
        return operationId(version);
    };
    if (!isVisible()) {
        return m_newestDelete.isNone() ? std::nullopt : std::optional(idOf(m_newestDelete));
    }
    if (showsNewestWrite()) {
        return idOf(m_newestWrite);
    }
    cbor::Writer writer(256);
    writer.array(4);
    writer.text(collection);
    writer.text(id);
    writer.array(m_heads.size());
    for (const Head &head : m_heads) {
        writeVersion(writer, head.version);
    }
    writer.byteString(Hash128::of(*shown()).bytes());
    return Hash128::of(writer.bytes());
}

Hash128 DocumentState::hash(QByteArrayView collection, QByteArrayView id) const
{
    cbor::Writer writer(1024);
    // Nearly every version is that of the newest write or the floor: a number stands for those.
    const auto reference = [&](const Version &version) {
        if (version == m_newestWrite) {
            writer.unsignedInteger(0);
        } else if (version == m_newestFloor) {
            writer.unsignedInteger(1);
        } else {
            writeVersion(writer, version);
        }
    };
    writer.array(9);
    writer.text(collection);
    writer.text(id);
    writeVersion(writer, m_newestDelete);
    writeVersion(writer, m_newestWrite);
    writeVersion(writer, m_newestFloor);
    writer.array(m_members.size());
    for (const MemberState &member : m_members) {
        writer.array(3);
        writer.text(member.folded);
        reference(member.version);
        writer.boolean(member.isRemoved);
    }
    writer.array(m_sums.size());
    for (const auto &[key, sum] : m_sums) {
        writer.array(5);
        writer.text(key.first);
        writer.text(key.second.origin.bytes());
        writer.incarnation(key.second.number);
        writer.unsignedInteger(sum.count);
        writer.text(sum.sum.toText());
    }
    writer.array(m_heads.size());
    for (const Head &head : m_heads) {
        reference(head.version);
    }
    if (const auto bytes = shown()) {
        writer.byteString(Hash128::of(*bytes).bytes());
    } else {
        writer.null();
    }
    return Hash128::of(writer.bytes());
}

} // namespace driftless::storage
