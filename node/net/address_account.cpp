#include "net/address_account.h"

#include "net/http_connection.h"
#include "net/http_server.h"

#include <algorithm>
#include <utility>

namespace driftless::net {

namespace {

constexpr int kFirstInWorkMax = 4;
// An address that is alone may keep the node as busy as it likes; beside others it has this much
// in work, which is what they may have to wait for.
constexpr qsizetype kSharedWorkBytesMax = qsizetype {128} * 1024;
constexpr qsizetype kTurnBytesMax = qsizetype {256} * 1024;
constexpr qsizetype kSharedTurnBytesMax = qsizetype {64} * 1024;
constexpr int kAnswerDecay = 16; // a large answer is forgotten after some dozens of small ones

} // namespace

AddressAccount::AddressAccount(const HttpLimits &limits, HttpServer &server, QByteArray address)
    : m_limits(limits)
    , m_server(&server)
    , m_address(std::move(address))
    , m_inWorkMax(std::min(kFirstInWorkMax, limits.requestsPerAddressMax))
    , m_turnBytes(kTurnBytesMax)
{
}

AddressAccount::~AddressAccount() = default;

bool AddressAccount::mayDispatch() const
{
    if (isFarOver() || m_inWork == 0) {
        return !isFarOver();
    }
    const qsizetype answerBytes = (m_inWork + 1) * m_answerBytes;
    return m_inWork < m_inWorkMax && m_heldBytes + answerBytes <= m_limits.bytesPerAddressMax
        && (!isShared() || m_inWorkBytes + answerBytes <= kSharedWorkBytesMax);
}

void AddressAccount::noteDispatched(qsizetype bodyBytes)
{
    ++m_inWork;
    m_inWorkBytes += kRequestCostBytes + bodyBytes;
    if (m_server) {
        m_server->noteActive(m_address);
    }
}

void AddressAccount::noteAnswered(qsizetype bodyBytes, qsizetype answerBytes)
{
    --m_inWork;
    m_inWorkBytes -= kRequestCostBytes + bodyBytes;
    m_inWorkMax = std::min(m_inWorkMax + 1, m_limits.requestsPerAddressMax);
    m_answerBytes = std::max(answerBytes, m_answerBytes - m_answerBytes / kAnswerDecay);
    spend(answerBytes / kAnswerShare);
    scheduleTurn();
}

bool AddressAccount::mayHold(const HttpConnection &connection)
{
    if (isRoomFor(connection)) {
        return true;
    }
    if (m_leader == nullptr) {
        m_leader = &connection;
    }
    return isLeader(connection);
}

bool AddressAccount::isLeader(const HttpConnection &connection) const
{
    return m_leader == &connection;
}

void AddressAccount::hold(qsizetype moreBytes, qsizetype moreUntakenBytes)
{
    m_heldBytes += moreBytes;
    m_untakenBytes += moreUntakenBytes;
    if (moreBytes < 0 || moreUntakenBytes < 0) {
        scheduleTurn();
    }
}

bool AddressAccount::isFarOver() const
{
    return m_untakenBytes / 2 > std::max(m_limits.bytesPerAddressMax, m_answerBytes);
}

void AddressAccount::giveWay(const HttpConnection &connection)
{
    if (m_leader == &connection) {
        m_leader = nullptr;
        scheduleTurn();
    }
}

void AddressAccount::wait(HttpConnection &connection, bool isForTurn)
{
    m_waiting.emplace_back(&connection);
    if (isForTurn) {
        scheduleTurn();
    }
}

void AddressAccount::beginTurn()
{
    m_isTurnScheduled = false;
    const qsizetype turnBytes = isShared() ? kSharedTurnBytesMax : kTurnBytesMax;
    m_turnBytes = isPaced() ? std::min(m_turnBytes + turnBytes, turnBytes) : turnBytes;
    // Who finds no room after all waits again, behind the others: each is woken once.
    for (std::size_t left = m_waiting.size(); left > 0 && hasTurn() && mayDispatch(); --left) {
        const QPointer<HttpConnection> connection = m_waiting.front();
        m_waiting.pop_front();
        if (connection && (isRoomFor(*connection) || m_leader == nullptr)) {
            connection->wake();
        } else if (connection) {
            m_waiting.push_back(connection);
        }
    }
    if (!hasTurn()) {
        scheduleTurn();
    }
}

bool AddressAccount::isRoomFor(const HttpConnection &connection) const
{
    return !isOver() || isLeader(connection)
        || connection.heldBytes()
        <= m_limits.bytesPerAddressMax / m_limits.connectionsPerAddressMax;
}

bool AddressAccount::isShared() const
{
    return m_server && m_server->addressCount() > 1;
}

/// Others are at work, too: the next turn comes after a pause, and what was spent beyond the last
/// one counts. Kept busy without a pause, the processors would make the others wait for theirs.
bool AddressAccount::isPaced() const
{
    return m_server && m_server->isActiveBeside(m_address);
}

void AddressAccount::scheduleTurn()
{
    if (!m_waiting.empty() && !m_isTurnScheduled && m_server) {
        m_isTurnScheduled = true;
        m_server->scheduleTurn(*this, !hasTurn() && isPaced());
    }
}

} // namespace driftless::net
