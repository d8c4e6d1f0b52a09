#pragma once

#include "core/limit_counters.h"

#include <QByteArray>

namespace driftless {

/// Stable codes: their names (errorName) are part of the HTTP API.
enum class ErrorCode {
    InvalidArgument,
    InvalidJson,
    InvalidDatabaseName,
    InvalidApiKey,
    MissingHeader,
    Forbidden,
    NotFound,
    ReservedCollection,
    VersionMismatch,
    PreconditionFailed,
    NotANumber,
    NumberTooLong,
    TooLarge,
    TooDeep,
    UnsupportedMediaType,
    MethodNotAllowed,
    DatabaseDeleted,
    DocumentQuarantined,
    Busy,
    Timeout,
    ShuttingDown,
    Malformed, ///< bytes from a peer or a file that do not have the promised shape
    Fork,
    FileDamaged,
    FileNewer,
    FileInUse,
    DiskFull,
    Storage,
    Unreachable,
    Configuration,
    Internal,
};

/// The code as the API writes it: lower case with hyphens ("version-mismatch").
QByteArray errorName(ErrorCode code);

/// A failure that its receiver can act upon: what went wrong and what to do, in one sentence.
struct Error
{
    ErrorCode code = ErrorCode::Internal;
    QByteArray message;
    QByteArray path; ///< where in the input, as a JSON path ("$.lines[2].price"); empty if it does
                     ///< not apply
    Limit limit = Limit::None; ///< the setting that it was too much for
};

} // namespace driftless
