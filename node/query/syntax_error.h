#pragma once

#include "core/error.h"

#include <QByteArray>

namespace driftless::query {

/// Where in a statement, in bytes of its UTF-8.
struct Place
{
    qsizetype offset = 0;
    qsizetype length = 0; ///< of the offending token; 0 at the end of the text
};

/// An InvalidArgument that says what is wrong, at which line and column (in characters, from 1), at
/// which token, and shows the line with a caret below: three lines of text.
Error syntaxError(QByteArrayView statement, Place place, const QByteArray &what);

/// For what the language has and this node does not yet.
Error notSupportedYet(const QByteArray &what);

/// For what went wrong while evaluating: an InvalidArgument with that sentence.
Error evaluationError(QByteArray what);

} // namespace driftless::query
