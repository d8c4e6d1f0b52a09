#include "storage/connection.h"

#include "core/clock.h"
#include "storage/read_token.h"

#include <sqlite3.h>

#include <filesystem>
#include <utility>

namespace driftless::storage {

namespace {

// Two writers never meet: a second process is refused when it opens the file. What may hold the
// lock for a moment is a tool of the administrator's.
constexpr int kBusyTimeoutMs = 2'000;
constexpr int kProgressSteps = 10'000;

std::int64_t steadyMs()
{
    return SystemClock().instant().time_since_epoch().count();
}

bool hasWriteAheadLog(const QByteArray &path)
{
    std::error_code missing;
    const auto bytes
        = std::filesystem::file_size(std::filesystem::path((path + "-wal").toStdString()), missing);
    return !missing && bytes > 0;
}

/// SQLite's count of its memory takes a lock at each allocation; nobody asks for it. Once a
/// process, before its first connection; without effect where SQLite was initialised before.
void countNoMemory()
{
    [[maybe_unused]] static const int kDone = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

} // namespace

Statement::Statement(Connection *connection, sqlite3_stmt *handle)
    : m_connection(connection)
    , m_handle(handle)
{
}

Statement::~Statement()
{
    sqlite3_finalize(m_handle);
}

Statement::Statement(Statement &&other) noexcept
    : m_connection(std::exchange(other.m_connection, nullptr))
    , m_handle(std::exchange(other.m_handle, nullptr))
{
}

Statement &Statement::operator=(Statement &&other) noexcept
{
    std::swap(m_connection, other.m_connection);
    std::swap(m_handle, other.m_handle);
    return *this;
}

Statement &Statement::bind(int index, std::int64_t value)
{
    const int code = sqlite3_bind_int64(m_handle, index, value);
    DRIFTLESS_ASSERT(code == SQLITE_OK);
    return *this;
}

Statement &Statement::bindBlob(int index, QByteArrayView value)
{
    const char *data = value.data() != nullptr ? value.data() : "";
    const int code = sqlite3_bind_blob64(
        m_handle, index, data, static_cast<sqlite3_uint64>(value.size()), SQLITE_STATIC);
    DRIFTLESS_ASSERT(code == SQLITE_OK);
    return *this;
}

Statement &Statement::bindCopy(int index, QByteArrayView value)
{
    const char *data = value.data() != nullptr ? value.data() : "";
    const int code = sqlite3_bind_blob64(
        m_handle, index, data, static_cast<sqlite3_uint64>(value.size()), SQLITE_TRANSIENT);
    DRIFTLESS_ASSERT(code == SQLITE_OK);
    return *this;
}

Statement &Statement::bindText(int index, QByteArrayView utf8)
{
    const char *data = utf8.data() != nullptr ? utf8.data() : "";
    const int code = sqlite3_bind_text64(m_handle,
        index,
        data,
        static_cast<sqlite3_uint64>(utf8.size()),
        SQLITE_STATIC,
        SQLITE_UTF8);
    DRIFTLESS_ASSERT(code == SQLITE_OK);
    return *this;
}

Statement &Statement::bindNull(int index)
{
    const int code = sqlite3_bind_null(m_handle, index);
    DRIFTLESS_ASSERT(code == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step()
{
    const int code = sqlite3_step(m_handle);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        sqlite3_reset(m_handle);
        return false;
    }
    const Error error = m_connection->lastError(code);
    sqlite3_reset(m_handle);
    return error;
}

Result<void> Statement::run()
{
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, step());
    if (hasRow) {
        reset();
    }
    return {};
}

void Statement::reset()
{
    sqlite3_reset(m_handle);
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_handle, column);
}

bool Statement::isNull(int column) const
{
    return sqlite3_column_type(m_handle, column) == SQLITE_NULL;
}

QByteArray Statement::blob(int column) const
{
    return blobView(column).toByteArray();
}

QByteArrayView Statement::blobView(int column) const
{
    const auto *data = static_cast<const char *>(sqlite3_column_blob(m_handle, column));
    return {data, static_cast<qsizetype>(sqlite3_column_bytes(m_handle, column))};
}

Connection::Connection(QByteArray path, sqlite3 *handle)
    : m_path(std::move(path))
    , m_handle(handle)
{
}

Connection::~Connection()
{
    sqlite3_close(m_handle);
}

Result<std::unique_ptr<Connection>> Connection::open(const QByteArray &path, Mode mode)
{
    countNoMemory();
    sqlite3 *handle = nullptr;
    const int access = mode == Mode::ReadOnly ? SQLITE_OPEN_READONLY
                                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int code = sqlite3_open_v2(
        path.constData(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    std::unique_ptr<Connection> connection(new Connection(path, handle));
    if (code != SQLITE_OK) {
        return connection->lastError(code);
    }
    connection->waitForLock(true);
    // The last reader to close would copy the WAL back and delete it by its name, which may be
    // another file's by then. A log that was there before belongs to a file that may yet be
    // refused.
    if (mode == Mode::ReadOnly || hasWriteAheadLog(path)) {
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    return connection;
}

Result<Statement> Connection::prepare(std::string_view sql)
{
    sqlite3_stmt *statement = nullptr;
    const int code = sqlite3_prepare_v3(m_handle,
        sql.data(),
        static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT,
        &statement,
        nullptr);
    if (code != SQLITE_OK) {
        return lastError(code);
    }
    return Statement(this, statement);
}

Result<void> Connection::execute(const char *sql)
{
    const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return lastError(code);
    }
    return {};
}

Result<std::int64_t> Connection::queryInteger(std::string_view sql)
{
    DRIFTLESS_TRY_ASSIGN(Statement statement, prepare(sql));
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, statement.step());
    return hasRow ? statement.integer(0) : 0;
}

std::int64_t Connection::lastInsertRowId() const
{
    return sqlite3_last_insert_rowid(m_handle);
}

void Connection::waitForLock(bool waits)
{
    sqlite3_busy_timeout(m_handle, waits ? kBusyTimeoutMs : 0);
}

bool Connection::isInTransaction() const
{
    return sqlite3_get_autocommit(m_handle) == 0;
}

Result<void> Connection::checkpoint(bool truncate)
{
    const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    const int code = sqlite3_wal_checkpoint_v2(m_handle, nullptr, mode, nullptr, nullptr);
    m_walPages = 0; // known again after the next commit
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
        return lastError(code);
    }
    return {};
}

void Connection::checkpointByHand()
{
    sqlite3_wal_hook(
        m_handle,
        [](void *connection, sqlite3 *, const char *, int pages) {
            static_cast<Connection *>(connection)->m_walPages = pages;
            return SQLITE_OK;
        },
        this);
}

void Connection::checkpointOnClose()
{
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Connection::setReadDeadline(std::chrono::milliseconds readMax)
{
    m_readMaxMs = readMax.count();
    sqlite3_progress_handler(
        m_handle,
        kProgressSteps,
        [](void *self) { return static_cast<const Connection *>(self)->isReadOver() ? 1 : 0; },
        this);
    beginRead();
}

bool Connection::isReadOver() const
{
    return m_token != nullptr ? m_token->isOver() : steadyMs() > m_deadline;
}

void Connection::beginRead()
{
    m_deadline = steadyMs() + m_readMaxMs;
}

Error Connection::lastError(int code) const
{
    const QByteArray file = "'" + m_path + "'";
    const QByteArray said
        = m_handle != nullptr ? QByteArray(sqlite3_errmsg(m_handle)) : QByteArray("out of memory");
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return {ErrorCode::FileDamaged,
            "The file " + file + " is damaged (" + said
                + "). Nothing was changed in it. Set it aside and restore a backup under its name, "
                  "or start without it and let the peers fill it again.",
            {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {ErrorCode::FileInUse,
            "The file " + file
                + " is in use by another process. Stop that process, then try again.",
            {}};
    case SQLITE_FULL:
        return {ErrorCode::DiskFull,
            "There is no space left for " + file
                + ". Free some; nothing that was acknowledged is lost.",
            {}};
    case SQLITE_INTERRUPT:
        if (m_token != nullptr) {
            return m_token->error();
        }
        return {ErrorCode::Timeout,
            "The read took longer than Node:ReadMaxMilliseconds allows. Ask for smaller pages.",
            {}};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return {ErrorCode::Storage,
            "The file " + file + " cannot be opened for writing (" + said
                + "). Check that it and its folder belong to this user.",
            {}};
    default:
        return {ErrorCode::Storage, "SQLite failed on " + file + ": " + said + '.', {}};
    }
}

} // namespace driftless::storage
