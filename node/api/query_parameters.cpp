#include "api/query_parameters.h"

#include "api/request_text.h"

namespace driftless::api {

QueryParameters::QueryParameters(const Request &request)
    : m_request(request)
{
}

int QueryParameters::integer(QByteArrayView name, int fallback)
{
    const std::optional<QByteArray> value = text(name);
    if (!value) {
        return fallback;
    }
    bool ok = false;
    const int number = value->trimmed().toInt(&ok);
    if (!ok) {
        refuse(name, *value);
    }
    return number;
}

bool QueryParameters::boolean(QByteArrayView name, bool fallback)
{
    const std::optional<QByteArray> value = text(name);
    if (!value) {
        return fallback;
    }
    const QByteArray word = value->trimmed().toLower();
    if (word != "true" && word != "false") {
        refuse(name, *value);
    }
    return word == "true";
}

std::optional<QByteArray> QueryParameters::text(QByteArrayView name) const
{
    return m_request.query.isEmpty() ? std::nullopt : queryValue(m_request, name);
}

void QueryParameters::refuse(QByteArrayView name, const QByteArray &value)
{
    const QByteArray end = value.trimmed().isEmpty() ? "' is invalid." : "' is not valid.";
    m_errors.emplace_back(name.toByteArray(), "The value '" + value + end);
}

} // namespace driftless::api
