#pragma once

#include <QtGlobal>

#include <csignal>
#include <sys/resource.h>

namespace driftless::support {

/// No file may grow beyond so many bytes while this lives: a disk that is full.
class FileSizeLimit
{
public:
    explicit FileSizeLimit(qint64 bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN); // the write fails then, and the process goes on
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit {static_cast<rlim_t>(bytes), m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &m_before); }
    FileSizeLimit(const FileSizeLimit &) = delete;
    FileSizeLimit &operator=(const FileSizeLimit &) = delete;

private:
    rlimit m_before {};
};

} // namespace driftless::support
