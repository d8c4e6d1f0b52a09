#pragma once

#include "api/response.h"

#include <optional>
#include <vector>

namespace driftless::api {

/// Which pages of a browser may call (wire.md 0): the configured origins exactly, or, without any,
/// those whose host is localhost or 127.0.0.1. Immutable; any thread.
class CorsPolicy
{
public:
    explicit CorsPolicy(std::vector<QByteArray> origins);

    /// The answer to a preflight; nothing if the request is none.
    [[nodiscard]] std::optional<Response> preflight(const Request &request) const;

    /// The request's Origin if it may call; else nothing.
    [[nodiscard]] std::optional<QByteArray> allowedOrigin(const Request &request) const;

    /// Adds the headers that let a page of `origin` read the answer.
    static void allow(Response &response, const QByteArray &origin);

private:
    [[nodiscard]] bool allows(QByteArrayView origin) const;

    std::vector<QByteArray> m_origins;
};

} // namespace driftless::api
