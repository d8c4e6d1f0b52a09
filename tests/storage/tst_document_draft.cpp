#include "hand_made.h"
#include "storage/document_draft.h"

#include <QTest>

#include <functional>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

using Writes = std::function<void(DocumentDraft &)>;

const Incarnation kOwn {node("own"), 7};

void put(DocumentDraft &draft, const QByteArray &body)
{
    auto object = json::Object::check(body);
    QVERIFY2(object.isOk(), body.constData());
    draft.put(std::move(object).value());
}

Result<void> tryPatch(DocumentDraft &draft, const QByteArray &body)
{
    const auto object = json::Object::check(body);
    DRIFTLESS_ASSERT(object.isOk());
    return draft.patch(*object, "1");
}

void patch(DocumentDraft &draft, const QByteArray &body)
{
    const auto done = tryPatch(draft, body);
    QVERIFY2(done.isOk(), done.isOk() ? "" : done.error().message.constData());
}

QByteArray text(const CounterSums &seen)
{
    QByteArray result;
    for (const auto &[incarnation, entry] : seen) {
        result += result.isEmpty() ? "" : ", ";
        result += incarnation.origin.bytes() + ' '
            + QByteArray::number(static_cast<qulonglong>(entry.count)) + ':' + entry.sum.toText();
    }
    return result.isEmpty() ? result : " seen(" + result + ')';
}

/// "a set; b removed; n += -1 (2: -3)"
QByteArray text(const std::vector<Claim> &claims)
{
    QByteArray result;
    for (const Claim &claim : claims) {
        const QByteArray own = " (" + QByteArray::number(static_cast<qulonglong>(claim.own.count))
            + ": " + claim.own.sum.toText() + ')';
        result += result.isEmpty() ? "" : "; ";
        switch (claim.kind) {
        case Claim::Kind::Set:
            result += claim.name + " set" + text(claim.seen);
            break;
        case Claim::Kind::Removed:
            result += claim.name + " removed";
            break;
        case Claim::Kind::Add:
            result += claim.name + " += " + claim.by.toText() + own;
            break;
        case Claim::Kind::SetAdd:
            result += claim.name + " = " + claim.base + " += " + claim.by.toText() + own
                + text(claim.seen);
            break;
        }
    }
    return result;
}

/// "put floor {...} | claims", "delete", "nothing"
QByteArray text(const std::optional<PlannedWrite> &plan)
{
    if (!plan) {
        return "nothing";
    }
    if (plan->kind == OperationKind::Delete) {
        return "delete";
    }
    return QByteArray(plan->floor ? "floor " : "put ") + plan->body + " | " + text(plan->changed);
}

} // namespace

Q_DECLARE_METATYPE(Writes)

/// The writes of a group to one document become the one operation that says exactly what they
/// changed.
class TestDocumentDraft : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plans_data();
    void plans();
    void refuses_data();
    void refuses();
    void addsUpToThirtyFourDigits();
    void aRefusedPatchChangesNothing();
    void setsMembersWhole();
    void leavesTheStateAlone();
    void whoWritesSeesWhatItWrote();
};

void TestDocumentDraft::plans_data()
{
    QTest::addColumn<Operations>("before");
    QTest::addColumn<bool>("claimsWhole");
    QTest::addColumn<Writes>("writes");
    QTest::addColumn<QByteArray>("expected");
    Pen a("a");
    Pen own("own", 7);
    const Operation base = a.insert(10, R"({"Id": "1", "a": 1, "B": "x"})");
    const Operation erased = a.erase(20, {base});
    const Operation stock = a.insert(10, R"({"Id":"1","n":10})");
    const Operation sale = a.update(20, R"({"Id":"1","n":7})", {add("n", 1, "-3", "-3")}, {stock});
    const Operation mine = own.update(30, R"({"Id":"1","n":5})", {add("n", 1, "-2", "-2")}, {sale});
    const Operation noStock = a.update(40, R"({"Id":"1"})", {removed("n")}, {mine});
    const Operations none;
    const Operations plain {base};
    const Operations gone {base, erased};
    const Operations sold {stock, sale, mine};
    const Operations soldOut {stock, sale, mine, noStock};
    const auto row = [](const char *name,
                         const Operations &before,
                         const Writes &writes,
                         const QByteArray &expected,
                         bool claimsWhole = false) {
        QTest::newRow(name) << before << claimsWhole << writes << expected;
    };
    const auto puts = [](const QByteArray &body) {
        return Writes([body](DocumentDraft &draft) { put(draft, body); });
    };
    const auto patches = [](const std::vector<QByteArray> &bodies) {
        return Writes([bodies](DocumentDraft &draft) {
            for (const QByteArray &body : bodies) {
                patch(draft, body);
            }
        });
    };
    const Writes removes = [](DocumentDraft &draft) { draft.remove(); };

    row(
        "nothing at all", plain, [](DocumentDraft &) {}, "nothing");
    row("a put over nothing", none, puts(R"({"Id":"1","a":1})"), R"(floor {"Id":"1","a":1} | )");
    row("a put over a tombstone", gone, puts(R"({"a":1})"), R"(floor {"a":1} | )");
    row("a put of the same", plain, puts(R"({"Id": "1", "a": 1, "B": "x"})"), "nothing");
    row("a put of the same in other order and spacing",
        plain,
        puts(R"({"B":"x","a":1,"Id":"1"})"),
        "nothing");
    row("a put with another spelling of the id",
        plain,
        puts(R"({"ID":"ONE","a":1,"B":"x"})"),
        "nothing");
    row("a put that changes a value",
        plain,
        puts(R"({"Id":"1","a":2,"B":"x"})"),
        R"(put {"Id":"1","a":2,"B":"x"} | a set)");
    row("a put that changes the bytes of a value",
        plain,
        puts(R"({"Id":"1","a":1.0,"B":"x"})"),
        R"(put {"Id":"1","a":1.0,"B":"x"} | a set)");
    row("a put that changes the spelling of a name",
        plain,
        puts(R"({"Id":"1","a":1,"b":"x"})"),
        R"(put {"Id":"1","a":1,"b":"x"} | b set)");
    row("a put that lacks a member",
        plain,
        puts(R"({"Id":"1","a":1})"),
        R"(put {"Id":"1","a":1} | B removed)");
    row("a put that brings a member",
        plain,
        puts(R"({"Id":"1","a":1,"B":"x","c":null})"),
        R"(put {"Id":"1","a":1,"B":"x","c":null} | c set)");
    row("a put under LastWriterWins",
        plain,
        puts(R"({"Id":"1","a":2})"),
        R"(floor {"Id":"1","a":2} | )",
        true);
    row("a put of the same under LastWriterWins",
        plain,
        puts(R"({"Id":"1","a":1,"B":"x"})"),
        "nothing",
        true);
    row("a put of a counter sets it, and has seen the sales",
        sold,
        puts(R"({"Id":"1","n":50})"),
        R"(put {"Id":"1","n":50} | n set seen(a 1:-3, own 1:-2))");
    row("under LastWriterWins too",
        sold,
        puts(R"({"Id":"1","n":50})"),
        R"(floor {"Id":"1","n":50} | n set seen(a 1:-3, own 1:-2))",
        true);

    row("a patch over nothing", none, patches({R"({"a":1})"}), R"(floor {"Id":"1","a":1} | )");
    row("an empty patch over nothing", none, patches({"{}"}), R"(floor {"Id":"1"} | )");
    row("a patch over a tombstone begins anew",
        gone,
        patches({R"({"c":1})"}),
        R"(floor {"Id":"1","c":1} | )");
    row("a patch keeps every other byte",
        plain,
        patches({R"({"a":2})"}),
        R"(put {"Id": "1", "a": 2, "B": "x"} | a set)");
    row("a patch of a member in another case",
        plain,
        patches({R"({"A":2})"}),
        R"(put {"Id": "1", "a": 2, "B": "x"} | a set)");
    row("a patch removes",
        plain,
        patches({R"({"b":null})"}),
        R"(put {"Id": "1", "a": 1} | B removed)");
    row("a patch removes what is not there", plain, patches({R"({"zzz":null})"}), "nothing");
    row("a patch sets what is there", plain, patches({R"({"a":1})"}), "nothing");
    row("a patch does not touch the id", plain, patches({R"({"iD":null})"}), "nothing");
    row("a patch merges objects",
        plain,
        patches({R"({"B":{"x":1,"y":null}})"}),
        R"(put {"Id": "1", "a": 1, "B": {"x":1}} | B set)");
    row("a patch under LastWriterWins",
        plain,
        patches({R"({"a":2})"}),
        R"(floor {"Id": "1", "a": 2, "B": "x"} | )",
        true);

    row("a delete", plain, removes, "delete");
    row("a delete of what is gone", gone, removes, "nothing");
    row("a delete of what never was", none, removes, "nothing");

    row("an addition",
        sold,
        patches({R"({"n":{"$inc":-1}})"}),
        R"(put {"Id":"1","n":4} | n += -1 (2: -3))");
    row("an addition with a fraction",
        sold,
        patches({R"({"n":{"$inc":0.50}})"}),
        R"(put {"Id":"1","n":5.5} | n += 0.5 (2: -1.5))");
    row("an addition and a set",
        sold,
        patches({R"({"n":{"$inc":1},"a":1})"}),
        R"(put {"Id":"1","n":6,"a":1} | n += 1 (2: -1); a set)");
    row("an addition to nothing",
        plain,
        patches({R"({"n":{"$inc":3}})"}),
        R"(put {"Id": "1", "a": 1, "B": "x","n":3} | n = 0 += 3 (1: 3))");
    row("an addition to a removed member",
        soldOut,
        patches({R"({"n":{"$inc":3}})"}),
        R"(put {"Id":"1","n":3} | n = 0 += 3 (2: 1) seen(a 1:-3, own 1:-2))");
    row("an addition makes a document",
        none,
        patches({R"({"n":{"$inc":3}})"}),
        R"(floor {"Id":"1","n":3} | n = 0 += 3 (1: 3))");
    row("an addition under LastWriterWins",
        sold,
        patches({R"({"n":{"$inc":1}})"}),
        R"(floor {"Id":"1","n":6} | n = 5 += 1 (2: -1) seen(a 1:-3, own 1:-2))",
        true);
    row("an addition to an exponent",
        Operations {a.insert(5, R"({"Id":"1","n":1e2})")},
        patches({R"({"n":{"$inc":1}})"}),
        R"(put {"Id":"1","n":101} | n += 1 (1: 1))");
    row("an addition in another case",
        sold,
        patches({R"({"N":{"$inc":1}})"}),
        R"(put {"Id":"1","n":6} | n += 1 (2: -1))");

    row("two additions fold into one",
        sold,
        patches({R"({"n":{"$inc":1}})", R"({"n":{"$inc":2}})"}),
        R"(put {"Id":"1","n":8} | n += 3 (2: 1))");
    row("additions that add up to nothing still count",
        sold,
        patches({R"({"n":{"$inc":1}})", R"({"n":{"$inc":-1}})"}),
        R"(put {"Id":"1","n":5} | n += 0 (2: -2))");
    row("a set behind an addition takes it back",
        sold,
        patches({R"({"n":{"$inc":1}})", R"({"n":9})"}),
        R"(put {"Id":"1","n":9} | n set seen(a 1:-3, own 1:-2))");
    row("an addition behind a set is part of the set",
        sold,
        patches({R"({"n":9})", R"({"n":{"$inc":1}})"}),
        R"(put {"Id":"1","n":10} | n set seen(a 1:-3, own 1:-2))");
    row("a removal behind an addition",
        sold,
        patches({R"({"n":{"$inc":1}})", R"({"n":null})"}),
        R"(put {"Id":"1"} | n removed)");
    row("an addition behind a removal",
        sold,
        patches({R"({"n":null})", R"({"n":{"$inc":1}})"}),
        R"(put {"Id":"1","n":1} | n set seen(a 1:-3, own 1:-2))");
    row("patches that undo each other", plain, patches({R"({"a":2})", R"({"a":1})"}), "nothing");
    row("patches of several members",
        plain,
        patches({R"({"a":2})", R"({"B":null,"c":3})"}),
        R"(put {"Id": "1", "a": 2,"c":3} | a set; c set; B removed)");

    row(
        "a patch behind a put",
        plain,
        [](DocumentDraft &draft) {
            put(draft, R"({"Id":"1","a":5})");
            patch(draft, R"({"c":6})");
        },
        R"(put {"Id":"1","a":5,"c":6} | a set; c set; B removed)");
    row(
        "an addition behind a put is part of the put",
        sold,
        [](DocumentDraft &draft) {
            put(draft, R"({"Id":"1","n":20})");
            patch(draft, R"({"n":{"$inc":1}})");
        },
        R"(put {"Id":"1","n":21} | n set seen(a 1:-3, own 1:-2))");
    row(
        "a put behind an addition takes it back",
        sold,
        [](DocumentDraft &draft) {
            patch(draft, R"({"n":{"$inc":1}})");
            put(draft, R"({"Id":"1","n":5})");
        },
        "nothing");
    row(
        "a put behind a delete is a new life",
        sold,
        [](DocumentDraft &draft) {
            draft.remove();
            put(draft, R"({"Id":"1","n":5})");
        },
        R"(floor {"Id":"1","n":5} | n set seen(a 1:-3, own 1:-2))");
    row(
        "an addition behind a delete",
        sold,
        [](DocumentDraft &draft) {
            draft.remove();
            patch(draft, R"({"n":{"$inc":1}})");
        },
        R"(floor {"Id":"1","n":1} | n = 0 += 1 (2: -1) seen(a 1:-3, own 1:-2))");
    row(
        "a delete behind a put",
        plain,
        [](DocumentDraft &draft) {
            put(draft, R"({"Id":"1","a":5})");
            draft.remove();
        },
        "delete");
    row(
        "a delete behind the first put",
        none,
        [](DocumentDraft &draft) {
            put(draft, R"({"Id":"1","a":5})");
            draft.remove();
        },
        "nothing");
}

void TestDocumentDraft::plans()
{
    QFETCH(Operations, before);
    QFETCH(bool, claimsWhole);
    QFETCH(Writes, writes);
    QFETCH(QByteArray, expected);
    const DocumentState state = joined(before);
    DocumentDraft draft(state, kOwn, claimsWhole);
    QCOMPARE(draft.isVisible(), state.isVisible());
    writes(draft);
    const auto plan = draft.finish();
    QCOMPARE(text(plan), expected);
    if (plan && plan->kind == OperationKind::Put) {
        QVERIFY(draft.isVisible());
        QCOMPARE(draft.body(), plan->body);
    }
    if (plan && plan->kind == OperationKind::Delete) {
        QVERIFY(!draft.isVisible());
    }
}

void TestDocumentDraft::refuses_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QByteArray>("path");
    const auto row
        = [](const char *name, const QByteArray &body, ErrorCode code, const QByteArray &path) {
              QTest::newRow(name) << body << code << path;
          };
    row("adds to text", R"({"text":{"$inc":1}})", ErrorCode::NotANumber, "$.text");
    row("adds to null", R"({"nothing":{"$inc":1}})", ErrorCode::NotANumber, "$.nothing");
    row("adds to an object", R"({"object":{"$inc":1}})", ErrorCode::NotANumber, "$.object");
    row("adds to a number that cannot be written out",
        R"({"huge":{"$inc":1}})",
        ErrorCode::NotANumber,
        "$.huge");
    row("adds text", R"({"n":{"$inc":"1"}})", ErrorCode::InvalidJson, "$.n");
    row("adds null", R"({"n":{"$inc":null}})", ErrorCode::InvalidJson, "$.n");
    row("adds 35 digits",
        R"({"n":{"$inc":12345678901234567890123456789012345}})",
        ErrorCode::NumberTooLong,
        "$.n");
    row("adds what would fill the memory",
        R"({"n":{"$inc":1e999999999}})",
        ErrorCode::NumberTooLong,
        "$.n");
    row("the sum has 35 digits", R"({"long":{"$inc":1}})", ErrorCode::NumberTooLong, "$.long");
    row("adds and more", R"({"n":{"$inc":1,"$mul":2}})", ErrorCode::InvalidJson, "$.n");
    row("adds inside of a member",
        R"({"object":{"n":{"$inc":1}}})",
        ErrorCode::InvalidJson,
        "$.object");
    row("adds inside of an array", R"({"list":[{"$inc" : 1}]})", ErrorCode::InvalidJson, "$.list");
}

void TestDocumentDraft::refuses()
{
    QFETCH(QByteArray, body);
    QFETCH(ErrorCode, code);
    QFETCH(QByteArray, path);
    Pen a("a");
    const DocumentState state = joined({a.insert(1,
        R"({"Id":"1","n":1,"text":"1","nothing":null,"object":{"n":1},"huge":1e999999999,"long":9999999999999999999999999999999999})")});
    DocumentDraft draft(state, kOwn, false);
    const auto done = tryPatch(draft, body);
    QVERIFY(!done.isOk());
    QCOMPARE(done.error().code, code);
    QCOMPARE(done.error().path, path);
    QVERIFY(!done.error().message.isEmpty());
    QCOMPARE(text(draft.finish()), QByteArray("nothing"));
}

void TestDocumentDraft::addsUpToThirtyFourDigits()
{
    Pen a("a");
    const DocumentState state
        = joined({a.insert(1, R"({"Id":"1","n":9999999999999999999999999999999998})")});
    DocumentDraft draft(state, kOwn, false);
    patch(draft, R"({"n":{"$inc":1}})");
    QVERIFY(draft.body().contains(R"("n":9999999999999999999999999999999999})"));
}

void TestDocumentDraft::aRefusedPatchChangesNothing()
{
    Pen a("a");
    const DocumentState state = joined({a.insert(1, R"({"Id":"1","n":1,"t":"x"})")});
    DocumentDraft draft(state, kOwn, false);
    patch(draft, R"({"n":{"$inc":1}})");
    QVERIFY(!tryPatch(draft, R"({"n":{"$inc":5},"t":{"$inc":1}})").isOk());
    QCOMPARE(text(draft.finish()), QByteArray(R"(put {"Id":"1","n":2,"t":"x"} | n += 1 (1: 1))"));
    const DocumentState nothing;
    DocumentDraft fresh(nothing, kOwn, false);
    QVERIFY(!tryPatch(fresh, R"({"n":{"$inc":"x"}})").isOk());
    QCOMPARE(text(fresh.finish()), QByteArray("nothing"));
    // What only looks like an addition is data.
    patch(draft, R"({"t":"say \"$inc\": 1"})");
    QVERIFY(draft.body().contains(R"("say \"$inc\": 1")"));
}

/// Unlike a patch, a set takes null and objects for values, and has something to say where nothing
/// can be added.
void TestDocumentDraft::setsMembersWhole()
{
    Pen a("a");
    const DocumentState state
        = joined({a.insert(1, R"({"Id":"1","n":1,"o":{"x":1,"y":2},"t":"x","m":{"$d":"1"}})")});
    const auto set = [](DocumentDraft &draft, const QByteArray &members, const QByteArray &sums) {
        return draft.set(*json::Object::check(members), *json::Object::check(sums), "1");
    };
    DocumentDraft draft(state, kOwn, false);
    QVERIFY(
        set(draft, R"({"N":{"$inc":2},"o":{"y":3},"t":null,"m":{"$inc":1}})", R"({"N":3,"m":2})")
            .isOk());
    QCOMPARE(text(draft.finish()),
        QByteArray(R"(put {"Id":"1","n":3,"o":{"y":3},"t":null,"m":2} | n += 2 (1: 2); )"
                   R"(o set; t set; m set)"));
    DocumentDraft refused(state, kOwn, false);
    QVERIFY(!set(refused, R"({"n":5,"t":{"$inc":1}})", "{}").isOk());
    QCOMPARE(text(refused.finish()), QByteArray("nothing"));
}

void TestDocumentDraft::leavesTheStateAlone()
{
    Pen a("a");
    const DocumentState state = joined({a.insert(1, R"({"Id":"1","n":1})")});
    const Hash128 before = state.hash("c", "1");
    DocumentDraft draft(state, kOwn, true);
    patch(draft, R"({"n":{"$inc":1}})");
    draft.remove();
    put(draft, R"({"x":1})");
    QVERIFY(draft.finish().has_value());
    QVERIFY(state.hash("c", "1") == before);
}

void TestDocumentDraft::whoWritesSeesWhatItWrote()
{
    // The operation joined into the state that it was planned from shows its own body, byte for
    // byte, also of a merged document.
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({ "Id":"1", "n":10, "a":1 })");
    const Operation sale
        = a.update(20, R"({ "Id":"1", "n":8, "a":1 })", {add("n", 1, "-2", "-2")}, {base});
    const Operation edit = b.update(21, R"({ "Id":"1", "n":10, "a":2 })", {set("a")}, {base});
    const DocumentState state = joined({base, sale, edit});
    QVERIFY(!state.showsNewestWrite());
    for (const QByteArray &body : {QByteArray(R"({"n":{"$inc":-1}})"),
             QByteArray(R"({"a":null,"c":[ 1 ]})"),
             QByteArray(R"({"n":1})")}) {
        for (const bool claimsWhole : {false, true}) {
            DocumentDraft draft(state, kOwn, claimsWhole);
            patch(draft, body);
            const auto plan = draft.finish();
            OperationHeader header;
            header.version = {50, {kOwn, 1}};
            header.collection = "c";
            header.floor = plan->floor;
            header.changed = plan->changed;
            for (const Head &head : state.heads()) {
                header.parents.push_back({head.version, {}});
            }
            DocumentState after = state;
            after.admitHead(header);
            QVERIFY(after.join(Operation::make(header, plan->body), {9}).isOk());
            QCOMPARE(shown(after), plan->body);
            QVERIFY(after.showsNewestWrite());
        }
    }
}

QTEST_GUILESS_MAIN(TestDocumentDraft)
#include "tst_document_draft.moc"
