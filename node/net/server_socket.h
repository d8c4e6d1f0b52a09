#pragma once

#include <QSocketNotifier>
#include <QTcpSocket>

namespace driftless::net {

/// Writes behind this are lost; reading goes on, and the peer sees the end (a half-close, which Qt
/// lacks). All that was written must have been sent. False where it cannot be done (TLS, error).
bool shutdownWriting(QTcpSocket &socket);

/// What tells the connected plain `socket` that input has come: a child of Qt's, that lives no
/// longer than the connection. Null if Qt has none.
QSocketNotifier *readNotifierOf(const QTcpSocket &socket);
/// The peer has ended its side and everything before that has been read. Asks the system.
bool isInputEnded(const QTcpSocket &socket);

} // namespace driftless::net
