#pragma once

#include "storage/index_language.h"

namespace driftless::engine {

/// Indexes go by expressions of the query language over the body of a document. Its errors show
/// the place in the text; one that names `_id` or `_sys_…`, which no body has, is none. Immutable;
/// lives as long as the process.
const storage::IndexLanguage &queryIndexLanguage();

} // namespace driftless::engine
