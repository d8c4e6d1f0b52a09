#pragma once

#include "api/context.h"

namespace driftless::api {

/// What nodes say to each other: our own dialect in CBOR, and hints over WebSocket (wire.md 9). Net
/// thread.
class ReplicationApi
{
public:
    /// `context` outlives the API.
    explicit ReplicationApi(Context &context);

    void operations(const CallPtr &call);
    void heartbeat(const CallPtr &call);
    void fetch(const CallPtr &call);

    /// GET of the hints' path that asks for no WebSocket.
    void hintsWithoutUpgrade(const CallPtr &call);
    /// The answer to one hint; what it asks is handed on.
    QByteArray hint(const QByteArray &message);

private:
    Context &m_context;
};

} // namespace driftless::api
