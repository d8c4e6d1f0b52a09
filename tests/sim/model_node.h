#pragma once

#include "model.h"

namespace driftless::sim {

struct ModelEdit
{
    enum class Kind { Set, Remove, Add };
    Kind kind = Kind::Set;
    QByteArray member; ///< as written
    QByteArray value; ///< JSON of a set; a number for an addition
};

/// What a client asks of a node.
struct ModelRequest
{
    enum class Kind { Put, Patch, Delete };
    QByteArray collection;
    QByteArray id;
    Kind kind = Kind::Put;
    QByteArray body; ///< of a put
    std::vector<ModelEdit> edits; ///< of a patch
};

/// What a write of a document has to say, by design.md 3 and 5.
struct ModelPlan
{
    bool isDelete = false;
    bool floor = false;
    std::vector<storage::Claim> claims; ///< as a header lists them, names folded, ascending by name
    QByteArray body;
};

/// The post-image that the request leaves of `before`; nothing if it is refused (an addition to
/// what is no number) or deletes. Of a patch it is the compact form, which need not be the bytes
/// that a node makes.
std::optional<QByteArray> imageAfter(const ModelState &before, const ModelRequest &request);

/// What an operation with that post-image must claim, written by `incarnation`; nothing if it
/// changes nothing. `body` counts only for puts and patches.
std::optional<ModelPlan> planOf(const ModelState &before,
    const ModelRequest &request,
    const QByteArray &body,
    const Incarnation &incarnation,
    bool isLastWriterWins);

/// A node that keeps nothing but its log and judges it again for each question. One thread.
class ModelNode
{
public:
    ModelNode(const char *name, Judge &judge, bool isLastWriterWins = false);

    /// Plain milliseconds; the hybrid clock never goes back whatever comes here.
    void setWall(std::uint64_t milliseconds) { m_wall = milliseconds; }
    /// One group. Documents in quarantine and requests that change nothing are passed over. Answers
    /// what was made, an `open` included.
    std::vector<storage::Operation> write(const std::vector<ModelRequest> &requests);
    storage::Operation write(const ModelRequest &request);
    /// The other's log in its order, from what is missing here, whole groups, at most `countMax`
    /// operations.
    void take(const ModelNode &other, std::size_t countMax = SIZE_MAX);
    /// Becomes what `older`, a copy of this node made earlier, was; restarted.
    void goBackTo(const ModelNode &older);
    /// The next write begins a new incarnation.
    void restart() { m_incarnation.reset(); }

    [[nodiscard]] const std::vector<storage::Operation> &log() const { return m_log; }
    [[nodiscard]] ModelHistory history(const ModelKey &key) const;
    [[nodiscard]] const ModelState &state(const QByteArray &collection, const QByteArray &id) const;
    [[nodiscard]] bool covers(const Dot &dot) const;

private:
    void append(const storage::Operation &operation);
    storage::Operation made(storage::OperationHeader header, QByteArray body);
    void open();

    NodeId m_name;
    Judge &m_judge;
    bool m_isLastWriterWins;
    std::uint64_t m_wall = 1'000;
    std::uint64_t m_hlc = 0;
    std::uint64_t m_draws = 0;
    std::optional<Incarnation> m_incarnation;
    std::optional<Incarnation> m_last; ///< of which the next one is a continuation
    std::vector<storage::Operation> m_log;
    std::map<Incarnation, std::pair<Version, Hash128>>
        m_ends; ///< the newest operation of each incarnation
};

} // namespace driftless::sim
