#include "http_socket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace driftless::crash {

namespace {

constexpr timeval kAnswerMax {60, 0}; // far above anything expected

qsizetype bodyBytesOf(const QByteArray &head)
{
    constexpr QByteArrayView kName("\r\ncontent-length: ");
    const qsizetype at = head.toLower().indexOf(kName);
    if (at < 0) {
        return 0;
    }
    const qsizetype from = at + kName.size();
    return head.mid(from, head.indexOf('\r', from) - from).toLongLong();
}

} // namespace

HttpSocket::HttpSocket(int descriptor)
    : m_descriptor(descriptor)
{
}

HttpSocket::~HttpSocket()
{
    close(m_descriptor);
}

std::unique_ptr<HttpSocket> HttpSocket::connect(std::uint16_t port)
{
    std::unique_ptr<HttpSocket> made(
        new HttpSocket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    const int on = 1;
    setsockopt(made->m_descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(made->m_descriptor, SOL_SOCKET, SO_RCVTIMEO, &kAnswerMax, sizeof kAnswerMax);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int code = ::connect(
        made->m_descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address);
    return code == 0 ? std::move(made) : nullptr;
}

bool HttpSocket::send(const QByteArray &bytes)
{
    for (qsizetype sent = 0; sent < bytes.size();) {
        const ssize_t count = ::send(m_descriptor,
            bytes.constData() + sent,
            static_cast<std::size_t>(bytes.size() - sent),
            MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        sent += count;
    }
    return true;
}

bool HttpSocket::readMore()
{
    std::array<char, 65'536> buffer {};
    const ssize_t count = recv(m_descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
        m_isHanging = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        return false;
    }
    m_received.append(buffer.data(), count);
    return true;
}

std::optional<HttpSocket::Answer> HttpSocket::receive()
{
    constexpr qsizetype kStatusFrom = 9; // behind "HTTP/1.1 "
    constexpr qsizetype kStatusDigits = 3;
    qsizetype headEnd = -1;
    while ((headEnd = m_received.indexOf("\r\n\r\n")) < 0 && readMore()) { }
    if (m_received.size() < kStatusFrom + kStatusDigits) {
        return std::nullopt;
    }
    Answer answer;
    answer.status = m_received.mid(kStatusFrom, kStatusDigits).toInt();
    if (headEnd >= 0) {
        const qsizetype bodyAt = headEnd + 4;
        const qsizetype bodyBytes = bodyBytesOf(m_received.first(headEnd + 2));
        while (m_received.size() < bodyAt + bodyBytes && readMore()) { }
        answer.body = m_received.mid(bodyAt, bodyBytes);
        m_received.remove(0, std::min(bodyAt + bodyBytes, m_received.size()));
    } else {
        m_received.clear();
    }
    return answer;
}

QByteArray HttpSocket::request(const QByteArray &line, const QByteArray &body)
{
    QByteArray text = line + " HTTP/1.1\r\nHost: localhost\r\nDatabase: sales\r\nApiKey: root\r\n";
    if (!body.isEmpty()) {
        text += "Content-Type: application/json\r\nContent-Length: "
            + QByteArray::number(body.size()) + "\r\n";
    }
    return text + "\r\n" + body;
}

} // namespace driftless::crash
