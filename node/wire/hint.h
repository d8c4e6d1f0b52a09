#pragma once

#include "core/result.h"

#include <QByteArray>

namespace driftless::wire {

/// A text message on /ws/replication (wire.md 9). Names are case-sensitive, as the reference takes
/// them.
struct Hint
{
    enum class Kind { HealthCheck, SyncRequest };

    Kind kind = Kind::HealthCheck;
    // Of a sync-request, none of them blank:
    QByteArray sourceNodeId;
    QByteArray database;
    QByteArray replicationKey;
    QByteArray reason; ///< may be empty

    /// Errors: InvalidJson (no JSON object, a member of a wrong type, a time that is none),
    /// InvalidArgument (null, another type of message, a blank member). Whose key it is, and which
    /// node, is for the caller to judge.
    static Result<Hint> fromJson(const QByteArray &text);
};

/// The answer to a hint.
struct HintAcknowledgement
{
    QByteArray error; ///< "invalid-json" or "invalid-payload"; empty: accepted

    [[nodiscard]] QByteArray toJson() const;
};

} // namespace driftless::wire
