#include "storage/conflicts.h"

#include "core/case_fold.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <tuple>

namespace driftless::storage {

namespace {

using Bits = std::vector<bool>;

void merge(Bits &into, const Bits &from)
{
    for (std::size_t i = 0; i < into.size(); ++i) {
        into[i] = into[i] || from[i];
    }
}

enum class Touch { None, Set, Removed, Add, SetAdd };

struct MemberClaim
{
    Touch touch = Touch::None;
    Hash128 value; ///< of a set: what decides whether two of them differ
};

/// A set of nodes of the walk, a bit each: a document may have been written thousands of times on
/// both sides of a cut.
class NodeSet
{
public:
    void add(std::size_t index)
    {
        if (m_words.size() <= index / 64) {
            m_words.resize(index / 64 + 1);
        }
        m_words[index / 64] |= std::uint64_t {1} << (index % 64);
    }
    void add(const NodeSet &other)
    {
        m_words.resize(std::max(m_words.size(), other.m_words.size()));
        for (std::size_t i = 0; i < other.m_words.size(); ++i) {
            m_words[i] |= other.m_words[i];
        }
    }
    [[nodiscard]] bool contains(std::size_t index) const
    {
        return index / 64 < m_words.size() && ((m_words[index / 64] >> (index % 64)) & 1U) != 0;
    }
    [[nodiscard]] bool meets(const NodeSet &other) const
    {
        for (std::size_t i = 0; i < std::min(m_words.size(), other.m_words.size()); ++i) {
            if ((m_words[i] & other.m_words[i]) != 0) {
                return true;
            }
        }
        return false;
    }

private:
    std::vector<std::uint64_t> m_words;
};

/// An operation that not every head has seen.
struct Node
{
    Version version;
    bool isWaiting = false; ///< in quarantine
    bool isDelete = false;
    bool floor = false;
    std::vector<Dot> parents;
    NodeSet seenBy; ///< its descendants in the walk
    std::map<QByteArray, MemberClaim> claims; ///< by folded name
};

struct Walk
{
    std::vector<Node> nodes; ///< descending by version: an ancestor stands behind its descendants
    std::map<Dot, std::size_t> index;
};

MemberClaim claimOf(const Claim &claim, const json::Object &body)
{
    switch (claim.kind) {
    case Claim::Kind::Removed:
        return {Touch::Removed, {}};
    case Claim::Kind::Add:
        return {Touch::Add, {}};
    case Claim::Kind::Set: {
        const json::Member *member = body.find(foldCase(claim.name));
        return {Touch::Set, Hash128::of(member != nullptr ? member->value : QByteArrayView())};
    }
    case Claim::Kind::SetAdd:
        return {Touch::SetAdd, Hash128::of(claim.base)};
    }
    return {};
}

void readClaims(const Operation &operation, std::map<QByteArray, MemberClaim> &claims)
{
    const OperationHeader &header = operation.header;
    if (header.kind != OperationKind::Put) {
        return;
    }
    const auto body = json::Object::scan(operation.body);
    if (!body) {
        return;
    }
    if (header.floor) {
        for (const json::Member &member : body->members()) {
            if (!isIdMember(member.folded)) {
                claims[member.folded.toByteArray()] = {Touch::Set, Hash128::of(member.value)};
            }
        }
    }
    for (const Claim &claim : header.changed) {
        claims[foldCase(claim.name)] = claimOf(claim, *body);
    }
}

/// What the list needs of an operation; its body, which may be large, is let go.
Node nodeOf(const Operation &operation, bool isWaiting)
{
    const OperationHeader &header = operation.header;
    Node node;
    node.version = header.version;
    for (const Parent &parent : header.parents) {
        node.parents.push_back(parent.version.dot);
    }
    node.isWaiting = isWaiting;
    if (!isWaiting) {
        node.isDelete = header.kind == OperationKind::Delete;
        node.floor = header.floor;
        readClaims(operation, node.claims);
    }
    return node;
}

/// A priority walk by falling version, as merge bases are found: a version is above those of its
/// parents, so when an operation is taken from the queue, everybody who has seen it has said so.
Result<Walk> walkBack(
    const std::vector<Head> &heads, const FindOperation &find, std::span<const Dot> waiting)
{
    Walk walk;
    std::map<Version, Bits> open;
    const auto isSeenByAll = [](const Bits &bits) {
        return std::all_of(bits.begin(), bits.end(), [](bool bit) { return bit; });
    };
    for (std::size_t i = 0; i < heads.size(); ++i) {
        Bits bits(heads.size());
        bits[i] = true;
        open.emplace(heads[i].version, bits);
    }
    // What everybody has seen is no part of the walk, but its ancestors must hear of it before they
    // are taken.
    while (std::any_of(
        open.begin(), open.end(), [&](const auto &entry) { return !isSeenByAll(entry.second); })) {
        const auto taken = open.extract(std::prev(open.end()));
        const Version &version = taken.key();
        const Bits &bits = taken.mapped();
        DRIFTLESS_TRY_ASSIGN(auto found, find(version.dot));
        if (!found) {
            continue; // pruned: what stands below is older than every side of a listed conflict
        }
        for (const Parent &parent : found->header.parents) {
            const auto [place, isNew] = open.emplace(parent.version, bits);
            if (!isNew) {
                merge(place->second, bits);
            }
        }
        if (isSeenByAll(bits)) {
            continue;
        }
        walk.index.emplace(version.dot, walk.nodes.size());
        const bool isWaiting
            = std::find(waiting.begin(), waiting.end(), version.dot) != waiting.end();
        walk.nodes.push_back(nodeOf(*found, isWaiting));
    }
    return walk;
}

void connect(Walk &walk)
{
    // Descendants stand before, so their sets are complete when they are asked for.
    for (std::size_t i = 0; i < walk.nodes.size(); ++i) {
        for (const Dot &parent : walk.nodes[i].parents) {
            const auto found = walk.index.find(parent);
            if (found != walk.index.end()) {
                NodeSet &seenBy = walk.nodes[found->second].seenBy;
                seenBy.add(i);
                seenBy.add(walk.nodes[i].seenBy);
            }
        }
    }
}

MemberClaim touchOf(const Node &node, const QByteArray &member)
{
    const auto found = node.claims.find(member);
    if (found != node.claims.end()) {
        return found->second;
    }
    // A floor claims every member, also those that it lacks.
    return {node.floor ? Touch::Removed : Touch::None, {}};
}

bool collide(const MemberClaim &a, const MemberClaim &b)
{
    if (a.touch == Touch::None || b.touch == Touch::None) {
        return false;
    }
    if (a.touch == Touch::Add || b.touch == Touch::Add) {
        return a.touch == Touch::Removed
            || b.touch == Touch::Removed; // an addition counts on top of any set
    }
    return a.touch != b.touch || a.value != b.value;
}

class Lister
{
public:
    explicit Lister(const Walk &walk)
        : m_walk(walk)
    {
    }

    std::vector<ConflictPair> list()
    {
        std::set<QByteArray> members;
        for (const Node &node : m_walk.nodes) {
            for (const auto &[member, claim] : node.claims) {
                members.insert(member);
            }
        }
        listExistence();
        for (const QByteArray &member : members) {
            listMember(member);
        }
        std::sort(m_found.begin(), m_found.end(), [](const ConflictPair &a, const ConflictPair &b) {
            return std::tie(a.member, a.winner, a.loser) < std::tie(b.member, b.winner, b.loser);
        });
        return std::move(m_found);
    }

private:
    [[nodiscard]] bool areConcurrent(std::size_t a, std::size_t b) const
    {
        return !m_walk.nodes[a].seenBy.contains(b) && !m_walk.nodes[b].seenBy.contains(a);
    }

    [[nodiscard]] bool hasSeenBoth(std::size_t a, std::size_t b) const
    {
        return m_walk.nodes[a].seenBy.meets(m_walk.nodes[b].seenBy);
    }

    void add(const QByteArray &member, std::size_t a, std::size_t b)
    {
        const Version &first = m_walk.nodes[a].version;
        const Version &second = m_walk.nodes[b].version;
        m_found.push_back({member, std::max(first, second), std::min(first, second)});
    }

    /// For existence any later operation counts.
    void listExistence()
    {
        std::vector<std::size_t> newest;
        NodeSet live; // descendants stand before their ancestors
        for (std::size_t i = 0; i < m_walk.nodes.size(); ++i) {
            const Node &node = m_walk.nodes[i];
            if (!node.isWaiting && !node.seenBy.meets(live)) {
                newest.push_back(i);
            }
            if (!node.isWaiting) {
                live.add(i);
            }
        }
        for (std::size_t i = 0; i < newest.size(); ++i) {
            for (std::size_t j = i + 1; j < newest.size(); ++j) {
                if (m_walk.nodes[newest[i]].isDelete != m_walk.nodes[newest[j]].isDelete
                    && !hasSeenBoth(newest[i], newest[j])) {
                    add("*", newest[i], newest[j]);
                }
            }
        }
    }

    void listMember(const QByteArray &member)
    {
        using Open = std::pair<std::size_t, MemberClaim>;
        std::vector<Open> claims;
        NodeSet replacing; // an addition replaces nothing, a deletion no member
        for (std::size_t i = 0; i < m_walk.nodes.size(); ++i) {
            const MemberClaim claim = touchOf(m_walk.nodes[i], member);
            if (claim.touch != Touch::None) {
                claims.emplace_back(i, claim);
            }
            if (claim.touch != Touch::None
                && (claim.touch != Touch::Add || m_walk.nodes[i].floor)) {
                replacing.add(i);
            }
        }
        std::erase_if(claims,
            [&](const Open &claim) { return m_walk.nodes[claim.first].seenBy.meets(replacing); });
        // Two additions never collide, and of those there may be thousands.
        const auto additions = std::stable_partition(claims.begin(),
            claims.end(),
            [](const Open &claim) { return claim.second.touch != Touch::Add; });
        for (auto one = claims.begin(); one != additions; ++one) {
            for (auto other = std::next(one); other != claims.end(); ++other) {
                if (collide(one->second, other->second) && areConcurrent(one->first, other->first)
                    && !hasSeenBoth(one->first, other->first)) {
                    add(member, one->first, other->first);
                }
            }
        }
    }

    const Walk &m_walk;
    std::vector<ConflictPair> m_found;
};

} // namespace

Result<std::vector<ConflictPair>> findConflicts(
    const std::vector<Head> &heads, const FindOperation &find, std::span<const Dot> waiting)
{
    if (heads.size() < 2) {
        return std::vector<ConflictPair> {}; // one head has seen everything
    }
    DRIFTLESS_TRY_ASSIGN(Walk walk, walkBack(heads, find, waiting));
    connect(walk);
    return Lister(walk).list();
}

} // namespace driftless::storage
