#include "storage/operation_log.h"

namespace driftless::storage {

OperationLog::OperationLog(Connection &connection, IncarnationTable &incarnations)
    : m_connection(connection)
    , m_incarnations(incarnations)
{
}

Result<std::unique_ptr<OperationLog>> OperationLog::load(Connection &connection, IncarnationTable &incarnations)
{
    std::unique_ptr<OperationLog> log(new OperationLog(connection, incarnations));
    DRIFTLESS_TRY_ASSIGN(log->m_insert, connection.prepare("INSERT INTO operations(position, incarnation, sequence, header, body) VALUES(?,?,?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(log->m_select, connection.prepare("SELECT position, header, body FROM operations WHERE position > ? ORDER BY position LIMIT ?"));
    DRIFTLESS_TRY_ASSIGN(log->m_selectAt, connection.prepare("SELECT position, header, body FROM operations WHERE position = ?"));
    DRIFTLESS_TRY_ASSIGN(log->m_selectDot, connection.prepare("SELECT position, header, body FROM operations WHERE incarnation = ? AND sequence = ?"));
    DRIFTLESS_TRY_ASSIGN(log->m_last.value, connection.queryInteger("SELECT coalesce(max(position), 0) FROM operations"));
    log->m_lastCommitted = log->m_last;
    return log;
}

Result<LogPosition> OperationLog::append(const Operation &operation)
{
    const OperationHeader &header = operation.header;
    DRIFTLESS_ASSERT(m_incarnations.vector().sequenceOf(header.version.dot.incarnation) + 1 == header.version.dot.sequence);
    std::optional<IncarnationTable::End> continues;
    if (header.kind == OperationKind::Open && !header.parents.empty()) {
        const Dot &end = header.parents.front().version.dot;
        continues = {end.incarnation, {end.sequence, header.previous}};
    }
    const std::int64_t key = m_incarnations.advance(header.version.dot, operation.chainHash(), continues);
    const LogPosition position {m_last.value + 1};
    m_insert.bind(1, position.value).bind(2, key).bind(3, static_cast<std::int64_t>(header.version.dot.sequence)).bindBlob(4, operation.headerBytes);
    if (operation.body.isEmpty()) {
        m_insert.bindNull(5);
    } else {
        m_insert.bindBlob(5, operation.body);
    }
    DRIFTLESS_TRY(m_insert.run());
    m_last = position;
    return position;
}

namespace {

StoredOperation stored(const Statement &row)
{
    return {{row.integer(0)}, row.blob(1), row.blob(2)};
}

} // namespace

Result<std::vector<StoredOperation>> OperationLog::read(LogPosition after, int countMax, qsizetype bytesMax)
{
    std::vector<StoredOperation> result;
    m_select.bind(1, after.value).bind(2, countMax);
    qsizetype bytes = 0;
    while (result.empty() || bytes < bytesMax) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_select.step());
        if (!hasRow) {
            return result;
        }
        result.push_back(stored(m_select));
        bytes += result.back().headerBytes.size() + result.back().body.size();
    }
    m_select.reset();
    return result;
}

Result<std::optional<StoredOperation>> OperationLog::find(const Dot &dot)
{
    const std::int64_t key = m_incarnations.keyOf(dot.incarnation);
    if (key == 0) {
        return std::optional<StoredOperation>();
    }
    m_selectDot.bind(1, key).bind(2, static_cast<std::int64_t>(dot.sequence));
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_selectDot.step());
    if (!hasRow) {
        return std::optional<StoredOperation>();
    }
    std::optional<StoredOperation> result = stored(m_selectDot);
    m_selectDot.reset();
    return result;
}

Result<Operation> OperationLog::at(LogPosition position)
{
    m_selectAt.bind(1, position.value);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_selectAt.step());
    if (!hasRow) {
        return Error {ErrorCode::FileDamaged,
            "The file '" + m_connection.path() + "' is damaged: a document points at operation " + QByteArray::number(position.value)
                + ", which is not there. Set the file aside and restore a backup, or start without it and let the peers fill it again.",
            {}};
    }
    StoredOperation row = stored(m_selectAt);
    m_selectAt.reset();
    // Stored bytes were checked when they were taken; hashing each body again would double the cost of an update.
    Operation operation;
    DRIFTLESS_TRY_ASSIGN(operation.header, decodeHeader(row.headerBytes));
    operation.headerBytes = std::move(row.headerBytes);
    operation.body = std::move(row.body);
    return operation;
}

Result<LogPosition> OperationLog::oldest()
{
    DRIFTLESS_TRY_ASSIGN(const std::int64_t position, m_connection.queryInteger("SELECT coalesce(min(position), 0) FROM operations"));
    return LogPosition {position};
}

} // namespace driftless::storage
