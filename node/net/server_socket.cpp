#include "net/server_socket.h"

#include <QSslSocket>

#ifdef Q_OS_WIN
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

namespace driftless::net {

QSocketNotifier *readNotifierOf(const QTcpSocket &socket)
{
    for (QSocketNotifier *notifier : socket.findChildren<QSocketNotifier *>()) {
        if (notifier->type() == QSocketNotifier::Read) {
            return notifier;
        }
    }
    return nullptr;
}

bool isInputEnded(const QTcpSocket &socket)
{
    char byte = 0;
#ifdef Q_OS_WIN
    return ::recv(static_cast<SOCKET>(socket.socketDescriptor()), &byte, 1, MSG_PEEK) == 0;
#else
    return ::recv(static_cast<int>(socket.socketDescriptor()), &byte, 1, MSG_PEEK | MSG_DONTWAIT)
        == 0;
#endif
}

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
