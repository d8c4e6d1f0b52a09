#include "temporary_folder.h"

#include "core/assert.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace driftless::support {

TemporaryFolder::TemporaryFolder()
{
    const bool hasMemory = ::access("/dev/shm", W_OK) == 0;
    std::string path
        = (hasMemory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path())
        / "driftless-XXXXXX";
    DRIFTLESS_ASSERT(::mkdtemp(path.data()) != nullptr);
    m_path = QByteArray::fromStdString(path);
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path.toStdString(), ignored);
}

QByteArray TemporaryFolder::makeFolder(const QByteArray &name) const
{
    std::filesystem::create_directory(path(name).toStdString());
    return path(name);
}

void copyFolder(const QByteArray &from, const QByteArray &to, const QByteArray &except)
{
    namespace fs = std::filesystem;
    const fs::path target = to.toStdString();
    const auto isLeftAlone = [&except](const fs::directory_entry &entry) {
        return !except.isEmpty()
            && entry.path().filename().string().starts_with(except.toStdString());
    };
    fs::create_directories(target);
    for (const fs::directory_entry &entry : fs::directory_iterator(target)) {
        if (!isLeftAlone(entry)) {
            fs::remove_all(entry.path());
        }
    }
    for (const fs::directory_entry &entry : fs::directory_iterator(from.toStdString())) {
        const std::string name = entry.path().filename();
        if (entry.is_regular_file() && !name.ends_with("-shm") && !isLeftAlone(entry)) {
            fs::copy_file(entry.path(), target / name);
        }
    }
}

} // namespace driftless::support
