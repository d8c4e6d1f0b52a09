#pragma once

#include <QByteArray>

#include <optional>

namespace driftless::support {

/// The body of the chunks at the front of `text` (RFC 9112 7.1), which it moves behind the last
/// one; nothing where they are not whole.
inline std::optional<QByteArray> dechunked(QByteArrayView &text)
{
    QByteArray body;
    for (;;) {
        const qsizetype end = text.indexOf("\r\n");
        if (end < 0) {
            return std::nullopt;
        }
        const qsizetype size = text.first(end).toByteArray().toLongLong(nullptr, 16);
        if (text.size() < end + 2 + size + 2) {
            return std::nullopt;
        }
        body += text.sliced(end + 2, size);
        text = text.sliced(end + 2 + size + 2);
        if (size == 0) {
            return body;
        }
    }
}

} // namespace driftless::support
