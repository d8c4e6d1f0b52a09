#pragma once

#include "core/result.h"

#include <QByteArray>

namespace driftless::crash {

/// Judges the files that a node left in `folder` when it was killed or stopped, on a copy (in
/// `scratch`, which is made anew), so that the node finds its own as it left them: SQLite's
/// integrity check of each; in a database also that the digest is the sum of its rows, that the
/// counts are right, and that no sequence is missing in the log. Errors: Internal, FileDamaged,
/// Storage; each names the file.
Result<void> checkFiles(const QByteArray &folder, const QByteArray &scratch);

} // namespace driftless::crash
