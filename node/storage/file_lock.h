#pragma once

#include "core/result.h"

namespace driftless::storage {

/// Keeps a second process (or a second opening in this one) away from a file, by flock(2), which
/// does not touch the record locks that SQLite uses on the same file. Must outlive every SQLite
/// connection to the file: closing any descriptor of a file drops a process's record locks.
class FileLock
{
public:
    FileLock() = default;
    ~FileLock();
    FileLock(FileLock &&other) noexcept;
    FileLock &operator=(FileLock &&other) noexcept;
    FileLock(const FileLock &) = delete;
    FileLock &operator=(const FileLock &) = delete;

    /// Creates the file if it is missing. Errors: FileInUse, Storage; each names the file and what
    /// to do.
    static Result<FileLock> take(const QByteArray &path);

private:
    int m_descriptor = -1;
};

} // namespace driftless::storage
