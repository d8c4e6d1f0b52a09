#include "index_check.h"

#include "storage/index_store.h"

#include <optional>
#include <set>

namespace driftless::support {

namespace {

using Entries = std::set<std::pair<QByteArray, QByteArray>>; // key, document

/// What the documents that an index covers should have in it.
Result<Entries> scan(storage::Connection &connection,
    const storage::IndexExpression &expression,
    std::int64_t collection,
    const std::optional<QByteArray> &builtTo)
{
    DRIFTLESS_TRY_ASSIGN(storage::Statement documents,
        connection.prepare(
            "SELECT d.id, coalesce(d.body, o.body) FROM documents d LEFT JOIN "
            "operations o ON o.position = d.operation "
            "WHERE d.collection = ?1 AND d.flags & 1 AND (?2 IS NULL OR d.id <= ?2)"));
    documents.bind(1, collection);
    builtTo ? documents.bindBlob(2, *builtTo) : documents.bindNull(2);
    Entries entries;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, documents.step());
        if (!hasRow) {
            return entries;
        }
        std::vector<QByteArray> keys;
        expression.appendKeys(documents.blob(1), keys);
        for (QByteArray &key : keys) {
            entries.emplace(std::move(key), documents.blob(0));
        }
    }
}

Result<Entries> entriesOf(storage::Connection &connection, std::int64_t index)
{
    DRIFTLESS_TRY_ASSIGN(storage::Statement select,
        connection.prepare("SELECT key, document FROM index_entries WHERE index_id = ?"));
    select.bind(1, index);
    Entries entries;
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, select.step());
        if (!hasRow) {
            return entries;
        }
        entries.emplace(select.blob(0), select.blob(1));
    }
}

QByteArray difference(const QByteArray &name, const Entries &found, const Entries &expected)
{
    for (const auto &entry : found) {
        if (!expected.contains(entry)) {
            return "index " + name + " has " + entry.second + " under " + entry.first.toHex()
                + ", which no scan finds";
        }
    }
    for (const auto &entry : expected) {
        if (!found.contains(entry)) {
            return "index " + name + " lacks " + entry.second + " under " + entry.first.toHex();
        }
    }
    return {};
}

Result<QByteArray> findFault(const QByteArray &path, const storage::IndexLanguage &language)
{
    DRIFTLESS_TRY_ASSIGN(const auto connection,
        storage::Connection::open(path, storage::Connection::Mode::ReadOnly));
    DRIFTLESS_TRY(connection->execute("BEGIN"));
    DRIFTLESS_TRY_ASSIGN(const auto orphans,
        connection->queryInteger(
            "SELECT count(*) FROM index_entries WHERE index_id NOT IN (SELECT id FROM indexes)"));
    if (orphans != 0) {
        return QByteArray("there are entries of no index");
    }
    DRIFTLESS_TRY_ASSIGN(storage::Statement indexes,
        connection->prepare("SELECT id, collection, name, expression, key_version, state, built_to "
                            "FROM indexes WHERE state < 2"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, indexes.step());
        if (!hasRow) {
            return QByteArray();
        }
        DRIFTLESS_TRY_ASSIGN(const auto expression, language.compile(indexes.blob(3)));
        if (indexes.integer(4) != language.keyVersion() || expression->text() != indexes.blob(3)) {
            return "index " + indexes.blob(2) + " is of another version";
        }
        const bool isReady = indexes.integer(5) == 1;
        DRIFTLESS_TRY_ASSIGN(const Entries expected,
            scan(*connection,
                *expression,
                indexes.integer(1),
                isReady ? std::nullopt : std::optional(indexes.blob(6))));
        DRIFTLESS_TRY_ASSIGN(const Entries found, entriesOf(*connection, indexes.integer(0)));
        if (const QByteArray fault = difference(indexes.blob(2), found, expected);
            !fault.isEmpty()) {
            return fault;
        }
    }
}

Result<QByteArray> checkIntegrity(const QByteArray &path)
{
    DRIFTLESS_TRY_ASSIGN(const auto connection,
        storage::Connection::open(path, storage::Connection::Mode::ReadOnly));
    DRIFTLESS_TRY_ASSIGN(storage::Statement check, connection->prepare("PRAGMA integrity_check"));
    DRIFTLESS_TRY(check.step());
    const QByteArray said = check.blob(0);
    return said == "ok" ? QByteArray() : "integrity_check: " + said;
}

} // namespace

QByteArray indexFault(const QByteArray &path, const storage::IndexLanguage &language)
{
    const auto fault = findFault(path, language);
    return fault ? *fault : fault.error().message;
}

QByteArray integrityFault(const QByteArray &path)
{
    const auto fault = checkIntegrity(path);
    return fault ? *fault : fault.error().message;
}

} // namespace driftless::support
