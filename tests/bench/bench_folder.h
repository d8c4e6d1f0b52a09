#pragma once

#include "core/result.h"

#include <QByteArray>

namespace driftless::bench {

/// Where the measured files are: on a file system that knows how to wait for its disk. Gone with
/// the object.
class BenchFolder
{
public:
    /// Makes a folder of its own in `parent`, or, where that is empty, in the first of $TMPDIR,
    /// /var/tmp and the current folder that is on a disk. Errors: InvalidArgument (memory is no
    /// disk), Storage.
    static Result<BenchFolder> make(const QByteArray &parent);
    ~BenchFolder();
    BenchFolder(BenchFolder &&other) noexcept;
    BenchFolder &operator=(BenchFolder &&) = delete;

    [[nodiscard]] const QByteArray &path() const { return m_path; }
    /// An empty folder inside of it, for one measurement; what was in it goes.
    QByteArray emptied(const QByteArray &name);
    void remove(const QByteArray &name);

private:
    explicit BenchFolder(QByteArray path);

    QByteArray m_path;
};

} // namespace driftless::bench
