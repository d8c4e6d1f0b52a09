#pragma once

#include "core/clock.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/result.h"

#include <optional>
#include <vector>

namespace driftless::wire {

enum class BatchOp { Put, Patch, Delete };

/// One write of a batch, as it was asked for.
struct BatchOperation
{
    BatchOp op = BatchOp::Put;
    QByteArray collection;
    QByteArray id;
    json::Object body; ///< of put and patch: checked, its own bytes; empty for a delete
    std::optional<QByteArray> ifVersion;
};

/// POST /api/batch:
/// `{"Operations":[{"Op":"put|patch|delete","Collection","Id","Body","IfVersion"}]}`, names in any
/// case.
struct BatchRequest
{
    std::vector<BatchOperation> operations;

    /// Each Body keeps its exact bytes and is checked as a document of its own. Errors, each with
    /// its path: InvalidJson, TooDeep, InvalidArgument (what is absent or of a wrong type),
    /// TooLarge (more than `operationsMax`, or a body above the limits).
    static Result<BatchRequest> fromJson(
        QByteArrayView text, int operationsMax, const json::Limits &bodyLimits);
};

/// What became of one write.
struct BatchResult
{
    QByteArray collection;
    QByteArray entityId;
    std::optional<Hash128> version; ///< null where there is nothing: a delete of what never was
    bool isDeleted = false;
    std::optional<int> operationType; ///< 1 insert, 2 update, 3 delete; null where nothing changed
};

struct BatchResponse
{
    std::optional<Hash128> groupId; ///< null where nothing changed
    WallTime committed {};
    std::vector<BatchResult> results;

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
