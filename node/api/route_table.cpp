#include "api/route_table.h"

#include "wire/routes.h"

namespace driftless::api {

namespace {

using auth::Role;
namespace routes = wire::routes;

const auth::RoleSet kNone;
const auth::RoleSet kRead {Role::ReadDocument};
/// Whether a write creates or changes is known behind the door only; the request carries what the
/// key may do.
const auth::RoleSet kWrite {Role::WriteDocument, Role::UpdateDocument};
const auth::RoleSet kInsert {Role::WriteDocument};
const auth::RoleSet kDelete {Role::DeleteDocument};
/// Who makes databases decides how they are found through.
const auth::RoleSet kShape {Role::AddDatabase};
const auth::RoleSet kAnyWrite {Role::WriteDocument, Role::UpdateDocument, Role::DeleteDocument};
/// Which of them a statement needs is known once it is read.
const auth::RoleSet kAnyStatement {Role::ReadDocument,
    Role::WriteDocument,
    Role::UpdateDocument,
    Role::DeleteDocument,
    Role::AddDatabase};

const Route kRoutes[] = {
    {Method::Get, routes::kDocument, Endpoint::GetDocument, Door::Client, kRead},
    {Method::Put, routes::kDocument, Endpoint::PutDocument, Door::Client, kWrite, Body::Json},
    {Method::Patch, routes::kDocument, Endpoint::PatchDocument, Door::Client, kWrite, Body::Json},
    {Method::Delete, routes::kDocument, Endpoint::DeleteDocument, Door::Client, kDelete},
    {Method::Get, routes::kDocuments, Endpoint::ListDocuments, Door::Client, kRead},
    {Method::Post, routes::kDocuments, Endpoint::PostDocument, Door::Client, kWrite, Body::Json},
    {Method::Post, routes::kRegister, Endpoint::RegisterCollection, Door::Client, kInsert},
    {Method::Get, routes::kCollections, Endpoint::ListCollections, Door::Client, kRead},
    {Method::Post,
        routes::kBatch,
        Endpoint::PostBatch,
        Door::Client,
        kAnyWrite,
        Body::Json,
        ErrorShape::Problem},
    {Method::Post, routes::kQuery, Endpoint::PostQuery, Door::Client, kAnyStatement, Body::Json},

    {Method::Post,
        routes::kOperations,
        Endpoint::PostOperations,
        Door::NodeDatabase,
        kNone,
        Body::Cbor,
        ErrorShape::Problem},
    {Method::Post,
        routes::kHeartbeat,
        Endpoint::PostHeartbeat,
        Door::Node,
        kNone,
        Body::Cbor,
        ErrorShape::Problem},
    {Method::Post,
        routes::kFetch,
        Endpoint::PostFetch,
        Door::NodeDatabase,
        kNone,
        Body::Cbor,
        ErrorShape::Problem},

    {Method::Get,
        routes::kDatabases,
        Endpoint::ListDatabases,
        Door::KeyHolder,
        kNone,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Put,
        routes::kDatabase,
        Endpoint::PutDatabase,
        Door::KeyHolder,
        {Role::AddDatabase},
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Delete,
        routes::kDatabase,
        Endpoint::DeleteDatabase,
        Door::KeyHolder,
        {Role::DeleteDatabase},
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kConvergence,
        Endpoint::GetConvergence,
        Door::Client,
        kRead,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kConflicts,
        Endpoint::ListConflicts,
        Door::Client,
        kRead,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kIndexes,
        Endpoint::ListIndexes,
        Door::Client,
        kRead,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kCollectionIndexes,
        Endpoint::ListIndexes,
        Door::Client,
        kRead,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kIndex,
        Endpoint::GetIndex,
        Door::Client,
        kRead,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Put,
        routes::kIndex,
        Endpoint::PutIndex,
        Door::Client,
        kShape,
        Body::Json,
        ErrorShape::Problem},
    {Method::Delete,
        routes::kIndex,
        Endpoint::DeleteIndex,
        Door::Client,
        kShape,
        Body::Ignored,
        ErrorShape::Problem},

    {Method::Get, routes::kPeers, Endpoint::ListPeers, Door::NodeOrRoot, kNone},
    {Method::Post, routes::kPeers, Endpoint::PostPeer, Door::NodeOrRoot, kNone, Body::Json},
    {Method::Delete,
        routes::kPeer,
        Endpoint::DeletePeer,
        Door::NodeOrRoot,
        kNone,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kReplicationStatus,
        Endpoint::GetReplicationStatus,
        Door::NodeOrRoot,
        kNone},
    {Method::Get, routes::kHints, Endpoint::GetHints, Door::Node, kNone},

    {Method::Get, routes::kNode, Endpoint::GetNode, Door::Open, kNone},
    {Method::Get,
        routes::kHealth,
        Endpoint::GetHealth,
        Door::Open,
        kNone,
        Body::Ignored,
        ErrorShape::Problem},
    {Method::Get,
        routes::kReady,
        Endpoint::GetReadiness,
        Door::Open,
        kNone,
        Body::Ignored,
        ErrorShape::Problem},
};

} // namespace

std::span<const Route> routeTable()
{
    return kRoutes;
}

} // namespace driftless::api
