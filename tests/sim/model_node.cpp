#include "model_node.h"

#include "core/assert.h"
#include "core/case_fold.h"

#include <algorithm>

namespace driftless::sim {

namespace {

using Kind = storage::Claim::Kind;

/// Member by folded name, as `before` shows it.
std::map<QByteArray, ModelMember> shownMembers(const ModelState &before)
{
    std::map<QByteArray, ModelMember> members;
    if (before.shown) {
        auto split = splitObject(*before.shown);
        for (ModelMember &member : *split) {
            members[member.folded] = std::move(member);
        }
    }
    return members;
}

storage::CounterSums seenOf(const ModelState &before, const QByteArray &member)
{
    storage::CounterSums seen;
    for (const auto &[key, sum] : before.sums) {
        if (key.first == member) {
            seen[key.second] = {sum.count, Decimal::parse(sum.sum.text()).value()};
        }
    }
    return seen;
}

const ModelEdit *additionTo(const ModelRequest &request, const QByteArray &folded)
{
    for (const ModelEdit &edit : request.edits) {
        if (edit.kind == ModelEdit::Kind::Add && foldCase(edit.member) == folded) {
            return &edit;
        }
    }
    return nullptr;
}

storage::Claim additionClaim(const ModelState &before,
    const ModelEdit &edit,
    const QByteArray &folded,
    const Incarnation &incarnation)
{
    storage::Claim claim;
    claim.name = folded;
    claim.kind = Kind::Add;
    const auto mine = before.sums.find({folded, incarnation});
    const ModelSum own = mine == before.sums.end() ? ModelSum {} : mine->second;
    claim.by = Decimal::parseCounter(edit.value).value();
    claim.own = {own.count + 1,
        Decimal::parse(own.sum.plus(*ModelNumber::ofCounter(edit.value)).text()).value()};
    return claim;
}

} // namespace

std::optional<QByteArray> imageAfter(const ModelState &before, const ModelRequest &request)
{
    if (request.kind == ModelRequest::Kind::Put) {
        return request.body;
    }
    if (request.kind == ModelRequest::Kind::Delete) {
        return std::nullopt;
    }
    // A document that is not there begins with its id alone.
    std::vector<ModelMember> members {{"Id", "Id", "id", '"' + request.id + '"'}};
    if (before.shown) {
        members = *splitObject(*before.shown);
    }
    for (const ModelEdit &edit : request.edits) {
        const QByteArray folded = foldCase(edit.member);
        auto at = std::find_if(members.begin(), members.end(), [&](const ModelMember &member) {
            return member.folded == folded;
        });
        if (edit.kind == ModelEdit::Kind::Remove) {
            if (at != members.end()) {
                members.erase(at);
            }
            continue;
        }
        QByteArray value = edit.value;
        if (edit.kind == ModelEdit::Kind::Add) {
            const auto base
                = at == members.end() ? ModelNumber() : ModelNumber::ofCounter(at->value);
            if (!base) {
                return std::nullopt;
            }
            value = base->plus(*ModelNumber::ofCounter(edit.value)).text();
        }
        if (at != members.end()) {
            at->value = value;
        } else {
            members.push_back({edit.member, edit.member, folded, value});
        }
    }
    QByteArray body = "{";
    for (const ModelMember &member : members) {
        body.append(body.size() > 1 ? "," : "")
            .append('"')
            .append(member.rawName)
            .append("\":")
            .append(member.value);
    }
    return body.append('}');
}

std::optional<ModelPlan> planOf(const ModelState &before,
    const ModelRequest &request,
    const QByteArray &body,
    const Incarnation &incarnation,
    bool isLastWriterWins)
{
    ModelPlan plan;
    if (request.kind == ModelRequest::Kind::Delete) {
        plan.isDelete = true;
        return before.shown ? std::optional(plan) : std::nullopt;
    }
    plan.body = body;
    plan.floor = !before.shown || isLastWriterWins;
    const auto have = shownMembers(before);
    std::map<QByteArray, storage::Claim> claims;
    std::set<QByteArray> present;
    bool changes = !before.shown;
    const auto after = splitObject(body);
    for (const ModelMember &member : *after) {
        present.insert(member.folded);
        const auto old = have.find(member.folded);
        const bool differs = old == have.end() || old->second.value != member.value
            || old->second.rawName != member.rawName;
        if (member.folded == "id") {
            continue;
        }
        storage::Claim claim;
        claim.name = member.folded;
        if (const ModelEdit *edit = additionTo(request, member.folded)) {
            claim = additionClaim(before, *edit, member.folded, incarnation);
            if (plan.floor || old == have.end()) {
                claim.kind = Kind::SetAdd;
                claim.base = old == have.end() ? QByteArray("0") : old->second.value;
                claim.seen = seenOf(before, member.folded);
            }
        } else if (plan.floor || differs) {
            claim.seen = seenOf(before, member.folded);
            changes = changes || differs;
            if (plan.floor && claim.seen.empty()) {
                continue; // claimed by the floor; a header does not list it
            }
        } else {
            continue;
        }
        changes = changes || claim.kind != Kind::Set;
        claims[member.folded] = claim;
    }
    for (const auto &[folded, member] : have) {
        if (present.count(folded) == 0 && folded != "id") {
            changes = true;
            if (!plan.floor) { // a floor claims what it lacks by itself
                claims[folded].name = folded;
                claims[folded].kind = Kind::Removed;
            }
        }
    }
    for (auto &[folded, claim] : claims) {
        plan.claims.push_back(std::move(claim));
    }
    return changes ? std::optional(plan) : std::nullopt;
}

ModelNode::ModelNode(const char *name, Judge &judge, bool isLastWriterWins)
    : m_name(NodeId::parse(name).value())
    , m_judge(judge)
    , m_isLastWriterWins(isLastWriterWins)
{
}

void ModelNode::goBackTo(const ModelNode &older)
{
    m_hlc = older.m_hlc;
    m_last = older.m_last;
    m_log = older.m_log;
    m_ends = older.m_ends;
    restart();
}

bool ModelNode::covers(const Dot &dot) const
{
    const auto end = m_ends.find(dot.incarnation);
    return end != m_ends.end() && end->second.first.dot.sequence >= dot.sequence;
}

void ModelNode::append(const storage::Operation &operation)
{
    const Version &version = operation.header.version;
    m_ends[version.dot.incarnation] = {version, operation.chainHash()};
    m_hlc = std::max(m_hlc, version.hlc);
    m_log.push_back(operation);
}

storage::Operation ModelNode::made(storage::OperationHeader header, QByteArray body)
{
    header.version.hlc = m_hlc;
    header.version.dot.incarnation = *m_incarnation;
    const auto end = m_ends.find(*m_incarnation);
    if (end != m_ends.end()) {
        header.version.dot.sequence = end->second.first.dot.sequence + 1;
        header.previous = end->second.second;
    } else {
        header.version.dot.sequence = 1;
    }
    storage::Operation operation = storage::Operation::make(std::move(header), std::move(body));
    append(operation);
    return operation;
}

void ModelNode::open()
{
    // Distinct for every start of every node, and the same in every run.
    ++m_draws;
    const QByteArray draw = m_name.bytes() + '/' + QByteArray::number(quint64(m_draws)) + '/'
        + QByteArray::number(quint64(m_wall)) + '/' + QByteArray::number(quint64(m_log.size()));
    m_incarnation = Incarnation {m_name, Hash128::of(draw).low};
    storage::OperationHeader header;
    header.kind = storage::OperationKind::Open;
    if (m_last) {
        header.parents.push_back({m_ends[*m_last].first, {}});
        header.previous = m_ends[*m_last].second;
    }
    made(std::move(header), {});
    m_last = m_incarnation;
}

std::vector<storage::Operation> ModelNode::write(const std::vector<ModelRequest> &requests)
{
    struct Planned
    {
        const ModelRequest *request;
        const ModelState *before;
        QByteArray body;
    };
    std::vector<Planned> planned;
    std::set<ModelKey> keys;
    for (const ModelRequest &request : requests) {
        const ModelState &before = state(request.collection, request.id);
        const bool isDelete = request.kind == ModelRequest::Kind::Delete;
        const auto body = imageAfter(before, request);
        const Incarnation any; // whether it changes anything does not depend on who writes
        if (before.isWaiting || (!isDelete && !body)
            || !planOf(before, request, body.value_or(QByteArray()), any, m_isLastWriterWins)
            || !keys.insert({foldCase(request.collection), foldCase(request.id)}).second) {
            continue;
        }
        planned.push_back({&request, &before, body.value_or(QByteArray())});
    }
    if (planned.empty()) {
        return {};
    }
    const std::size_t before = m_log.size();
    m_hlc = std::max(m_hlc + 1, m_wall << 16);
    if (!m_incarnation) {
        open();
        ++m_hlc;
    }
    const std::uint64_t first = m_ends[*m_incarnation].first.dot.sequence + 1;
    for (const Planned &each : planned) {
        ModelPlan plan
            = *planOf(*each.before, *each.request, each.body, *m_incarnation, m_isLastWriterWins);
        storage::OperationHeader header;
        header.kind = plan.isDelete ? storage::OperationKind::Delete : storage::OperationKind::Put;
        header.collection = each.request->collection;
        header.documentId = each.request->id;
        header.floor = plan.floor;
        header.changed = std::move(plan.claims);
        for (const Version &head : each.before->heads) {
            header.parents.push_back({head, {}});
        }
        if (planned.size() > 1) {
            header.group = storage::GroupSpan {first, planned.size()};
        }
        made(std::move(header), std::move(plan.body));
    }
    return {m_log.begin() + static_cast<std::ptrdiff_t>(before), m_log.end()};
}

storage::Operation ModelNode::write(const ModelRequest &request)
{
    const auto made = write(std::vector {request});
    DRIFTLESS_ASSERT(!made.empty());
    return made.back();
}

void ModelNode::take(const ModelNode &other, std::size_t countMax)
{
    std::size_t taken = 0;
    for (std::size_t i = 0; i < other.m_log.size();) {
        const auto &group = other.m_log[i].header.group;
        const std::size_t size = group ? group->size : 1;
        if (!covers(other.m_log[i].header.version.dot)) {
            taken += size;
            if (taken > countMax) {
                return;
            }
            for (std::size_t j = i; j < i + size; ++j) {
                append(other.m_log[j]);
            }
        }
        i += size;
    }
}

ModelHistory ModelNode::history(const ModelKey &key) const
{
    ModelHistory history;
    for (const storage::Operation &operation : m_log) {
        const auto write = m_judge.take(operation);
        if (write && write->key == key) {
            history.push_back(write);
        }
    }
    return history;
}

const ModelState &ModelNode::state(const QByteArray &collection, const QByteArray &id) const
{
    return m_judge.judge(history({foldCase(collection), foldCase(id)}));
}

} // namespace driftless::sim
