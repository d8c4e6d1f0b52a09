#include "storage/operation_log.h"

#include <limits>

namespace driftless::storage {

OperationLog::OperationLog(Connection &connection, IncarnationTable &incarnations)
    : m_connection(connection)
    , m_incarnations(incarnations)
{
}

Result<std::unique_ptr<OperationLog>> OperationLog::load(
    Connection &connection, IncarnationTable &incarnations)
{
    std::unique_ptr<OperationLog> log(new OperationLog(connection, incarnations));
    DRIFTLESS_TRY_ASSIGN(log->m_insert,
        connection.prepare("INSERT INTO operations(position, incarnation, sequence, header, body) "
                           "VALUES(?,?,?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(log->m_select,
        connection.prepare("SELECT position, header, body FROM operations WHERE position > ? ORDER "
                           "BY position LIMIT ?"));
    DRIFTLESS_TRY_ASSIGN(log->m_selectAt,
        connection.prepare("SELECT position, header, body FROM operations WHERE position = ?"));
    DRIFTLESS_TRY_ASSIGN(log->m_selectDot, connection.prepare(kSelectByDot));
    DRIFTLESS_TRY_ASSIGN(log->m_lastRun,
        connection.prepare("SELECT position - sequence FROM runs WHERE incarnation = ? ORDER BY "
                           "sequence DESC LIMIT 1"));
    DRIFTLESS_TRY_ASSIGN(log->m_insertRun,
        connection.prepare("INSERT INTO runs(incarnation, sequence, position) VALUES(?,?,?)"));
    DRIFTLESS_TRY_ASSIGN(log->m_last.value,
        connection.queryInteger("SELECT coalesce(max(position), 0) FROM operations"));
    log->m_lastCommitted = log->m_last;
    return log;
}

Result<LogPosition> OperationLog::append(const Operation &operation)
{
    const OperationHeader &header = operation.header;
    DRIFTLESS_ASSERT(m_incarnations.vector().sequenceOf(header.version.dot.incarnation) + 1
        == header.version.dot.sequence);
    std::optional<IncarnationTable::End> continues;
    if (header.kind == OperationKind::Open && !header.parents.empty()) {
        const Dot &end = header.parents.front().version.dot;
        continues = {end.incarnation, {end.sequence, header.previous}};
    }
    const std::int64_t key
        = m_incarnations.advance(header.version.dot, operation.chainHash(), continues);
    const LogPosition position {m_last.value + 1};
    DRIFTLESS_TRY(noteRun(key, static_cast<std::int64_t>(header.version.dot.sequence), position));
    m_insert.bind(1, position.value)
        .bind(2, key)
        .bind(3, static_cast<std::int64_t>(header.version.dot.sequence))
        .bindBlob(4, operation.headerBytes);
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

constexpr std::int64_t kNoRun = std::numeric_limits<std::int64_t>::min();

} // namespace

/// Operations of one incarnation mostly stand one behind the other, so that where a run of them
/// begins tells the place of each.
Result<void> OperationLog::noteRun(
    std::int64_t incarnation, std::int64_t sequence, LogPosition position)
{
    const auto [known, isNew] = m_distances.try_emplace(incarnation, kNoRun);
    if (isNew) {
        m_lastRun.bind(1, incarnation);
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_lastRun.step());
        if (hasRow) {
            known->second = m_lastRun.integer(0);
            m_lastRun.reset();
        }
    }
    const std::int64_t distance = position.value - sequence;
    if (known->second == distance) {
        return {};
    }
    known->second = distance;
    m_insertRun.bind(1, incarnation).bind(2, sequence).bind(3, position.value);
    return m_insertRun.run();
}

void OperationLog::rolledBack()
{
    m_last = m_lastCommitted;
    m_distances.clear();
}

namespace {

StoredOperation stored(const Statement &row)
{
    return {{row.integer(0)}, row.blob(1), row.blob(2)};
}

} // namespace

Result<std::vector<StoredOperation>> OperationLog::read(
    LogPosition after, int countMax, qsizetype bytesMax)
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
            "The file '" + m_connection.path() + "' is damaged: a document points at operation "
                + QByteArray::number(position.value)
                + ", which is not there. Set the file aside and restore a backup, or start without "
                  "it and let the peers fill it again.",
            {}};
    }
    StoredOperation row = stored(m_selectAt);
    m_selectAt.reset();
    DRIFTLESS_TRY_ASSIGN(OperationHeader header, decodeHeader(row.headerBytes));
    return Operation {std::move(header), std::move(row.headerBytes), std::move(row.body)};
}

Result<LogPosition> OperationLog::oldest()
{
    DRIFTLESS_TRY_ASSIGN(const std::int64_t position,
        m_connection.queryInteger("SELECT coalesce(min(position), 0) FROM operations"));
    return LogPosition {position};
}

} // namespace driftless::storage
