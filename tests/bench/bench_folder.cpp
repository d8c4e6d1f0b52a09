#include "bench_folder.h"

#include <QDir>

#include <cstdlib>
#include <sys/vfs.h>
#include <utility>

namespace driftless::bench {

namespace {

constexpr decltype(std::declval<struct statfs>().f_type) kTmpfsMagic = 0x01021994;

bool isOnDisk(const QByteArray &folder)
{
    struct statfs status
    {
    };
    return statfs(folder.constData(), &status) == 0 && status.f_type != kTmpfsMagic;
}

} // namespace

BenchFolder::BenchFolder(QByteArray path)
    : m_path(std::move(path))
{
}

BenchFolder::BenchFolder(BenchFolder &&other) noexcept
    : m_path(std::exchange(other.m_path, {}))
{
}

BenchFolder::~BenchFolder()
{
    if (!m_path.isEmpty()) {
        QDir(QString::fromUtf8(m_path)).removeRecursively();
    }
}

Result<BenchFolder> BenchFolder::make(const QByteArray &parent)
{
    QByteArray chosen = parent;
    if (parent.isEmpty()) {
        const QByteArray current = QDir::currentPath().toUtf8();
        for (const QByteArray &candidate :
            {QDir::tempPath().toUtf8(), QByteArray("/var/tmp"), current}) {
            if (isOnDisk(candidate)) {
                chosen = candidate;
                break;
            }
        }
    } else if (!QDir().mkpath(QString::fromUtf8(parent))) {
        return Error {ErrorCode::Storage,
            "The folder '" + parent + "' cannot be made. Choose another with --data.",
            {}};
    }
    if (chosen.isEmpty() || !isOnDisk(chosen)) {
        return Error {ErrorCode::InvalidArgument,
            "The folder '" + chosen
                + "' is in memory, where a durable write costs nothing. Name one on a disk with "
                  "--data.",
            {}};
    }
    QByteArray path = chosen + "/driftless-bench-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
        return Error {ErrorCode::Storage,
            "No folder can be made in '" + chosen + "'. Choose another with --data.",
            {}};
    }
    return BenchFolder(QDir(QString::fromUtf8(path)).absolutePath().toUtf8());
}

QByteArray BenchFolder::emptied(const QByteArray &name)
{
    remove(name);
    QDir().mkpath(QString::fromUtf8(m_path + '/' + name));
    return m_path + '/' + name;
}

void BenchFolder::remove(const QByteArray &name)
{
    QDir(QString::fromUtf8(m_path + '/' + name)).removeRecursively();
}

} // namespace driftless::bench
