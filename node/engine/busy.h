#pragma once

#include "core/error.h"

namespace driftless::engine {

/// A queue is full; `queue` is the setting that bounds it.
inline Error busy(Limit queue)
{
    return {ErrorCode::Busy,
        "The node has more requests waiting than it takes at once. Try again in a second.",
        {},
        queue};
}

} // namespace driftless::engine
