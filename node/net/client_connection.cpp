#include "net/client_connection.h"

#include "core/assert.h"

#include <QNetworkProxy>
#include <QSslSocket>

namespace driftless::net {

namespace {

constexpr qsizetype kJoinedBodyBytesMax
    = qsizetype {16} * 1024; // smaller ones leave in one packet with the header
constexpr qsizetype kReadBytes = qsizetype {64} * 1024;

} // namespace

ClientConnection::ClientConnection(PeerPool &pool,
    const PeerAddress &address,
    const HttpClientLimits &limits,
    const std::optional<QSslConfiguration> &tls,
    Instant now)
    : QObject(&pool)
    , m_pool(pool)
    , m_address(address)
    , m_limits(limits)
    , m_deadline(now + limits.connectTimeout)
{
    QSslSocket *secure = address.isSecure ? new QSslSocket(this) : nullptr;
    m_socket = secure != nullptr ? secure : new QTcpSocket(this);
    m_socket->setProxy(QNetworkProxy::NoProxy); // a peer's address means that peer
    connect(m_socket, &QTcpSocket::readyRead, this, &ClientConnection::onReadyRead);
    connect(m_socket, &QTcpSocket::bytesWritten, this, &ClientConnection::earn);
    connect(m_socket, &QTcpSocket::errorOccurred, this, &ClientConnection::onEnded);
    connect(m_socket, &QTcpSocket::disconnected, this, &ClientConnection::onEnded);
    if (secure != nullptr) {
        connect(secure, &QSslSocket::encrypted, this, &ClientConnection::onConnected);
        if (tls) {
            secure->setSslConfiguration(*tls);
        }
        secure->connectToHostEncrypted(address.host, address.port);
    } else {
        connect(m_socket, &QTcpSocket::connected, this, &ClientConnection::onConnected);
        m_socket->connectToHost(address.host, address.port);
    }
}

void ClientConnection::onConnected()
{
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    m_state = State::Idle;
    m_deadline = m_pool.now() + m_limits.idleTimeout;
    m_pool.onReady();
}

QByteArray ClientConnection::requestHead(const HttpClient::Request &request) const
{
    QByteArray head;
    head.reserve(512);
    head.append(request.method)
        .append(' ')
        .append(m_address.pathPrefix)
        .append(request.path)
        .append(" HTTP/1.1\r\nHost: ");
    head.append(m_address.hostHeader).append("\r\n");
    for (const auto &[name, value] : request.headers) {
        head.append(name).append(": ").append(value).append("\r\n");
    }
    if (!request.body.isEmpty() || request.method != "GET") {
        head.append("Content-Length: ")
            .append(QByteArray::number(request.body.size()))
            .append("\r\n");
    }
    return head.append("\r\n");
}

void ClientConnection::start(Call call)
{
    DRIFTLESS_ASSERT(m_state == State::Idle);
    m_state = State::Busy;
    m_deadline = call.deadline;
    m_movedBytes = 0;
    m_parser.emplace(m_limits.headerBytesMax, m_limits.responseBytesMax);
    m_call = std::move(call);
    QByteArray head = requestHead(m_call->request);
    if (m_call->request.body.size() <= kJoinedBodyBytesMax) {
        m_socket->write(head.append(m_call->request.body));
    } else {
        m_socket->write(head);
        m_socket->write(m_call->request.body);
    }
    m_socket->flush(); // may end us at once
}

void ClientConnection::earn(qint64 bytes)
{
    if (m_state == State::Busy) {
        m_movedBytes += bytes;
        m_deadline = m_call->deadline
            + std::chrono::milliseconds(m_movedBytes * 1'000 / m_limits.bytesPerSecondMin);
    }
}

void ClientConnection::onReadyRead()
{
    while (m_socket->bytesAvailable() > 0 && m_state != State::Closed) {
        const QByteArray input = m_socket->read(kReadBytes);
        if (m_state != State::Busy) {
            // An answer that nobody asked for: the next one would be taken for another's.
            die({ErrorCode::Unreachable, "The peer sent an answer that was not asked for.", {}},
                false);
            return;
        }
        earn(input.size());
        switch (m_parser->advance(input)) {
        case ResponseParser::Step::NeedMore:
            break;
        case ResponseParser::Step::Complete:
            complete();
            break;
        case ResponseParser::Step::Failed:
            die({ErrorCode::Unreachable, "The peer's answer is malformed or too large.", {}},
                false);
            break;
        }
    }
}

void ClientConnection::complete()
{
    const Call call = std::move(*m_call);
    m_call.reset();
    replication::TransportReply reply {m_parser->status(), m_parser->takeBody()};
    // Bytes behind the answer would be taken for the next one.
    const bool isKept = m_parser->isKeptAlive() && m_socket->bytesAvailable() == 0
        && m_socket->state() == QAbstractSocket::ConnectedState;
    m_parser.reset();
    ++m_answeredCount;
    if (isKept) {
        m_state = State::Idle;
        m_deadline = m_pool.now() + m_limits.idleTimeout;
        m_pool.onReady();
    } else {
        abandon();
        m_pool.onDied(*this, std::nullopt, {});
    }
    call.completion(std::move(reply));
}

void ClientConnection::onEnded()
{
    if (m_state == State::Closed) {
        return;
    }
    const QByteArray reason = m_socket->errorString().toUtf8();
    if (m_state == State::Busy) {
        onReadyRead(); // what came with the end
    }
    if (m_state == State::Busy && m_parser->hasBegun()
        && m_parser->finish() == ResponseParser::Step::Complete) {
        complete(); // a body that ends with the connection
        return;
    }
    if (m_state != State::Closed) {
        die({ErrorCode::Unreachable, "No answer from the peer: " + reason, {}}, true);
    }
}

/// `mayTryAgain`: the connection, not the call, is at fault.
void ClientConnection::die(const Error &error, bool mayTryAgain)
{
    const bool isTriedAgain = mayTryAgain && m_call && !m_call->isSecondTry && m_answeredCount > 0
        && !m_parser->hasBegun();
    const bool wasConnecting = m_state == State::Connecting;
    std::optional<Call> call = abandon();
    if (isTriedAgain) {
        call->isSecondTry = true;
        m_pool.onStale(*this, std::move(*call));
    } else if (wasConnecting) {
        m_pool.onConnectFailed(*this, error);
    } else {
        m_pool.onDied(*this, std::move(call), error);
    }
}

std::optional<Call> ClientConnection::abandon()
{
    m_state = State::Closed;
    m_socket->disconnect(this);
    m_socket->abort();
    return std::exchange(m_call, std::nullopt);
}

void ClientConnection::expire(Instant now)
{
    if (m_state == State::Closed || now < m_deadline) {
        return;
    }
    die({ErrorCode::Timeout, "The peer did not answer in time.", {}}, false);
}

} // namespace driftless::net
