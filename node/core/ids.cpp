#include "core/ids.h"

#include "core/cbor.h"
#include "core/limits.h"

namespace driftless {

namespace {

bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

Result<NodeId> NodeId::parse(QByteArrayView text)
{
    const QByteArrayView trimmed = text.trimmed();
    bool ok = !trimmed.isEmpty() && trimmed.size() <= kNodeIdBytesMax
        && isLetterOrDigit(trimmed.front());
    for (const char c : trimmed) {
        ok = ok && (isLetterOrDigit(c) || c == '-' || c == '_' || c == '.');
    }
    if (!ok) {
        return Error {ErrorCode::InvalidArgument,
            "A node id has 1 to 63 letters, digits, '-', '_' or '.', and begins with a letter or "
            "digit.",
            {}};
    }
    NodeId id;
    id.m_bytes = trimmed.toByteArray();
    return id;
}

Result<DatabaseName> DatabaseName::parse(QByteArrayView text)
{
    const QByteArray lower = text.trimmed().toByteArray().toLower();
    if (lower.isEmpty()) {
        return Error {
            ErrorCode::MissingHeader, "Database header is required. (Parameter 'rawName')", {}};
    }
    bool ok = lower.size() <= kDatabaseNameCharsMax && isLetterOrDigit(lower.front());
    for (const char c : lower) {
        ok = ok && (isLetterOrDigit(c) || c == '-' || c == '_');
    }
    if (!ok) {
        return Error {ErrorCode::InvalidDatabaseName,
            "Database name contains invalid characters. Use lowercase letters, numbers, '-' or '_' "
            "only. (Parameter 'rawName')",
            {}};
    }
    DatabaseName name;
    name.m_bytes = lower;
    return name;
}

Hash128 operationId(const Version &version)
{
    cbor::Writer writer(96);
    writer.array(3);
    writer.text(version.dot.incarnation.origin.bytes());
    writer.incarnation(version.dot.incarnation.number);
    writer.unsignedInteger(version.dot.sequence);
    return {version.hlc, Hash128::of(writer.bytes()).low};
}

} // namespace driftless
