#include "model.h"

#include "core/case_fold.h"

#include <algorithm>

namespace driftless::sim {

namespace {

using Kind = storage::Claim::Kind;

constexpr char kIdMember[] = "id";

ModelNumber numberOf(const Decimal &decimal)
{
    return ModelNumber::ofPlain(decimal.toText()).value_or(ModelNumber());
}

/// In plain notation of any length, or short enough to be written so.
std::optional<ModelNumber> numberIn(const QByteArray &value)
{
    const auto plain = ModelNumber::ofPlain(value);
    return plain ? plain : ModelNumber::ofCounter(value);
}

ModelSum sumOf(const storage::CounterSum &sum)
{
    return {sum.count, numberOf(sum.sum)};
}

const ModelMember *memberOf(const ModelWrite &write, const QByteArray &folded)
{
    const auto found = std::find_if(write.members.begin(),
        write.members.end(),
        [&](const ModelMember &member) { return member.folded == folded; });
    return found == write.members.end() ? nullptr : &*found;
}

ModelWrite::Claim claimOf(const storage::Claim &claim, const ModelMember *member)
{
    ModelWrite::Claim result;
    result.kind = claim.kind;
    result.rawName = member != nullptr ? member->rawName : QByteArray();
    result.value = claim.kind == Kind::SetAdd ? claim.base
        : member != nullptr                   ? member->value
                                              : QByteArray();
    for (const auto &[incarnation, sum] : claim.seen) {
        result.seen[incarnation] = sumOf(sum);
    }
    result.own = sumOf(claim.own);
    result.by = numberOf(claim.by);
    return result;
}

void takeClaims(const storage::OperationHeader &header, ModelWrite &write)
{
    if (header.floor) { // it claims every member of its body; the header names only what is not a
                        // plain set
        for (const ModelMember &member : write.members) {
            if (member.folded != kIdMember) {
                write.claims[member.folded] = claimOf({}, &member);
            }
        }
    }
    for (const storage::Claim &claim : header.changed) {
        const QByteArray folded = foldCase(claim.name);
        const ModelMember *member = memberOf(write, folded);
        if (folded == kIdMember) {
            write.fault = "it claims Id, which is not merged";
            continue;
        }
        if ((claim.kind == Kind::Removed) == (member != nullptr)) {
            write.fault = "its claim of '" + folded + "' does not go with its body";
        }
        if (claim.kind == Kind::SetAdd && !numberIn(claim.base)) {
            write.fault = "it adds to something that is not a number";
        }
        write.claims[folded] = claimOf(claim, member);
    }
}

/// The value of a counter or any other member whose newest set is `claim`: last set + Σ (sum now −
/// sum that the set saw).
QByteArray valueOf(
    const QByteArray &member, const ModelWrite::Claim &claim, const ModelState &state)
{
    const auto base = numberIn(claim.value);
    if (!base) {
        return claim.value;
    }
    ModelNumber value = *base;
    bool hasUnseen = false;
    for (const auto &[key, now] : state.sums) {
        if (key.first != member) {
            continue;
        }
        const auto seen = claim.seen.find(key.second);
        const ModelSum before = seen == claim.seen.end() ? ModelSum {} : seen->second;
        value = value.plus(now.sum).minus(before.sum);
        hasUnseen = hasUnseen || now.count > before.count;
    }
    return hasUnseen ? value.text() : claim.value;
}

void appendMember(QByteArray &json, const QByteArray &rawName, const QByteArray &value)
{
    json.append(json.size() > 1 ? "," : "").append('"').append(rawName).append("\":").append(value);
}

void show(const ModelWrite &write, ModelState &state)
{
    std::map<QByteArray, const ModelWinner *>
        missing; // by decoded name: the winners that W's body lacks
    for (const auto &[folded, winner] : state.members) {
        if (!winner.isRemoved && memberOf(write, folded) == nullptr) {
            missing[splitObject("{\"" + winner.rawName + "\":0}")->front().name] = &winner;
        }
    }
    state.isWrite = missing.empty();
    QByteArray compact = "{";
    for (const ModelMember &member : write.members) {
        if (member.folded == kIdMember) {
            appendMember(compact, member.rawName, member.value);
            continue;
        }
        const auto winner = state.members.find(member.folded);
        if (winner == state.members.end() || winner->second.isRemoved) {
            state.isWrite = false;
            continue;
        }
        state.isWrite = state.isWrite && winner->second.value == member.value
            && winner->second.rawName == member.rawName;
        appendMember(compact, winner->second.rawName, winner->second.value);
    }
    for (const auto &[name, winner] : missing) {
        appendMember(compact, winner->rawName, winner->value);
    }
    state.shown = state.isWrite ? write.body : compact.append('}');
}

void judgeMembers(const ModelHistory &live, ModelState &state)
{
    std::map<QByteArray, const ModelWrite::Claim *> newest;
    for (const auto &write : live) {
        for (const auto &[member, claim] : write->claims) {
            if (claim.adds()) {
                ModelSum &sum = state.sums[{member, write->version.dot.incarnation}];
                sum = claim.own.count > sum.count ? claim.own : sum;
            }
            if (claim.replaces() && write->version >= state.floor) {
                ModelWinner &winner = state.members[member];
                if (write->version > winner.version) {
                    winner = {write->version, claim.kind == Kind::Removed, {}, claim.rawName};
                    newest[member] = &claim;
                }
            }
        }
    }
    for (auto &[member, winner] : state.members) {
        if (winner.isRemoved) {
            winner.rawName.clear();
        } else {
            winner.value = valueOf(member, *newest[member], state);
        }
    }
}

/// The members on which two concurrent operations collide; "*" for existence.
std::set<QByteArray> collisions(const ModelWrite &a, const ModelWrite &b)
{
    if (a.isDelete || b.isDelete) {
        return a.isDelete && b.isDelete ? std::set<QByteArray>() : std::set<QByteArray> {"*"};
    }
    const ModelWrite::Claim removed {Kind::Removed, {}, {}, {}, {}, {}};
    const auto claimIn
        = [&](const ModelWrite &write, const QByteArray &member) -> const ModelWrite::Claim * {
        const auto found = write.claims.find(member);
        return found != write.claims.end() ? &found->second : write.floor ? &removed : nullptr;
    };
    std::set<QByteArray> members;
    for (const ModelWrite *write : {&a, &b}) {
        for (const auto &[member, claim] : write->claims) {
            const ModelWrite::Claim *x = claimIn(a, member);
            const ModelWrite::Claim *y = claimIn(b, member);
            if (x == nullptr || y == nullptr) {
                continue;
            }
            const bool anyAdds = x->kind == Kind::Add || y->kind == Kind::Add;
            const bool anyRemoves = x->kind == Kind::Removed || y->kind == Kind::Removed;
            const bool differ
                = x->kind != y->kind || (x->kind != Kind::Removed && x->value != y->value);
            if (anyAdds ? anyRemoves : differ) {
                members.insert(member);
            }
        }
    }
    return members;
}

std::set<ModelConflict> conflictsOf(const ModelHistory &all, const ModelHistory &live)
{
    const auto ancestors = ancestorsOf(all);
    const auto hasSeen = [&](const ModelWrite &write, const ModelWrite &earlier) {
        return ancestors.at(write.version.dot).count(earlier.version.dot) != 0;
    };
    std::set<ModelConflict> conflicts;
    for (const auto &a : live) {
        for (const auto &b : live) {
            if (!(a->version < b->version) || hasSeen(*a, *b) || hasSeen(*b, *a)
                || std::any_of(all.begin(), all.end(), [&](const auto &o) {
                       return hasSeen(*o, *a) && hasSeen(*o, *b);
                   })) {
                continue;
            }
            for (const QByteArray &member : collisions(*a, *b)) {
                // An addition replaces nothing, a deletion no member; for existence any later
                // operation counts.
                const bool isSettled = std::any_of(live.begin(), live.end(), [&](const auto &o) {
                    const auto claim = o->claims.find(member);
                    const bool claims = member == "*" || o->floor
                        || (claim != o->claims.end() && claim->second.replaces());
                    return claims && (hasSeen(*o, *a) || hasSeen(*o, *b));
                });
                if (!isSettled) {
                    conflicts.insert({member, a->version, b->version});
                }
            }
        }
    }
    return conflicts;
}

QByteArray textOf(const Version &version)
{
    if (version.isNone()) {
        return "-";
    }
    const Incarnation &incarnation = version.dot.incarnation;
    return QByteArray::number(quint64(version.hlc)) + '@' + incarnation.origin.bytes() + '/'
        + QByteArray::number(quint64(incarnation.number), 16).left(4) + '/'
        + QByteArray::number(quint64(version.dot.sequence));
}

} // namespace

std::shared_ptr<const ModelWrite> ModelWrite::takenApart(const storage::Operation &operation)
{
    const storage::OperationHeader &header = operation.header;
    if (!header.isAboutDocument()) {
        return nullptr;
    }
    auto write = std::make_shared<ModelWrite>();
    write->key = {foldCase(header.collection), foldCase(header.documentId)};
    write->version = header.version;
    write->isPut = header.kind == storage::OperationKind::Put;
    write->isDelete = header.kind == storage::OperationKind::Delete;
    write->floor = header.floor;
    write->isUnderstood = header.isUnderstood;
    for (const storage::Parent &parent : header.parents) {
        write->parents.insert(parent.version.dot);
    }
    if (write->isPut && write->isUnderstood) {
        write->body = operation.body;
        if (auto members = splitObject(operation.body)) {
            write->members = std::move(*members);
        } else {
            write->fault = "its body is no JSON object";
        }
        takeClaims(header, *write);
    }
    return write;
}

std::map<Dot, std::set<Dot>> ancestorsOf(const ModelHistory &history)
{
    std::map<Dot, const ModelWrite *> byDot;
    for (const auto &write : history) {
        byDot[write->version.dot] = write.get();
    }
    std::map<Dot, std::set<Dot>> result;
    for (const auto &write : history) {
        std::set<Dot> &found = result[write->version.dot];
        std::vector<const ModelWrite *> open {write.get()};
        while (!open.empty()) {
            const ModelWrite *next = open.back();
            open.pop_back();
            for (const Dot &parent : next->parents) {
                const auto known = byDot.find(parent);
                if (found.insert(parent).second && known != byDot.end()) {
                    open.push_back(known->second);
                }
            }
        }
    }
    return result;
}

ModelState judged(const ModelHistory &history, const std::set<Dot> &waiting)
{
    ModelState state;
    ModelHistory live;
    std::set<Dot> seen;
    for (const auto &write : history) {
        seen.insert(write->parents.begin(), write->parents.end());
        if (waiting.count(write->version.dot) == 0) {
            live.push_back(write);
        } else {
            state.isWaiting = true;
        }
    }
    for (const auto &write : history) {
        if (seen.count(write->version.dot) == 0) {
            state.heads.insert(write->version);
        }
    }
    const ModelWrite *newest = nullptr;
    for (const auto &write : live) {
        if (write->isDelete) {
            state.deletion = std::max(state.deletion, write->version);
        } else if (write->isPut && write->version > state.write) {
            state.write = write->version;
            newest = write.get();
        }
        if (write->isPut && write->floor) {
            state.floor = std::max(state.floor, write->version);
        }
    }
    judgeMembers(live, state);
    if (newest != nullptr && state.write > state.deletion) {
        show(*newest, state);
    }
    state.conflicts = conflictsOf(history, live);
    return state;
}

QByteArray ModelState::difference(const ModelState &other) const
{
    QByteArray text;
    const auto say = [&text](const QByteArray &what, const QByteArray &a, const QByteArray &b) {
        if (a != b) {
            text += "  " + what + ": " + a + "  |  " + b + '\n';
        }
    };
    const auto headsText = [](const ModelState &state) {
        QByteArray list;
        for (const Version &head : state.heads) {
            list += textOf(head) + ' ';
        }
        return list;
    };
    const auto membersText = [](const ModelState &state) {
        QByteArray list;
        for (const auto &[name, winner] : state.members) {
            list += name + '=' + textOf(winner.version)
                + (winner.isRemoved ? " removed " : ' ' + winner.value + ' ');
        }
        return list;
    };
    const auto sumsText = [](const ModelState &state) {
        QByteArray list;
        for (const auto &[key, sum] : state.sums) {
            list += key.first + '@' + key.second.origin.bytes() + '/'
                + QByteArray::number(quint64(key.second.number), 16).left(4) + '='
                + QByteArray::number(quint64(sum.count)) + ':' + sum.sum.text() + ' ';
        }
        return list;
    };
    const auto conflictsText = [](const ModelState &state) {
        QByteArray list;
        for (const ModelConflict &conflict : state.conflicts) {
            list += conflict.member + '(' + textOf(conflict.lower) + ", " + textOf(conflict.higher)
                + ") ";
        }
        return list;
    };
    say("T", textOf(deletion), textOf(other.deletion));
    say("W", textOf(write), textOf(other.write));
    say("F", textOf(floor), textOf(other.floor));
    say("members", membersText(*this), membersText(other));
    say("sums", sumsText(*this), sumsText(other));
    say("heads", headsText(*this), headsText(other));
    say("is its newest write", isWrite ? "yes" : "no", other.isWrite ? "yes" : "no");
    say("shown", shown.value_or("(not visible)"), other.shown.value_or("(not visible)"));
    say("conflicts", conflictsText(*this), conflictsText(other));
    say("waiting", isWaiting ? "yes" : "no", other.isWaiting ? "yes" : "no");
    return text;
}

std::shared_ptr<const ModelWrite> Judge::take(const storage::Operation &operation)
{
    const std::pair name(operation.header.version.dot, operation.chainHash());
    const auto found = m_writes.find(name);
    return found != m_writes.end()
        ? found->second
        : m_writes.emplace(name, ModelWrite::takenApart(operation)).first->second;
}

const ModelState &Judge::judge(const ModelHistory &history, const std::set<Dot> &waiting)
{
    Question question;
    for (const auto &write : history) {
        question.first.push_back(write.get());
        if (waiting.count(write->version.dot) != 0) {
            question.second.push_back(write.get());
        }
    }
    std::sort(question.first.begin(), question.first.end());
    std::sort(question.second.begin(), question.second.end());
    auto &answer = m_answers[std::move(question)];
    if (!answer) {
        answer = std::make_unique<ModelState>(judged(history, waiting));
    }
    return *answer;
}

} // namespace driftless::sim
