// What a connection waits for, and for how long.

#include "net/address_account.h"
#include "net/http_connection.h"
#include "net/http_server.h"

#include <utility>

namespace driftless::net {

/// Its address has had its turn: what came stays with the system until the next one. To take it, or
/// to hear of an end, costs the node as much as a small request, and hundreds may come at once.
bool HttpConnection::isPausedForTurn()
{
    if (std::exchange(m_isTurnPaid, false)) {
        return false;
    }
    if (m_account->hasTurn()) {
        m_account->spend(kRequestCostBytes);
        return false;
    }
    if (m_isWaiting) { // perhaps for long: its end must be heard meanwhile
        m_account->scheduleTurn();
        return true;
    }
    m_isPaused = true;
    m_inputNotifier->setEnabled(false);
    waitForRoom(Limit::None);
    return true;
}

/// Unread until the account has room; `limit` is what it lacks, None if it is only not its turn.
void HttpConnection::waitForRoom(Limit limit)
{
    if (!std::exchange(m_isWaiting, true)) {
        m_server.m_handler.noteLimit(limit);
        m_account->wait(*this, limit == Limit::None);
    }
}

void HttpConnection::wake()
{
    m_isWaiting = false;
    if (m_isPaused) {
        m_account->spend(kRequestCostBytes);
        m_isTurnPaid = true;
        endPause(); // the system tells once more what came
    } else {
        resume();
    }
}

void HttpConnection::endPause()
{
    if (std::exchange(m_isPaused, false) && m_inputNotifier) {
        m_inputNotifier->setEnabled(true);
    }
}

void HttpConnection::updateDeadline()
{
    const HttpLimits &limits = m_server.m_limits;
    const Instant now = m_server.m_clock.instant();
    const qint64 unsent = unsentBytes();
    updateHeld();
    Wait wait = Wait::Idle;
    if (m_state == State::Draining) {
        return;
    }
    if (unsent > 0) {
        wait = Wait::Reader;
    } else if (!m_slots.empty() || m_heldRequest || m_isWaiting) {
        wait = Wait::Handler;
    } else if (m_parser.isInBody()) {
        wait = Wait::Body;
    } else if (m_parser.isInRequest() || m_isFresh) {
        wait = Wait::Head;
    }
    const bool isNew = wait != m_wait;
    if ((wait == Wait::Idle && isNew)
        || (wait == Wait::Reader && (isNew || unsent < m_unsentBytes))) {
        m_deadline = now + limits.idleTimeout;
    } else if (wait == Wait::Body) {
        m_deadline = m_bodyStart + limits.bodyTimeout + earnedTime();
    } else if (wait == Wait::Head && isNew) {
        m_deadline = now + limits.headerTimeout;
    }
    m_wait = wait;
    m_unsentBytes = unsent;
}

/// What a body that came slowly has earned beyond its time-out.
std::chrono::milliseconds HttpConnection::earnedTime() const
{
    return std::chrono::milliseconds(
        m_parser.bodyBytes() * 1'000 / m_server.m_limits.bodyBytesPerSecondMin);
}

/// The setting whose time is over when `wait` ends by its deadline.
Limit HttpConnection::limitOf(Wait wait) const
{
    switch (wait) {
    case Wait::Head:
        return Limit::HeaderSeconds;
    case Wait::Body:
        return earnedTime().count() > 0 ? Limit::BodyBytesPerSecond : Limit::BodySeconds;
    case Wait::Idle:
    case Wait::Reader:
        return Limit::IdleSeconds;
    case Wait::Drain:
        return Limit::DrainSeconds;
    case Wait::Handler:
        break;
    }
    return Limit::None;
}

void HttpConnection::noteIfNew(Limit limit, bool wasHit)
{
    if (!wasHit) {
        m_server.m_handler.noteLimit(limit);
    }
}

/// As much as may be is held for its address, others wait until it sends its body, or takes its
/// answer, and it has done nothing of that since the last look.
bool HttpConnection::isHoldingUp()
{
    const bool isOfInput = m_state == State::Open && m_parser.isInBody() && !m_isWaiting
        && m_account->isOver() && m_account->isLeader(*this);
    const bool isOfOutput = m_account->isFarOver() && unsentBytes() > kUntakenBytesMax;
    const qint64 bytes = isOfOutput ? -unsentBytes() : m_parser.bodyBytes();
    return (isOfInput || isOfOutput) && std::exchange(m_bytesAtLastLook, bytes) == bytes;
}

void HttpConnection::checkDeadline(Instant now)
{
    if (m_state == State::Closed) {
        return;
    }
    if (isHoldingUp()) {
        if (unsentBytes() > 0) {
            m_server.m_handler.noteLimit(Limit::BytesPerAddress);
            close();
            return;
        }
        answerFailure({503,
            "busy",
            "Too much is held for your address while this body is awaited. Try again in a second.",
            Limit::BytesPerAddress});
        endTurn();
        return;
    }
    if (m_wait == Wait::Handler || now < m_deadline) {
        return;
    }
    const Limit limit = limitOf(m_wait);
    if (m_state == State::Open && (m_wait == Wait::Body || (m_wait == Wait::Head && !m_isFresh))) {
        answerFailure({408, "timeout", "The request did not come in time.", limit});
        endTurn();
        return;
    }
    m_server.m_handler.noteLimit(limit);
    if (m_wait == Wait::Reader || m_isFresh) {
        ++m_server.m_counters.timedOut;
    }
    close();
}

} // namespace driftless::net
