#pragma once

#include "storage/connection.h"
#include "storage/database_file.h"
#include "storage/incarnation_table.h"

#include <unordered_map>

namespace driftless::storage {

/// Finds an operation by (key of the incarnation, sequence): position, header, body.
inline constexpr char kSelectByDot[] = "SELECT position, header, body FROM operations WHERE "
                                       "incarnation = ?1 AND sequence = ?2 AND position = "
                                       "(SELECT position - sequence FROM runs WHERE incarnation = "
                                       "?1 AND sequence <= ?2 ORDER BY sequence DESC LIMIT 1) + ?2";

/// The operations in the order in which this node took them. Store thread.
class OperationLog
{
public:
    static Result<std::unique_ptr<OperationLog>> load(
        Connection &connection, IncarnationTable &incarnations);

    /// Takes the next operation of its incarnation, moves the vector.
    Result<LogPosition> append(const Operation &operation);
    Result<std::vector<StoredOperation>> read(LogPosition after, int countMax, qsizetype bytesMax);
    Result<std::optional<StoredOperation>> find(const Dot &dot);
    /// FileDamaged if the position is not there or cannot be read: a row points at it.
    Result<Operation> at(LogPosition position);
    Result<LogPosition> oldest();
    LogPosition last() const { return m_last; }
    LogPosition lastCommitted() const { return m_lastCommitted; }
    void committed() { m_lastCommitted = m_last; }
    void rolledBack();

private:
    OperationLog(Connection &connection, IncarnationTable &incarnations);
    Result<void> noteRun(std::int64_t incarnation, std::int64_t sequence, LogPosition position);

    Connection &m_connection;
    IncarnationTable &m_incarnations;
    Statement m_insert;
    Statement m_select;
    Statement m_selectAt;
    Statement m_selectDot;
    Statement m_lastRun;
    Statement m_insertRun;
    std::unordered_map<std::int64_t, std::int64_t>
        m_distances; ///< by incarnation: position − sequence in its last run, as far as asked for
    LogPosition m_last;
    LogPosition m_lastCommitted;
};

} // namespace driftless::storage
