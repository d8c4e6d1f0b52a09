#pragma once

#include <QLoggingCategory>

namespace driftless {

Q_DECLARE_LOGGING_CATEGORY(logNode) // driftless.node: start, stop, configuration
Q_DECLARE_LOGGING_CATEGORY(logStorage) // driftless.storage
Q_DECLARE_LOGGING_CATEGORY(logReplication) // driftless.replication
Q_DECLARE_LOGGING_CATEGORY(logHttp) // driftless.http
Q_DECLARE_LOGGING_CATEGORY(logAuth) // driftless.auth: every refused call

} // namespace driftless
