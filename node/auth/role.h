#pragma once

#include <QByteArray>

#include <initializer_list>
#include <optional>

namespace driftless::auth {

/// The rights of a key in the databases it is scoped to (Auth:ApiKeys[].Roles).
enum class Role : unsigned {
    AddDatabase,
    DeleteDatabase,
    ReadDocument,
    WriteDocument,
    UpdateDocument,
    DeleteDocument
};

/// "ADD_DB", "DELETE_DB", "READ_DOCUMENT", "WRITE_DOCUMENT", "UPDATE_DOCUMENT", "DELETE_DOCUMENT".
QByteArray roleName(Role role);
/// In any case; nothing for another word.
std::optional<Role> roleFromName(QByteArrayView name);

class RoleSet
{
public:
    RoleSet() = default;
    RoleSet(std::initializer_list<Role> roles);
    static RoleSet all();

    void add(Role role) { m_bits |= bit(role); }
    [[nodiscard]] bool has(Role role) const { return (m_bits & bit(role)) != 0; }
    friend bool operator==(RoleSet, RoleSet) = default;

private:
    static unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
    unsigned m_bits = 0;
};

} // namespace driftless::auth
