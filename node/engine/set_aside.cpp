#include "engine/set_aside.h"

#include "core/clock.h"
#include "core/json.h"

#include <QFile>

namespace driftless::engine {

namespace {

constexpr int kChunkOperations = 1'000;
constexpr qsizetype kChunkBytes = 4'000'000;

/// On a single line: a document's own line breaks can only be blanks between its tokens. What was
/// taken unread and is no document (it is in quarantine) would break the line.
QByteArray contentOf(const storage::OperationHeader &header, const QByteArray &body)
{
    if (header.kind == storage::OperationKind::Delete) {
        return "\"IsDelete\":true,\"Document\":null";
    }
    if (!storage::isReadableBody(body)) {
        return "\"IsDelete\":false,\"Document\":null,\"Bytes\":\"" + body.toBase64() + '"';
    }
    QByteArray line = body;
    line.replace('\n', ' ').replace('\r', ' ');
    return "\"IsDelete\":false,\"Document\":" + line;
}

QByteArray lineOf(const storage::OperationHeader &header, const QByteArray &body)
{
    QByteArray line = "{\"Collection\":";
    json::appendString(line, header.collection);
    line += ",\"Id\":";
    json::appendString(line, header.documentId);
    line += ",\"Version\":\"" + header.id().hex() + "\",\"NodeId\":\""
        + header.version.dot.incarnation.origin.bytes();
    line += "\",\"TimestampUtc\":\""
        + toIsoUtc(WallTime(
            std::chrono::milliseconds(static_cast<std::int64_t>(header.version.hlc >> 16))));
    line += "\"," + contentOf(header, body) + "}\n";
    return line;
}

Error notWritten(const QFile &file)
{
    return {ErrorCode::Storage,
        "The list '" + file.fileName().toUtf8() + "' cannot be written ("
            + file.errorString().toUtf8() + "). Nothing was set aside.",
        {}};
}

} // namespace

QByteArray freeAsidePath(const QByteArray &base)
{
    QByteArray path = base;
    const auto isTaken = [&path] {
        return QFile::exists(QString::fromUtf8(path))
            || QFile::exists(QString::fromUtf8(path + "-wal"))
            || QFile::exists(QString::fromUtf8(path + "-shm"));
    };
    for (int i = 2; isTaken(); ++i) {
        path = base + '-' + QByteArray::number(i);
    }
    return path;
}

Result<qint64> listUnsent(
    const storage::DatabaseFile &file, const storage::VersionVector &known, const QByteArray &path)
{
    QFile list(QString::fromUtf8(path));
    qint64 count = 0;
    for (LogPosition position; position < file.lastPosition();) {
        DRIFTLESS_TRY_ASSIGN(
            const auto chunk, file.readLog(position, kChunkOperations, kChunkBytes));
        if (chunk.empty()) {
            break;
        }
        for (const storage::StoredOperation &stored : chunk) {
            position = stored.position;
            DRIFTLESS_TRY_ASSIGN(
                const storage::OperationHeader header, storage::decodeHeader(stored.headerBytes));
            if (!header.isAboutDocument() || known.covers(header.version.dot)) {
                continue;
            }
            if (!list.isOpen() && !list.open(QIODevice::WriteOnly)) {
                return notWritten(list);
            }
            ++count;
            if (list.write(lineOf(header, stored.body)) < 0) {
                return notWritten(list);
            }
        }
    }
    if (list.isOpen() && !list.flush()) {
        return notWritten(list);
    }
    return count;
}

Result<void> renameDatabase(const QByteArray &path, const QByteArray &aside)
{
    std::vector<const char *> renamed;
    for (const char *part : {"-wal", "-shm", ""}) {
        const QString from = QString::fromUtf8(path + part);
        if (!QFile::exists(from)) {
            continue;
        }
        if (!QFile::rename(from, QString::fromUtf8(aside + part))) {
            // All or nothing: what stands in a WAL that is not beside its file is lost.
            for (const char *done : renamed) {
                QFile::rename(QString::fromUtf8(aside + done), QString::fromUtf8(path + done));
            }
            return Error {ErrorCode::Storage,
                "The file '" + (path + part)
                    + "' cannot be renamed. Check that its folder belongs to this user.",
                {}};
        }
        renamed.push_back(part);
    }
    return {};
}

} // namespace driftless::engine
