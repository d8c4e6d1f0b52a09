#pragma once

#include "query/catalog.h"

namespace driftless::query {

/// The rows of `$cols` (name, type), `$indexes` (collection, name, expression, unique) and
/// `$database`, from what the catalog says. Other names that begin with `$` are the catalog's to
/// know; InvalidArgument if it does not.
Result<std::unique_ptr<Cursor>> openSystemCollection(
    Catalog &catalog, const QByteArray &name, const FieldSet &wanted);

} // namespace driftless::query
