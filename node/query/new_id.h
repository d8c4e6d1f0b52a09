#pragma once

#include "query/function_table.h"

namespace driftless::query {

/// A new ObjectId: the time in seconds, then eight bytes of chance.
Value newObjectId(const Services &services);
/// A new GUID of version 4 (RFC 9562).
Value newGuid(const Services &services);

} // namespace driftless::query
