#include "net/address_account.h"

#include "net/http_connection.h"
#include "net/http_server.h"

#include <algorithm>

namespace driftless::net {

namespace {

constexpr int kFirstInWorkMax = 8;
constexpr qsizetype kTurnBytesMax = qsizetype {256} * 1024;
constexpr int kAnswerDecay = 16; // a large answer is forgotten after some dozens of small ones

} // namespace

AddressAccount::AddressAccount(const HttpLimits &limits, HttpServer &server)
    : m_limits(limits)
    , m_server(&server)
    , m_inWorkMax(std::min(kFirstInWorkMax, limits.requestsPerAddressMax))
    , m_turnBytes(kTurnBytesMax)
{
}

AddressAccount::~AddressAccount() = default;

bool AddressAccount::mayDispatch() const
{
    return m_inWork == 0
        || (m_inWork < m_inWorkMax
            && m_heldBytes + (m_inWork + 1) * m_answerBytes <= m_limits.bytesPerAddressMax);
}

void AddressAccount::noteAnswered(qsizetype answerBytes)
{
    --m_inWork;
    m_inWorkMax = std::min(m_inWorkMax + 1, m_limits.requestsPerAddressMax);
    m_answerBytes = std::max(answerBytes, m_answerBytes - m_answerBytes / kAnswerDecay);
    scheduleTurn();
}

bool AddressAccount::mayHold(const HttpConnection &connection)
{
    if (isOver() && m_leader == nullptr) {
        m_leader = &connection;
    }
    return isRoomFor(connection);
}

void AddressAccount::hold(qsizetype moreBytes)
{
    m_heldBytes += moreBytes;
    if (moreBytes < 0) {
        scheduleTurn();
    }
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
    m_turnBytes = kTurnBytesMax;
    // Who finds no room after all waits again, behind the others: each is woken once.
    for (std::size_t left = m_waiting.size(); left > 0 && hasTurn() && mayDispatch(); --left) {
        const QPointer<HttpConnection> connection = m_waiting.front();
        m_waiting.pop_front();
        if (connection && isRoomFor(*connection)) {
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
    return !isOver() || m_leader == nullptr || m_leader == &connection;
}

void AddressAccount::scheduleTurn()
{
    if (!m_waiting.empty() && !m_isTurnScheduled && m_server) {
        m_isTurnScheduled = true;
        m_server->scheduleTurn(*this);
    }
}

} // namespace driftless::net
