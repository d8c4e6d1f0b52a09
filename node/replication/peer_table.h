#pragma once

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"

#include <map>
#include <optional>
#include <vector>

namespace driftless::replication {

/// A registered peer, for all databases of the node or for one. A value.
struct Peer
{
    NodeId id;
    QByteArray baseUrl; ///< scheme, host, port, optional path prefix; no trailing '/'
    bool isActive = true;
    std::optional<DatabaseName> database; ///< nothing: for all databases
    WallTime updated {};
    friend bool operator==(const Peer &, const Peer &) = default;
};

/// What is exchanged with one node: all of its registrations taken together. A value.
struct PeerScope
{
    NodeId id;
    QByteArray baseUrl;
    bool isActiveByDefault = false; ///< for databases that `databases` does not name
    std::map<DatabaseName, bool>
        databases; ///< a registration for one database goes before the one for all

    [[nodiscard]] bool exchanges(const DatabaseName &database) const;
    [[nodiscard]] bool isActive() const; ///< anything is exchanged at all
    friend bool operator==(const PeerScope &, const PeerScope &) = default;
};

/// The peers that this node was told of; kept in `node.db` by the engine. The store thread.
class PeerTable
{
public:
    explicit PeerTable(NodeId self)
        : m_self(std::move(self))
    {
    }

    /// Adds, or replaces the registration of the same node and scope; a trailing '/' of the URL
    /// goes. InvalidArgument: the node's own id, or a URL that is not http:// or https:// with a
    /// host.
    Result<Peer> save(Peer peer);
    /// False if there was none in that scope.
    bool remove(const NodeId &id, const std::optional<DatabaseName> &database);

    /// Ascending by id, the registration for all databases first.
    [[nodiscard]] std::vector<Peer> peers() const;
    /// One for each node that is registered in any way, ascending by id.
    [[nodiscard]] std::vector<PeerScope> scopes() const;

private:
    using Key = std::pair<NodeId, std::optional<DatabaseName>>;

    NodeId m_self;
    std::map<Key, Peer> m_peers;
};

} // namespace driftless::replication
