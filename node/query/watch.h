#pragma once

#include "core/result.h"

namespace driftless::query {

/// What may end a statement before its end.
class Watch
{
public:
    virtual ~Watch() = default;
    /// Called between documents, and inside of one that takes long (query/budget.h), on the
    /// statement's thread: an error ends the statement with it (its time is over, nobody waits for
    /// it any more).
    virtual Result<void> check() = 0;
};

} // namespace driftless::query
