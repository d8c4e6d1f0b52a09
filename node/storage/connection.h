#pragma once

#include "core/ids.h"
#include "core/result.h"

#include <QByteArray>

#include <chrono>
#include <memory>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace driftless::storage {

class Connection;
class ReadToken;

/// A prepared statement that is bound, stepped and reset in one place. Belongs to the thread of its
/// connection and must not outlive it. Parameters count from 1, columns from 0.
class Statement
{
public:
    Statement() = default;
    ~Statement();
    Statement(Statement &&other) noexcept;
    Statement &operator=(Statement &&other) noexcept;
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;

    Statement &bind(int index, std::int64_t value);
    /// The bytes are not copied: they must live until the next reset. A null view binds an empty
    /// blob.
    Statement &bindBlob(int index, QByteArrayView value);
    /// As bindBlob, but the bytes are copied.
    Statement &bindCopy(int index, QByteArrayView value);
    Statement &bindText(int index, QByteArrayView utf8);
    Statement &bindNull(int index);

    /// True: a row is there. False: done, and the statement is reset. An error resets it too.
    Result<bool> step();
    /// Runs a statement that gives no rows, and resets it.
    Result<void> run();
    void reset();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] bool isNull(int column) const;
    [[nodiscard]] QByteArray blob(int column) const;
    /// Valid until the next step or reset.
    [[nodiscard]] QByteArrayView blobView(int column) const;

private:
    friend class Connection;
    Statement(Connection *connection, sqlite3_stmt *handle);

    Connection *m_connection = nullptr;
    sqlite3_stmt *m_handle = nullptr;
};

/// One connection to one SQLite file; one thread at a time.
class Connection
{
public:
    enum class Mode { ReadWrite, ReadOnly };

    /// Errors: FileDamaged (no SQLite file), FileInUse, Storage; each names the file.
    static Result<std::unique_ptr<Connection>> open(const QByteArray &path, Mode mode);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    Result<Statement> prepare(std::string_view sql);
    /// Runs one or more statements whose rows do not matter.
    Result<void> execute(const char *sql);
    /// The first column of the first row; 0 where there is none.
    Result<std::int64_t> queryInteger(std::string_view sql);

    [[nodiscard]] std::int64_t lastInsertRowId() const;
    /// Whether to wait (2 s, which is how it begins) for a lock that another process holds.
    void waitForLock(bool waits);
    /// False also where SQLite gave up a transaction by itself (no space, no memory, a fault of the
    /// disk): what is written then stands alone.
    [[nodiscard]] bool isInTransaction() const;
    /// Copies the WAL into the file as far as readers allow (SQLITE_CHECKPOINT_PASSIVE), or, with
    /// `truncate`, waits for them and empties it.
    Result<void> checkpoint(bool truncate);
    /// From now on a commit leaves the WAL as it is, whatever its length (SQLite itself would copy
    /// it back before the commit returns), and notes how long it has become.
    void checkpointByHand();
    /// Pages in the WAL at the last commit; 0 without `checkpointByHand`.
    [[nodiscard]] int walPages() const { return m_walPages; }
    /// The file is ours and sound: closing copies into it also a WAL that was there before. One
    /// that is refused stays as it was.
    void checkpointOnClose();
    /// A read that takes longer than `readMax` ends with Timeout; of a read-only connection.
    /// Renewed by each `beginRead`.
    void setReadDeadline(std::chrono::milliseconds readMax);
    void beginRead();
    /// The reads from now on end when `token` is over, with its error, instead of by that time;
    /// null: no longer. It outlives those reads.
    void setReadToken(const ReadToken *token) { m_token = token; }

    [[nodiscard]] const QByteArray &path() const { return m_path; }
    /// What SQLite last said, as an Error of ours that names the file.
    [[nodiscard]] Error lastError(int code) const;
    [[nodiscard]] sqlite3 *handle() const { return m_handle; }

private:
    Connection(QByteArray path, sqlite3 *handle);
    [[nodiscard]] bool isReadOver() const;

    QByteArray m_path;
    sqlite3 *m_handle = nullptr;
    std::int64_t m_deadline = 0;
    std::int64_t m_readMaxMs = 0;
    const ReadToken *m_token = nullptr;
    int m_walPages = 0;
};

} // namespace driftless::storage
