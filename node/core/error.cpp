#include "core/error.h"

#include "core/assert.h"

namespace driftless {

QByteArray errorName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return QByteArrayLiteral("invalid-argument");
    case ErrorCode::InvalidJson:
        return QByteArrayLiteral("invalid-json");
    case ErrorCode::InvalidDatabaseName:
        return QByteArrayLiteral("invalid-database-name");
    case ErrorCode::InvalidApiKey:
        return QByteArrayLiteral("invalid-api-key");
    case ErrorCode::MissingHeader:
        return QByteArrayLiteral("missing-header");
    case ErrorCode::Forbidden:
        return QByteArrayLiteral("forbidden");
    case ErrorCode::NotFound:
        return QByteArrayLiteral("not-found");
    case ErrorCode::ReservedCollection:
        return QByteArrayLiteral("reserved-collection");
    case ErrorCode::VersionMismatch:
        return QByteArrayLiteral("version-mismatch");
    case ErrorCode::PreconditionFailed:
        return QByteArrayLiteral("precondition-failed");
    case ErrorCode::NotANumber:
        return QByteArrayLiteral("not-a-number");
    case ErrorCode::NumberTooLong:
        return QByteArrayLiteral("number-too-long");
    case ErrorCode::TooLarge:
        return QByteArrayLiteral("too-large");
    case ErrorCode::TooDeep:
        return QByteArrayLiteral("too-deep");
    case ErrorCode::UnsupportedMediaType:
        return QByteArrayLiteral("unsupported-media-type");
    case ErrorCode::MethodNotAllowed:
        return QByteArrayLiteral("method-not-allowed");
    case ErrorCode::DatabaseDeleted:
        return QByteArrayLiteral("database-deleted");
    case ErrorCode::DocumentQuarantined:
        return QByteArrayLiteral("document-quarantined");
    case ErrorCode::Busy:
        return QByteArrayLiteral("busy");
    case ErrorCode::Timeout:
        return QByteArrayLiteral("timeout");
    case ErrorCode::ShuttingDown:
        return QByteArrayLiteral("shutting-down");
    case ErrorCode::Malformed:
        return QByteArrayLiteral("malformed");
    case ErrorCode::Fork:
        return QByteArrayLiteral("fork");
    case ErrorCode::FileDamaged:
        return QByteArrayLiteral("file-damaged");
    case ErrorCode::FileNewer:
        return QByteArrayLiteral("file-newer");
    case ErrorCode::FileInUse:
        return QByteArrayLiteral("file-in-use");
    case ErrorCode::DiskFull:
        return QByteArrayLiteral("disk-full");
    case ErrorCode::Storage:
        return QByteArrayLiteral("storage-failure");
    case ErrorCode::Unreachable:
        return QByteArrayLiteral("unreachable");
    case ErrorCode::Configuration:
        return QByteArrayLiteral("configuration");
    case ErrorCode::Internal:
        return QByteArrayLiteral("internal");
    }
    DRIFTLESS_ASSERT(false);
    return {};
}

} // namespace driftless
