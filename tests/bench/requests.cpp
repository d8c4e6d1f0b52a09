#include "requests.h"

namespace driftless::bench {

namespace {

QByteArray pathOf(const QByteArray &id)
{
    return QByteArray("/api/documents/") + kCollection + '/' + id;
}

} // namespace

QByteArray request(const char *method, const QByteArray &path, QByteArrayView body)
{
    QByteArray result;
    result.reserve(300 + path.size() + body.size());
    result.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if (path.startsWith("/api/cluster/")) {
        result.append("ReplicationApiKey: ").append(kReplicationKey);
    } else {
        result.append("Database: ").append(kDatabase).append("\r\nApiKey: ").append(kRootKey);
    }
    if (!body.isEmpty()) {
        result.append("\r\nContent-Type: application/json\r\nContent-Length: ")
            .append(QByteArray::number(body.size()));
    }
    return result.append("\r\n\r\n").append(body);
}

QByteArray putRequest(const Document &document)
{
    return request("PUT", pathOf(document.id), document.body);
}

QByteArray getRequest(const QByteArray &id)
{
    return request("GET", pathOf(id));
}

QByteArray batchRequest(std::span<const Document> documents, const char *collection)
{
    QByteArray body;
    body.reserve(static_cast<qsizetype>(documents.size()) * (kBodyBytes + 100) + 100);
    body += "{\"Operations\":[";
    for (const Document &document : documents) {
        body += body.endsWith('[') ? "" : ",";
        body += R"({"Op":"put","Collection":")";
        body += collection;
        body += R"(","Id":")";
        body += document.id;
        body += R"(","Body":)";
        body += document.body;
        body += '}';
    }
    body += "]}";
    return request("POST", "/api/batch", body);
}

} // namespace driftless::bench
