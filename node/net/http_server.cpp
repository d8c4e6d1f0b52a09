#include "net/http_server.h"

#include "core/assert.h"
#include "core/log.h"
#include "net/address_account.h"
#include "net/http_connection.h"
#include "net/response_writer.h"
#include "net/ws_hints.h"

#include <QCoreApplication>
#include <QEvent>
#include <QHostAddress>
#include <QNetworkProxy>
#include <QSslSocket>
#include <QTcpServer>
#include <QThread>
#include <QTimerEvent>

#include <algorithm>
#include <functional>

namespace driftless::net {

namespace {

constexpr qsizetype kScratchBytes = qsizetype {16} * 1024;
constexpr int kBacklogMax = 1'024;
constexpr int kAcceptBurstMax = 4; // then the connections that are there have their turn
constexpr int kPaceMs = 1; // the shortest timer that there is; it comes one to two later
constexpr std::chrono::milliseconds kActiveFor {100};
constexpr int kTurnedAwayMax = 64; // connections that are told 503; more are simply closed
const auto kResumeEvent = static_cast<QEvent::Type>(QEvent::registerEventType());

/// Makes the sockets its own way. Takes a few at a time: Qt would take all that wait in one go.
class Listener final : public QTcpServer
{
public:
    using MakeSocket = std::function<QTcpSocket *(qintptr)>;
    Listener(MakeSocket makeSocket, QObject *parent)
        : QTcpServer(parent)
        , m_makeSocket(std::move(makeSocket))
    {
        setProxy(QNetworkProxy::NoProxy);
        setListenBacklogSize(kBacklogMax);
        setMaxPendingConnections(kAcceptBurstMax);
    }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        if (QTcpSocket *socket = m_makeSocket(descriptor)) {
            addPendingConnection(socket);
        }
    }

private:
    const MakeSocket m_makeSocket;
};

QByteArray addressText(const QHostAddress &address)
{
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4); // also of ::ffff:a.b.c.d
    return (isV4 ? QHostAddress(v4) : address).toString().toLatin1();
}

} // namespace

Result<ListenAddress> ListenAddress::parse(QByteArrayView text)
{
    const Error malformed {ErrorCode::InvalidArgument,
        "\"" + text.toByteArray()
            + "\" is no address to listen on: write host:port, [ipv6]:port or a port.",
        {}};
    const qsizetype colon = text.lastIndexOf(':');
    QByteArrayView host = colon < 0 ? QByteArrayView("*") : text.first(colon);
    bool isNumber = false;
    const uint port = text.sliced(colon + 1).toByteArray().toUInt(&isNumber);
    if (!isNumber || port > 65'535) {
        return malformed;
    }
    if (host.startsWith('[') && host.endsWith(']')) {
        host = host.sliced(1, host.size() - 2);
    }
    ListenAddress address {
        .host = host.toByteArray(), .port = static_cast<quint16>(port), .tls = {}};
    if (address.host == "+" || address.host.isEmpty()) {
        address.host = "*";
    }
    if (address.host != "*" && address.host != "localhost"
        && QHostAddress(QString::fromLatin1(address.host)).isNull()) {
        return malformed;
    }
    return address;
}

bool ListenAddress::isLoopback() const
{
    return host == "localhost"
        || (host != "*" && QHostAddress(QString::fromLatin1(host)).isLoopback());
}

HttpServer::HttpServer(
    const HttpLimits &limits, api::Handler &handler, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_limits(limits)
    , m_handler(handler)
    , m_clock(clock)
    , m_hints(std::make_unique<WsHints>(*this))
    , m_scratch(kScratchBytes, Qt::Uninitialized)
{
    refreshDate();
    m_tick.start(static_cast<int>(tickInterval().count()), Qt::CoarseTimer, this);
}

HttpServer::~HttpServer()
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    m_isStoppedSaid = true;
    while (!m_connections.empty()) {
        (*m_connections.begin())->close();
    }
    m_hints.reset();
}

/// Time-outs are looked at this often: they may be late by an eighth.
std::chrono::milliseconds HttpServer::tickInterval() const
{
    const auto shortest = std::min({m_limits.headerTimeout,
        m_limits.bodyTimeout,
        m_limits.idleTimeout,
        m_limits.drainTimeout,
        m_limits.pingInterval});
    return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(1'000));
}

Result<quint16> HttpServer::listen(const ListenAddress &address)
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    auto *listener = new Listener(
        [this, tls = address.tls](qintptr descriptor) { return makeSocket(descriptor, tls); },
        this);
    const QHostAddress host = address.host == "*" ? QHostAddress(QHostAddress::Any)
        : address.host == "localhost"             ? QHostAddress(QHostAddress::LocalHost)
                                                  : QHostAddress(QString::fromLatin1(address.host));
    if (!listener->listen(host, address.port)) {
        const QByteArray reason = listener->errorString().toUtf8();
        delete listener;
        return Error {ErrorCode::Unreachable,
            "Cannot listen on " + address.host + ":" + QByteArray::number(address.port) + ": "
                + reason
                + ". End what listens there, or give another address and port with --listen.",
            {}};
    }
    connect(listener, &QTcpServer::newConnection, this, &HttpServer::acceptLater);
    connect(listener, &QTcpServer::acceptError, this, [this] {
        // Out of descriptors, most likely. Qt has paused the listener; the next tick tries again.
        qCWarning(logHttp, "cannot accept a connection; trying again");
        m_isAcceptPaused = true;
    });
    m_listeners.push_back(listener);
    return listener->serverPort();
}

/// The one place where sockets of clients are made.
QTcpSocket *HttpServer::makeSocket(qintptr descriptor, const std::optional<QSslConfiguration> &tls)
{
    QTcpSocket *socket = nullptr;
    if (tls) {
        auto *secure = new QSslSocket;
        secure->setSslConfiguration(*tls);
        socket = secure;
    } else {
        socket = new QTcpSocket;
    }
    // Before anything comes: it may have to wait until it is taken.
    socket->setReadBufferSize(kReadBufferBytesOfMany);
    if (!socket->setSocketDescriptor(descriptor)) {
        delete socket;
        return nullptr;
    }
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    if (tls) {
        static_cast<QSslSocket *>(socket)->startServerEncryption();
    }
    return socket;
}

void HttpServer::acceptLater()
{
    if (!m_isAcceptDue) {
        postResumeEvent();
        m_isAcceptDue = true;
    }
}

void HttpServer::accept(QTcpSocket *socket)
{
    const bool isSecure = qobject_cast<QSslSocket *>(socket) != nullptr;
    const QByteArray remoteAddress = addressText(socket->peerAddress());
    const auto known = m_addresses.constFind(remoteAddress);
    const Limit full = connectionCount() - m_turnedAwayCount >= m_limits.connectionsMax
        ? Limit::Connections
        : known != m_addresses.cend()
            && (*known)->connectionCount >= m_limits.connectionsPerAddressMax
        ? Limit::ConnectionsPerAddress
        : Limit::None;
    const bool isFull = full != Limit::None;
    if (isFull) {
        m_handler.noteLimit(full);
    }
    if (isFull && m_turnedAwayCount >= kTurnedAwayMax) {
        ++m_counters.connectionsRefused;
        socket->abort();
        delete socket;
        return;
    }
    const auto account = known != m_addresses.cend()
        ? *known
        : std::make_shared<AddressAccount>(m_limits, *this, remoteAddress);
    auto *connection = new HttpConnection(*this, socket, remoteAddress, isSecure, account);
    m_connections.insert(connection);
    m_lastAccepted = remoteAddress;
    if (isFull) {
        ++m_counters.connectionsRefused;
        ++m_turnedAwayCount;
        connection->turnAway();
    } else {
        ++m_counters.connections;
        ++account->connectionCount;
        account->spend(kRequestCostBytes);
        m_addresses.insert(remoteAddress, account);
        if (socket->bytesAvailable() > 0) {
            resumeLater(*connection);
        }
    }
}

int HttpServer::connectionCount() const
{
    return static_cast<int>(m_connections.size()) + m_hints->count();
}

void HttpServer::forget(HttpConnection &connection)
{
    m_connections.erase(&connection);
    m_turnedAwayCount -= connection.isTurnedAway() ? 1 : 0;
    connection.deleteLater(); // it is in the middle of something
    reportIfStopped();
}

void HttpServer::releaseAddress(const QByteArray &remoteAddress)
{
    const auto found = m_addresses.find(remoteAddress);
    if (found != m_addresses.end() && --found.value()->connectionCount == 0) {
        m_addresses.erase(found);
    }
}

void HttpServer::resumeLater(HttpConnection &connection)
{
    postResumeEvent();
    m_scheduled.emplace_back(&connection);
}

void HttpServer::scheduleTurn(AddressAccount &account, bool isPaced)
{
    if (isPaced) {
        m_pacedTurns.push_back(account.weak_from_this());
        startPace();
        return;
    }
    postResumeEvent();
    m_turns.push_back(account.weak_from_this());
}

void HttpServer::startPace()
{
    if (!m_pace.isActive()) {
        m_pace.start(kPaceMs, Qt::PreciseTimer, this);
    }
}

/// What was paced comes now.
void HttpServer::endPace()
{
    m_pace.stop();
    if (std::exchange(m_isAcceptPaced, false)) {
        for (QTcpServer *listener : m_listeners) {
            listener->resumeAccepting();
        }
    }
    if (!m_pacedTurns.empty()) {
        postResumeEvent();
        m_turns.insert(m_turns.end(), m_pacedTurns.begin(), m_pacedTurns.end());
        m_pacedTurns.clear();
    }
}

void HttpServer::noteActive(const QByteArray &address)
{
    if (m_latest.address != address) {
        m_latestBeside = std::exchange(m_latest, {address, {}});
    }
    m_latest.at = m_clock.instant();
}

bool HttpServer::isActiveBeside(const QByteArray &address) const
{
    const Activity &other = m_latest.address == address ? m_latestBeside : m_latest;
    return !other.address.isEmpty() && m_clock.instant() - other.at < kActiveFor;
}

void HttpServer::postResumeEvent()
{
    if (m_scheduled.empty() && m_turns.empty() && !m_isAcceptDue) {
        QCoreApplication::postEvent(this, new QEvent(kResumeEvent));
    }
}

bool HttpServer::event(QEvent *event)
{
    if (event->type() != kResumeEvent) {
        return QObject::event(event);
    }
    // What is scheduled meanwhile has an event of its own, behind the sockets'.
    const auto scheduled = std::exchange(m_scheduled, {});
    const auto turns = std::exchange(m_turns, {});
    const bool isAcceptDue = std::exchange(m_isAcceptDue, false);
    for (const QPointer<HttpConnection> &connection : scheduled) {
        if (connection) {
            connection->resume();
        }
    }
    for (const std::weak_ptr<AddressAccount> &turn : turns) {
        if (const std::shared_ptr<AddressAccount> account = turn.lock()) {
            account->beginTurn();
        }
    }
    for (std::size_t i = 0; isAcceptDue && i < m_listeners.size(); ++i) {
        while (QTcpSocket *socket = m_listeners[i]->nextPendingConnection()) {
            accept(socket);
        }
    }
    if (isAcceptDue && isActiveBeside(m_lastAccepted)) {
        // Whose connection comes next is known only when it is here. It waits with the system: a
        // socket that is made and not yet watched would take a half-close for the end.
        m_isAcceptPaced = true;
        for (QTcpServer *listener : m_listeners) {
            listener->pauseAccepting();
        }
        startPace();
    }
    return true;
}

void HttpServer::refreshDate()
{
    m_date = httpDate(m_clock.wallTime());
}

void HttpServer::timerEvent(QTimerEvent *event)
{
    if (event->timerId() == m_pace.timerId()) {
        endPace();
        return;
    }
    if (event->timerId() != m_tick.timerId()) {
        QObject::timerEvent(event);
        return;
    }
    refreshDate();
    if (std::exchange(m_isAcceptPaused, false)) {
        for (QTcpServer *listener : m_listeners) {
            listener->resumeAccepting();
        }
    }
    const Instant now = m_clock.instant();
    const std::vector<HttpConnection *> connections(m_connections.begin(), m_connections.end());
    for (HttpConnection *connection : connections) {
        connection->checkDeadline(
            now); // closed ones are deleted later, so none of them dangles here
    }
    m_hints->checkDeadlines(now);
    if (m_isStopping && now >= m_stopDeadline) {
        for (HttpConnection *connection : connections) {
            connection->close();
        }
        m_hints->abortAll();
    }
}

void HttpServer::stop(std::chrono::milliseconds grace)
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    m_isStopping = true;
    m_stopDeadline = m_clock.instant() + grace;
    for (QTcpServer *listener : m_listeners) {
        listener->close();
    }
    const std::vector<HttpConnection *> connections(m_connections.begin(), m_connections.end());
    for (HttpConnection *connection : connections) {
        connection->finish();
    }
    m_hints->closeAll();
    reportIfStopped();
}

void HttpServer::reportIfStopped()
{
    if (m_isStopping && !m_isStoppedSaid && connectionCount() == 0) {
        m_isStoppedSaid = true;
        Q_EMIT stopped();
    }
}

} // namespace driftless::net
