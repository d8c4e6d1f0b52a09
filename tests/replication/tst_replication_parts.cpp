#include "replication/clock_offset.h"
#include "replication/generation.h"
#include "replication/peer_table.h"
#include "replication/relay.h"

#include <QTest>

using namespace driftless;
using namespace driftless::replication;
using namespace std::chrono_literals;

namespace {

NodeId node(const char *name)
{
    return *NodeId::parse(name);
}

constexpr Instant kStart {1'000'000ms};
constexpr WallTime kWall {1'790'000'000'000ms};

} // namespace

/// The small parts of replication: peers, generations, clocks, and who relays.
class TestReplicationParts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void generationsAreOrdered();
    void peersAreChecked_data();
    void peersAreChecked();
    void scopesJoinRegistrations();
    void offsetIsThatOfTheShortestRoundTrip();
    void offsetFollowsJumps();
    void skewIsBeyondTwoMinutes();
    void arrivalsAreFoundUntilForgotten();
    void relayIsLeftToWhoServes();
};

void TestReplicationParts::generationsAreOrdered()
{
    QVERIFY((Generation {0, true} < Generation {0, false}));
    QVERIFY((Generation {0, false} < Generation {1, true}));
    QVERIFY((Generation {1, true} < Generation {1, false}));
    QVERIFY((Generation {2, true} == Generation {2, true}));
}

void TestReplicationParts::peersAreChecked_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<QByteArray>("saved"); // empty: refused
    const auto row = [](const char *name, const char *id, const char *url, const char *saved) {
        QTest::newRow(name) << QByteArray(id) << QByteArray(url) << QByteArray(saved);
    };
    row("plain", "b", "http://10.0.0.2:17001", "http://10.0.0.2:17001");
    row("trailing slashes and blanks",
        "b",
        " https://shop.example/node// ",
        "https://shop.example/node");
    row("itself", "self", "http://10.0.0.2", "");
    row("another scheme", "b", "ftp://10.0.0.2", "");
    row("no host", "b", "http://", "");
    row("only a port", "b", "http://:80", "");
    row("an IPv6 address", "b", "http://[::1]:17001/x", "http://[::1]:17001/x");
    row("port zero", "b", "http://h:0", "");
    row("a port beyond the last", "b", "http://h:65536", "");
    row("a port that is none", "b", "http://h:1x/", "");
    row("a colon without a port", "b", "http://h:", "");
    row("a user", "b", "http://user:secret@h", "");
    row("a query", "b", "http://h/?x=1", "");
    row("a line break", "b", "http://h/\r\nX: y", "");
    row("nothing", "b", "", "");
}

void TestReplicationParts::peersAreChecked()
{
    QFETCH(QByteArray, id);
    QFETCH(QByteArray, url);
    QFETCH(QByteArray, saved);
    PeerTable table(node("self"));
    const auto peer = table.save({node(id.constData()), url, true, {}, kWall});
    QCOMPARE(peer.isOk(), !saved.isEmpty());
    if (peer) {
        QCOMPARE(peer->baseUrl, saved);
    } else {
        QCOMPARE(peer.error().code, ErrorCode::InvalidArgument);
        QVERIFY(table.peers().empty());
    }
}

void TestReplicationParts::scopesJoinRegistrations()
{
    const DatabaseName shop = *DatabaseName::parse("shop");
    const DatabaseName stock = *DatabaseName::parse("stock");
    PeerTable table(node("self"));
    QVERIFY(table.save({node("b"), "http://b-shop", false, shop, kWall}).isOk());
    QVERIFY(table.save({node("b"), "http://b", true, {}, kWall}).isOk());
    QVERIFY(table.save({node("c"), "http://c", true, stock, kWall}).isOk());
    QVERIFY(table.save({node("d"), "http://d", false, {}, kWall}).isOk());

    const auto scopes = table.scopes();
    QCOMPARE(scopes.size(), 3U);
    QCOMPARE(scopes[0].baseUrl, "http://b");
    QVERIFY(!scopes[0].exchanges(shop));
    QVERIFY(scopes[0].exchanges(stock));
    QVERIFY(!scopes[1].exchanges(shop));
    QVERIFY(scopes[1].exchanges(stock));
    QVERIFY(scopes[1].isActive());
    QVERIFY(!scopes[2].isActive());

    QVERIFY(table.remove(node("b"), shop));
    QVERIFY(!table.remove(node("b"), shop));
    QVERIFY(table.scopes()[0].exchanges(shop));
    QCOMPARE(table.peers().size(), 3U);
}

void TestReplicationParts::offsetIsThatOfTheShortestRoundTrip()
{
    ClockOffset clock;
    QVERIFY(!clock.offset().has_value());
    // The peer is 500 ms ahead; the slow exchange lost all of its 80 ms on the way back.
    clock.add(kStart, kStart + 80ms, kWall + 80ms, kWall + 500ms, kWall + 500ms);
    QCOMPARE(*clock.offset(), 460ms);
    clock.add(
        kStart + 1s, kStart + 1s + 2ms, kWall + 1s + 2ms, kWall + 1s + 501ms, kWall + 1s + 501ms);
    QCOMPARE(*clock.offset(), 500ms);
    clock.add(
        kStart + 2s, kStart + 2s + 60ms, kWall + 2s + 60ms, kWall + 2s + 500ms, kWall + 2s + 500ms);
    QCOMPARE(*clock.offset(), 500ms);
    QCOMPARE(clock.roundTrip(), 60ms);
}

void TestReplicationParts::offsetFollowsJumps()
{
    ClockOffset clock;
    clock.add(kStart, kStart + 2ms, kWall + 2ms, kWall + 1ms, kWall + 1ms);
    QCOMPARE(*clock.offset(), 0ms);
    // The peer's clock is set forward by an hour.
    clock.add(kStart + 1s,
        kStart + 1s + 4ms,
        kWall + 1s + 4ms,
        kWall + 1h + 1s + 2ms,
        kWall + 1h + 1s + 2ms);
    QCOMPARE(*clock.offset(), 1h);
    // Ours is set forward by an hour as well: the old sample tells it, seen with the next exchange.
    clock.add(kStart + 2s,
        kStart + 2s + 4ms,
        kWall + 1h + 2s + 4ms,
        kWall + 1h + 2s + 2ms,
        kWall + 1h + 2s + 2ms);
    QCOMPARE(*clock.offset(), 0ms);
}

void TestReplicationParts::skewIsBeyondTwoMinutes()
{
    ClockOffset clock;
    clock.add(kStart, kStart, kWall, kWall - 120s, kWall - 120s);
    QVERIFY(!clock.isSkewed());
    clock.add(kStart + 1s, kStart + 1s, kWall + 1s, kWall - 121s, kWall - 121s);
    QVERIFY(clock.isSkewed());
}

void TestReplicationParts::arrivalsAreFoundUntilForgotten()
{
    ArrivalLog log;
    log.note({5}, {9}, node("x"), kStart, 2s);
    log.note({12}, {12}, node("y"), kStart + 1s, 2s);
    QVERIFY(log.find({4}) == nullptr);
    QCOMPARE(log.find({5})->source, node("x"));
    QCOMPARE(log.find({9})->source, node("x"));
    QVERIFY(log.find({10}) == nullptr);
    QCOMPARE(log.find({12})->source, node("y"));
    QVERIFY(log.find({13}) == nullptr);
    log.note({20}, {21}, node("x"), kStart + 2'500ms, 2s);
    QVERIFY(log.find({5}) == nullptr);
    QCOMPARE(log.size(), 2U);
}

void TestReplicationParts::relayIsLeftToWhoServes()
{
    ArrivalLog log;
    log.note({5}, {9}, node("x"), kStart, 2s);
    ActivePeers active;
    RelayRule rule {&log, &active, node("p"), kStart + 10ms, 1s};
    QVERIFY(!rule.deferredThrough({5}).has_value());
    active.set(node("x"), {node("q"), node("p")});
    QCOMPARE(rule.deferredThrough({7})->value, 9);
    QVERIFY(!rule.deferredThrough({10}).has_value());
    rule.peer = node("x"); // what a node sent is not sent back to it
    QCOMPARE(rule.deferredThrough({5})->value, 9);
    rule.peer = node("p");
    rule.now = kStart + 1s;
    QVERIFY(!rule.deferredThrough({5}).has_value());
    rule.now = kStart + 10ms;
    active.set(node("x"), {node("q")});
    QVERIFY(!rule.deferredThrough({5}).has_value());
}

QTEST_APPLESS_MAIN(TestReplicationParts)
#include "tst_replication_parts.moc"
