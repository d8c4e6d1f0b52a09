#pragma once

#include "core/json.h"

#include <optional>

namespace driftless::wire {

/// POST /api/query: `{"Query","Take","Parameters","Format","Atomic"}`, names in any case; the
/// reference knows the first two.
struct QueryRequest
{
    QByteArray query; ///< empty where it is absent
    bool isQueryNull = false; ///< said, and null
    std::optional<int> take;
    QByteArray parameters; ///< a JSON array or object; empty: none
    bool isPlain = false; ///< "Format":"plain" instead of "extended"
    bool isAtomic = true;

    /// Numbers may be given as strings, as in the reference. Errors, with their path: InvalidJson,
    /// TooDeep, TooLarge.
    static Result<QueryRequest> fromJson(QByteArray text, const json::Limits &limits);
};

struct QueryResponse
{
    QByteArray query;
    int requestedTake = 0;
    qint64 matchedCount = 0;
    qint64 appliedCount = 0;
    qint64 returnedRows = 0;
    QByteArray rows; ///< a JSON array

    [[nodiscard]] QByteArray toJson() const;

    // Of a large answer, whose rows come in pieces between these two and whose counts are known at
    // its end: the same members, the counts behind the rows.
    [[nodiscard]] QByteArray head() const;
    [[nodiscard]] QByteArray tail() const;
};

} // namespace driftless::wire
