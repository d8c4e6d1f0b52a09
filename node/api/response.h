#pragma once

#include "api/body_stream.h"
#include "api/request.h"

#include <functional>
#include <memory>

namespace driftless::api {

/// One answer. The server adds Content-Length (or, to a stream, chunks), Date and Connection, and
/// leaves the body out for HEAD, 204 and 304.
struct Response
{
    int status = 200;
    QByteArray contentType; ///< empty: no Content-Type
    QByteArray body;
    std::vector<Header> headers;
    std::shared_ptr<BodyStream> stream {}; ///< where the body comes in pieces; `body` is empty then

    static Response json(int status, QByteArray body);
    static Response text(int status, QByteArray body);
    static Response empty(int status);
    Response &with(QByteArray name, QByteArray value) &;
};

/// Answers one request, once, on the thread that dispatched it (the net thread). A second call is a
/// bug.
using Reply = std::function<void(Response)>;

} // namespace driftless::api
