#include "transcript_replay.h"

#include <QTest>

using namespace driftless::test;

/// What clients of the reference say is answered as the reference answers it, but for the
/// differences listed here, each of which is wanted. The exchanges of a file, and the files in
/// their order, build on each other.
class TestHttpTranscripts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void replay();
};

namespace {

constexpr const char *kNumbers
    = "numbers keep the text that the client wrote, and integers of any length are numbers";
constexpr const char *kNothing = "what is gone is not deleted again: no operation";
constexpr const char *kRegister = "a registered collection stays";
constexpr const char *kRole = "roles are enforced on every route";
constexpr const char *kSlash = "an id may have a slash in it";
constexpr const char *kHead = "HEAD is answered wherever GET is";
constexpr const char *kReason = "a wrong request is a 400 with the reason, not a bare 500";
constexpr const char *kWords = "faults of JSON are said in our own words";
constexpr const char *kDepth = "documents may be 64 deep";
constexpr const char *kPatch = "a document can be patched";
constexpr const char *kBytes
    = "a document is bytes: extended JSON is judged by queries, not at the door";
constexpr const char *kCount
    = "other transcripts of the reference made further databases; ours says more";
constexpr const char *kNotServed = "the cache is not served yet";

constexpr const char *kOrders
    = R"([{"Id":"o1","a":{"b":[1,2.50,null,"x"]},"a2":1e3,"big":3000000000,"neg":-0,"e":""},{"id":"o2","customer":"Zoë","paid":true},)"
      R"({"again":1,"customer":"Bo","Id":"O3"},{"x":1,"Id":"o4"},{"Id":"o5","x":1}])";

const Difference kDifferences[] = {
    {"documents",
        265,
        kNumbers,
        200,
        R"({"Id":"o1","a":{"b":[1,2.50,null,"x"]},"a2":1e3,"big":3000000000,"neg":-0,"e":""})"},
    {"documents", 275, kNumbers, 200, kOrders},
    {"documents", 295, kNumbers, 200, kOrders},
    {"documents",
        345,
        kNothing,
        200,
        R"({"Collection":"orders","EntityId":"o5","Version":"d76649b6629542f79e96c9a5a559740c","CommittedUtc":"","IsDeleted":true,"Operation":null})"},
    {"documents",
        355,
        kNothing,
        200,
        R"({"Collection":"orders","EntityId":"never","Version":null,"CommittedUtc":"","IsDeleted":true,"Operation":null})"},
    {"documents", 387, kRegister, 200, R"(["newtable","orders"])"},
    {"documents", 397, kNotServed, 404, ""},
    {"documents", 411, kRegister, 200, R"(["newtable","orders"])"},
    {"documents",
        490,
        kSlash,
        200,
        R"({"Collection":"people","EntityId":"a/b","Version":"436be63d20134605ac0296fa575124c8","CommittedUtc":"","IsDeleted":false,)"
        R"("Operation":{"Id":"436be63d20134605ac0296fa575124c8","NodeId":"node-1","TimestampUtc":"","Collection":"people","EntityId":"a/b",)"
        R"("OperationType":1,"Payload":"{\"x\":1,\"Id\":\"a/b\"}","Sequence":15,"LogSequence":15,"ParentVersion":null,"GlobalSequence":null,)"
        R"("IsSynced":false,"IsTombstone":false}})"},
    {"documents", 504, kSlash, 200, R"([{"x":1,"Id":"a b"},{"x":1,"Id":"a/b"}])"},

    {"errors", 67, kRegister, 200, R"(["newtable","orders","people","v"])"},
    {"errors", 87, kWords, 400, "code:invalid-json"},
    {"errors", 99, kWords, 400, "code:invalid-json"},
    {"errors", 207, kWords, 400, "code:invalid-json"},
    {"errors", 221, kDepth, 400, "code:invalid-argument"},
    {"errors", 249, kDepth, 200, "any"},
    {"errors", 263, kReason, 400, "code:invalid-argument"},
    {"errors", 274, kReason, 400, "code:invalid-argument"},
    {"errors", 285, kReason, 400, "code:invalid-argument"},
    {"errors", 306, kReason, 400, "code:invalid-argument"},
    {"errors", 327, kReason, 400, "code:invalid-argument"},
    {"errors", 338, kReason, 400, "code:invalid-json"},
    {"errors", 349, kNumbers, 200, "any"},
    {"errors", 360, kBytes, 200, "any"},
    {"errors", 371, kPatch, 200, "any"},
    {"errors", 397, kHead, 405, "allow:GET, HEAD, POST"},
    {"errors", 413, kHead, 200, ""},
    {"errors", 421, kHead, 405, "allow:GET, HEAD, POST"},
    {"errors", 429, kRegister, 200, R"(["newtable","o","orders","people","v"])"},

    {"roles", 25, kRole, 403, "code:forbidden"},
    {"roles", 39, kRole, 403, "code:forbidden"},
    {"roles",
        49,
        kRole,
        200,
        R"({"Query":"SELECT $ FROM t","RequestedTake":200,"MatchedCount":1,"AppliedCount":0,"ReturnedRows":1,"Rows":[{"v":1,"Id":"1"}]})"},
    {"roles", 63, kNotServed, 404, ""},
    {"roles", 87, kRole, 403, "code:forbidden"},
    {"roles", 97, kRole, 403, "code:forbidden"},
    {"roles", 107, kRole, 403, "code:forbidden"},

    {"cors", 55, kRegister, 200, R"(["newtable","o","orders","people","v"])"},
    {"cors", 68, kRegister, 200, R"(["newtable","o","orders","people","v"])"},
    {"cors", 90, kCount, 200, "any"},
    {"cors", 101, kReason, 400, "code:invalid-argument"},
};

} // namespace

void TestHttpTranscripts::replay()
{
    HttpNode node;
    const QByteArrayList faults
        = replayTranscripts(node, {"documents", "errors", "roles", "cors"}, kDifferences);
    QVERIFY2(faults.isEmpty(), faults.join('\n').constData());
}

QTEST_GUILESS_MAIN(TestHttpTranscripts)
#include "tst_http_transcripts.moc"
