#pragma once

#include "core/result.h"

#include <QByteArray>

#include <functional>

namespace driftless::api {

/// The body of a large answer, piece by piece, so that the node holds no more of it than the client
/// is about to take. Net thread. Whoever makes it learns by its end that nothing more is wanted:
/// all was said, or the client is gone.
class BodyStream
{
public:
    /// Bytes of the body, not empty; empty bytes at its end; an error breaks the answer off, so
    /// that the client sees that it is not whole.
    using Piece = std::function<void(Result<QByteArray>)>;

    virtual ~BodyStream() = default;
    /// Asks for the next piece, which comes once, now or later, on the same thread. Not called
    /// again before it has come, nor behind the end.
    virtual void next(Piece piece) = 0;
    /// Has `broken` called, once, if it breaks off while no piece is asked for: nothing of it is to
    /// wait for a client that takes nothing.
    virtual void whenBroken(std::function<void(Error)> broken) = 0;
};

} // namespace driftless::api
