#pragma once

#include "api/context.h"

namespace driftless::api {

/// Reads the query parameters of one request and collects what is wrong with them, in the
/// reference's words.
class QueryParameters
{
public:
    /// `request` outlives this.
    explicit QueryParameters(const Request &request);

    /// A 32-bit integer; `fallback` where it is absent.
    int integer(QByteArrayView name, int fallback);
    bool boolean(QByteArrayView name, bool fallback);
    [[nodiscard]] std::optional<QByteArray> text(QByteArrayView name) const;

    [[nodiscard]] const ValidationErrors &errors() const { return m_errors; }

private:
    void refuse(QByteArrayView name, const QByteArray &value);

    const Request &m_request;
    ValidationErrors m_errors;
};

} // namespace driftless::api
