#pragma once

#include "core/result.h"
#include "query/token.h"

#include <vector>

namespace driftless::query {

/// The tokens of a text, an End last. White space is what Unicode calls so; `--` comments to the
/// end of the line. Errors (query/syntax_error.h): a string without its end, a character that means
/// nothing, text that is not UTF-8. Any thread.
Result<std::vector<Token>> tokenize(QByteArrayView text);

/// The same, with the End where something is no token. Of text that is not UTF-8 only the End.
std::vector<Token> tokenizeToError(QByteArrayView text);

} // namespace driftless::query
