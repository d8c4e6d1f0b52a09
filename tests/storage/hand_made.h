#pragma once

#include "storage/document_state.h"

#include <QTest>

#include <algorithm>
#include <numeric>

namespace driftless::storage_test {

using storage::Claim;
using storage::CounterSums;
using storage::DocumentState;
using storage::Operation;
using storage::OperationHeader;
using storage::OperationKind;

using Operations = std::vector<Operation>;

inline NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

inline Claim set(const QByteArray &name, CounterSums seen = {})
{
    Claim claim;
    claim.name = name;
    claim.seen = std::move(seen);
    return claim;
}

inline Claim removed(const QByteArray &name)
{
    Claim claim;
    claim.name = name;
    claim.kind = Claim::Kind::Removed;
    return claim;
}

/// The `count`th addition of an incarnation: `by`, which makes `sum` of them all.
inline Claim add(
    const QByteArray &name, std::uint64_t count, const QByteArray &sum, const QByteArray &by)
{
    Claim claim;
    claim.name = name;
    claim.kind = Claim::Kind::Add;
    claim.own = {count, *Decimal::parse(sum)};
    claim.by = *Decimal::parse(by);
    return claim;
}

inline Claim setAdd(const QByteArray &name,
    const QByteArray &base,
    std::uint64_t count,
    const QByteArray &sum,
    const QByteArray &by,
    CounterSums seen = {})
{
    Claim claim = add(name, count, sum, by);
    claim.kind = Claim::Kind::SetAdd;
    claim.base = base;
    claim.seen = std::move(seen);
    return claim;
}

inline CounterSums sum(const Incarnation &incarnation, std::uint64_t count, const QByteArray &text)
{
    return {{incarnation, {count, *Decimal::parse(text)}}};
}

/// Makes the operations of one incarnation by hand, on document "products/1" where no other is
/// named. What it says is not checked.
class Pen
{
public:
    explicit Pen(const char *origin, std::uint64_t number = 1)
        : m_incarnation {node(origin), number}
    {
    }

    [[nodiscard]] const Incarnation &incarnation() const { return m_incarnation; }
    void setDocument(const QByteArray &id) { m_id = id; }

    /// A write over nothing, or under LastWriterWins: it claims every member.
    Operation insert(std::uint64_t hlc,
        const QByteArray &body,
        const std::vector<Operation> &parents = {},
        std::vector<Claim> changed = {})
    {
        OperationHeader header = next(hlc, parents);
        header.floor = true;
        header.changed = std::move(changed);
        return Operation::make(std::move(header), body);
    }
    Operation update(std::uint64_t hlc,
        const QByteArray &body,
        std::vector<Claim> changed,
        const std::vector<Operation> &parents)
    {
        OperationHeader header = next(hlc, parents);
        header.changed = std::move(changed);
        return Operation::make(std::move(header), body);
    }
    Operation erase(std::uint64_t hlc, const std::vector<Operation> &parents)
    {
        OperationHeader header = next(hlc, parents);
        header.kind = OperationKind::Delete;
        return Operation::make(std::move(header), {});
    }

private:
    OperationHeader next(std::uint64_t hlc, const std::vector<Operation> &parents)
    {
        OperationHeader header;
        header.version = {hlc, {m_incarnation, ++m_sequence}};
        header.collection = "products";
        header.documentId = m_id;
        for (const Operation &parent : parents) {
            header.parents.push_back({parent.header.version, {}});
        }
        return header;
    }

    const Incarnation m_incarnation;
    QByteArray m_id = "1";
    std::uint64_t m_sequence = 0;
};

/// The state after the operations in this order.
inline DocumentState joined(const std::vector<Operation> &operations)
{
    DocumentState state;
    std::int64_t position = 0;
    for (const Operation &operation : operations) {
        state.admitHead(operation.header);
        const auto done = state.join(operation, {++position});
        DRIFTLESS_ASSERT(done.isOk());
    }
    return state;
}

/// The document's bytes; "(gone)" where there is none.
inline QByteArray shown(const DocumentState &state)
{
    return state.shown().value_or("(gone)");
}

inline bool standsBehind(const Operation &parent, const Operation &child)
{
    return std::any_of(child.header.parents.begin(),
        child.header.parents.end(),
        [&parent](const storage::Parent &entry) { return entry.version == parent.header.version; });
}

inline bool isCausal(const Operations &operations)
{
    for (std::size_t i = 0; i < operations.size(); ++i) {
        for (std::size_t j = i + 1; j < operations.size(); ++j) {
            if (standsBehind(operations[j], operations[i])) {
                return false;
            }
        }
    }
    return true;
}

/// Every order in which the operations can arrive (no operation before its parents).
inline std::vector<Operations> arrivals(const Operations &operations)
{
    std::vector<Operations> result;
    std::vector<std::size_t> order(operations.size());
    std::iota(order.begin(), order.end(), 0U);
    do {
        Operations arrival;
        for (const std::size_t index : order) {
            arrival.push_back(operations[index]);
        }
        if (isCausal(arrival)) {
            result.push_back(std::move(arrival));
        }
    } while (std::next_permutation(order.begin(), order.end()));
    return result;
}

} // namespace driftless::storage_test
