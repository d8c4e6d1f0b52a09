#include "api/response.h"

namespace driftless::api {

Response Response::json(int status, QByteArray body)
{
    return {.status = status,
        .contentType = QByteArrayLiteral("application/json; charset=utf-8"),
        .body = std::move(body),
        .headers = {}};
}

Response Response::text(int status, QByteArray body)
{
    return {.status = status,
        .contentType = QByteArrayLiteral("text/plain; charset=utf-8"),
        .body = std::move(body),
        .headers = {}};
}

Response Response::empty(int status)
{
    return {.status = status, .contentType = {}, .body = {}, .headers = {}};
}

Response &Response::with(QByteArray name, QByteArray value) &
{
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
}

} // namespace driftless::api
