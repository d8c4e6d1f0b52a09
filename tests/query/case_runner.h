#pragma once

#include "query/value.h"

#include <QByteArrayList>

#include <set>
#include <vector>

namespace driftless::query {

/// A case that answers otherwise than its file expects.
struct CaseDifference
{
    QByteArray id;
    QByteArray note;
    QByteArray expected; ///< extended JSON
    QByteArray actual; ///< extended JSON, or the error
};

struct CaseReport
{
    int caseCount = 0;
    std::vector<CaseDifference> differences;
    std::set<QByteArray> ids; ///< of all cases
};

/// Runs the cases of a file's text: a JSON array of objects with `id`, a `query`, `queries` or
/// `expr`, the data, and what is expected, in typed extended JSON. Each has a catalog of its own.
/// Types and the scale of decimals must agree, doubles by value, documents in any order of their
/// members, errors by being one.
Result<CaseReport> runCases(const QByteArray &text);

/// The ids in the first column of the tables of a Markdown text.
std::set<QByteArray> listedIds(const QByteArray &markdown);

} // namespace driftless::query
