#pragma once

#include "storage/connection.h"
#include "storage/database_file.h"
#include "storage/incarnation_table.h"

namespace driftless::storage {

/// The operations in the order in which this node took them. Store thread.
class OperationLog
{
public:
    static Result<std::unique_ptr<OperationLog>> load(Connection &connection, IncarnationTable &incarnations);

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
    void rolledBack() { m_last = m_lastCommitted; }

private:
    OperationLog(Connection &connection, IncarnationTable &incarnations);

    Connection &m_connection;
    IncarnationTable &m_incarnations;
    Statement m_insert;
    Statement m_select;
    Statement m_selectAt;
    Statement m_selectDot;
    LogPosition m_last;
    LogPosition m_lastCommitted;
};

} // namespace driftless::storage
