#pragma once

#include "query/statement.h"

namespace driftless::query {

/// INCLUDE: `{$id, $ref}` under the paths, alone or in arrays, become the documents that they refer
/// to: `$id` stays, `$ref` goes, the members of the target but `_id` come. Without a target
/// `$missing` is added; without the collection nothing changes. Later paths see what earlier ones
/// brought.
Result<Value> withIncludes(
    const Value &document, std::span<const ExpressionPointer> paths, const Context &context);

} // namespace driftless::query
