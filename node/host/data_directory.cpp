#include "host/data_directory.h"

#include <QDir>
#include <QFile>

namespace driftless::host {

namespace {

constexpr auto kPrivate = QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner;

/// As mkdir -p with mode 0700; folders that are there keep their rights.
bool makePrivateFolder(const QString &path)
{
    const QDir folder(path);
    if (folder.exists()) {
        return true;
    }
    const QString parent = QFileInfo(path).path();
    return (parent == path || makePrivateFolder(parent))
        && (QDir().mkdir(path, kPrivate) || folder.exists());
}

} // namespace

Result<storage::FileLock> takeDataDirectory(const QByteArray &path)
{
    if (!makePrivateFolder(QFile::decodeName(path))) {
        return Error {ErrorCode::Storage,
            "The data directory '" + path
                + "' cannot be made: check who may write in the folders above it, or give another "
                  "(--data-dir FOLDER).",
            {}};
    }
    auto lock = storage::FileLock::take(path + "/node.lock");
    if (!lock && lock.error().code == ErrorCode::FileInUse) {
        return Error {ErrorCode::FileInUse,
            "Another node runs on the data directory '" + path
                + "': stop it, or give this one another (--data-dir FOLDER) or a node id of its "
                  "own.",
            {}};
    }
    return lock;
}

} // namespace driftless::host
