#pragma once

#include <QByteArray>

#include <functional>

namespace driftless::sim {

/// Hears of every commit of every SQLite connection in the process, just before it is made: the
/// points at which a killed process leaves different files. One at a time; one thread.
class CommitWatch
{
public:
    /// Given the path of the main file.
    using BeforeCommit = std::function<void(const QByteArray &path)>;

    explicit CommitWatch(BeforeCommit beforeCommit);
    ~CommitWatch();
    CommitWatch(const CommitWatch &) = delete;
    CommitWatch &operator=(const CommitWatch &) = delete;

private:
    BeforeCommit m_beforeCommit;
};

} // namespace driftless::sim
