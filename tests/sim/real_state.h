#pragma once

#include "model.h"
#include "storage/conflicts.h"
#include "storage/database_file.h"
#include "storage/document_draft.h"
#include "storage/document_state.h"

namespace driftless::sim {

/// What the node itself says of a document, in the judge's words.
ModelState stateOf(
    const storage::DocumentState &state, const std::vector<storage::ConflictPair> &conflicts);

/// The same for a document of an open file. Its conflicts are walked again, not read from the list.
Result<ModelState> stateIn(const storage::DatabaseFile &file, const ModelKey &key);

} // namespace driftless::sim
