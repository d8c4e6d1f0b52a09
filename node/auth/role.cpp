#include "auth/role.h"

#include <array>

namespace driftless::auth {

namespace {

struct RoleRow
{
    Role role;
    const char *name;
};

constexpr std::array<RoleRow, 6> kRoles {{
    {Role::AddDatabase, "ADD_DB"},
    {Role::DeleteDatabase, "DELETE_DB"},
    {Role::ReadDocument, "READ_DOCUMENT"},
    {Role::WriteDocument, "WRITE_DOCUMENT"},
    {Role::UpdateDocument, "UPDATE_DOCUMENT"},
    {Role::DeleteDocument, "DELETE_DOCUMENT"},
}};

} // namespace

QByteArray roleName(Role role)
{
    return kRoles[static_cast<unsigned>(role)].name;
}

std::optional<Role> roleFromName(QByteArrayView name)
{
    for (const RoleRow &row : kRoles) {
        if (name.compare(row.name, Qt::CaseInsensitive) == 0) {
            return row.role;
        }
    }
    return {};
}

RoleSet::RoleSet(std::initializer_list<Role> roles)
{
    for (const Role role : roles) {
        add(role);
    }
}

RoleSet RoleSet::all()
{
    RoleSet set;
    for (const RoleRow &row : kRoles) {
        set.add(row.role);
    }
    return set;
}

} // namespace driftless::auth
