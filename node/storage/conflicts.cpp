#include "storage/conflicts.h"

#include "core/case_fold.h"

#include <algorithm>
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
    QByteArray value; ///< of a set: what decides whether two of them differ
};

/// An operation that not every head has seen.
struct Node
{
    Operation operation;
    std::set<std::size_t> ancestors;          ///< in the walk
    std::map<QByteArray, MemberClaim> claims; ///< by folded name
};

struct Walk
{
    std::vector<Node> nodes; ///< descending by version: an ancestor stands behind its descendants
    std::map<Dot, std::size_t> index;
};

/// A priority walk by falling version, as merge bases are found: a version is above those of its parents, so when an operation is taken
/// from the queue, everybody who has seen it has said so.
Result<Walk> walkBack(const std::vector<Head> &heads, const FindOperation &find)
{
    Walk walk;
    std::map<Version, Bits> open;
    const auto isSeenByAll = [](const Bits &bits) { return std::all_of(bits.begin(), bits.end(), [](bool bit) { return bit; }); };
    for (std::size_t i = 0; i < heads.size(); ++i) {
        Bits bits(heads.size());
        bits[i] = true;
        open.emplace(heads[i].version, bits);
    }
    // What everybody has seen is no part of the walk, but its ancestors must hear of it before they are taken.
    while (std::any_of(open.begin(), open.end(), [&](const auto &entry) { return !isSeenByAll(entry.second); })) {
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
        Node node;
        node.operation = std::move(*found);
        walk.index.emplace(version.dot, walk.nodes.size());
        walk.nodes.push_back(std::move(node));
    }
    return walk;
}

MemberClaim claimOf(const Claim &claim, const json::Object &body)
{
    MemberClaim result;
    switch (claim.kind) {
    case Claim::Kind::Removed: result.touch = Touch::Removed; return result;
    case Claim::Kind::Add: result.touch = Touch::Add; return result;
    case Claim::Kind::Set: {
        const json::Member *member = body.find(foldCase(claim.name));
        result.touch = Touch::Set;
        result.value = member != nullptr ? member->value.toByteArray() : QByteArray();
        return result;
    }
    case Claim::Kind::SetAdd:
        result.touch = Touch::SetAdd;
        result.value = claim.base;
        return result;
    }
    return result;
}

void readClaims(Node &node)
{
    const OperationHeader &header = node.operation.header;
    if (header.kind != OperationKind::Put) {
        return;
    }
    const auto body = json::Object::scan(node.operation.body);
    if (!body) {
        return; // quarantined: it claims nothing yet
    }
    if (header.floor) {
        for (const json::Member &member : body->members()) {
            if (!isIdMember(member.folded)) {
                node.claims[QByteArray(member.folded.constData(), member.folded.size())] = {Touch::Set, member.value.toByteArray()};
            }
        }
    }
    for (const Claim &claim : header.changed) {
        node.claims[foldCase(claim.name)] = claimOf(claim, *body);
    }
}

void connect(Walk &walk)
{
    // Ancestors stand behind, so their sets are complete when they are asked for.
    for (std::size_t i = walk.nodes.size(); i-- > 0;) {
        Node &node = walk.nodes[i];
        readClaims(node);
        for (const Parent &parent : node.operation.header.parents) {
            const auto found = walk.index.find(parent.version.dot);
            if (found != walk.index.end()) {
                node.ancestors.insert(found->second);
                const auto &theirs = walk.nodes[found->second].ancestors;
                node.ancestors.insert(theirs.begin(), theirs.end());
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
    return {node.operation.header.floor ? Touch::Removed : Touch::None, {}};
}

bool collide(const MemberClaim &a, const MemberClaim &b)
{
    if (a.touch == Touch::None || b.touch == Touch::None) {
        return false;
    }
    if (a.touch == Touch::Add || b.touch == Touch::Add) {
        return a.touch == Touch::Removed || b.touch == Touch::Removed; // an addition counts on top of any set
    }
    return a.touch != b.touch || a.value != b.value;
}

bool isDelete(const Node &node)
{
    return node.operation.header.kind == OperationKind::Delete;
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
    bool areConcurrent(std::size_t a, std::size_t b) const
    {
        return !m_walk.nodes[a].ancestors.contains(b) && !m_walk.nodes[b].ancestors.contains(a);
    }

    bool hasSeenBoth(std::size_t a, std::size_t b) const
    {
        return std::any_of(m_walk.nodes.begin(), m_walk.nodes.end(),
            [&](const Node &node) { return node.ancestors.contains(a) && node.ancestors.contains(b); });
    }

    void add(const QByteArray &member, std::size_t a, std::size_t b)
    {
        const Version &first = m_walk.nodes[a].operation.header.version;
        const Version &second = m_walk.nodes[b].operation.header.version;
        m_found.push_back({member, std::max(first, second), std::min(first, second)});
    }

    /// For existence any later operation counts.
    void listExistence()
    {
        std::vector<std::size_t> newest;
        for (std::size_t i = 0; i < m_walk.nodes.size(); ++i) {
            if (!isSeenBy(i, [](std::size_t) { return true; })) {
                newest.push_back(i);
            }
        }
        for (std::size_t i = 0; i < newest.size(); ++i) {
            for (std::size_t j = i + 1; j < newest.size(); ++j) {
                if (isDelete(m_walk.nodes[newest[i]]) != isDelete(m_walk.nodes[newest[j]])) {
                    add("*", newest[i], newest[j]);
                }
            }
        }
    }

    template<typename Counts>
    bool isSeenBy(std::size_t index, Counts counts) const
    {
        for (std::size_t i = 0; i < index; ++i) { // descendants stand before
            if (m_walk.nodes[i].ancestors.contains(index) && counts(i)) {
                return true;
            }
        }
        return false;
    }

    void listMember(const QByteArray &member)
    {
        std::vector<std::pair<std::size_t, MemberClaim>> open;
        // An addition replaces nothing, a deletion no member.
        const auto replaces = [&](std::size_t i) {
            const Touch touch = touchOf(m_walk.nodes[i], member).touch;
            return m_walk.nodes[i].operation.header.floor || (touch != Touch::None && touch != Touch::Add);
        };
        for (std::size_t i = 0; i < m_walk.nodes.size(); ++i) {
            MemberClaim claim = touchOf(m_walk.nodes[i], member);
            if (claim.touch != Touch::None && !isSeenBy(i, replaces)) {
                open.emplace_back(i, std::move(claim));
            }
        }
        for (std::size_t i = 0; i < open.size(); ++i) {
            for (std::size_t j = i + 1; j < open.size(); ++j) {
                const auto &[a, first] = open[i];
                const auto &[b, second] = open[j];
                if (collide(first, second) && areConcurrent(a, b) && !hasSeenBoth(a, b)) {
                    add(member, a, b);
                }
            }
        }
    }

    const Walk &m_walk;
    std::vector<ConflictPair> m_found;
};

} // namespace

Result<std::vector<ConflictPair>> findConflicts(const std::vector<Head> &heads, const FindOperation &find)
{
    if (heads.size() < 2) {
        return std::vector<ConflictPair> {}; // one head has seen everything
    }
    DRIFTLESS_TRY_ASSIGN(Walk walk, walkBack(heads, find));
    connect(walk);
    return Lister(walk).list();
}

} // namespace driftless::storage
