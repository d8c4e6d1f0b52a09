#include "core/clock.h"
#include "net/address_account.h"
#include "net/http_server.h"
#include "raw_client.h"
#include "server_test.h"

#include <QTest>

#include <memory>
#include <vector>

using namespace driftless;
using namespace std::chrono_literals;
using net::HttpLimits;
using test::RawClient;

namespace {

const QHostAddress kOther(QStringLiteral("127.0.0.2"));

QByteArray get(const QByteArray &path)
{
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

QByteArray postHead(qsizetype bytes)
{
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + QByteArray::number(bytes)
        + "\r\n\r\n";
}

/// Looks at what holds up others every few milliseconds.
HttpLimits impatientLimits()
{
    HttpLimits limits;
    limits.drainTimeout = 40ms;
    return limits;
}

} // namespace

/// What the connections from one address have of the server together.
class AddressAccountTest final : public test::ServerTest
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { stop(); }

    // However many requests one address has, few are in work at once beside another address, whose
    // own goes by them; and each is answered in the end.
    void boundsWhatIsInWorkBesideOthers()
    {
        constexpr std::size_t kRequests = 200;
        start({});
        RawClient other(m_port, 0, kOther);
        std::vector<std::unique_ptr<RawClient>> clients;
        for (std::size_t i = 0; i < kRequests; ++i) {
            clients.push_back(std::make_unique<RawClient>(m_port));
            clients.back()->send(get("/later/many"));
        }
        QTRY_COMPARE(m_server->connectionCount(), static_cast<int>(kRequests) + 1);
        std::size_t mostInWork = 0;
        for (std::size_t answered = 0; answered < kRequests / 2; ++answered) {
            QTRY_VERIFY(m_handler->isWaiting("many"));
            mostInWork = std::max(mostInWork, m_handler->waiting.size());
            QVERIFY(m_handler->release("many"));
        }
        QVERIFY(mostInWork > 4);
        QVERIFY(mostInWork < 40);

        other.send(get("/later/other"));
        QTRY_VERIFY(m_handler->isWaiting("other"));
        QVERIFY(m_handler->release("other"));
        QTRY_COMPARE(other.responses().size(), 1U);

        for (std::size_t answered = kRequests / 2; answered < kRequests; ++answered) {
            QTRY_VERIFY(m_handler->isWaiting("many"));
            QVERIFY(m_handler->release("many"));
        }
        for (const auto &client : clients) {
            QTRY_COMPARE(client->responses().size(), 1U);
        }
    }

    // Who asks for much beside others pays with pauses, in which the others have the processors.
    void pausesBetweenTurnsBesideOthers()
    {
        constexpr int kAttempts
            = 20; // others count as active for a while only, on a slow machine, too
        start({});
        RawClient other(m_port, 0, kOther);
        std::size_t otherAnswers = 0;
        const auto otherIsAnswered = [&] {
            other.send(get("/echo"));
            ++otherAnswers;
            return QTest::qWaitFor([&] { return other.responses().size() == otherAnswers; });
        };
        QVERIFY(otherIsAnswered());
        int mostBetween = 0;
        for (int i = 0; i < kAttempts && mostBetween < 4; ++i) {
            RawClient heavy(m_port);
            heavy.send(get("/big/12000000") + get("/later/second"));
            int between = 0;
            QTRY_VERIFY(!heavy.received.isEmpty() || m_handler->isWaiting("second"));
            for (; !m_handler->isWaiting("second"); ++between) {
                QVERIFY(otherIsAnswered());
            }
            QVERIFY(m_handler->release("second"));
            QTRY_COMPARE(heavy.responses().size(), 2U);
            mostBetween = std::max(mostBetween, between);
        }
        QVERIFY(mostBetween >= 4);
    }

    // However much an address has taken, its next request is read after some dozens of turns.
    void owesSomeTurnsAtMost()
    {
        constexpr int kTurnsMax = 100;
        start({});
        RawClient other(m_port, 0, kOther);
        other.send(get("/echo"));
        QTRY_COMPARE(other.responses().size(), 1U);
        const auto account
            = std::make_shared<net::AddressAccount>(HttpLimits(), *m_server, "127.0.0.1");
        account->spend(1'000'000'000);
        int turns = 0;
        for (; turns < kTurnsMax && !account->hasTurn(); ++turns) {
            account->beginTurn();
        }
        QVERIFY(account->hasTurn());
        QVERIFY(turns < kTurnsMax);
    }

    // An address that connects anew for each request is not "others" to itself.
    void isNotBesideItself()
    {
        start({});
        {
            RawClient client(m_port);
            client.send(get("/echo"));
            QTRY_COMPARE(client.responses().size(), 1U);
        }
        QTRY_COMPARE(m_server->connectionCount(), 0);
        const auto account
            = std::make_shared<net::AddressAccount>(HttpLimits(), *m_server, "127.0.0.1");
        account->spend(1'000'000'000);
        account->beginTurn();
        QVERIFY(account->hasTurn());
    }

    // Who says all at once and ends his side is answered, also where accepting is paced.
    void answersHalfClosersBesideOthers()
    {
        constexpr std::size_t kRounds = 10;
        constexpr std::size_t kClients = 20;
        start({});
        RawClient other(m_port, 0, kOther);
        for (std::size_t round = 1; round <= kRounds; ++round) {
            other.send(get("/echo"));
            QTRY_COMPARE(other.responses().size(), round);
            std::vector<std::unique_ptr<RawClient>> clients;
            for (std::size_t i = 0; i < kClients; ++i) {
                RawClient &client = *clients.emplace_back(std::make_unique<RawClient>(m_port));
                QVERIFY(client.socket.waitForConnected());
                client.send(get("/echo"));
                client.socket.flush();
                client.endInput();
            }
            for (const auto &client : clients) {
                QTRY_COMPARE(client->responses().size(), 1U);
            }
        }
    }

    // Where too much is held for an address, large bodies are read one at a time and small ones as
    // ever; who lets the others wait is answered, and they go on.
    void refusesABodyThatHoldsUpOthers()
    {
        HttpLimits limits = impatientLimits();
        limits.bytesPerAddressMax = 100'000;
        limits.connectionsPerAddressMax = 100;
        start(limits);
        RawClient slow(m_port);
        slow.send(postHead(300'000) + QByteArray(200'000, 'x'));
        RawClient small(m_port);
        small.send(postHead(500) + QByteArray(500, 'y'));
        RawClient large(m_port);
        large.send(postHead(400'000) + QByteArray(400'000, 'z'));

        QTRY_COMPARE(small.responses().size(), 1U);
        QCOMPARE(small.responses().front().status, 200);
        QTRY_COMPARE(slow.responses().size(), 1U);
        QCOMPARE(slow.responses().front().status, 503);
        QVERIFY(slow.responses().front().head.contains("Retry-After: 1"));
        QTRY_COMPARE(large.responses().size(), 1U);
        QCOMPARE(large.responses().front().status, 200);
        QVERIFY(m_handler->limits.hits(Limit::BytesPerAddress) > 0);
    }

    // Who takes none of his large answers is cut off long before IdleSeconds where his address
    // has many of them; the next request of the address is answered then.
    void cutsOffWhoTakesNothing()
    {
        HttpLimits limits = impatientLimits();
        limits.bytesPerAddressMax = 1'000'000;
        start(limits);
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<RawClient>(m_port, 1'024));
            clients.back()->isReading = false;
            clients.back()->send(get("/big/20000000"));
        }
        QTRY_VERIFY(m_handler->limits.hits(Limit::BytesPerAddress) > 0);
        RawClient patient(m_port);
        patient.send(get("/big/1000"));
        QTRY_COMPARE(patient.responses().size(), 1U);
    }

    // A burst of connects is accepted whole, if not in one go.
    void acceptsABurst()
    {
        start({});
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 300; ++i) {
            clients.push_back(std::make_unique<RawClient>(m_port));
            clients.back()->send(get("/echo"));
        }
        for (const auto &client : clients) {
            QTRY_COMPARE(client->responses().size(), 1U);
        }
    }
};

QTEST_GUILESS_MAIN(AddressAccountTest)

#include "tst_address_account.moc"
