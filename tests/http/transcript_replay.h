#pragma once

#include "http_node.h"

#include <QByteArrayList>

#include <span>

namespace driftless::test {

/// Where Driftless answers otherwise on purpose.
struct Difference
{
    const char *file;
    int line; ///< of the request in the transcript
    const char *why;
    int status;
    const char *expected; ///< "code:…" of the error, "allow:…" of the header,
                          ///< "any", else the body; empty: it has none
};

/// Sends what the transcripts of the folder `transcripts` say, in their order, and compares the
/// answers with the reference's, or with the row where there is one. Answers what is wrong, one
/// text for each exchange, and each row that is not met.
QByteArrayList replayTranscripts(
    HttpNode &node, const QByteArrayList &files, std::span<const Difference> differences);

} // namespace driftless::test
