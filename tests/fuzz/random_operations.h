#pragma once

#include "choices.h"
#include "storage/operation.h"

#include <map>
#include <set>

namespace driftless::fuzz {

/// One group, or one operation: what a log takes at once.
using Group = std::vector<storage::Operation>;

/// Writers whose operations are lawful in their form and order (dots without gaps, chained hashes,
/// parents that they have seen, counts that rise) and wild in what they say: kinds and fields that
/// nobody knows, claims that contradict the body, bodies that are no documents, parents left out.
/// Every byte of the input is a decision.
class RandomOperations
{
public:
    explicit RandomOperations(Choices &choices);

    /// Until the decisions are used up. In an order in which a log could have them.
    std::vector<Group> groups();

private:
    using Key = QByteArray; ///< the document's id, folded
    using Seen = std::map<Incarnation, std::uint64_t>;

    struct Writer
    {
        Incarnation incarnation;
        std::uint64_t sequence = 0;
        std::uint64_t hlc = 0;
        Hash128 previous;
        Seen seen;
        std::map<QByteArray, storage::CounterSum> sums; ///< by document and member
    };

    void open(Writer &writer);
    void write(Writer &writer);
    storage::OperationHeader about(const Writer &writer, const QByteArray &id);
    QByteArray claimAndBody(Writer &writer, storage::OperationHeader &header);
    void finish(
        Writer &writer, storage::OperationHeader header, const QByteArray &body, Group &group);
    [[nodiscard]] std::vector<storage::Parent> heads(const Writer &writer, const Key &key) const;

    Choices &m_choices;
    std::vector<Writer> m_writers;
    std::vector<Group> m_groups;
};

} // namespace driftless::fuzz
