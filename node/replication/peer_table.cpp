#include "replication/peer_table.h"

#include <algorithm>

namespace driftless::replication {

namespace {

/// "HOST[:PORT]"; an IPv6 address stands in brackets. A user's name has no place in it.
bool isHostAndPort(QByteArrayView text)
{
    constexpr int kPortMax = 65'535;
    const qsizetype colon = text.indexOf(':', std::max<qsizetype>(text.lastIndexOf(']'), 0));
    const QByteArrayView host = colon < 0 ? text : text.first(colon);
    if (host.isEmpty() || text.contains('@')) {
        return false;
    }
    if (colon < 0) {
        return true;
    }
    const QByteArrayView port = text.sliced(colon + 1);
    const bool isNumber = !port.isEmpty()
        && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    bool isInRange = false;
    const int number = port.toByteArray().toInt(&isInRange);
    return isNumber && isInRange && number >= 1 && number <= kPortMax;
}

bool isHttpUrl(const QByteArray &url)
{
    const bool hasForbidden = std::any_of(url.begin(), url.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= ' ' || byte == 0x7f || c == '?' || c == '#' || c == '\\';
    });
    for (const QByteArrayView scheme : {QByteArrayView("http://"), QByteArrayView("https://")}) {
        if (url.size() > scheme.size()
            && QByteArrayView(url).first(scheme.size()).compare(scheme, Qt::CaseInsensitive) == 0) {
            const QByteArrayView rest = QByteArrayView(url).sliced(scheme.size());
            const qsizetype slash = rest.indexOf('/');
            return !hasForbidden && isHostAndPort(slash < 0 ? rest : rest.first(slash));
        }
    }
    return false;
}

} // namespace

bool PeerScope::exchanges(const DatabaseName &database) const
{
    const auto found = databases.find(database);
    return found == databases.end() ? isActiveByDefault : found->second;
}

bool PeerScope::isActive() const
{
    return isActiveByDefault
        || std::any_of(
            databases.begin(), databases.end(), [](const auto &entry) { return entry.second; });
}

Result<Peer> PeerTable::save(Peer peer)
{
    if (peer.id.isEmpty() || peer.id == m_self) {
        return Error {ErrorCode::InvalidArgument,
            "NodeId cannot be the same as the local node. Name another node.",
            "$.NodeId"};
    }
    peer.baseUrl = peer.baseUrl.trimmed();
    while (peer.baseUrl.endsWith('/')) {
        peer.baseUrl.chop(1);
    }
    if (!isHttpUrl(peer.baseUrl)) {
        return Error {ErrorCode::InvalidArgument,
            "BaseUrl must be http[s]://HOST[:PORT][/PREFIX], the port 1 to 65535, without a user "
            "and "
            "without a query.",
            "$.BaseUrl"};
    }
    m_peers[{peer.id, peer.database}] = peer;
    return peer;
}

bool PeerTable::remove(const NodeId &id, const std::optional<DatabaseName> &database)
{
    return m_peers.erase({id, database}) > 0;
}

std::vector<Peer> PeerTable::peers() const
{
    std::vector<Peer> result;
    result.reserve(m_peers.size());
    for (const auto &[key, peer] : m_peers) {
        result.push_back(peer);
    }
    return result;
}

std::vector<PeerScope> PeerTable::scopes() const
{
    std::vector<PeerScope> result;
    for (const auto &[key, peer] : m_peers) {
        if (result.empty() || result.back().id != peer.id) {
            // The registration for all databases comes first, so its URL is the one that counts.
            result.push_back({peer.id, peer.baseUrl, false, {}});
        }
        if (peer.database) {
            result.back().databases[*peer.database] = peer.isActive;
        } else {
            result.back().isActiveByDefault = peer.isActive;
        }
    }
    return result;
}

} // namespace driftless::replication
