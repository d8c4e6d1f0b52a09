#pragma once

#include <QByteArray>

namespace driftless::support {

/// A folder of its own in memory (/dev/shm) where there is one, else among the system's temporary
/// files; gone with the object.
class TemporaryFolder
{
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    /// UTF-8, absolute, no trailing '/'.
    [[nodiscard]] const QByteArray &path() const { return m_path; }
    [[nodiscard]] QByteArray path(const QByteArray &name) const { return m_path + '/' + name; }
    /// Makes an empty folder inside; answers its path.
    [[nodiscard]] QByteArray makeFolder(const QByteArray &name) const;

private:
    QByteArray m_path;
};

/// Copies every file of a folder (no folders inside of it) to another, which is made, or emptied
/// first: what a backup or a killed process leaves. SQLite's shared-memory files are left out; they
/// are made anew. Files whose names begin with `except`, if it is not empty, are neither copied nor
/// removed.
void copyFolder(const QByteArray &from, const QByteArray &to, const QByteArray &except = {});

} // namespace driftless::support
