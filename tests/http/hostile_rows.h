#pragma once

#include <QByteArray>

#include <vector>

/// What a hostile or careless client sends, and what each is answered.
namespace driftless::test {

struct HostileRequest
{
    const char *name;
    QByteArray bytes; ///< of a whole request, or of a body
    int status;
    const char *code; ///< the stable one of the error
};

/// Requests that two readers may frame differently, each with another one in what may be its body.
std::vector<HostileRequest> smugglingRequests();
/// Requests and bodies that are not HTTP/1.1.
std::vector<HostileRequest> malformedRequests();
/// Requests beyond the limits, and upgrades that are none.
std::vector<HostileRequest> oversizedRequests();
/// Documents that are none.
std::vector<HostileRequest> hostileBodies();
/// As above, of a PATCH.
std::vector<HostileRequest> hostilePatches();

// All of the following would write to the collection `h` of the database `hostile`, if they were
// executed.
extern const QByteArray kHost; ///< a field, with its line end
extern const QByteArray kKeys; ///< fields
extern const QByteArray kChunked; ///< a field
/// A write; `headers` say how long it is.
QByteArray put(const QByteArray &headers, const QByteArray &body);
/// A request line that would write, with headers and body.
QByteArray line(const QByteArray &requestLine);

/// A WebSocket frame as a client sends it, masked with zeros; up to 65,535 bytes. `first`: its
/// first byte.
QByteArray clientFrame(unsigned first, const QByteArray &payload);
/// The handshake of a node, with further headers.
QByteArray upgrade(const QByteArray &headers = {});

} // namespace driftless::test
