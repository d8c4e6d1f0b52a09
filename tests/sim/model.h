#pragma once

#include "model_json.h"
#include "model_number.h"
#include "storage/operation.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace driftless::sim {

/// Folded collection and folded id.
using ModelKey = std::pair<QByteArray, QByteArray>;

struct ModelSum
{
    std::uint64_t count = 0;
    ModelNumber sum;
    friend bool operator==(const ModelSum &, const ModelSum &) = default;
};

/// One operation taken apart for the judge. Immutable.
struct ModelWrite
{
    struct Claim
    {
        storage::Claim::Kind kind = storage::Claim::Kind::Set;
        QByteArray value; ///< of a set: the value's bytes; of a set with an addition: the base
        QByteArray rawName; ///< as it stands in the body
        std::map<Incarnation, ModelSum> seen;
        ModelSum own;
        ModelNumber by;

        [[nodiscard]] bool replaces() const { return kind != storage::Claim::Kind::Add; }
        [[nodiscard]] bool adds() const
        {
            return kind == storage::Claim::Kind::Add || kind == storage::Claim::Kind::SetAdd;
        }
    };

    ModelKey key;
    Version version;
    bool isPut = false;
    bool isDelete = false;
    bool floor = false;
    bool isUnderstood = true;
    std::set<Dot> parents;
    std::map<QByteArray, Claim> claims; ///< by folded name; `Id` is not merged and has none
    QByteArray body;
    std::vector<ModelMember> members;

    /// Nothing for an operation about no document. An operation that is understood and whose body
    /// does not go with its claims is a fault of its writer, named in `fault`.
    static std::shared_ptr<const ModelWrite> takenApart(const storage::Operation &operation);
    QByteArray fault;
};

using ModelHistory
    = std::vector<std::shared_ptr<const ModelWrite>>; ///< in any order: it stands for a set

/// A listed conflict: two colliding claims; `lower` has the lower version.
struct ModelConflict
{
    QByteArray member; ///< folded; "*" for existence
    Version lower;
    Version higher;
    friend bool operator<(const ModelConflict &a, const ModelConflict &b)
    {
        return std::tie(a.member, a.lower, a.higher) < std::tie(b.member, b.lower, b.higher);
    }
    friend bool operator==(const ModelConflict &, const ModelConflict &) = default;
};

struct ModelWinner
{
    Version version;
    bool isRemoved = false;
    QByteArray value; ///< as shown: with unseen additions; empty where removed
    QByteArray rawName; ///< as it stands in the winner's body; empty where removed
};

/// What a document is, by its operations.
struct ModelState
{
    Version deletion; ///< T
    Version write; ///< W
    Version floor; ///< F
    std::map<QByteArray, ModelWinner> members; ///< at or above F, by folded name
    std::map<std::pair<QByteArray, Incarnation>, ModelSum> sums;
    std::set<Version> heads;
    std::optional<QByteArray> shown; ///< the document's bytes, where it is visible
    bool isWrite = false; ///< `shown` is the body of the newest write, byte for byte
    std::set<ModelConflict> conflicts;
    bool isWaiting = false; ///< an operation of it is in quarantine

    /// Empty if equal, else what differs, for a person. Conflicts are compared as well.
    [[nodiscard]] QByteArray difference(const ModelState &other) const;
};

/// The dots of each operation's ancestors among `history`, by walking parents.
std::map<Dot, std::set<Dot>> ancestorsOf(const ModelHistory &history);

/// The merge of design.md 3 to 5 as a function of the set of operations of one document, slow and
/// obvious. The claims of operations whose dots are `waiting` (in quarantine) are left out; in the
/// heads and as ancestors they count.
ModelState judged(const ModelHistory &history, const std::set<Dot> &waiting = {});

/// Keeps what was judged, since copies ask again and again about the same sets. One thread.
class Judge
{
public:
    /// Takes it apart, or answers what was made of it before. Null for an operation about no
    /// document.
    std::shared_ptr<const ModelWrite> take(const storage::Operation &operation);
    const ModelState &judge(const ModelHistory &history, const std::set<Dot> &waiting = {});

private:
    using Question = std::pair<std::vector<const ModelWrite *>, std::vector<const ModelWrite *>>;
    std::map<std::pair<Dot, Hash128>, std::shared_ptr<const ModelWrite>> m_writes;
    std::map<Question, std::unique_ptr<ModelState>> m_answers;
};

} // namespace driftless::sim
