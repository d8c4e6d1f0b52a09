#pragma once

#include "core/limits.h"

#include <QByteArray>

#include <vector>

namespace driftless::api {

/// What the API is told at its start. A value; immutable afterwards.
struct ApiSettings
{
    qsizetype bodyBytesMax = 30'000'000; ///< of a request by a client; transfers between nodes may
                                         ///< have kTransferBytesMax
    qsizetype documentBytesMax = kDocumentBytesMax;
    int groupOperationsMax = kGroupOperationsMax; ///< operations of a batch
    /// Origins that a browser may call from, as "https://studio.example". None: those of the
    /// machine itself (localhost, 127.0.0.1).
    std::vector<QByteArray> corsOrigins;
    QByteArray version; ///< of the program, shown by GET /node
};

} // namespace driftless::api
