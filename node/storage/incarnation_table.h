#pragma once

#include "storage/connection.h"
#include "storage/database_file.h"

#include <map>
#include <unordered_map>

namespace driftless::storage {

/// The vector as rows: for each incarnation its small key (which stands in operation rows), how far
/// it is here, what it continues, and whether it is stopped by a fork. Changes live in memory until
/// `flush`, and can be taken back. Store thread.
class IncarnationTable
{
public:
    static Result<std::unique_ptr<IncarnationTable>> load(Connection &connection);

    const VersionVector &vector() const { return m_vector; }
    Hash128 canonicalHash() const;
    const std::vector<Fork> &forks() const { return m_forks; }
    bool isStopped(const Incarnation &incarnation) const;

    /// The row's key; 0 where it is unknown.
    std::int64_t keyOf(const Incarnation &incarnation) const;
    const Incarnation *incarnationOf(std::int64_t key) const;

    /// The operation at which an incarnation ended.
    struct End
    {
        Incarnation incarnation;
        VersionVector::Entry entry;
    };
    /// The key of a new or known incarnation, whose vector entry moves to `dot`. `continues` only
    /// of an `open`.
    std::int64_t advance(
        const Dot &dot, const Hash128 &chainHash, const std::optional<End> &continues);
    void recordFork(const Fork &fork);

    /// Writes what changed. Inside of a transaction.
    Result<void> flush();
    void committed();
    void rolledBack();

private:
    struct Row
    {
        std::int64_t key = 0;
        std::optional<End> continues;
        std::optional<Fork> fork;
        bool isDirty = false;
    };
    struct Undo
    {
        Incarnation incarnation;
        std::optional<VersionVector::Entry> entry;
        std::optional<Row> row;
    };

    IncarnationTable() = default;
    void remember(const Incarnation &incarnation);
    Result<void> writeRow(const Incarnation &incarnation, const Row &row);

    Statement m_upsert;
    VersionVector m_vector;
    std::unordered_map<Incarnation, Row> m_rows;
    std::map<std::int64_t, Incarnation> m_byKey;
    std::int64_t m_lastKey = 0;
    std::vector<Fork> m_forks;
    std::vector<Undo> m_undo;
    std::size_t m_forksAtBegin = 0;
    mutable std::optional<Hash128> m_canonicalHash;
};

} // namespace driftless::storage
