#include "net/server_socket.h"

#ifdef Q_OS_WIN
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

namespace driftless::net {

bool shutdownWriting(QTcpSocket &socket)
{
    if (qobject_cast<QSslSocket *>(&socket) != nullptr || socket.bytesToWrite() > 0) {
        return false;
    }
#ifdef Q_OS_WIN
    return ::shutdown(static_cast<SOCKET>(socket.socketDescriptor()), SD_SEND) == 0;
#else
    return ::shutdown(static_cast<int>(socket.socketDescriptor()), SHUT_WR) == 0;
#endif
}

} // namespace driftless::net
