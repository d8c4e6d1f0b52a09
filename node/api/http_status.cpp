#include "api/http_status.h"

#include "core/assert.h"

namespace driftless::api {

namespace {

struct StatusRow
{
    int status;
    const char *title;
    const char *type;
};

constexpr StatusRow kStatusRows[] = {
    {400, "Bad Request", "https://tools.ietf.org/html/rfc9110#section-15.5.1"},
    {403, "Forbidden", "https://tools.ietf.org/html/rfc9110#section-15.5.4"},
    {404, "Not Found", "https://tools.ietf.org/html/rfc9110#section-15.5.5"},
    {405, "Method Not Allowed", "https://tools.ietf.org/html/rfc9110#section-15.5.6"},
    {408, "Request Timeout", "https://tools.ietf.org/html/rfc9110#section-15.5.9"},
    {409, "Conflict", "https://tools.ietf.org/html/rfc9110#section-15.5.10"},
    {410, "Gone", "https://tools.ietf.org/html/rfc9110#section-15.5.11"},
    {411, "Length Required", "https://tools.ietf.org/html/rfc9110#section-15.5.12"},
    {412, "Precondition Failed", "https://tools.ietf.org/html/rfc9110#section-15.5.13"},
    {413, "Content Too Large", "https://tools.ietf.org/html/rfc9110#section-15.5.14"},
    {414, "URI Too Long", "https://tools.ietf.org/html/rfc9110#section-15.5.15"},
    {415, "Unsupported Media Type", "https://tools.ietf.org/html/rfc9110#section-15.5.16"},
    {417, "Expectation Failed", "https://tools.ietf.org/html/rfc9110#section-15.5.18"},
    {426, "Upgrade Required", "https://tools.ietf.org/html/rfc9110#section-15.5.22"},
    {431, "Request Header Fields Too Large", "https://tools.ietf.org/html/rfc6585#section-5"},
    {500, "Internal Server Error", "https://tools.ietf.org/html/rfc9110#section-15.6.1"},
    {501, "Not Implemented", "https://tools.ietf.org/html/rfc9110#section-15.6.2"},
    {502, "Bad Gateway", "https://tools.ietf.org/html/rfc9110#section-15.6.3"},
    {503, "Service Unavailable", "https://tools.ietf.org/html/rfc9110#section-15.6.4"},
    {505, "HTTP Version Not Supported", "https://tools.ietf.org/html/rfc9110#section-15.6.6"},
    {507, "Insufficient Storage", "https://tools.ietf.org/html/rfc4918#section-11.5"},
};

const StatusRow *findRow(int status)
{
    for (const StatusRow &row : kStatusRows) {
        if (row.status == status) {
            return &row;
        }
    }
    return nullptr;
}

} // namespace

int httpStatus(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidJson:
    case ErrorCode::InvalidDatabaseName:
    case ErrorCode::MissingHeader:
    case ErrorCode::NumberTooLong:
    case ErrorCode::TooDeep:
    case ErrorCode::Malformed:
        return 400;
    case ErrorCode::InvalidApiKey: // the reference never says 401
    case ErrorCode::Forbidden:
    case ErrorCode::ReservedCollection:
        return 403;
    case ErrorCode::NotFound:
        return 404;
    case ErrorCode::MethodNotAllowed:
        return 405;
    case ErrorCode::VersionMismatch:
    case ErrorCode::NotANumber:
    case ErrorCode::DocumentQuarantined:
    case ErrorCode::Fork:
        return 409;
    case ErrorCode::DatabaseDeleted:
        return 410;
    case ErrorCode::PreconditionFailed:
        return 412;
    case ErrorCode::TooLarge:
        return 413;
    case ErrorCode::UnsupportedMediaType:
        return 415;
    case ErrorCode::FileDamaged:
    case ErrorCode::FileNewer:
    case ErrorCode::Storage:
    case ErrorCode::Configuration:
    case ErrorCode::Internal:
        return 500;
    case ErrorCode::Unreachable:
        return 502;
    case ErrorCode::Busy:
    case ErrorCode::Timeout:
    case ErrorCode::ShuttingDown:
    case ErrorCode::FileInUse:
        return 503;
    case ErrorCode::DiskFull:
        return 507;
    }
    DRIFTLESS_ASSERT(false);
    return 500;
}

QByteArray statusTitle(int status)
{
    const StatusRow *row = findRow(status);
    return row ? QByteArray(row->title) : "Status " + QByteArray::number(status);
}

QByteArray statusType(int status)
{
    const StatusRow *row = findRow(status);
    return row ? QByteArray(row->type) : QByteArray("about:blank");
}

} // namespace driftless::api
