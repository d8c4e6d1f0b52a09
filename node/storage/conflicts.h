#pragma once

#include "storage/document_state.h"

#include <functional>
#include <span>

namespace driftless::storage {

/// Two writes of one document, neither an ancestor of the other, whose claims collide.
struct ConflictPair
{
    QByteArray member; ///< folded name; "*" where one deletes what the other writes
    Version winner; ///< the higher
    Version loser;
    friend bool operator==(const ConflictPair &, const ConflictPair &) = default;
};

/// Finds an operation of the log; nothing where it was pruned.
using FindOperation = std::function<Result<std::optional<Operation>>(const Dot &dot)>;

/// The conflicts to list for a document: a function of its operations (design.md 4), found by
/// walking parents back from the heads, as far as operations that every head has seen. Of each
/// member the colliding pairs that no later claim of the member has seen, and of which no operation
/// has seen both. Ascending by member, then version. Operations in quarantine (`waiting`) count for
/// what has been seen, but claim nothing yet, and their bodies may be anything.
Result<std::vector<ConflictPair>> findConflicts(
    const std::vector<Head> &heads, const FindOperation &find, std::span<const Dot> waiting = {});

} // namespace driftless::storage
