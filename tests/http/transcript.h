#pragma once

#include "http_client.h"

namespace driftless::test {

/// One exchange of a transcript: what was sent to the reference, and what it answered.
struct Exchange
{
    HttpCall call;
    HttpAnswer answer;
    int line = 0; ///< of its request line in the file
};

/// Reads a file of exchanges separated by lines "###": request line, headers, empty line, body (if
/// any), empty line, status line, headers, empty line, body (if any).
std::vector<Exchange> readTranscript(const QByteArray &fileName);

} // namespace driftless::test
