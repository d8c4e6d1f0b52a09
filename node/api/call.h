#pragma once

#include "api/response.h"
#include "api/route_table.h"

#include <memory>

namespace driftless::api {

/// One request on its way through the API.
struct Call
{
    Request request;
    Reply reply;
    const Route *route = nullptr;
    QByteArray first; ///< the path's parameters, decoded
    QByteArray second;
};

/// Shared, because the answers of the engine are copyable functions. Only the net thread touches
/// it.
using CallPtr = std::shared_ptr<Call>;

} // namespace driftless::api
