#pragma once

#include <QByteArray>

#include <utility>
#include <vector>

namespace driftless::api {

enum class Method { Get, Head, Post, Put, Patch, Delete, Options, Other };

using Header = std::pair<QByteArray, QByteArray>;

/// One request as the server read it: framing checked, body complete and joined. A value.
struct Request
{
    Method method = Method::Get;
    QByteArray methodName; ///< as sent ("GET"), for Allow and logs
    QByteArray path; ///< the target's path as sent: percent-encoded, begins with '/'
    QByteArray query; ///< behind the '?', percent-encoded; empty if there is none
    std::vector<Header> headers; ///< in order, names as sent, values without blanks around them
    QByteArray body;
    bool hasBody = false; ///< a body was announced (Content-Length above 0, or chunked)
    QByteArray remoteAddress; ///< "127.0.0.1"
    QByteArray scheme; ///< "http" or "https"

    /// The value of the first header of that name in any case; null if there is none.
    [[nodiscard]] const QByteArray *header(QByteArrayView name) const;
};

} // namespace driftless::api
