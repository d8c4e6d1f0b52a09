#pragma once

#include "core/result.h"

#include <vector>

namespace driftless::wire {

/// A row of GET /api/indexes.
struct IndexRow
{
    QByteArray collection;
    QByteArray name;
    QByteArray expression;
    bool isReady = false;
    qint64 documentsDone = 0;
    qint64 documentsTotal = 0;
};

/// `{"Collection","Name","Expression","State","DocumentsDone","DocumentsTotal"}`; the state is
/// `Building` or `Ready`.
QByteArray toJson(const IndexRow &row);
/// An array of these.
QByteArray toJson(const std::vector<IndexRow> &rows);

/// What PUT /api/indexes/{collection}/{name} brings: `{"Expression":"…"}`, of which this answers
/// the text. Errors: InvalidJson (the shape).
Result<QByteArray> indexExpressionFromJson(const QByteArray &text);

} // namespace driftless::wire
