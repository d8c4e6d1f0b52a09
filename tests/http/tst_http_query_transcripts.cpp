#include "transcript_replay.h"

#include <QTest>

using namespace driftless::test;

/// Statements that clients of the reference send are answered as the reference answers them, but
/// for the differences listed here, each of which is wanted.
class TestHttpQueryTranscripts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void replay();
};

namespace {

constexpr const char *kWhere = "errors say where they are, and show it";
constexpr const char *kCondition = "what does not satisfy the condition is not touched";
constexpr const char *kBytes
    = "an UPDATE changes what it names, and leaves an Id that is a number as it is";
constexpr const char *kSemicolon = "a ';' in a text ends no statement";
constexpr const char *kExplain = "EXPLAIN is a statement of the language";
constexpr const char *kExtras = "extras of the language, which people who know SQL type";
constexpr const char *kForms = "the forms of LiteDB itself are taken, too";
constexpr const char *kReason = "a wrong request is a 400 with the reason, not a bare 500";
constexpr const char *kWords = "faults of JSON are said in our own words";
constexpr const char *kNumbers
    = "a document is bytes: numbers keep the text that the client wrote, of any length";
constexpr const char *kDigits = "numbers are not rounded, and infinity is not null";
constexpr const char *kNames = "names that differ only in case are refused, so there is no n3";
constexpr const char *kPull = "the reference's own way of exchanging operations is not served yet";

const Difference kDifferences[] = {
    {"query-select", 155, kWhere, 400, "code:invalid-argument"},
    {"query-write",
        113,
        kCondition,
        200,
        R"({"Query":"UPDATE w SET {\"x\":9} WHERE Id = 'a' AND name = 'nobody'","RequestedTake":200,"MatchedCount":0,"AppliedCount":0,"ReturnedRows":0,"Rows":[]})"},
    {"query-write",
        155,
        kBytes,
        200,
        R"({"Query":"SELECT $ FROM w","RequestedTake":200,"MatchedCount":3,"AppliedCount":0,"ReturnedRows":3,"Rows":[{"Id":3,"name":"Cy","n":3,"all":true},{"Id":"a","name":"Ann","x":1,"all":true},{"name":"Bo","n":2,"Id":"b","city":"Oslo","all":true}]})"},
    {"query-errors", 43, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 57, kSemicolon, 200, "any"},
    {"query-errors", 71, kExplain, 200, "any"},
    {"query-errors", 85, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 99, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 113, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 127, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 141, kExtras, 200, "any"},
    {"query-errors", 169, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 183, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 197, kReason, 400, "code:invalid-argument"},
    {"query-errors", 208, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 222, kForms, 200, "any"},
    {"query-errors", 236, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 250, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 278, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 292, kForms, 200, "any"},
    {"query-errors", 306, kWhere, 400, "code:invalid-argument"},
    {"query-errors", 362, kReason, 400, "code:invalid-argument"},
    {"query-errors", 401, kWords, 400, "code:invalid-json"},
    {"query-errors", 415, kWords, 400, "code:invalid-json"},
    {"values",
        15,
        kNumbers,
        200,
        R"({"a":1,"b":2147483647,"c":2147483648,"d":-2147483649,"e":9223372036854775807,"Id":"n0"})"},
    {"values", 39, kNumbers, 200, "any"},
    {"values", 73, kNames, 400, "code:invalid-json"},
    {"values", 87, kNames, 404, "code:not-found"},
    {"values", 111, kNumbers, 200, "any"},
    {"values", 169, kNumbers, 200, "any"},
    {"values", 180, kNumbers, 200, "any"},
    {"values",
        190,
        kDigits,
        200,
        R"({"Query":"SELECT $ FROM vals","RequestedTake":200,"MatchedCount":7,"AppliedCount":0,"ReturnedRows":7,"Rows":[{"a":1,"b":2147483647,"c":{"$numberLong":"2147483648"},"d":{"$numberLong":"-2147483649"},"e":{"$numberLong":"9223372036854775807"},"Id":"n0"},{"a":1.5,"b":0.1,"c":1000.0,"d":0.000000000001,"e":0.12345678912345,"f":{"$numberDouble":"Infinity"},"g":0,"h":-0.0,"i":100000000000000000000.0,"Id":"n1"},{"s":"Zo\u00eb \u00e9 \ud83d\ude00 <a>&'+` \"q\" \\ / \t\n","Id":"n2"},{"d":{"$date":"2026-01-05T10:00:00.1230000Z"},"g":{"$guid":"00112233-4455-6677-8899-aabbccddeeff"},"l":{"$numberLong":"5"},"m":{"$numberDecimal":"1.5"},"o":{"$oid":"507f1f77bcf86cd799439011"},"b":{"$binary":"AQI="},"Id":"n4"},{"n":null,"e":{},"l":[],"t":true,"nested":{"_id":1,"_sys_x":2,"Id":3},"Id":"n5"},{"when":"2026-01-05T10:00:00Z","x":{"$other":1},"Id":"n6"},{"big":{"$numberDecimal":"12345678901234567890"},"Id":"n7"}]})"},
    {"values", 204, kNames, 200, "any"},
    {"values", 218, kPull, 404, ""},
};

} // namespace

void TestHttpQueryTranscripts::replay()
{
    HttpNode node;
    // What the reference held when the statements were recorded.
    node.ask("shop",
        "PUT",
        "/api/documents/cust/c0",
        R"({"Id":"c0","name":"Ada","city":"Oslo","v":10,"at":"2026-01-01T00:00:00Z"})");
    node.ask("shop",
        "PUT",
        "/api/documents/cust/c1",
        R"({"Id":"c1","name":"Bo","city":"Rome","v":20.5,"at":"2026-01-02T00:00:00Z"})");
    node.ask("shop",
        "PUT",
        "/api/documents/cust/c2",
        R"({"Id":"c2","name":"Cy","city":"Oslo","v":3000000000,"at":"2026-01-03T00:00:00Z"})");
    const QByteArrayList faults = replayTranscripts(
        node, {"query-select", "query-write", "query-errors", "values"}, kDifferences);
    QVERIFY2(faults.isEmpty(), faults.join('\n').constData());
}

QTEST_GUILESS_MAIN(TestHttpQueryTranscripts)
#include "tst_http_query_transcripts.moc"
