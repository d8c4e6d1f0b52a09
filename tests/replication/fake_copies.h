#pragma once

#include "replication/local_copies.h"

#include <map>

namespace driftless::replication_test {

/// Databases without files: what the pump sees of this node, set by the test.
class FakeCopies final : public replication::LocalCopies
{
public:
    struct Copy
    {
        replication::Generation generation;
        storage::VersionVector vector;
        std::set<NodeId> roster;
        std::vector<storage::Fork> forks;
        Hash128 digest;
        Hash128 leftOutHash;
        LogPosition lastPosition;
        bool isDeleted = false;
    };

    Copy &operator[](const DatabaseName &name) { return m_copies[name]; }
    void erase(const DatabaseName &name) { m_copies.erase(name); }

    static Hash128 hashOf(const storage::VersionVector &vector)
    {
        cbor::Writer writer;
        vector.encode(writer);
        return Hash128::of(writer.bytes());
    }

    [[nodiscard]] std::vector<DatabaseName> names() const override
    {
        std::vector<DatabaseName> result;
        for (const auto &[name, copy] : m_copies) {
            result.push_back(name);
        }
        return result;
    }

    [[nodiscard]] std::optional<replication::LocalCopy> find(
        const DatabaseName &database) const override
    {
        const auto found = m_copies.find(database);
        if (found == m_copies.end()) {
            return std::nullopt;
        }
        const Copy &copy = found->second;
        replication::LocalCopy result;
        result.generation = copy.generation;
        if (!copy.isDeleted) {
            result.vector = &copy.vector;
            result.roster = &copy.roster;
            result.forks = &copy.forks;
            result.vectorHash = hashOf(copy.vector);
            result.digest = copy.digest;
            result.leftOutHash = copy.leftOutHash;
            result.lastPosition = copy.lastPosition;
        }
        return result;
    }

private:
    std::map<DatabaseName, Copy> m_copies;
};

} // namespace driftless::replication_test
