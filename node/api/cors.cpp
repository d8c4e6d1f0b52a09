#include "api/cors.h"

#include <algorithm>

namespace driftless::api {

namespace {

/// Of "scheme://host:port".
QByteArrayView hostOf(QByteArrayView origin)
{
    const qsizetype scheme = origin.indexOf("://");
    if (scheme <= 0) {
        return {};
    }
    const QByteArrayView authority = origin.sliced(scheme + 3);
    const qsizetype port = authority.lastIndexOf(':');
    return port < 0 ? authority : authority.first(port);
}

} // namespace

CorsPolicy::CorsPolicy(std::vector<QByteArray> origins)
    : m_origins(std::move(origins))
{
    for (QByteArray &origin : m_origins) {
        origin = origin.trimmed();
        while (origin.endsWith('/')) {
            origin.chop(1);
        }
    }
    std::erase_if(m_origins, [](const QByteArray &origin) { return origin.isEmpty(); });
}

std::optional<Response> CorsPolicy::preflight(const Request &request) const
{
    if (request.method != Method::Options) {
        return std::nullopt;
    }
    const QByteArray *method = request.header("Access-Control-Request-Method");
    if (method == nullptr || request.header("Origin") == nullptr) {
        return std::nullopt;
    }
    Response response = Response::empty(204);
    if (const auto origin = allowedOrigin(request)) {
        if (const QByteArray *headers = request.header("Access-Control-Request-Headers")) {
            response.with("Access-Control-Allow-Headers", *headers);
        }
        response.with("Access-Control-Allow-Methods", *method);
        response.with("Access-Control-Allow-Origin", *origin);
        response.with("Vary", "Origin");
    }
    return response;
}

std::optional<QByteArray> CorsPolicy::allowedOrigin(const Request &request) const
{
    const QByteArray *origin = request.header("Origin");
    if (origin == nullptr || !allows(*origin)) {
        return std::nullopt;
    }
    return *origin;
}

void CorsPolicy::allow(Response &response, const QByteArray &origin)
{
    response.with("Access-Control-Allow-Origin", origin);
    // Without this a page sees neither the version of a document nor the next page nor when to come
    // back.
    response.with("Access-Control-Expose-Headers", "ETag, Link, Retry-After");
    response.with("Vary", "Origin");
}

bool CorsPolicy::allows(QByteArrayView origin) const
{
    if (m_origins.empty()) {
        const QByteArrayView host = hostOf(origin);
        return host.compare("localhost", Qt::CaseInsensitive) == 0 || host == "127.0.0.1";
    }
    return std::any_of(m_origins.begin(), m_origins.end(), [&](const QByteArray &allowed) {
        return origin.compare(allowed, Qt::CaseInsensitive) == 0;
    });
}

} // namespace driftless::api
