#include "plain_sqlite.h"

namespace driftless::bench {

Result<std::unique_ptr<PlainSqlite>> PlainSqlite::open(const QByteArray &path)
{
    std::unique_ptr<PlainSqlite> plain(new PlainSqlite);
    DRIFTLESS_TRY_ASSIGN(
        plain->m_connection, storage::Connection::open(path, storage::Connection::Mode::ReadWrite));
    const QByteArray set = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-"
        + QByteArray::number(kCacheBytes / 1024)
        + "; CREATE TABLE documents(id TEXT PRIMARY KEY, body TEXT); CREATE TABLE tiny(id INTEGER "
          "PRIMARY KEY)";
    DRIFTLESS_TRY(plain->m_connection->execute(set.constData()));
    DRIFTLESS_TRY_ASSIGN(plain->m_begin, plain->m_connection->prepare("BEGIN IMMEDIATE"));
    DRIFTLESS_TRY_ASSIGN(plain->m_commit, plain->m_connection->prepare("COMMIT"));
    DRIFTLESS_TRY_ASSIGN(plain->m_insert,
        plain->m_connection->prepare("INSERT INTO documents(body, id) VALUES(?,?)"));
    DRIFTLESS_TRY_ASSIGN(plain->m_update,
        plain->m_connection->prepare("UPDATE documents SET body = ? WHERE id = ?"));
    DRIFTLESS_TRY_ASSIGN(
        plain->m_select, plain->m_connection->prepare("SELECT body FROM documents WHERE id = ?"));
    DRIFTLESS_TRY_ASSIGN(
        plain->m_tiny, plain->m_connection->prepare("INSERT INTO tiny DEFAULT VALUES"));
    return plain;
}

Result<void> PlainSqlite::write(storage::Statement &statement, std::span<const Document> batch)
{
    DRIFTLESS_TRY(m_begin.run());
    for (const Document &document : batch) {
        statement.bindText(1, document.body).bindText(2, document.id);
        DRIFTLESS_TRY(statement.run());
    }
    return m_commit.run();
}

Result<void> PlainSqlite::insert(std::span<const Document> batch)
{
    return write(m_insert, batch);
}

Result<void> PlainSqlite::update(std::span<const Document> batch)
{
    return write(m_update, batch);
}

Result<qsizetype> PlainSqlite::select(const QByteArray &id)
{
    m_select.bindText(1, id);
    DRIFTLESS_TRY_ASSIGN(const bool hasRow, m_select.step());
    if (!hasRow) {
        return qsizetype {0};
    }
    const qsizetype size = m_select.blob(0).size();
    m_select.reset();
    return size;
}

Result<std::int64_t> PlainSqlite::ask(const char *sql)
{
    return m_connection->queryInteger(sql);
}

Result<void> PlainSqlite::writeTiny()
{
    return m_tiny.run();
}

} // namespace driftless::bench
