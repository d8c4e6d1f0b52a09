#pragma once

#include "host/node_config.h"

namespace driftless::host {

/// The addresses of `urls`: with ';' between, each "http://HOST[:PORT]" where HOST is an IP
/// address, localhost, or '*' or '+' for all addresses. Nothing if one of them is none, or asks for
/// https, which this version has not.
std::optional<std::vector<ListenUrl>> parseListenUrls(const QByteArray &text);

/// What known or missing secrets and the lack of TLS mean for the addresses: with a default or
/// blank secret only loopback remains, with a warning that says why; what is reachable from outside
/// without TLS needs Node:AllowPlainHttp. Errors: Configuration, naming the ways out.
Result<void> guardListeners(NodeConfig &config);

} // namespace driftless::host
