#pragma once

#include <QByteArray>

#include <utility>
#include <vector>

namespace driftless::test {

using HeaderList = std::vector<std::pair<QByteArray, QByteArray>>;

struct HttpCall
{
    QByteArray method = "GET";
    QByteArray target; ///< path and query, encoded
    HeaderList headers;
    QByteArray body;
    bool isChunked
        = false; ///< else Content-Length is sent where there is a body, or a header asks for it
};

struct HttpAnswer
{
    int status = 0; ///< 0: there was none that is whole
    HeaderList headers;
    QByteArray body;

    /// In any case of the name; empty if it is absent.
    [[nodiscard]] QByteArray header(const QByteArray &name) const;
};

/// One call over a connection of its own to a port of 127.0.0.1; waits for the answer, at most 20
/// s.
HttpAnswer call(quint16 port, const HttpCall &call);

} // namespace driftless::test
