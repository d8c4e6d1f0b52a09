#include "storage/version_vector.h"

#include <algorithm>

namespace driftless::storage {

std::uint64_t VersionVector::sequenceOf(const Incarnation &incarnation) const
{
    const auto found = m_entries.find(incarnation);
    return found == m_entries.end() ? 0 : found->second.sequence;
}

const VersionVector::Entry *VersionVector::find(const Incarnation &incarnation) const
{
    const auto found = m_entries.find(incarnation);
    return found == m_entries.end() ? nullptr : &found->second;
}

bool VersionVector::covers(const VersionVector &other) const
{
    return std::all_of(other.m_entries.begin(), other.m_entries.end(), [this](const auto &entry) {
        return sequenceOf(entry.first) >= entry.second.sequence;
    });
}

void VersionVector::raise(const Incarnation &incarnation, const Entry &entry)
{
    Entry &mine = m_entries[incarnation];
    if (entry.sequence > mine.sequence) {
        mine = entry;
    }
}

void VersionVector::raise(const VersionVector &other)
{
    for (const auto &[incarnation, entry] : other.m_entries) {
        raise(incarnation, entry);
    }
}

void VersionVector::restore(const Incarnation &incarnation, const std::optional<Entry> &entry)
{
    if (entry) {
        m_entries[incarnation] = *entry;
    } else {
        m_entries.erase(incarnation);
    }
}

std::uint64_t VersionVector::operationsBeyond(const VersionVector &other) const
{
    std::uint64_t sum = 0;
    for (const auto &[incarnation, entry] : m_entries) {
        const std::uint64_t theirs = other.sequenceOf(incarnation);
        sum += entry.sequence > theirs ? entry.sequence - theirs : 0;
    }
    return sum;
}

void VersionVector::encode(cbor::Writer &writer) const
{
    writer.array(m_entries.size());
    for (const auto &[incarnation, entry] : m_entries) {
        writer.array(4);
        writer.text(incarnation.origin.bytes());
        writer.incarnation(incarnation.number);
        writer.unsignedInteger(entry.sequence);
        writer.byteString(entry.chainHash.bytes());
    }
}

VersionVector VersionVector::decode(cbor::Reader &reader)
{
    VersionVector vector;
    for (std::uint64_t i = reader.array(); i > 0 && reader.ok(); --i) {
        const bool shaped = reader.array() == 4;
        auto origin = NodeId::parse(reader.text());
        const std::uint64_t number = reader.incarnation();
        Entry entry;
        entry.sequence = reader.unsignedInteger();
        const auto hash = Hash128::fromBytes(reader.byteString());
        if (!shaped || !origin || !hash || entry.sequence == 0) {
            reader.fail();
            break;
        }
        entry.chainHash = *hash;
        vector.raise({std::move(origin).value(), number}, entry);
    }
    return vector;
}

} // namespace driftless::storage
