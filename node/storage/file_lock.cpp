#include "storage/file_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace driftless::storage {

FileLock::~FileLock()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

FileLock::FileLock(FileLock &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

FileLock &FileLock::operator=(FileLock &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

Result<FileLock> FileLock::take(const QByteArray &path)
{
    FileLock lock;
    lock.m_descriptor = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock.m_descriptor < 0) {
        return Error {ErrorCode::Storage,
            "The file '" + path + "' cannot be opened for writing ("
                + std::generic_category().message(errno).c_str()
                + "). Check that it and its folder belong to this user.",
            {}};
    }
    if (::flock(lock.m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        // It may be this very process that has the file open: closing the descriptor would drop
        // SQLite's record locks there. So it stays open; a refused opening is the end of a start,
        // not something that is done over and over.
        lock.m_descriptor = -1;
        return Error {ErrorCode::FileInUse,
            "The file '" + path
                + "' is in use by another process. Stop that process, or choose another data "
                  "directory.",
            {}};
    }
    return lock;
}

} // namespace driftless::storage
