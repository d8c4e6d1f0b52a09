#pragma once

#include "api/request.h"
#include "engine/access.h"

#include <span>

namespace driftless::api {

/// What is done at a route.
enum class Endpoint {
    ListCollections,
    ListDocuments,
    PostDocument,
    RegisterCollection,
    GetDocument,
    PutDocument,
    PatchDocument,
    DeleteDocument,
    PostBatch,
    PostQuery,
    ListDatabases,
    PutDatabase,
    DeleteDatabase,
    GetConvergence,
    ListConflicts,
    ListIndexes,
    GetIndex,
    PutIndex,
    DeleteIndex,
    ListPeers,
    PostPeer,
    DeletePeer,
    GetReplicationStatus,
    PostOperations,
    PostHeartbeat,
    PostFetch,
    GetHints,
    GetNode,
    GetHealth,
    GetReadiness,
};

/// Whom a route asks to show a key (wire.md 2).
enum class Door {
    Open, ///< nobody
    Client, ///< ApiKey and Database headers
    KeyHolder, ///< ApiKey header; the database, if any, stands in the path
    Node, ///< ReplicationApiKey header
    NodeDatabase, ///< ReplicationApiKey and Database headers
    NodeOrRoot, ///< ReplicationApiKey header, or ApiKey with the root key
};

enum class Body {
    Ignored,
    Json,
    Cbor, ///< one item or a sequence of them
};

/// How a route shows errors: as the reference does, or as problem documents.
enum class ErrorShape { Reference, Problem };

struct Route
{
    Method method = Method::Other;
    const char *pattern = nullptr; ///< wire/routes.h
    Endpoint endpoint = Endpoint::GetHealth;
    Door door = Door::Open;
    auth::RoleSet anyOf; ///< one of these is needed; none: any key that the door lets in
    Body body = Body::Ignored;
    ErrorShape errors = ErrorShape::Reference;
};

/// Every route of the API: dispatch, `Allow` and the checks of roles come from here. Where two
/// patterns fit one path, the earlier row of the method wins. HEAD is answered wherever GET is.
std::span<const Route> routeTable();

} // namespace driftless::api
