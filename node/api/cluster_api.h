#pragma once

#include "api/context.h"

namespace driftless::api {

/// `/api/cluster/peers…` and `/api/replication/status` (wire.md 8, 13). Net thread.
class ClusterApi
{
public:
    /// `context` outlives the API.
    explicit ClusterApi(Context &context);

    /// The peers of the database that the Database header names, or those of the whole node without
    /// it.
    void listPeers(const CallPtr &call);
    void postPeer(const CallPtr &call);
    void removePeer(const CallPtr &call);
    void status(const CallPtr &call);

private:
    /// Passes the door and reads the optional Database header; false with the call answered.
    bool enter(Call &call, std::optional<DatabaseName> &database);

    Context &m_context;
};

} // namespace driftless::api
