#pragma once

#include "core/clock.h"
#include "core/ids.h"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <vector>

// Who relays: an operation that came from a node which pushes to P itself is left to that node for
// one heartbeat, so a mesh of n costs little more than n-1 transfers a write, and a star or chain
// waits for nothing. What is built upon such an operation goes out at once all the same, as P
// nearly always has it by then; where it has not, it leaves that out
// (LeftOutReason::ParentsMissing), and the pump sends everything, in log order.
namespace driftless::replication {

/// Where the newest operations of one database's log came from. In memory only; the store thread.
class ArrivalLog
{
public:
    struct Arrival
    {
        LogPosition first;
        LogPosition last;
        NodeId source;
        Instant at;
    };

    /// Positions `first` to `last` came from `source`. Positions ascend from call to call. Forgets
    /// what is older than `keep`.
    void note(LogPosition first,
        LogPosition last,
        const NodeId &source,
        Instant now,
        std::chrono::milliseconds keep);
    /// Null for a local write, and for what was forgotten.
    [[nodiscard]] const Arrival *find(LogPosition position) const;
    [[nodiscard]] std::size_t size() const { return m_arrivals.size(); }

private:
    std::deque<Arrival> m_arrivals;
};

/// Whom each node last said to push to. The store thread.
class ActivePeers
{
public:
    void set(const NodeId &node, std::vector<NodeId> peers);
    [[nodiscard]] bool serves(const NodeId &node, const NodeId &peer) const;

private:
    std::map<NodeId, std::vector<NodeId>> m_peers;
};

/// The rule for one peer at one moment; it looks at an arrival log and at what the nodes said.
struct RelayRule
{
    const ArrivalLog *arrivals = nullptr;
    const ActivePeers *activePeers = nullptr;
    NodeId peer;
    Instant now;
    std::chrono::milliseconds wait {1'000}; ///< one heartbeat

    /// The last position of a run that begins at `position` and is left to its source for now, or
    /// came from the peer itself; nothing if `position` is not.
    [[nodiscard]] std::optional<LogPosition> deferredThrough(LogPosition position) const;
};

} // namespace driftless::replication
