#pragma once

#include "api/response.h"
#include "core/limit_counters.h"

#include <functional>
#include <optional>

namespace driftless::api {

/// What the server asks of the program behind it. All calls on the net thread.
class Handler
{
public:
    virtual ~Handler() = default;

    /// The largest body that this request may have; asked once the header is complete, before the
    /// body is read. Larger ones are answered 413 by the server.
    [[nodiscard]] virtual qsizetype bodyBytesMax(const Request &head) const = 0;

    /// Answers now or later, through `reply`, on the same thread. The server keeps the order of
    /// pipelined requests.
    virtual void handle(Request request, Reply reply) = 0;

    /// Asked before a WebSocket upgrade of this request: a Response refuses it, nothing lets it
    /// through.
    virtual std::optional<Response> refuseUpgrade(const Request &head) = 0;

    /// One text message (at most kHintBytesMax, checked by the server); `answer` is called once
    /// with the text to send back.
    virtual void handleHint(QByteArray message, std::function<void(QByteArray)> answer) = 0;

    /// For an answer that the server must make itself (bad framing, 413, 431, 408, 503): the body
    /// in the API's error shape. `head`: what was read of the request; perhaps no more than its
    /// Origin, perhaps nothing.
    [[nodiscard]] virtual Response serverError(
        const Request &head, int status, QByteArrayView code, QByteArrayView message) const = 0;

    /// A client hit this bound of the server; to be counted.
    virtual void noteLimit(Limit limit) = 0;
};

} // namespace driftless::api
