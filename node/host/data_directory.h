#pragma once

#include "storage/file_lock.h"

namespace driftless::host {

/// Makes the folder of a node's data if it is missing (readable by its user only, as are those
/// above it that are made), and keeps other nodes off it for as long as the lock lives. The lock
/// ends with the process, however that ends. Errors: FileInUse, Storage; each names the folder and
/// what to do.
Result<storage::FileLock> takeDataDirectory(const QByteArray &path);

} // namespace driftless::host
