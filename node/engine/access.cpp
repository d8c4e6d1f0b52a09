#include "engine/access.h"

#include <utility>

namespace driftless::engine {

namespace {

QByteArrayView trimmedOrEmpty(const QByteArray *value)
{
    return value ? QByteArrayView(*value).trimmed() : QByteArrayView();
}

} // namespace

Access::Access(auth::KeyStore keys)
    : m_keys(std::move(keys))
{
}

Result<Grant> Access::client(const QByteArray *database, const QByteArray *apiKey) const
{
    DRIFTLESS_TRY_ASSIGN(DatabaseName name, DatabaseName::parse(trimmedOrEmpty(database)));
    DRIFTLESS_TRY_ASSIGN(const auth::Principal holder, principal(apiKey));
    if (!holder.mayUse(name)) {
        return Error {ErrorCode::Forbidden,
            "ApiKey does not have access to database '" + name.bytes() + "'.",
            {}};
    }
    return Grant {std::move(name), holder.roles, holder.isRoot};
}

Result<void> Access::node(const QByteArray *replicationKey) const
{
    const QByteArrayView key = trimmedOrEmpty(replicationKey);
    if (key.isEmpty() || !m_keys.isReplicationKey(key)) {
        return Error {ErrorCode::InvalidApiKey, "ReplicationApiKey is invalid.", {}};
    }
    return {};
}

Result<void> Access::nodeOrRoot(const QByteArray *replicationKey, const QByteArray *apiKey) const
{
    if (!apiKey || replicationKey) {
        return node(replicationKey);
    }
    DRIFTLESS_TRY_ASSIGN(const auth::Principal holder, principal(apiKey));
    if (!holder.isRoot) {
        return Error {ErrorCode::Forbidden,
            "This needs the root key, or the ReplicationApiKey header of a node.",
            {}};
    }
    return {};
}

Result<auth::Principal> Access::principal(const QByteArray *apiKey) const
{
    const QByteArrayView key = trimmedOrEmpty(apiKey);
    if (key.isEmpty()) {
        return Error {
            ErrorCode::MissingHeader, "ApiKey header is required. (Parameter 'apiKey')", {}};
    }
    auto holder = m_keys.find(key);
    if (!holder) {
        return Error {ErrorCode::InvalidApiKey, "ApiKey is invalid.", {}};
    }
    return std::move(*holder);
}

} // namespace driftless::engine
