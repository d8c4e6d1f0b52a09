#pragma once

#include "replication/transport.h"
#include "seeded_random.h"
#include "sim_timeline.h"

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace driftless::support {

/// A network of nodes that misbehaves as it is told, all from one seed and in simulated time. A
/// call is two messages, there and back; each may be late, lost or doubled, and calls overtake each
/// other as their delays say. One thread.
class SimNetwork
{
public:
    using Duration = SimTimeline::Duration;
    using Respond = std::function<void(replication::TransportReply)>;
    /// A node's side of a call: answers now or later, through `respond`, at most once.
    using Server
        = std::function<void(const replication::TransportRequest &request, Respond respond)>;

    struct Faults
    {
        int lossPercent = 0; ///< of messages; the caller learns of it by its time-out
        int resetPercent = 0; ///< of calls that end in Unreachable, half of them after the peer has
                              ///< taken the request
        int duplicatePercent = 0; ///< of requests that arrive once more later
        Duration delayMin {1};
        Duration delayMax {5};
    };

    SimNetwork(SimTimeline &timeline, std::uint64_t seed);
    ~SimNetwork();

    void setFaults(const Faults &faults) { m_faults = faults; }

    /// The node at `baseUrl` listens from now on; again after `detach`.
    void attach(const QByteArray &baseUrl, Server server);
    /// It is gone: calls to it are refused, what is under way to it is lost, and its own calls are
    /// never answered.
    void detach(const QByteArray &baseUrl);
    /// The transport of the node at `baseUrl`; valid until the node is detached. Owned by the
    /// network.
    replication::Transport &transportOf(const QByteArray &baseUrl);

    /// No message gets from one to the other; a whole cut needs both directions. A blocked call
    /// hangs or is refused, as `refuses` says.
    void block(const QByteArray &from, const QByteArray &to, bool refuses = false);
    void unblock(const QByteArray &from, const QByteArray &to);
    void unblockAll() { m_blocked.clear(); }
    /// It takes calls and never answers them.
    void setHanging(const QByteArray &baseUrl, bool hangs);

    [[nodiscard]] std::uint64_t callCount() const { return m_calls; }
    [[nodiscard]] std::uint64_t byteCount() const
    {
        return m_bytes;
    } ///< of requests and answers sent

private:
    class Link;
    struct Call;

    void send(const std::shared_ptr<bool> &callerLives,
        const QByteArray &from,
        replication::TransportRequest request,
        replication::Transport::Completion completion);
    void arrive(const std::shared_ptr<Call> &call);
    void comeBack(const std::shared_ptr<Call> &call, replication::TransportReply reply);
    Duration delay();
    bool chance(int percent) { return percent > 0 && m_random.between(0, 99) < percent; }
    [[nodiscard]] bool isBlocked(const QByteArray &from, const QByteArray &to) const
    {
        return m_blocked.count({from, to}) != 0;
    }

    SimTimeline &m_timeline;
    SeededRandom m_random;
    Faults m_faults;
    std::map<QByteArray, Server> m_servers;
    std::map<QByteArray, std::unique_ptr<Link>> m_links;
    std::vector<std::unique_ptr<Link>> m_deadLinks; ///< somebody may still hold them
    std::map<std::pair<QByteArray, QByteArray>, bool> m_blocked; ///< and whether it refuses
    std::set<QByteArray> m_hanging;
    std::uint64_t m_calls = 0;
    std::uint64_t m_bytes = 0;
};

} // namespace driftless::support
