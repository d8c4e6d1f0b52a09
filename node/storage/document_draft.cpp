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
    const QByteArray path = "$." + member.decoded;
    if (value.members().size() != 1) {
        return Error {ErrorCode::InvalidJson, "An addition is an object with the one member \"$inc\"; send other changes apart from it.", path};
    }
    auto by = Decimal::parseCounter(increment->value);
    if (!by) {
        return Error {by.error().code == ErrorCode::NumberTooLong ? ErrorCode::NumberTooLong : ErrorCode::InvalidJson,
            "\"$inc\" takes a number of at most 34 digits.", path};
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

} // namespace

DocumentDraft::DocumentDraft(const DocumentState &state, const Incarnation &own, bool claimsWhole)
    : m_state(state)
    , m_own(own)
    , m_claimsWhole(claimsWhole)
{
    if (state.showsNewestWrite()) {
        m_before = state.newestWriteBody();
    } else if (auto bytes = state.shown()) {
        m_before = scanned(std::move(*bytes));
    }
    m_now = m_before;
}

void DocumentDraft::put(json::Object document)
{
    m_additions.clear(); // what the group added is inside of the values that the put brings, or gone with them
    m_wasPut = true;
    m_now = std::move(document);
}

Result<void> DocumentDraft::patch(const json::Object &patch, const QByteArray &id)
{
    json::Object now;
    if (m_now) {
        now = *m_now;
    } else {
        QByteArray fresh = "{\"Id\":";
        json::appendString(fresh, id);
        now = scanned(fresh + '}');
    }
    std::vector<json::Edit> edits;
    std::map<QByteArray, Decimal> additions = m_additions;
    std::set<QByteArray> sets = m_sets;
    for (const json::Member &member : patch.members()) {
        if (isIdMember(member.folded)) {
            continue; // the id is the route's
        }
        const QByteArray folded(member.folded.constData(), member.folded.size());
        DRIFTLESS_TRY_ASSIGN(const auto increment, incrementOf(member));
        if (increment) {
            DRIFTLESS_TRY_ASSIGN(QByteArray value, addTo(now, member, *increment));
            edits.push_back({member.decoded, std::move(value)});
            if (!m_wasPut && !sets.contains(folded)) {
                additions[folded] += *increment;
            }
            continue;
        }
        if (holdsNestedIncrement(member.value)) {
            return Error {ErrorCode::InvalidJson, "\"$inc\" adds to a member of the document itself, not to one inside of it. Move the counter to the top level.",
                "$." + member.decoded};
        }
        sets.insert(folded);
        additions.erase(folded);
        if (member.value == "null") {
            edits.push_back({member.decoded, {}});
            continue;
        }
        const json::Member *target = now.find(member.folded);
        edits.push_back({member.decoded, json::mergePatchValue(target != nullptr ? target->value : QByteArrayView(), member.value)});
    }
    m_now = scanned(json::splice(now, edits));
    m_additions = std::move(additions);
    m_sets = std::move(sets);
    return {};
}

Result<QByteArray> DocumentDraft::addTo(const json::Object &now, const json::Member &member, const Decimal &by)
{
    const json::Member *target = now.find(member.folded);
    Decimal base;
    if (target != nullptr) {
        auto number = Decimal::parseCounter(target->value);
        if (!number) {
            return Error {ErrorCode::NotANumber,
                "Member '" + member.decoded + "' is not a number of at most 34 digits, so nothing can be added to it. Set it first.", "$." + member.decoded};
        }
        base = std::move(number).value();
    }
    base += by;
    if (base.digitCount() > kDecimalDigitsMax) {
        return Error {ErrorCode::NumberTooLong, "The sum of member '" + member.decoded + "' would have more than 34 digits. Add less, or set it to a shorter number first.", "$." + member.decoded};
    }
    return base.toText();
}

void DocumentDraft::remove()
{
    m_now.reset();
    m_wasRemoved = true;
    m_wasPut = false;
    m_additions.clear();
    m_sets.clear();
}

void DocumentDraft::claimMember(const json::Member &member, bool floor, const json::Object *before, std::vector<Claim> &changed) const
{
    const json::Member *had = before != nullptr ? before->find(member.folded) : nullptr;
    const QByteArray folded(member.folded.constData(), member.folded.size());
    Claim claim;
    claim.name = QByteArray(member.decoded.constData(), member.decoded.size());
    const auto addition = m_additions.find(folded);
    if (addition != m_additions.end()) {
        const CounterSums sums = m_state.sumsOf(folded);
        const auto mine = sums.find(m_own);
        claim.own = mine == sums.end() ? CounterSum {} : mine->second;
        claim.own.count += 1;
        claim.own.sum += addition->second;
        claim.by = addition->second;
        claim.kind = had != nullptr && !floor ? Claim::Kind::Add : Claim::Kind::SetAdd;
        if (claim.kind == Claim::Kind::SetAdd) {
            claim.base = had != nullptr ? had->value.toByteArray() : QByteArray("0");
            claim.seen = sums;
        }
        changed.push_back(std::move(claim));
        return;
    }
    const bool differs = had == nullptr || had->name != member.name || had->value != member.value;
    if (!floor && !differs) {
        return;
    }
    claim.seen = m_state.sumsOf(folded);
    if (!floor || !claim.seen.empty()) {
        changed.push_back(std::move(claim));
    }
}

std::optional<PlannedWrite> DocumentDraft::finish() const
{
    PlannedWrite plan;
    if (!m_now) {
        plan.kind = OperationKind::Delete;
        return m_before ? std::optional(plan) : std::nullopt;
    }
    // Behind a delete in the same group begins a new life, which has seen nothing of the old one.
    const json::Object *before = m_before && !m_wasRemoved ? &*m_before : nullptr;
    plan.floor = before == nullptr || m_claimsWhole;
    bool differs = before == nullptr || !m_additions.empty();
    for (const json::Member &member : m_now->members()) {
        if (isIdMember(member.folded)) {
            continue;
        }
        const json::Member *had = before != nullptr ? before->find(member.folded) : nullptr;
        differs = differs || had == nullptr || had->name != member.name || had->value != member.value;
        claimMember(member, plan.floor, before, plan.changed);
    }
    if (before != nullptr) {
        for (const json::Member &member : before->members()) {
            if (isIdMember(member.folded) || m_now->find(member.folded) != nullptr) {
                continue;
            }
            differs = true;
            if (!plan.floor) { // a floor claims also what it lacks
                Claim claim;
                claim.name = QByteArray(member.decoded.constData(), member.decoded.size());
                claim.kind = Claim::Kind::Removed;
                plan.changed.push_back(std::move(claim));
            }
        }
    }
    if (!differs) {
        return std::nullopt;
    }
    plan.body = m_now->bytes();
    return plan;
}

} // namespace driftless::storage
