#pragma once

#include "api/handler.h"
#include "core/clock.h"
#include "core/result.h"
#include "net/http_limits.h"

#include <QBasicTimer>
#include <QHash>
#include <QObject>
#include <QPointer>
#include <QSslConfiguration>

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

class QTcpServer;
class QTcpSocket;

namespace driftless::net {

class AddressAccount;
class HttpConnection;
class WsHints;

/// Where to listen.
struct ListenAddress
{
    QByteArray host; ///< an IP address, "localhost" (127.0.0.1), or "*" for all of the machine
    quint16 port = 0; ///< 0: any free one
    std::optional<QSslConfiguration> tls; ///< with certificate and key: https and wss

    /// From "host:port", "[::1]:port" or "port" alone (then of all addresses). Error:
    /// InvalidArgument.
    static Result<ListenAddress> parse(QByteArrayView text);
    [[nodiscard]] bool isLoopback() const;
};

/// The HTTP/1.1 and WebSocket server of the node. Lives, and is used, on the net thread only;
/// `handler` is called on it. Owns the listeners and the connections.
class HttpServer final : public QObject
{
    Q_OBJECT

public:
    /// `limits`, `handler` and `clock` outlive the server.
    HttpServer(const HttpLimits &limits,
        api::Handler &handler,
        const Clock &clock,
        QObject *parent = nullptr);
    ~HttpServer() override;

    /// Also listens there; answers the real port. Error: Unreachable (in use, not an address of
    /// this machine, forbidden), with the address in the message.
    Result<quint16> listen(const ListenAddress &address);

    /// Stops listening, closes idle connections, and the others once their requests are answered;
    /// after `grace` whatever is left is cut off. stopped() comes when nothing is left, perhaps at
    /// once.
    void stop(std::chrono::milliseconds grace);

    const HttpCounters &counters() const { return m_counters; }
    int connectionCount() const;

Q_SIGNALS:
    void stopped();

protected:
    void timerEvent(QTimerEvent *event) override;
    bool event(QEvent *event) override;

private:
    friend class AddressAccount;
    friend class HttpConnection;
    friend class WsHints;

    /// Has those that the listeners took accepted once the present event is over.
    void acceptLater();
    void accept(QTcpSocket *socket);
    QTcpSocket *makeSocket(qintptr descriptor, const std::optional<QSslConfiguration> &tls);
    void forget(HttpConnection &connection);
    void releaseAddress(const QByteArray &remoteAddress);
    [[nodiscard]] qsizetype addressCount() const { return m_addresses.size(); }
    /// Has the address begin its next turn: once the present event is over, or, if `isPaced`, after
    /// a pause in which the processors are for the others.
    void scheduleTurn(AddressAccount &account, bool isPaced);
    /// A request of that address goes to the handler.
    void noteActive(const QByteArray &address);
    /// Another address has had a request lately.
    [[nodiscard]] bool isActiveBeside(const QByteArray &address) const;
    /// Has `connection` resumed once the present event is over: answers of one batch leave
    /// together.
    void resumeLater(HttpConnection &connection);
    void postResumeEvent();
    void startPace();
    void endPace();
    void refreshDate();
    void reportIfStopped();
    std::chrono::milliseconds tickInterval() const;

    const HttpLimits m_limits;
    api::Handler &m_handler;
    const Clock &m_clock;
    HttpCounters m_counters;
    std::vector<QTcpServer *> m_listeners; ///< children
    std::unordered_set<HttpConnection *> m_connections; ///< children
    QHash<QByteArray, std::shared_ptr<AddressAccount>>
        m_addresses; ///< of those with connections, WebSockets counted
    /// When an address had its last request. By its name: its account goes with its connections.
    struct Activity
    {
        QByteArray address;
        Instant at {};
    };
    Activity m_latest;
    Activity m_latestBeside; ///< of another address than that
    QByteArray m_lastAccepted; ///< its address
    std::vector<std::weak_ptr<AddressAccount>> m_turns; ///< to begin with the next event
    std::vector<std::weak_ptr<AddressAccount>> m_pacedTurns; ///< to begin when m_pace ends
    std::unique_ptr<WsHints> m_hints;
    int m_turnedAwayCount = 0; ///< of them; they only hear that there is no room, and take none
    std::vector<QPointer<HttpConnection>> m_scheduled;
    QByteArray m_scratch; ///< what one read takes; shared, as one connection reads at a time
    QByteArray m_spareOutput; ///< empty room for answers, passed from connection to connection
    QByteArray m_date;
    QBasicTimer m_tick;
    QBasicTimer m_pace; ///< runs while a turn is paced, or accepting is
    bool m_isAcceptDue = false;
    bool m_isAcceptPaced = false; ///< the listeners rest until m_pace ends
    bool m_isAcceptPaused = false;
    bool m_isStopping = false;
    bool m_isStoppedSaid = false;
    Instant m_stopDeadline {};
};

} // namespace driftless::net
