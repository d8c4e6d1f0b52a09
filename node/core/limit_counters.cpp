#include "core/limit_counters.h"

namespace driftless {

QByteArrayView limitName(Limit limit)
{
    static constexpr std::array<const char *, kLimitCount + 1> kNames {"DocumentBytes",
        "GroupOperations",
        "GroupBytes",
        "BodyBytes",
        "HeaderBytes",
        "HeaderCount",
        "TargetBytes",
        "Connections",
        "ConnectionsPerAddress",
        "RequestsPerAddress",
        "BytesPerAddress",
        "PipelinedRequests",
        "OutputBytes",
        "HeaderSeconds",
        "BodySeconds",
        "BodyBytesPerSecond",
        "IdleSeconds",
        "DrainSeconds",
        "DrainBytes",
        "HintBytes",
        "PingSeconds",
        "StoreQueue",
        "ReaderQueue",
        "QueryQueue",
        "QuerySeconds",
        "QueryBytes",
        "QueryStallSeconds",
        ""};
    return kNames[static_cast<std::size_t>(limit)];
}

} // namespace driftless
