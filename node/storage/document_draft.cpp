#include "storage/document_draft.h"

#include "core/case_fold.h"

#include <algorithm>

namespace driftless::storage {

namespace {

constexpr QByteArrayView kIncrement = "$inc";

json::Object scanned(QByteArray bytes)
{
    auto object = json::Object::scan(std::move(bytes));
    DRIFTLESS_ASSERT(object.isOk()); // made here from checked parts
    return std::move(object).value();
}

/// The `n` of `{"$inc": n}`; nothing for any other value.
Result<std::optional<Decimal>> incrementOf(const json::Member &member)
{
    if (!member.value.startsWith('{')) {
        return std::optional<Decimal>();
    }
    const json::Object value = scanned(member.value.toByteArray());
    const json::Member *increment = value.find(kIncrement);
    if (increment == nullptr) {
        return std::optional<Decimal>();
    }
    const QByteArray path = "$." + member.decoded.toByteArray();
    if (value.members().size() != 1) {
        return Error {ErrorCode::InvalidJson,
            "An addition is an object with the one member \"$inc\"; send other changes apart from "
            "it.",
            path};
    }
    auto by = Decimal::parseCounter(increment->value);
    if (!by) {
        return Error {by.error().code == ErrorCode::NumberTooLong ? ErrorCode::NumberTooLong
                                                                  : ErrorCode::InvalidJson,
            "\"$inc\" takes a number of at most 34 digits.",
            path};
    }
    return std::optional(std::move(by).value());
}

/// A quote inside of a string is escaped, so a bare `"$inc"` before a colon is a name.
bool holdsNestedIncrement(QByteArrayView value)
{
    constexpr QByteArrayView name = "\"$inc\"";
    for (qsizetype at = value.indexOf(name); at >= 0; at = value.indexOf(name, at + 1)) {
        if (value.sliced(at + name.size()).trimmed().startsWith(':')) {
            return true;
        }
    }
    return false;
}

bool isEqual(const json::Member &a, const json::Member &b)
{
    return a.name == b.name && a.value == b.value;
}

/// Most writes leave the order of the members as it was.
const json::Member *findNear(const json::Object &object, std::size_t place, QByteArrayView folded)
{
    const bool isThere
        = place < object.members().size() && object.members()[place].folded == folded;
    return isThere ? &object.members()[place] : object.find(folded);
}

std::size_t countWithoutId(const json::Object &object)
{
    return static_cast<std::size_t>(std::count_if(object.members().begin(),
        object.members().end(),
        [](const json::Member &member) { return !isIdMember(member.folded); }));
}

} // namespace

DocumentDraft::DocumentDraft(const DocumentState &state, const Incarnation &own, bool claimsWhole)
    : m_state(state)
    , m_own(own)
    , m_claimsWhole(claimsWhole)
{
    if (!state.showsNewestWrite()) {
        if (auto bytes = state.shown()) {
            m_composed = scanned(std::move(*bytes));
        }
    }
}

void DocumentDraft::put(json::Object document)
{
    m_additions.clear(); // what the group added is inside of the values that the put brings, or
                         // gone with them
    m_wasPut = true;
    m_isTouched = true;
    m_written = std::move(document);
}

/// What one patch makes of the document; taken over once all of it is known to be right.
struct DocumentDraft::Changes
{
    std::vector<json::Edit> edits;
    std::map<QByteArray, Decimal> additions;
    std::set<QByteArray> sets;
};

/// The document that a patch changes: where none is visible, a new one.
json::Object DocumentDraft::begun(const QByteArray &id) const
{
    if (isVisible()) {
        return *now();
    }
    QByteArray fresh = "{\"Id\":";
    json::appendString(fresh, id);
    return scanned(fresh + '}');
}

/// False if the member is no addition.
Result<bool> DocumentDraft::takeAddition(
    const json::Object &now, const json::Member &member, Changes &changes) const
{
    DRIFTLESS_TRY_ASSIGN(const auto increment, incrementOf(member));
    if (!increment) {
        return false;
    }
    DRIFTLESS_TRY_ASSIGN(QByteArray value, addTo(now, member, *increment));
    changes.edits.push_back({member.decoded.toByteArray(), std::move(value)});
    const QByteArray folded = member.folded.toByteArray();
    if (!m_wasPut && !changes.sets.contains(folded)) {
        changes.additions[folded] += *increment;
    }
    return true;
}

/// `value` is empty where the member goes.
void DocumentDraft::takeValue(const json::Member &member, QByteArray value, Changes &changes)
{
    const QByteArray folded = member.folded.toByteArray();
    changes.sets.insert(folded);
    changes.additions.erase(folded);
    changes.edits.push_back({member.decoded.toByteArray(), std::move(value)});
}

void DocumentDraft::apply(const json::Object &now, Changes changes)
{
    m_written = scanned(json::splice(now, changes.edits));
    m_isTouched = true;
    m_additions = std::move(changes.additions);
    m_sets = std::move(changes.sets);
}

Result<void> DocumentDraft::patch(const json::Object &patch, const QByteArray &id)
{
    const json::Object now = begun(id);
    Changes changes {{}, m_additions, m_sets};
    for (const json::Member &member : patch.members()) {
        if (isIdMember(member.folded)) {
            continue; // the id is the route's
        }
        DRIFTLESS_TRY_ASSIGN(const bool isAddition, takeAddition(now, member, changes));
        if (isAddition) {
            continue;
        }
        if (holdsNestedIncrement(member.value)) {
            return Error {ErrorCode::InvalidJson,
                "\"$inc\" adds to a member of the document itself, not to one inside of it. Move "
                "the counter to the top level.",
                "$." + member.decoded.toByteArray()};
        }
        const json::Member *target = now.find(member.folded);
        takeValue(member,
            member.value == "null"
                ? QByteArray()
                : json::mergePatchValue(
                    target != nullptr ? target->value : QByteArrayView(), member.value),
            changes);
    }
    apply(now, std::move(changes));
    return {};
}

Result<void> DocumentDraft::set(
    const json::Object &members, const json::Object &sums, const QByteArray &id)
{
    const json::Object now = begun(id);
    Changes changes {{}, m_additions, m_sets};
    for (const json::Member &member : members.members()) {
        const json::Member *sum = sums.find(member.folded);
        const auto isAddition = takeAddition(now, member, changes);
        if (isAddition && *isAddition) {
            continue;
        }
        if (!isAddition && sum == nullptr) {
            return isAddition.error();
        }
        takeValue(member, (sum != nullptr ? sum->value : member.value).toByteArray(), changes);
    }
    apply(now, std::move(changes));
    return {};
}

Result<QByteArray> DocumentDraft::addTo(
    const json::Object &now, const json::Member &member, const Decimal &by)
{
    const json::Member *target = now.find(member.folded);
    Decimal base;
    if (target != nullptr) {
        auto number = Decimal::parseCounter(target->value);
        if (!number) {
            return Error {ErrorCode::NotANumber,
                "Member '" + member.decoded.toByteArray()
                    + "' is not a number of at most 34 digits, so nothing can be added to it. Set "
                      "it first.",
                "$." + member.decoded.toByteArray()};
        }
        base = std::move(number).value();
    }
    base += by;
    if (base.digitCount() > kDecimalDigitsMax) {
        return Error {ErrorCode::NumberTooLong,
            "The sum of member '" + member.decoded.toByteArray()
                + "' would have more than 34 digits. Add less, or set it to a shorter number "
                  "first.",
            "$." + member.decoded.toByteArray()};
    }
    return base.toText();
}

void DocumentDraft::remove()
{
    m_written.reset();
    m_isTouched = true;
    m_wasRemoved = true;
    m_wasPut = false;
    m_additions.clear();
    m_sets.clear();
}

void DocumentDraft::claimAddition(const Decimal &by,
    const json::Member &member,
    bool floor,
    const json::Member *had,
    std::vector<Claim> &changed) const
{
    const CounterSums sums = m_state.sumsOf(member.folded);
    const auto mine = sums.find(m_own);
    Claim claim;
    claim.name = member.decoded.toByteArray();
    claim.own = mine == sums.end() ? CounterSum {} : mine->second;
    claim.own.count += 1;
    claim.own.sum += by;
    claim.by = by;
    claim.kind = had != nullptr && !floor ? Claim::Kind::Add : Claim::Kind::SetAdd;
    if (claim.kind == Claim::Kind::SetAdd) {
        claim.base = had != nullptr ? had->value.toByteArray() : QByteArray("0");
        claim.seen = sums;
    }
    changed.push_back(std::move(claim));
}

void DocumentDraft::claimMember(const json::Member &member,
    bool floor,
    const json::Member *had,
    std::vector<Claim> &changed) const
{
    if (!m_additions.empty()) {
        const auto addition = m_additions.find(member.folded.toByteArray());
        if (addition != m_additions.end()) {
            claimAddition(addition->second, member, floor, had, changed);
            return;
        }
    }
    if (!floor && had != nullptr && isEqual(*had, member)) {
        return;
    }
    CounterSums seen;
    if (!m_state.sums().empty()) {
        seen = m_state.sumsOf(member.folded);
    }
    if (!floor || !seen.empty()) {
        Claim claim;
        claim.name = member.decoded.toByteArray();
        claim.seen = std::move(seen);
        changed.push_back(std::move(claim));
    }
}

void DocumentDraft::claimRemovals(
    const json::Object &before, const json::Object &now, std::vector<Claim> &changed)
{
    for (const json::Member &member : before.members()) {
        if (!isIdMember(member.folded) && now.find(member.folded) == nullptr) {
            Claim claim;
            claim.name = member.decoded.toByteArray();
            claim.kind = Claim::Kind::Removed;
            changed.push_back(std::move(claim));
        }
    }
}

std::optional<PlannedWrite> DocumentDraft::finish() const
{
    PlannedWrite plan;
    const json::Object *document = now();
    if (document == nullptr) {
        plan.kind = OperationKind::Delete;
        return before() != nullptr ? std::optional(plan) : std::nullopt;
    }
    // Behind a delete in the same group begins a new life, which has seen nothing of the old one.
    const json::Object *before = m_wasRemoved ? nullptr : this->before();
    plan.floor = before == nullptr || m_claimsWhole;
    bool differs = before == nullptr || !m_additions.empty();
    std::size_t kept = 0;
    for (std::size_t place = 0; place < document->members().size(); ++place) {
        const json::Member &member = document->members()[place];
        if (isIdMember(member.folded)) {
            continue;
        }
        const json::Member *had
            = before != nullptr ? findNear(*before, place, member.folded) : nullptr;
        kept += had != nullptr ? 1U : 0U;
        differs = differs || had == nullptr || !isEqual(*had, member);
        claimMember(member, plan.floor, had, plan.changed);
    }
    if (before != nullptr && kept < countWithoutId(*before)) {
        differs = true;
        if (!plan.floor) { // a floor claims also what it lacks
            claimRemovals(*before, *document, plan.changed);
        }
    }
    if (!differs) {
        return std::nullopt;
    }
    plan.body = document->bytes();
    plan.document = *document;
    return plan;
}

} // namespace driftless::storage
