#include "real_state.h"

namespace driftless::sim {

namespace {

/// The state's texts point into bodies that it holds; these outlive it.
QByteArray owned(QByteArrayView text)
{
    return text.toByteArray();
}

} // namespace

ModelState stateOf(
    const storage::DocumentState &state, const std::vector<storage::ConflictPair> &conflicts)
{
    ModelState result;
    result.deletion = state.newestDelete();
    result.write = state.newestWrite();
    result.floor = state.newestFloor();
    for (const storage::MemberState &member : state.members()) {
        ModelWinner &winner = result.members[owned(member.folded)];
        winner.version = state.versionOf(member);
        winner.isRemoved = member.isRemoved;
        if (!member.isRemoved) {
            winner.value = owned(state.valueOf(member));
            winner.rawName = owned(member.name);
        }
    }
    for (const auto &[key, sum] : state.sums()) {
        result.sums[{owned(key.first), key.second}]
            = {sum.count, ModelNumber::ofPlain(sum.sum.toText()).value_or(ModelNumber())};
    }
    for (const storage::Head &head : state.heads()) {
        result.heads.insert(head.version);
    }
    if (const auto shown = state.shown()) {
        result.shown = owned(*shown);
    }
    result.isWrite = state.showsNewestWrite();
    result.isWaiting = state.isQuarantined();
    for (const storage::ConflictPair &pair : conflicts) {
        result.conflicts.insert({owned(pair.member), pair.loser, pair.winner});
    }
    return result;
}

Result<ModelState> stateIn(const storage::DatabaseFile &file, const ModelKey &key)
{
    DRIFTLESS_TRY_ASSIGN(const storage::DocumentState state, file.load({key.first, key.second}));
    const auto find = [&file](const Dot &dot) -> Result<std::optional<storage::Operation>> {
        DRIFTLESS_TRY_ASSIGN(const auto stored, file.findOperation(dot));
        if (!stored) {
            return std::optional<storage::Operation>();
        }
        DRIFTLESS_TRY_ASSIGN(storage::Operation operation,
            storage::Operation::parse(stored->headerBytes, stored->body));
        return std::optional(std::move(operation));
    };
    DRIFTLESS_TRY_ASSIGN(
        const auto conflicts, storage::findConflicts(state.heads(), find, state.quarantined()));
    return stateOf(state, conflicts);
}

} // namespace driftless::sim
