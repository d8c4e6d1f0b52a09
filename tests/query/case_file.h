#pragma once

#include "core/result.h"

#include <QByteArrayList>

namespace driftless::query {

struct CaseFileReport
{
    int checkCount = 0; ///< answers that were compared
    QByteArrayList failures; ///< each with line, expected and actual
};

/// Runs the text of a file of cases (README.md describes the format). Every case has a database of
/// its own. An error for a text that does not follow the format.
Result<CaseFileReport> runCaseFile(const QByteArray &text);

} // namespace driftless::query
