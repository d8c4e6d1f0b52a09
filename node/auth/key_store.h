#pragma once

#include "auth/role.h"
#include "core/ids.h"
#include "core/random.h"

#include <optional>
#include <vector>

namespace driftless::auth {

/// A key as the configuration gives it; it lives no longer than the construction of the KeyStore.
struct KeySetting
{
    QByteArray name;
    QByteArray key;
    std::vector<QByteArray> databases; ///< names as configured; "*" is every one
    RoleSet roles;
};

/// Who a key belongs to.
struct Principal
{
    QByteArray name; ///< for logs; never the key
    bool isRoot = false;
    RoleSet roles;
    bool allDatabases = false;
    std::vector<DatabaseName> databases;

    [[nodiscard]] bool mayUse(const DatabaseName &database) const;
};

/// Knows keys without having them: each is held as HMAC-SHA-256 under a secret drawn at the start,
/// and every comparison takes the same time whichever key is asked for. A value; any thread.
class KeyStore
{
public:
    /// A blank root or replication key is nobody's, and a scoped key that is blank is left out: no
    /// blank header ever matches. Errors: Configuration (an invalid database name in a scope, two
    /// equal keys among root and scoped ones).
    static Result<KeyStore> make(const QByteArray &rootKey,
        const QByteArray &replicationKey,
        const std::vector<KeySetting> &keys,
        Random &random);

    /// The key's owner; nothing if it is nobody's. `key` without blanks around it.
    [[nodiscard]] std::optional<Principal> find(QByteArrayView key) const;
    [[nodiscard]] bool isReplicationKey(QByteArrayView key) const;

private:
    struct Entry
    {
        QByteArray mac;
        Principal principal;
    };
    [[nodiscard]] QByteArray mac(QByteArrayView key) const;

    QByteArray m_secret;
    QByteArray m_replicationMac; ///< empty: nobody has it
    std::vector<Entry> m_entries; ///< root first, if there is one
};

} // namespace driftless::auth
