#pragma once

#include "orders.h"
#include "storage/connection.h"

#include <memory>
#include <span>

namespace driftless::bench {

inline constexpr qint64 kCacheBytes = 16'000'000; ///< of both sides

/// The yardstick: what SQLite itself takes for the same documents, in a table (id TEXT PRIMARY KEY,
/// body TEXT), WAL, synchronous=FULL. Each call that writes is one transaction. One thread.
class PlainSqlite
{
public:
    /// Makes the file.
    static Result<std::unique_ptr<PlainSqlite>> open(const QByteArray &path);

    Result<void> insert(std::span<const Document> batch);
    Result<void> update(std::span<const Document> batch);
    /// Answers the size of the body; 0 where there is none.
    Result<qsizetype> select(const QByteArray &id);
    /// The first column of the first row of what `sql` says.
    Result<std::int64_t> ask(const char *sql);
    /// The smallest transaction that there is: one row of a number.
    Result<void> writeTiny();

private:
    PlainSqlite() = default;
    Result<void> write(storage::Statement &statement, std::span<const Document> batch);

    std::unique_ptr<storage::Connection> m_connection;
    storage::Statement m_begin;
    storage::Statement m_commit;
    storage::Statement m_insert;
    storage::Statement m_update;
    storage::Statement m_select;
    storage::Statement m_tiny;
};

} // namespace driftless::bench
