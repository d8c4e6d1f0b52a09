#pragma once

#include "api/response.h"
#include "core/clock.h"

#include <QByteArrayView>

namespace driftless::net {

/// How one answer is framed: what the request, not the response, decides.
struct ResponseFrame
{
    bool isHead = false; ///< the request was a HEAD: no body follows
    bool isHttp10 = false;
    bool isKeptAlive = true;
};

/// Appends status line, header and empty line of `response` (RFC 9112); the body is the caller's.
/// `date`: as httpDate writes it. A field of the response that would break the header (CR, LF, NUL)
/// is left out.
void appendResponseHead(QByteArray &out,
    const api::Response &response,
    const ResponseFrame &frame,
    QByteArrayView date);

/// False for HEAD, 1xx, 204 and 304.
bool isBodySent(const api::Response &response, const ResponseFrame &frame);

/// Appends `bytes`, not empty, as one chunk (RFC 9112 7.1).
void appendChunk(QByteArray &out, QByteArrayView bytes);
/// What follows the last chunk.
inline constexpr char kLastChunk[] = "0\r\n\r\n";

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
QByteArray httpDate(WallTime time);

} // namespace driftless::net
