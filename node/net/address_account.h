#pragma once

#include "net/http_limits.h"

#include <QByteArray>
#include <QPointer>

#include <algorithm>
#include <deque>
#include <memory>

namespace driftless::net {

class HttpConnection;
class HttpServer;

/// What a request costs the node beside its bytes, about.
inline constexpr qsizetype kRequestCostBytes = qsizetype {4} * 1024;
/// Bytes of an answer cost the node so much less than those of a body.
inline constexpr int kAnswerShare = 4;
/// A tenth of a second of turns: who has taken a large answer is not to wait for seconds
/// afterwards.
inline constexpr qsizetype kDebtBytesMax = qsizetype {4} * 1024 * 1024;
/// Of answers on one connection that are not taken, while too much is held for its address.
inline constexpr qsizetype kUntakenBytesMax = qsizetype {64} * 1024;

/// What all connections from one address have of the node together: requests in work, bytes that
/// the node holds for them, and the time of the net thread. Whoever opens many connections gets no
/// more of these than whoever opens one; a connection that finds no room waits its turn, unread.
/// Net thread; shared by its connections and by the answers that are still owed to them.
class AddressAccount final : public std::enable_shared_from_this<AddressAccount>
{
public:
    /// `server` outlives the connections; answers may come later.
    AddressAccount(const HttpLimits &limits, HttpServer &server, QByteArray address);
    ~AddressAccount();
    AddressAccount(const AddressAccount &) = delete;
    AddressAccount &operator=(const AddressAccount &) = delete;

    [[nodiscard]] const QByteArray &address() const { return m_address; }

    int connectionCount = 0;

    // Requests in work. One is let through however large it is, and so is one that is larger than
    // what is left: no large one waits for ever behind small ones.
    [[nodiscard]] bool mayDispatch() const;
    void noteDispatched(qsizetype bodyBytes);
    /// `answerBytes`: of its body, by which the size of the next answers is guessed.
    void noteAnswered(qsizetype bodyBytes, qsizetype answerBytes);

    // Bytes. Where they are too many, a connection that holds more than its own share of them is
    // not read on, but for one at a time, the leader, until nothing is held for it.
    [[nodiscard]] bool mayHold(const HttpConnection &connection);
    [[nodiscard]] bool isLeader(const HttpConnection &connection) const;
    /// `moreUntakenBytes`: of them, answers that the client has not taken.
    void hold(qsizetype moreBytes, qsizetype moreUntakenBytes);
    /// Too much is held: who takes no answers is to get no more of them.
    [[nodiscard]] bool isOver() const { return m_heldBytes > m_limits.bytesPerAddressMax; }
    /// So many answers are not taken that no further one is made, and that who takes nothing of his
    /// is to be cut off. One answer alone, however large, is not too much.
    [[nodiscard]] bool isFarOver() const;
    /// `connection` is not to be read before others are.
    void giveWay(const HttpConnection &connection);

    // Turns: so much is read for an address before the others have theirs.
    [[nodiscard]] bool hasTurn() const { return m_turnBytes > 0; }
    /// What is spent beyond a turn is paid for in further ones, some fifty at most.
    void spend(qsizetype bytes) { m_turnBytes = std::max(m_turnBytes - bytes, -kDebtBytesMax); }

    /// `connection` is woken once there is room again. `isForTurn`: it waits for nothing but its
    /// address' turn.
    void wait(HttpConnection &connection, bool isForTurn);
    /// Its next turn comes, where somebody waits, once the present event is over.
    void scheduleTurn();
    /// The address' next turn: wakes those that wait, as long as there is room.
    void beginTurn();

private:
    [[nodiscard]] bool isShared() const; ///< others have connections, too
    [[nodiscard]] bool isPaced() const;
    [[nodiscard]] bool isRoomFor(const HttpConnection &connection) const;

    const HttpLimits m_limits; ///< its own, as answers may come when the server is gone
    const QPointer<HttpServer> m_server;
    const QByteArray m_address; ///< "127.0.0.1"
    int m_inWork = 0;
    int m_inWorkMax; ///< grows with every answer up to the setting, so that the first burst is
                     ///< small
    qsizetype m_inWorkBytes = 0; ///< their bodies, and what each costs beside
    qsizetype m_answerBytes = 0; ///< about the largest of late
    qsizetype m_heldBytes = 0;
    qsizetype m_untakenBytes = 0;
    const HttpConnection *m_leader = nullptr; ///< who is read while too much is held; may be gone
    qsizetype m_turnBytes;
    bool m_isTurnScheduled = false;
    std::deque<QPointer<HttpConnection>> m_waiting;
};

} // namespace driftless::net
