#pragma once

#include "api/request.h"
#include "core/blanks.h"

#include <optional>

// The small languages of a request's head.
namespace driftless::api {

/// Resolves %XX; what is no such triple stays as it is.
QByteArray percentDecoded(QByteArrayView text);

/// Leaves only what RFC 3986 calls unreserved.
QByteArray percentEncoded(QByteArrayView text);

/// True for application/json, text/json and application/*+json, in UTF-8.
bool isJsonMediaType(QByteArrayView contentType);

/// True if the type in front of any parameters is `expected` ("application/cbor").
bool isMediaType(QByteArrayView contentType, QByteArrayView expected);

/// The decoded value of the first query parameter of that name in any case, as valid UTF-8 (what is
/// not is replaced); nothing if there is none.
std::optional<QByteArray> queryValue(const Request &request, QByteArrayView name);

} // namespace driftless::api
