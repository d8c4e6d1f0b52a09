#pragma once

#include "auth/key_store.h"
#include "core/ids.h"

namespace driftless::engine {

/// Who asks, and what they may do in one database. A value.
struct Grant
{
    DatabaseName database;
    auth::RoleSet roles;
    bool isRoot = false;
};

/// The checks of a client's or a peer's headers in the reference's order (wire.md 2). Immutable
/// after construction; any thread.
class Access
{
public:
    explicit Access(auth::KeyStore keys);

    /// `database`, `apiKey`: the header values, null where absent. Errors with the reference's
    /// texts: MissingHeader, InvalidDatabaseName, InvalidApiKey, Forbidden. Whether the database
    /// exists is not asked here.
    Result<Grant> client(const QByteArray *database, const QByteArray *apiKey) const;

    /// A node, by the replication key. Errors: InvalidApiKey ("ReplicationApiKey is invalid.").
    Result<void> node(const QByteArray *replicationKey) const;

    /// A node by the replication key, or an operator by the root key. Errors as of the header that
    /// was given.
    Result<void> nodeOrRoot(const QByteArray *replicationKey, const QByteArray *apiKey) const;

    /// The holder of a key without a database: for listing databases and such. Errors:
    /// MissingHeader, InvalidApiKey.
    Result<auth::Principal> principal(const QByteArray *apiKey) const;

private:
    auth::KeyStore m_keys;
};

} // namespace driftless::engine
