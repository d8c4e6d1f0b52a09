#include "replication/relay.h"

#include <algorithm>

namespace driftless::replication {

void ArrivalLog::note(LogPosition first,
    LogPosition last,
    const NodeId &source,
    Instant now,
    std::chrono::milliseconds keep)
{
    while (!m_arrivals.empty() && now - m_arrivals.front().at > keep) {
        m_arrivals.pop_front();
    }
    m_arrivals.push_back({first, last, source, now});
}

const ArrivalLog::Arrival *ArrivalLog::find(LogPosition position) const
{
    const auto found = std::lower_bound(m_arrivals.begin(),
        m_arrivals.end(),
        position,
        [](const Arrival &arrival, LogPosition sought) { return arrival.last < sought; });
    return found == m_arrivals.end() || position < found->first ? nullptr : &*found;
}

void ActivePeers::set(const NodeId &node, std::vector<NodeId> peers)
{
    m_peers[node] = std::move(peers);
}

bool ActivePeers::serves(const NodeId &node, const NodeId &peer) const
{
    const auto found = m_peers.find(node);
    return found != m_peers.end()
        && std::find(found->second.begin(), found->second.end(), peer) != found->second.end();
}

std::optional<LogPosition> RelayRule::deferredThrough(LogPosition position) const
{
    const ArrivalLog::Arrival *arrival = arrivals->find(position);
    if (arrival == nullptr || now - arrival->at >= wait) {
        return std::nullopt;
    }
    const bool isServed = arrival->source == peer || activePeers->serves(arrival->source, peer);
    return isServed ? std::optional(arrival->last) : std::nullopt;
}

} // namespace driftless::replication
