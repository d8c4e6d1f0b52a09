#include "file_check.h"

#include "storage/connection.h"
#include "storage/digest.h"
#include "temporary_folder.h"

#include <QDir>

namespace driftless::crash {

namespace {

Error broken(const QByteArray &path, const QByteArray &what)
{
    return {ErrorCode::Internal, "The file '" + path + "' is broken: " + what, {}};
}

Result<void> checkIntegrity(storage::Connection &connection)
{
    DRIFTLESS_TRY_ASSIGN(storage::Statement check, connection.prepare("PRAGMA integrity_check"));
    DRIFTLESS_TRY(check.step());
    const QByteArray said = check.blob(0);
    return said == "ok" ? Result<void>() : broken(connection.path(), said);
}

/// The sum over the rows, made from nothing.
Result<storage::Digest> digestOfRows(storage::Connection &connection)
{
    storage::Digest digest;
    DRIFTLESS_TRY_ASSIGN(storage::Statement rows,
        connection.prepare("SELECT d.id, d.hash, c.folded FROM documents d JOIN collections c ON "
                           "c.id = d.collection"));
    for (;;) {
        DRIFTLESS_TRY_ASSIGN(const bool hasRow, rows.step());
        if (!hasRow) {
            return digest;
        }
        const auto hash = Hash128::fromBytes(rows.blobView(1));
        if (!hash) {
            return broken(connection.path(), "a row's hash has the wrong size");
        }
        if (storage::isInDigest(rows.blobView(2))) {
            digest.add(rows.blobView(0), *hash);
        }
    }
}

Result<void> checkDatabase(storage::Connection &connection)
{
    const QByteArray &path = connection.path();
    DRIFTLESS_TRY_ASSIGN(storage::Statement state,
        connection.prepare("SELECT digest, documents, conflicts FROM state"));
    DRIFTLESS_TRY_ASSIGN(const bool hasState, state.step());
    if (!hasState) { // nothing was written yet
        DRIFTLESS_TRY_ASSIGN(
            const auto operations, connection.queryInteger("SELECT count(*) FROM operations"));
        return operations == 0 ? Result<void>() : broken(path, "operations without a state");
    }
    DRIFTLESS_TRY_ASSIGN(const storage::Digest digest, digestOfRows(connection));
    if (digest.bytes() != state.blob(0)) {
        return broken(path, "its digest is not the sum of its rows");
    }
    DRIFTLESS_TRY_ASSIGN(const auto visible,
        connection.queryInteger("SELECT count(*) FROM documents WHERE flags & 1"));
    if (visible != state.integer(1)) {
        return broken(path, "its count of documents is wrong");
    }
    DRIFTLESS_TRY_ASSIGN(
        const auto conflicts, connection.queryInteger("SELECT count(*) FROM conflicts"));
    if (conflicts != state.integer(2)) {
        return broken(path, "its count of conflicts is wrong");
    }
    DRIFTLESS_TRY_ASSIGN(const auto torn,
        connection.queryInteger("SELECT count(*) FROM incarnations i WHERE sequence <> (SELECT "
                                "count(*) FROM operations o WHERE o.incarnation = i.id) OR "
                                "sequence <> (SELECT max(sequence) FROM operations o WHERE "
                                "o.incarnation = i.id)"));
    if (torn != 0) {
        return broken(path, "its vector and its log differ");
    }
    DRIFTLESS_TRY_ASSIGN(const auto dangling,
        connection.queryInteger("SELECT count(*) FROM documents d WHERE NOT EXISTS (SELECT 1 FROM "
                                "operations o WHERE o.position = d.operation)"));
    return dangling == 0 ? Result<void>() : broken(path, "a document points at no operation");
}

} // namespace

Result<void> checkFiles(const QByteArray &folder, const QByteArray &scratch)
{
    support::copyFolder(folder, scratch);
    const QDir copies(QString::fromUtf8(scratch));
    for (const QString &name : copies.entryList({QStringLiteral("*.db")}, QDir::Files)) {
        const QByteArray path = copies.filePath(name).toUtf8();
        DRIFTLESS_TRY_ASSIGN(const auto connection,
            storage::Connection::open(path, storage::Connection::Mode::ReadWrite));
        DRIFTLESS_TRY(checkIntegrity(*connection));
        // A file that was killed while it was made has no tables: then nothing was promised.
        DRIFTLESS_TRY_ASSIGN(const auto tables,
            connection->queryInteger("SELECT count(*) FROM sqlite_schema WHERE name = 'state'"));
        if (tables > 0) {
            DRIFTLESS_TRY(checkDatabase(*connection));
        }
    }
    return {};
}

} // namespace driftless::crash
