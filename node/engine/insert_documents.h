#pragma once

#include "engine/requests.h"
#include "query/ast.h"

namespace driftless::engine {

/// The writes that an INSERT asks for, one for each document: its bytes as they stand in `text`
/// where that is strict JSON, without `_id` and `_sys_…`, and with an `Id`. Errors: InvalidArgument
/// (a document without an id, or with one that none can have), and those of json::Object::check.
Result<std::vector<WriteRequest>> insertRequests(
    const QByteArray &text, const query::Insert &insert, qsizetype documentBytesMax);

} // namespace driftless::engine
