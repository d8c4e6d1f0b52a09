#include "core/log.h"

namespace driftless {

Q_LOGGING_CATEGORY(logNode, "driftless.node", QtInfoMsg)
Q_LOGGING_CATEGORY(logStorage, "driftless.storage", QtInfoMsg)
Q_LOGGING_CATEGORY(logReplication, "driftless.replication", QtInfoMsg)
Q_LOGGING_CATEGORY(logHttp, "driftless.http", QtInfoMsg)
Q_LOGGING_CATEGORY(logAuth, "driftless.auth", QtInfoMsg)

} // namespace driftless
