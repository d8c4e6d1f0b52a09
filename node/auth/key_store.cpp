#include "auth/key_store.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

#include <algorithm>

namespace driftless::auth {

namespace {

constexpr int kSecretBytes = 32;

/// Looks at every byte whatever it finds, so that the time tells nothing.
bool equalInConstantTime(const QByteArray &a, const QByteArray &b)
{
    if (a.size() != b.size()) {
        return false; // the lengths are those of MACs, or of no key at all: no secret
    }
    unsigned difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    }
    return difference == 0;
}

Result<Principal> scopedPrincipal(const KeySetting &setting)
{
    Principal principal;
    principal.name = setting.name;
    principal.roles = setting.roles;
    for (const QByteArray &database : setting.databases) {
        if (database.trimmed() == "*") {
            principal.allDatabases = true;
            continue;
        }
        auto name = DatabaseName::parse(database);
        if (!name) {
            return Error {ErrorCode::Configuration,
                "The key '" + setting.name + "' is scoped to '" + database
                    + "', which is no database name: letters, digits, '-' and '_', at most 63, or "
                      "'*' for all.",
                {}};
        }
        principal.databases.push_back(std::move(name).value());
    }
    return principal;
}

} // namespace

bool Principal::mayUse(const DatabaseName &database) const
{
    return isRoot || allDatabases
        || std::find(databases.begin(), databases.end(), database) != databases.end();
}

Result<KeyStore> KeyStore::make(const QByteArray &rootKey,
    const QByteArray &replicationKey,
    const std::vector<KeySetting> &keys,
    Random &random)
{
    KeyStore store;
    store.m_secret = random.bytes(kSecretBytes);
    if (!replicationKey.trimmed().isEmpty()) {
        store.m_replicationMac = store.mac(replicationKey.trimmed());
    }
    if (!rootKey.trimmed().isEmpty()) {
        Principal root;
        root.name = "root";
        root.isRoot = true;
        root.roles = RoleSet::all();
        root.allDatabases = true;
        store.m_entries.push_back({store.mac(rootKey.trimmed()), std::move(root)});
    }
    for (const KeySetting &setting : keys) {
        const QByteArray key = setting.key.trimmed();
        if (key.isEmpty()) {
            continue; // as the reference does: an entry prepared in a file, its key not yet given
        }
        Entry entry {store.mac(key), {}};
        for (const Entry &other : store.m_entries) {
            if (equalInConstantTime(other.mac, entry.mac)) {
                return Error {ErrorCode::Configuration,
                    "'" + other.principal.name + "' and '" + setting.name
                        + "' have the same key: give each a key of its own, or it is unclear whose "
                          "rights hold.",
                    {}};
            }
        }
        DRIFTLESS_TRY_ASSIGN(entry.principal, scopedPrincipal(setting));
        store.m_entries.push_back(std::move(entry));
    }
    return store;
}

std::optional<Principal> KeyStore::find(QByteArrayView key) const
{
    const QByteArray asked = mac(key);
    const Entry *found = nullptr;
    for (const Entry &entry : m_entries) {
        found = equalInConstantTime(entry.mac, asked) ? &entry : found;
    }
    if (!found) {
        return {};
    }
    return found->principal;
}

bool KeyStore::isReplicationKey(QByteArrayView key) const
{
    return equalInConstantTime(m_replicationMac, mac(key));
}

QByteArray KeyStore::mac(QByteArrayView key) const
{
    QMessageAuthenticationCode code(QCryptographicHash::Sha256, m_secret);
    code.addData(key.data(), key.size());
    return code.result();
}

} // namespace driftless::auth
