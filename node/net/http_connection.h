#pragma once

#include "api/handler.h"
#include "core/clock.h"
#include "net/http_limits.h"
#include "net/request_parser.h"
#include "net/response_writer.h"

#include <QObject>
#include <QPointer>
#include <QSocketNotifier>
#include <QTcpSocket>

#include <deque>
#include <optional>

namespace driftless::net {

class AddressAccount;
class HttpServer;

/// What the kernel may hand over to us while we do not read; less where an address has many
/// connections.
inline constexpr qsizetype kReadBufferBytes = qsizetype {16} * 1024;
inline constexpr qsizetype kReadBufferBytesOfMany = qsizetype {4} * 1024;
inline constexpr int kManyConnections = 64; ///< of one address: what each of them holds adds up

/// One client: reads requests, hands them to the handler, writes the answers in the order of the
/// requests.
///
/// Requests without effect (GET, HEAD, OPTIONS) run beside each other; any other waits for all
/// before it, and holds back those behind it (RFC 9112 9.3.2), so that a pipelined read sees the
/// write in front of it.
///
/// Owned by the HttpServer; net thread. Answers name their connection weakly: one that died is no
/// harm.
class HttpConnection final : public QObject
{
    Q_OBJECT

public:
    /// Takes the connected `socket` over.
    HttpConnection(HttpServer &server,
        QTcpSocket *socket,
        QByteArray remoteAddress,
        bool isSecure,
        std::shared_ptr<AddressAccount> account);
    ~HttpConnection() override;

    /// Answers 503 at once and closes: over a limit of connections.
    void turnAway();
    /// A turn: writes what was answered, dispatches what waited, reads on.
    void resume();
    /// A turn, behind a wait for room in its address' account.
    void wake();
    /// No further request is begun; closes once those under way are answered.
    void finish();
    /// Acts on a time-out that has come.
    void checkDeadline(Instant now);
    /// Ends it now.
    void close();

    [[nodiscard]] bool isTurnedAway() const { return m_isTurnedAway; }
    /// As its address' account knows it.
    [[nodiscard]] qsizetype heldBytes() const { return m_accountedBytes; }

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    enum class State {
        Open,
        Last, ///< no further request is read; closes behind the last answer
        Upgrading, ///< as Last, but then the socket goes to the WebSockets
        Draining, ///< everything is said; reads on so that the client sees it
        Closed,
    };
    enum class Wait { Head, Idle, Body, Handler, Reader, Drain };
    struct Slot
    {
        ResponseFrame frame;
        std::optional<api::Response> response;
        qsizetype heldBytes = 0; ///< counted in m_heldBytes
        qsizetype bodyBytes = 0; ///< of the request, counted in m_dispatchedBytes
    };

    void onBytesWritten();
    void onDisconnected();

    // One turn.
    void readRequests();
    qsizetype consume(QByteArrayView input);
    void endTurn();
    bool isReading();
    bool isPausedForTurn();
    void endPause();

    // What was read.
    void handleHead();
    void handleUpgrade();
    void handleComplete();
    void dispatch(api::Request request, const ResponseFrame &frame);
    [[nodiscard]] bool mayDispatch(const api::Request &request);

    // What is said.
    void answer(quint64 slot, api::Response response);
    void answerNow(const ResponseFrame &frame, api::Response response);
    void answerFailure(const RequestParser::Failure &failure);
    void writeAnswered();
    void endAnswer();
    void pullPieces();
    void takePiece(Result<QByteArray> piece);
    void appendResponse(const api::Response &response, const ResponseFrame &frame);
    void flush();
    [[nodiscard]] qsizetype outputBytes() const;
    [[nodiscard]] qsizetype untakenBytesMax() const;
    [[nodiscard]] qint64 unsentBytes() const; ///< that the system has not taken

    // How it ends.
    void closeOrDrain();
    void drain();
    void handOver();
    [[nodiscard]] bool isAnswerDue() const;
    [[nodiscard]] bool isInputExhausted() const;
    void updateDeadline();
    [[nodiscard]] std::chrono::milliseconds earnedTime() const;
    [[nodiscard]] Limit limitOf(Wait wait) const;
    void noteIfNew(Limit limit, bool wasHit);
    void waitForRoom(Limit limit);
    [[nodiscard]] bool isHoldingUp();
    void updateHeld();

    HttpServer &m_server;
    QTcpSocket *m_socket; ///< a child, until it is handed over
    const QByteArray m_remoteAddress;
    const bool m_isSecure;
    const std::shared_ptr<AddressAccount> m_account; ///< of its address
    QPointer<QSocketNotifier> m_inputNotifier; ///< of the plain socket
    RequestParser m_parser;

    State m_state = State::Open;
    bool m_isRefused = false; ///< ends because of an error: more input may come, which nobody reads
    bool m_isTurnedAway = false;
    bool m_isInTurn = false; ///< answers are collected and leave at its end
    bool m_isFull = false; ///< not read, because as many requests as may be are in work
    bool m_isStalled = false; ///< not read, because the client does not take its answers
    bool m_isInputEnded = false; ///< the client has said all; what it said is still answered
    bool m_isFresh = true; ///< no byte has come yet
    QByteArray m_input; ///< read, not consumed
    QByteArray m_output; ///< to be written at the end of the turn
    QByteArray m_webSocketKey; ///< of the upgrade that was let through

    std::deque<Slot> m_slots; ///< requests that were dispatched, in order
    quint64 m_firstSlot = 0; ///< number of the first of them
    std::shared_ptr<api::BodyStream> m_stream; ///< the body of the first of them, under way
    bool m_isBrokenOff = false; ///< it ended before its end
    bool m_isPieceAwaited = false;
    bool m_isPulling = false;
    qsizetype m_heldBytes = 0; ///< of answers that wait for one before them
    qsizetype m_dispatchedBytes = 0; ///< of bodies of requests that are in work
    qsizetype m_accountedBytes = 0; ///< what the account knows to be held for this connection
    qsizetype m_accountedUntakenBytes = 0; ///< answers among them
    bool m_isWaiting = false; ///< for room in the account
    bool m_isPaused = false; ///< waits, and nothing is taken from the system meanwhile
    bool m_isTurnPaid = false; ///< what comes next is paid for in the account's turn
    bool m_isWriteUnderWay = false;
    std::optional<api::Request> m_heldRequest; ///< complete; waits for those before it
    ResponseFrame m_heldFrame;
    bool m_isContinueDue = false; ///< the client waits for 100 before it sends the body

    Wait m_wait = Wait::Head;
    Instant m_deadline;
    Instant m_bodyStart {};
    qint64 m_unsentBytes = 0;
    qint64 m_bytesAtLastLook = 0; ///< of a body, or negative of an answer, that holds up others
    qsizetype m_drainedBytes = 0;
};

} // namespace driftless::net
