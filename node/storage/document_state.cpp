#include "storage/document_state.h"

#include "core/case_fold.h"
#include "core/cbor.h"

#include <QVarLengthArray>

#include <algorithm>
#include <cstring>
#include <functional>
#include <iterator>

namespace driftless::storage {

namespace {

Error contradiction(const char *what)
{
    return {ErrorCode::Malformed, QByteArray("An operation contradicts itself: ") + what + '.', {}};
}

/// The number that additions count on; nothing for any other value. An exponent is taken as far as
/// it can be written out.
std::optional<Decimal> decimalOf(QByteArrayView value)
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
            return contradiction(
                "a member that it claims is not in its body, or one that it removes is");
        }
        if (claim.kind == Claim::Kind::SetAdd && !decimalOf(claim.base)) {
            return contradiction("it adds to something that is not a number");
        }
    }
    return {};
}

/// Bytewise, a prefix first: as QByteArrayView compares, which takes several calls for it.
int compareBytes(QByteArrayView a, QByteArrayView b)
{
    const int difference
        = std::memcmp(a.data(), b.data(), static_cast<std::size_t>(std::min(a.size(), b.size())));
    return difference != 0 ? difference : a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

bool less(const MemberState &member, QByteArrayView folded)
{
    return compareBytes(member.folded, folded) < 0;
}

bool isSame(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && (a.data() == b.data() || a.isEmpty() || compareBytes(a, b) == 0);
}

QByteArray viewOf(QByteArrayView bytes)
{
    return QByteArray::fromRawData(bytes.data(), bytes.size());
}

/// The claims of an operation by folded name.
class ClaimIndex
{
public:
    explicit ClaimIndex(const std::vector<Claim> &claims)
    {
        for (const Claim &claim : claims) {
            m_claims.emplace_back(foldCase(claim.name), &claim);
        }
        std::stable_sort(m_claims.begin(), m_claims.end(), [](const Entry &a, const Entry &b) {
            return compareBytes(a.first, b.first) < 0;
        });
    }

    /// Null if there is none; of a repeated name the first.
    [[nodiscard]] const Claim *find(QByteArrayView folded) const
    {
        const auto found = std::lower_bound(
            m_claims.begin(), m_claims.end(), folded, [](const Entry &entry, QByteArrayView name) {
                return compareBytes(entry.first, name) < 0;
            });
        return found != m_claims.end() && isSame(found->first, folded) ? found->second : nullptr;
    }

private:
    using Entry = std::pair<QByteArray, const Claim *>;
    QVarLengthArray<Entry, 8> m_claims;
};

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
        return std::any_of(
            header.parents.begin(), header.parents.end(), [&head](const Parent &parent) {
                return parent.version.dot == head.version.dot
                    || (parent.adoptedId && parent.adoptedId == head.adoptedId);
            });
    });
    const Head head {header.version, header.adoptedId};
    const auto place
        = std::lower_bound(m_heads.begin(), m_heads.end(), head, [](const Head &a, const Head &b) {
              return a.version < b.version;
          });
    m_heads.insert(place, head);
}

Result<void> DocumentState::check(const Operation &operation)
{
    if (operation.header.kind == OperationKind::Delete) {
        return {};
    }
    const auto body = json::Object::scan(operation.body);
    return body ? checkClaims(operation.header, *body)
                : Result<void>(contradiction("its body is not a JSON object"));
}

Result<void> DocumentState::join(const Operation &operation, LogPosition position)
{
    if (operation.header.kind == OperationKind::Delete) {
        m_newestDelete = std::max(m_newestDelete, operation.header.version);
        return {};
    }
    auto scanned = json::Object::scan(operation.body);
    if (!scanned) {
        return contradiction("its body is not a JSON object");
    }
    return join(operation, position, std::move(scanned).value());
}

Result<void> DocumentState::join(
    const Operation &operation, LogPosition position, json::Object body)
{
    const OperationHeader &header = operation.header;
    DRIFTLESS_TRY(checkClaims(header, body));
    const bool isBelowFloor = header.version < m_newestFloor;
    if (header.floor) {
        m_newestFloor = std::max(m_newestFloor, header.version);
    }
    joinClaims(operation, body);
    if (header.floor || isBelowFloor) {
        forgetBelowFloor();
    }
    keepAlive(body);
    if (header.version > m_newestWrite) {
        m_newestWrite = header.version;
        m_written = std::move(body);
        m_writtenAt = position;
    }
    compareWithWritten();
    return {};
}

void DocumentState::keepAlive(const json::Object &body)
{
    m_keptAlive.push_back(body.bytes());
    if (!body.names().isNull()) {
        m_keptAlive.push_back(body.names());
    }
}

QByteArrayView DocumentState::keepAlive(QByteArray text)
{
    m_keptAlive.push_back(std::move(text));
    return m_keptAlive.back();
}

std::uint32_t DocumentState::indexOf(const Version &version)
{
    // From the end: what is asked for twice was asked for a moment ago.
    const auto found = std::find(m_versions.crbegin(), m_versions.crend(), version);
    if (found == m_versions.crend()) {
        m_versions.push_back(version);
        return static_cast<std::uint32_t>(m_versions.size() - 1);
    }
    return static_cast<std::uint32_t>(m_versions.crend() - found - 1);
}

std::uint32_t DocumentState::numberOf(CounterSums seen)
{
    if (seen.empty()) {
        return 0;
    }
    m_seen.push_back(std::move(seen));
    return static_cast<std::uint32_t>(m_seen.size());
}

void DocumentState::joinClaims(const Operation &operation, const json::Object &body)
{
    const OperationHeader &header = operation.header;
    if (m_members.empty() && header.floor && header.changed.empty()) {
        takeMembers(header.version, body);
        return;
    }
    const std::uint32_t version = indexOf(header.version);
    const ClaimIndex claims(header.changed);
    std::vector<MemberState> joined;
    for (const json::Member &member : body.members()) {
        if (isIdMember(member.folded)) {
            continue;
        }
        const Claim *claim = claims.find(member.folded);
        if (claim == nullptr && !header.floor) {
            continue;
        }
        if (claim == nullptr || claim->kind != Claim::Kind::Add) {
            MemberState state = MemberState::of(member, version);
            if (claim != nullptr) {
                state.seen = numberOf(claim->seen);
                if (claim->kind == Claim::Kind::SetAdd) {
                    state.value = keepAlive(claim->base);
                }
            }
            joined.push_back(state);
        }
        if (claim != nullptr
            && (claim->kind == Claim::Kind::Add || claim->kind == Claim::Kind::SetAdd)) {
            joinSum(member.folded, header.version.dot.incarnation, claim->own);
        }
    }
    for (const Claim &claim : header.changed) {
        if (claim.kind == Claim::Kind::Removed) {
            MemberState &state = joined.emplace_back();
            state.folded = keepAlive(foldCase(claim.name));
            state.version = version;
            state.isRemoved = true;
        }
    }
    joinMembers(std::move(joined));
}

/// All members of a document that nothing was known of: sorted once, not one by one.
void DocumentState::takeMembers(const Version &version, const json::Object &body)
{
    QVarLengthArray<const json::Member *, 32> order;
    for (const json::Member &member : body.members()) {
        if (!isIdMember(member.folded)) {
            order.push_back(&member);
        }
    }
    const auto comesFirst = [](const json::Member *a, const json::Member *b) {
        return compareBytes(a->folded, b->folded) < 0;
    };
    std::stable_sort(order.begin(),
        order.end(),
        comesFirst); // of a repeated name the first counts, as where they are joined one by one
    m_members.reserve(static_cast<std::size_t>(order.size()));
    const std::uint32_t index = indexOf(version);
    for (const json::Member *member : order) {
        if (m_members.empty() || !isSame(m_members.back().folded, member->folded)) {
            m_members.push_back(MemberState::of(*member, index));
        }
    }
}

/// Of one operation. Many are merged in one pass: inserted one by one, those of a document with
/// 100,000 members took seconds.
void DocumentState::joinMembers(std::vector<MemberState> joined)
{
    constexpr std::size_t kMovesMax = 1'024;
    if (m_members.empty()) {
        m_members.reserve(joined.size());
    }
    if (joined.size() * (m_members.size() + joined.size()) <= kMovesMax) {
        for (const MemberState &member : joined) {
            joinMember(member);
        }
        return;
    }
    const auto comesFirst = [](const MemberState &a, const MemberState &b) {
        return compareBytes(a.folded, b.folded) < 0;
    };
    std::stable_sort(joined.begin(), joined.end(), comesFirst);
    std::vector<MemberState> all;
    all.reserve(m_members.size() + joined.size());
    std::merge(m_members.begin(),
        m_members.end(),
        joined.begin(),
        joined.end(),
        std::back_inserter(all),
        comesFirst);
    m_members.clear();
    for (const MemberState &member : all) { // of one name the newest; of the same version the first
        if (m_members.empty() || !isSame(m_members.back().folded, member.folded)) {
            m_members.push_back(member);
        } else if (isNewer(member, m_members.back())) {
            m_members.back() = member;
        }
    }
}

void DocumentState::joinMember(const MemberState &member)
{
    const auto place = std::lower_bound(m_members.begin(), m_members.end(), member.folded, less);
    if (place == m_members.end() || !isSame(place->folded, member.folded)) {
        m_members.insert(place, member);
    } else if (isNewer(member, *place)) {
        *place = member;
    }
}

void DocumentState::joinSum(
    QByteArrayView foldedMember, const Incarnation &incarnation, const CounterSum &sum)
{
    CounterSum &mine = m_sums[SumKey {foldedMember.toByteArray(), incarnation}];
    if (sum.count > mine.count) {
        mine = sum;
    }
}

void DocumentState::forgetBelowFloor()
{
    std::erase_if(
        m_members, [this](const MemberState &member) { return versionOf(member) < m_newestFloor; });
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

CounterSums DocumentState::sumsOf(QByteArrayView foldedMember) const
{
    CounterSums result;
    for (auto it = m_sums.lower_bound(SumKey {viewOf(foldedMember), Incarnation {}});
         it != m_sums.end() && it->first.first == foldedMember;
         ++it) {
        result.emplace(it->first.second, it->second);
    }
    return result;
}

QByteArray DocumentState::valueOf(const MemberState &member) const
{
    if (m_sums.empty()) {
        return viewOf(member.value);
    }
    bool hasUnseen = false;
    Decimal extra;
    const CounterSums &seen = seenBy(member);
    for (const auto &[incarnation, sum] : sumsOf(member.folded)) {
        const auto known = seen.find(incarnation);
        const CounterSum before = known == seen.end() ? CounterSum {} : known->second;
        hasUnseen = hasUnseen || sum.count > before.count;
        extra += sum.sum - before.sum;
    }
    const auto base = hasUnseen ? decimalOf(member.value) : std::nullopt;
    return base ? (*base + extra).toText() : viewOf(member.value);
}

const MemberState *DocumentState::findMember(QByteArrayView folded) const
{
    const auto place = std::lower_bound(m_members.begin(), m_members.end(), folded, less);
    return place != m_members.end() && isSame(place->folded, folded) ? &*place : nullptr;
}

bool DocumentState::isInNewestWrite(const MemberState &member) const
{
    // compareWithWritten lets those point into it, and no others do.
    const QByteArray &written = m_written.bytes();
    return std::less_equal<> {}(written.constData(), member.value.data())
        && std::less<> {}(member.value.data(), written.constData() + written.size());
}

/// True only if each member came from the newest write and none of its members is missing.
bool DocumentState::pointsIntoWritten() const
{
    const auto count = static_cast<std::size_t>(std::count_if(m_written.members().begin(),
        m_written.members().end(),
        [](const json::Member &member) { return !isIdMember(member.folded); }));
    return m_members.size() == count
        && std::all_of(m_members.begin(), m_members.end(), [this](const MemberState &member) {
               return !member.isRemoved && isInNewestWrite(member);
           });
}

/// After each change of the members or the newest write. Members that stand in it as they are point
/// into it from now on, which spares the next to compare their bytes.
void DocumentState::compareWithWritten()
{
    m_hidesWritten = false;
    if (m_sums.empty() && pointsIntoWritten()) {
        m_showsWritten = true;
        return;
    }
    const auto live = std::count_if(m_members.begin(),
        m_members.end(),
        [](const MemberState &member) { return !member.isRemoved; });
    std::ptrdiff_t found = 0;
    m_showsWritten = true;
    for (const json::Member &member : m_written.members()) {
        if (isIdMember(member.folded)) {
            continue;
        }
        const auto winner
            = std::lower_bound(m_members.begin(), m_members.end(), member.folded, less);
        const bool isHidden = winner == m_members.end() || !isSame(winner->folded, member.folded);
        m_hidesWritten = m_hidesWritten || isHidden;
        if (isHidden || winner->isRemoved) {
            m_showsWritten = false;
            continue;
        }
        ++found;
        const bool isSameName = isSame(winner->name, member.name);
        if (isSameName && isSame(winner->value, member.value)) {
            winner->name = member.name;
            winner->value = member.value;
        }
        m_showsWritten = m_showsWritten && isSameName
            && isSame(
                m_sums.empty() ? winner->value : QByteArrayView(valueOf(*winner)), member.value);
    }
    m_showsWritten = m_showsWritten && found == live;
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
    std::sort(missing.begin(), missing.end(), [](const auto &a, const auto &b) {
        return a.first < b.first;
    });
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
    writer.byteString(Hash128::of(*shown()).byteArray());
    return Hash128::of(writer.bytes());
}

Hash128 DocumentState::hash(QByteArrayView collection, QByteArrayView id) const
{
    cbor::Writer writer(960); // one that malloc has at hand: 1,024 and its head are beyond that
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
        reference(versionOf(member));
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
    if (showsNewestWrite()) {
        writer.byteString(Hash128::of(m_written.bytes()).byteArray());
    } else if (const auto bytes = shown()) {
        writer.byteString(Hash128::of(*bytes).byteArray());
    } else {
        writer.null();
    }
    return Hash128::of(writer.bytes());
}

} // namespace driftless::storage
