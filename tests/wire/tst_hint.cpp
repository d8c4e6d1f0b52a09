#include "wire/hint.h"

#include <QTest>

using namespace driftless;
using namespace driftless::wire;

/// Hints are taken and refused as the reference does (transcript `websocket`).
class TestHint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reads_data();
    void reads();
    void acknowledges();
};

void TestHint::reads_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("outcome"); // of the message alone: "ok", or the code
    const auto row = [](const char *name, const char *text, const char *outcome) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(outcome);
    };
    row("health check",
        R"({"type":"health-check","sourceNodeId":"net-1","timestampUtc":"2026-01-05T10:00:00.0000000Z"})",
        "ok");
    row("bare health check", R"({"type":"health-check"})", "ok");
    row("sync request",
        R"({"type":"sync-request","sourceNodeId":"net-1","database":"shop","replicationApiKey":"K","reason":"document-upsert:orders","timestampUtc":"2026-01-05T10:00:00.0000000Z"})",
        "ok");
    row("type in capitals",
        R"({"type":"SYNC-REQUEST","sourceNodeId":"net-1","database":"hinted","replicationApiKey":"K"})",
        "ok");
    row("time with an offset",
        R"({"type":"health-check","timestampUtc":"2026-01-05T10:00:00+02:00"})",
        "ok");
    row("a name that no database has",
        R"({"type":"sync-request","sourceNodeId":"net-1","database":"a b","replicationApiKey":"K"})",
        "ok");
    row("blank database",
        R"({"type":"sync-request","sourceNodeId":"net-1","database":"","replicationApiKey":"K"})",
        "invalid-argument");
    row("no key",
        R"({"type":"sync-request","sourceNodeId":"net-1","database":"shop"})",
        "invalid-argument");
    row("null source",
        R"({"type":"sync-request","sourceNodeId":null,"database":"shop","replicationApiKey":"K"})",
        "invalid-argument");
    row("names in another case",
        R"({"Type":"sync-request","Sourcenodeid":"net-1","Database":"shop","Replicationapikey":"K"})",
        "invalid-argument");
    row("another type", R"({"type":"other"})", "invalid-argument");
    row("null", "null", "invalid-argument");
    row("a wrong time",
        R"({"type":"sync-request","sourceNodeId":"net-1","database":"shop","replicationApiKey":"K","timestampUtc":"x"})",
        "invalid-json");
    row("a wrong type of member",
        R"({"type":"sync-request","sourceNodeId":7,"database":"shop","replicationApiKey":"K"})",
        "invalid-json");
    row("no JSON", "{bad", "invalid-json");
    row("an array", "[]", "invalid-json");
}

void TestHint::reads()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, outcome);
    const auto hint = Hint::fromJson(text);
    QCOMPARE(hint ? QByteArray("ok") : errorName(hint.error().code), outcome);
}

void TestHint::acknowledges()
{
    QCOMPARE(HintAcknowledgement {}.toJson(), R"({"accepted":true,"error":null})");
    QCOMPARE(HintAcknowledgement {"invalid-json"}.toJson(),
        R"({"accepted":false,"error":"invalid-json"})");
}

QTEST_APPLESS_MAIN(TestHint)
#include "tst_hint.moc"
