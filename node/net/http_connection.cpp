#include "net/http_connection.h"

#include "core/assert.h"
#include "net/address_account.h"
#include "net/http_server.h"
#include "net/server_socket.h"
#include "net/ws_hints.h"

#include <QEvent>
#include <QThread>

#include <algorithm>
#include <utility>

namespace driftless::net {

namespace {

using api::Method;

bool isSafe(Method method)
{
    return method == Method::Get || method == Method::Head || method == Method::Options;
}

} // namespace

HttpConnection::HttpConnection(HttpServer &server,
    QTcpSocket *socket,
    QByteArray remoteAddress,
    bool isSecure,
    std::shared_ptr<AddressAccount> account)
    : QObject(&server)
    , m_server(server)
    , m_socket(socket)
    , m_remoteAddress(std::move(remoteAddress))
    , m_isSecure(isSecure)
    , m_account(std::move(account))
    , m_parser(server.m_limits)
    , m_deadline(server.m_clock.instant() + server.m_limits.headerTimeout)
{
    m_socket->setParent(this);
    m_socket->setReadBufferSize(
        m_account->connectionCount < kManyConnections ? kReadBufferBytes : kReadBufferBytesOfMany);
    connect(m_socket, &QTcpSocket::readyRead, this, &HttpConnection::resume);
    connect(m_socket, &QTcpSocket::bytesWritten, this, &HttpConnection::onBytesWritten);
    if (isSecure) {
        connect(static_cast<QSslSocket *>(m_socket),
            &QSslSocket::encryptedBytesWritten,
            this,
            &HttpConnection::onBytesWritten);
    }
    connect(m_socket, &QTcpSocket::disconnected, this, &HttpConnection::onDisconnected);
    if (!isSecure) {
        m_inputNotifier = readNotifierOf(*m_socket);
        if (m_inputNotifier) {
            m_inputNotifier->installEventFilter(this);
        }
    }
}

HttpConnection::~HttpConnection() = default;

/// Sees what the system tells of the input before QTcpSocket does.
///
/// A client may end its side behind its last request (a half-close) and still wait for answers.
/// QTcpSocket would close the connection with that end, so it does not hear of it as long as
/// answers are due.
bool HttpConnection::eventFilter(QObject *watched, QEvent *event)
{
    if (watched != m_inputNotifier || event->type() != QEvent::SockAct
        || m_state == State::Closed) {
        return false;
    }
    if (isPausedForTurn()) {
        return true;
    }
    if (!isAnswerDue() || !isInputEnded(*m_socket)) {
        return false;
    }
    m_isInputEnded = true;
    m_inputNotifier->setEnabled(false); // it would tell so for ever
    return true;
}

bool HttpConnection::isAnswerDue() const
{
    return !m_slots.empty() || m_heldRequest || m_isStalled || m_isWaiting || !m_output.isEmpty()
        || unsentBytes() > 0;
}

void HttpConnection::turnAway()
{
    api::Response response = m_server.m_handler.serverError(
        m_parser.request(), 503, "busy", "Too many connections. Try again in a second.");
    response.with("Retry-After", "1");
    m_isTurnedAway = true;
    m_isRefused = true;
    m_state = State::Last;
    answerNow({.isKeptAlive = false}, std::move(response));
    endTurn();
}

void HttpConnection::resume()
{
    if (m_state == State::Closed) {
        return;
    }
    if (m_state == State::Draining) {
        drain();
        return;
    }
    m_isInTurn = true;
    writeAnswered();
    if (m_heldRequest && mayDispatch(*m_heldRequest)) {
        api::Request request = std::move(*m_heldRequest);
        m_heldRequest.reset();
        dispatch(std::move(request), m_heldFrame);
    }
    readRequests();
    endTurn();
}

void HttpConnection::endTurn()
{
    m_isInTurn = false;
    if (m_isBrokenOff) {
        close(); // in the middle of a body there is no other way to say that it is not whole
        return;
    }
    const bool isAllAnswered = m_slots.empty() && !m_heldRequest;
    if (m_isContinueDue && isAllAnswered && m_state == State::Open) {
        m_isContinueDue = false;
        m_output.append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    flush();
    if (isAllAnswered && m_state == State::Upgrading) {
        handOver();
    } else if (isAllAnswered
        && (m_state == State::Last || (m_state == State::Open && isInputExhausted()))) {
        m_state = State::Last;
        closeOrDrain();
    }
    if (m_state != State::Closed) {
        updateDeadline();
    }
}

/// No further request can come.
bool HttpConnection::isInputExhausted() const
{
    return m_isInputEnded && !m_isStalled && !m_isWaiting && m_socket->bytesAvailable() == 0;
}

bool HttpConnection::isReading()
{
    if (m_state != State::Open || m_heldRequest) {
        return false;
    }
    const bool wasFull = std::exchange(
        m_isFull, static_cast<int>(m_slots.size()) >= m_server.m_limits.pipelinedRequestsMax);
    if (m_isFull) {
        noteIfNew(Limit::PipelinedRequests, wasFull);
        return false;
    }
    const qsizetype outputBytesMax = m_server.m_limits.outputBytesMax;
    const bool wasStalled = std::exchange(m_isStalled,
        outputBytes()
            > (m_account->isOver() ? std::min(untakenBytesMax(), outputBytesMax) : outputBytesMax));
    if (m_isStalled) {
        noteIfNew(Limit::OutputBytes, wasStalled);
        m_account->giveWay(*this);
        return false;
    }
    if (!m_account->hasTurn()) {
        waitForRoom(Limit::None);
        return false;
    }
    if (!m_account->mayHold(*this)) {
        waitForRoom(Limit::BytesPerAddress);
        return false;
    }
    return true;
}

/// Tells the account what is held for this connection now.
void HttpConnection::updateHeld()
{
    const bool isOpen = m_state != State::Closed;
    const qsizetype untakenBytes = isOpen ? outputBytes() : 0;
    const qsizetype heldBytes = isOpen ? untakenBytes + m_parser.heldBytes() + m_dispatchedBytes
            + (m_heldRequest ? m_heldRequest->body.capacity() : 0)
                                       : 0;
    if (heldBytes != m_accountedBytes || untakenBytes != m_accountedUntakenBytes) {
        m_account->hold(heldBytes - std::exchange(m_accountedBytes, heldBytes),
            untakenBytes - std::exchange(m_accountedUntakenBytes, untakenBytes));
    }
    if (heldBytes == 0) {
        m_account->giveWay(*this);
    }
}

void HttpConnection::readRequests()
{
    QByteArray &scratch = m_server.m_scratch;
    if (!m_input.isEmpty() && isReading()) {
        m_input.remove(0, consume(m_input));
    }
    while (isReading()) {
        const qint64 readBytes = m_socket->read(scratch.data(), scratch.size());
        if (readBytes <= 0) {
            return;
        }
        m_isFresh = false;
        m_account->spend(readBytes);
        if (m_input.isEmpty()) {
            const QByteArrayView input(scratch.constData(), readBytes);
            const qsizetype consumed = consume(input);
            m_input.append(input.sliced(consumed));
        } else {
            m_input.append(scratch.constData(), readBytes);
            m_input.remove(0, consume(m_input));
        }
        if (m_input.isEmpty()) {
            m_input = QByteArray(); // hundreds of connections would each keep the room
        }
        updateHeld();
    }
}

qsizetype HttpConnection::consume(QByteArrayView input)
{
    qsizetype at = 0;
    while (isReading()) {
        qsizetype consumed = 0;
        const RequestParser::Step step = m_parser.advance(input.sliced(at), consumed);
        at += consumed;
        switch (step) {
        case RequestParser::Step::NeedMore:
            return at;
        case RequestParser::Step::Head:
            handleHead();
            break;
        case RequestParser::Step::Complete:
            handleComplete();
            break;
        case RequestParser::Step::Failed:
            answerFailure(m_parser.failure());
            break;
        }
    }
    return at;
}

void HttpConnection::handleHead()
{
    api::Request &request = m_parser.request();
    request.remoteAddress = m_remoteAddress;
    request.scheme = m_isSecure ? QByteArrayLiteral("https") : QByteArrayLiteral("http");
    if (m_parser.isWebSocketUpgrade()) {
        handleUpgrade();
        return;
    }
    if (!request.hasBody) {
        return;
    }
    if (const QByteArray *expected = request.header("Expect");
        expected != nullptr && !m_parser.isHttp10()) {
        if (expected->compare("100-continue", Qt::CaseInsensitive) != 0) {
            answerFailure({417, "expectation-failed", "Only Expect: 100-continue is known here."});
            return;
        }
        m_isContinueDue = true;
    }
    m_bodyStart = m_server.m_clock.instant();
    if (m_parser.setBodyBytesMax(m_server.m_handler.bodyBytesMax(request))
        == RequestParser::Step::Failed) {
        answerFailure(m_parser.failure());
    }
}

void HttpConnection::handleUpgrade()
{
    const api::Request &request = m_parser.request();
    const QByteArray *key = request.header("Sec-WebSocket-Key");
    const QByteArray *version = request.header("Sec-WebSocket-Version");
    if (request.hasBody || key == nullptr || QByteArray::fromBase64(*key).size() != 16) {
        answerFailure({400, "malformed-request", "The WebSocket handshake is malformed."});
        return;
    }
    const ResponseFrame frame {.isKeptAlive = m_parser.isKeptAlive()};
    std::optional<api::Response> refusal = m_server.m_handler.refuseUpgrade(request);
    if (!refusal && (version == nullptr || *version != "13")) {
        refusal = m_server.m_handler.serverError(
            request, 426, "upgrade-required", "Use WebSocket version 13.");
        refusal->with("Sec-WebSocket-Version", "13");
    }
    if (!refusal) {
        m_webSocketKey = *key;
        m_state = State::Upgrading;
        return;
    }
    m_parser.take();
    if (!frame.isKeptAlive) {
        m_state = State::Last;
    }
    answerNow(frame, std::move(*refusal));
}

void HttpConnection::handleComplete()
{
    const ResponseFrame frame {.isHead = m_parser.request().method == Method::Head,
        .isHttp10 = m_parser.isHttp10(),
        .isKeptAlive = m_parser.isKeptAlive() && !m_server.m_isStopping};
    api::Request request = m_parser.take();
    m_account->spend(kRequestCostBytes);
    m_isContinueDue = false;
    m_wait = Wait::Handler;
    if (!frame.isKeptAlive) {
        m_state = State::Last;
    }
    if (request.path == "*") { // OPTIONS of the server as a whole
        answerNow(frame, api::Response::empty(204));
    } else if (mayDispatch(request)) {
        dispatch(std::move(request), frame);
    } else {
        m_heldRequest = std::move(request);
        m_heldFrame = frame;
    }
}

bool HttpConnection::mayDispatch(const api::Request &request)
{
    if (!m_slots.empty() && (m_isWriteUnderWay || !isSafe(request.method))) {
        return false;
    }
    if (!m_account->mayDispatch()) {
        waitForRoom(Limit::RequestsPerAddress);
        return false;
    }
    return true;
}

void HttpConnection::dispatch(api::Request request, const ResponseFrame &frame)
{
    const quint64 slot = m_firstSlot + m_slots.size();
    m_slots.push_back({frame, std::nullopt, 0, request.body.capacity()});
    m_dispatchedBytes += request.body.capacity();
    m_isWriteUnderWay = !isSafe(request.method);
    ++m_server.m_counters.requests;
    const qsizetype bodyBytes = request.body.size();
    m_account->noteDispatched(bodyBytes);
    m_server.m_handler.handle(std::move(request),
        [connection = QPointer<HttpConnection>(this), account = m_account, slot, bodyBytes](
            api::Response response) {
            account->noteAnswered(bodyBytes, response.body.size());
            if (connection) {
                connection->answer(slot, std::move(response));
            }
        });
}

void HttpConnection::answer(quint64 slot, api::Response response)
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    if (m_state == State::Closed || m_state == State::Draining) {
        return;
    }
    DRIFTLESS_ASSERT(slot >= m_firstSlot && slot - m_firstSlot < m_slots.size());
    Slot &answered = m_slots[slot - m_firstSlot];
    DRIFTLESS_ASSERT(!answered.response);
    if (slot != m_firstSlot) {
        answered.heldBytes = response.body.size();
        m_heldBytes += answered.heldBytes;
    }
    answered.response = std::move(response);
    if (m_isInTurn) {
        writeAnswered();
    } else if (m_slots.size() == 1 && m_state == State::Open && m_input.isEmpty() && !m_heldRequest
        && !m_isContinueDue) {
        writeAnswered(); // nothing else to do for this client: at once
        endTurn();
    } else {
        m_server.resumeLater(*this);
    }
}

void HttpConnection::answerNow(const ResponseFrame &frame, api::Response response)
{
    m_slots.push_back({frame, std::move(response)});
    m_isWriteUnderWay = true; // nothing may pass it
    writeAnswered();
}

void HttpConnection::answerFailure(const RequestParser::Failure &failure)
{
    const int status = failure.status;
    m_server.m_handler.noteLimit(failure.limit);
    HttpCounters &counters = m_server.m_counters;
    ++(status == 408 || status == 503 ? counters.timedOut
            : status == 413           ? counters.bodyTooLarge
            : status == 414           ? counters.targetTooLong
            : status == 431           ? counters.headerTooLarge
                                      : counters.malformed);
    m_isRefused = true;
    m_isContinueDue = false;
    m_state = State::Last;
    api::Response response
        = m_server.m_handler.serverError(m_parser.request(), status, failure.code, failure.message);
    if (status == 503) {
        response.with("Retry-After", "1");
    }
    m_account->spend(kRequestCostBytes);
    answerNow({.isHead = m_parser.request().method == Method::Head, .isKeptAlive = false},
        std::move(response));
}

void HttpConnection::onDisconnected()
{
    close();
}

void HttpConnection::finish()
{
    if (m_state != State::Open || m_parser.isInRequest()) {
        return; // a request that is half read gets its answer, and is the last
    }
    m_state = State::Last;
    m_server.resumeLater(*this);
}

void HttpConnection::closeOrDrain()
{
    if (unsentBytes() > 0) {
        return; // onBytesWritten comes back
    }
    if (!m_isRefused || m_isInputEnded) {
        m_socket->disconnectFromHost();
        return;
    }
    // Closing with unread input would reset the connection, and the client might never see the
    // answer.
    m_state = State::Draining;
    m_wait = Wait::Drain;
    m_deadline = m_server.m_clock.instant() + m_server.m_limits.drainTimeout;
    m_input.clear();
    // Who waits for the end rather than counting bytes sees it at once; under TLS only at the
    // time-out.
    static_cast<void>(shutdownWriting(*m_socket));
    drain();
}

void HttpConnection::drain()
{
    QByteArray &scratch = m_server.m_scratch;
    for (;;) {
        const qint64 readBytes = m_socket->read(scratch.data(), scratch.size());
        if (readBytes <= 0) {
            return;
        }
        m_drainedBytes += readBytes;
        if (m_drainedBytes > m_server.m_limits.drainBytesMax) {
            m_server.m_handler.noteLimit(Limit::DrainBytes);
            close();
            return;
        }
    }
}

void HttpConnection::handOver()
{
    if (m_isInputEnded) {
        close();
        return;
    }
    if (!m_input.isEmpty() || m_socket->bytesAvailable() > 0) {
        // RFC 6455 4.1 lets nothing come before our answer, and QWebSocket would lose it.
        answerFailure(
            {400, "malformed-request", "Wait for the answer to the WebSocket handshake."});
        endTurn();
        return;
    }
    m_state = State::Closed;
    updateHeld();
    QTcpSocket *socket = std::exchange(m_socket, nullptr);
    socket->disconnect(this);
    endPause();
    if (m_inputNotifier) {
        m_inputNotifier->removeEventFilter(this);
    }
    socket->setParent(nullptr);
    ++m_server.m_counters.upgrades;
    m_server.m_hints->adopt(socket, m_webSocketKey, m_remoteAddress);
    m_server.forget(*this);
}

void HttpConnection::close()
{
    if (m_state == State::Closed) {
        return;
    }
    m_state = State::Closed;
    m_isPaused = false;
    m_server.m_counters.answersLost += m_slots.size();
    m_slots.clear();
    m_stream.reset();
    m_heldRequest.reset();
    updateHeld();
    m_socket->disconnect(this);
    m_socket->abort();
    if (!m_isTurnedAway) {
        m_server.releaseAddress(m_remoteAddress);
    }
    m_server.forget(*this);
}

} // namespace driftless::net
