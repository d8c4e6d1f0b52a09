#pragma once

#include "core/error.h"

namespace driftless::api {

/// The one table from code to HTTP status.
int httpStatus(ErrorCode code);

/// The status' own name ("Not Found"), as problem documents have it in `title`.
QByteArray statusTitle(int status);

/// The URI of the section that defines the status, as problem documents have it in `type`.
QByteArray statusType(int status);

} // namespace driftless::api
