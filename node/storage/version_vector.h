#pragma once

#include "core/cbor.h"
#include "core/ids.h"

#include <map>
#include <optional>

namespace driftless::storage {

/// What a copy has: of each incarnation the newest sequence, with the chain hash there, so that a
/// fork shows. A value.
class VersionVector
{
public:
    struct Entry
    {
        std::uint64_t sequence = 0;
        Hash128 chainHash;
        friend bool operator==(const Entry &, const Entry &) = default;
    };
    using Entries = std::map<Incarnation, Entry>;

    [[nodiscard]] const Entries &entries() const { return m_entries; }
    [[nodiscard]] bool isEmpty() const { return m_entries.empty(); }
    /// 0 where nothing of the incarnation is here.
    [[nodiscard]] std::uint64_t sequenceOf(const Incarnation &incarnation) const;
    [[nodiscard]] const Entry *find(const Incarnation &incarnation) const;
    [[nodiscard]] bool covers(const Dot &dot) const
    {
        return sequenceOf(dot.incarnation) >= dot.sequence;
    }
    [[nodiscard]] bool covers(const VersionVector &other) const;

    /// Never goes back: a lower sequence is ignored.
    void raise(const Incarnation &incarnation, const Entry &entry);
    void raise(const VersionVector &other);
    /// Takes a raise back: the entry as it was, or none.
    void restore(const Incarnation &incarnation, const std::optional<Entry> &entry);
    /// Sum over all incarnations of what is here and not there.
    [[nodiscard]] std::uint64_t operationsBeyond(const VersionVector &other) const;

    /// CBOR: an array of [origin, incarnation, sequence, chain hash], ascending.
    void encode(cbor::Writer &writer) const;
    /// Sets the reader's fault on anything else.
    static VersionVector decode(cbor::Reader &reader);

    friend bool operator==(const VersionVector &, const VersionVector &) = default;

private:
    Entries m_entries;
};

} // namespace driftless::storage
