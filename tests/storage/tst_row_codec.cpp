#include "core/case_fold.h"
#include "hand_made.h"
#include "seeded_random.h"
#include "storage/document_draft.h"
#include "storage/row_codec.h"

#include <QTest>

#include <algorithm>
#include <array>
#include <map>

using namespace driftless;
using namespace driftless::storage;
using namespace driftless::storage_test;

namespace {

/// A copy of one document and the operations that it is made of.
struct Copy
{
    DocumentState state;
    std::vector<Operation> log;

    void take(const Operation &operation, bool quarantine)
    {
        log.push_back(operation);
        state.admitHead(operation.header);
        if (quarantine) {
            state.setQuarantined(operation.header.version.dot, true);
            return;
        }
        const auto joined = state.join(operation, {static_cast<std::int64_t>(log.size())});
        DRIFTLESS_ASSERT(joined.isOk());
    }
    void release()
    {
        const std::vector<Dot> waiting = state.quarantined();
        for (std::size_t i = 0; i < log.size(); ++i) {
            if (std::find(waiting.begin(), waiting.end(), log[i].header.version.dot)
                != waiting.end()) {
                const auto joined = state.join(log[i], {static_cast<std::int64_t>(i) + 1});
                DRIFTLESS_ASSERT(joined.isOk());
                state.setQuarantined(log[i].header.version.dot, false);
            }
        }
    }
    [[nodiscard]] const Operation *newestWrite() const
    {
        const std::int64_t position = state.newestWritePosition().value;
        return position == 0 ? nullptr : &log[static_cast<std::size_t>(position) - 1];
    }
};

/// What differs, for a person; empty if nothing does.
QByteArray difference(const DocumentState &a, const DocumentState &b)
{
    if (a.newestWrite() != b.newestWrite() || a.newestDelete() != b.newestDelete()
        || a.newestFloor() != b.newestFloor()) {
        return "newest write, delete or floor";
    }
    if (a.newestWritePosition() != b.newestWritePosition()
        || a.newestWriteBody().bytes() != b.newestWriteBody().bytes()) {
        return "where the newest write stands";
    }
    if (a.heads() != b.heads() || a.quarantined() != b.quarantined() || a.sums() != b.sums()) {
        return "heads, quarantine or sums";
    }
    if (a.members().size() != b.members().size()) {
        return "number of members";
    }
    for (std::size_t i = 0; i < a.members().size(); ++i) {
        const MemberState &x = a.members()[i];
        const MemberState &y = b.members()[i];
        if (x.folded != y.folded || a.versionOf(x) != b.versionOf(y) || x.isRemoved != y.isRemoved
            || x.name != y.name || x.value != y.value || a.seenBy(x) != b.seenBy(y)) {
            return "member " + x.folded.toByteArray();
        }
    }
    if (a.hash("c", "1") != b.hash("c", "1") || a.shown() != b.shown()
        || a.token("c", "1") != b.token("c", "1")) {
        return "hash, bytes or token";
    }
    return {};
}

/// Empty if the row holds all of the state.
QByteArray fault(const Copy &copy)
{
    const QByteArray row = RowCodec::encodeState(copy.state);
    const auto decoded
        = RowCodec::decode(row, copy.newestWrite(), copy.state.newestWritePosition());
    if (!decoded) {
        return decoded.error().message;
    }
    if (RowCodec::encodeState(*decoded) != row) {
        return "encoded again it differs";
    }
    return difference(copy.state, *decoded);
}

json::Object object(const QByteArray &bytes)
{
    return *json::Object::check(bytes);
}

/// Random copies of one document that write, exchange and quarantine.
class Shuffle
{
public:
    explicit Shuffle(std::uint64_t seed)
        : m_random(seed)
    {
    }

    QByteArray run()
    {
        for (int step = 0; step < 40; ++step) {
            Copy &copy = m_copies[m_random.below(3)];
            const auto choice = m_random.below(100);
            if (choice < 60 && !copy.state.isQuarantined()) {
                write(copy);
            } else if (choice < 92) {
                read(copy, m_copies[m_random.below(3)]);
            } else {
                copy.release();
            }
            if (const QByteArray found = fault(copy); !found.isEmpty()) {
                return "step " + QByteArray::number(step) + ": " + found;
            }
            ++seen[formOf(copy.state)];
            // What was decoded goes on like what was never encoded.
            if (m_random.oneIn(2)) {
                copy.state = *RowCodec::decode(RowCodec::encodeState(copy.state),
                    copy.newestWrite(),
                    copy.state.newestWritePosition());
            }
        }
        return {};
    }
    std::map<QByteArray, int> seen; ///< forms that came up

private:
    static QByteArray formOf(const DocumentState &state)
    {
        if (!state.isVisible()) {
            return "tombstone";
        }
        if (!state.showsNewestWrite()) {
            return "merged";
        }
        return RowCodec::encodeState(state).isEmpty() ? "pointer" : "pointer and state";
    }

    QByteArray value()
    {
        static const std::vector<QByteArray> values {
            "1", "2.50", "1e1", "-3", "\"x\"", "{ \"a\" : [1] }", "null", "\"\\u00e4\""};
        return m_random.pick(values);
    }
    QByteArray name()
    {
        static const std::vector<QByteArray> names {"n", "n", "M", "m", "\\u0061b", "Größe", "x y"};
        return m_random.pick(names);
    }

    void write(Copy &copy)
    {
        const Incarnation own {node("a"), static_cast<std::uint64_t>(&copy - m_copies.data()) + 1};
        DocumentDraft draft(copy.state, own, m_random.oneIn(5));
        const auto choice = m_random.below(10);
        if (choice < 2) {
            std::map<QByteArray, QByteArray> members;
            for (auto count = m_random.below(4); count > 0; --count) {
                members[foldCase(json::decodeString(name()))] = value();
            }
            QByteArray body = R"({"Id" : "1")";
            for (const auto &[member, text] : members) {
                body += ", \"" + member + "\" : " + text;
            }
            draft.put(object(body + " }"));
        } else if (choice < 9) {
            const bool adds = m_random.oneIn(2);
            const QByteArray change = adds
                ? R"({"$inc":)" + QByteArray::number(m_random.between(-3, 3)) + '}'
                : value();
            if (!draft.patch(object("{\"" + name() + "\":" + change + '}'), "1").isOk()) {
                return; // an addition to text
            }
        } else {
            draft.remove();
        }
        const auto plan = draft.finish();
        if (!plan) {
            return;
        }
        OperationHeader header;
        m_hlc += m_random.below(2); // equal clocks happen: the dot decides
        header.version
            = {std::max<std::uint64_t>(m_hlc, highest(copy) + 1), {own, ++m_sequences[own.number]}};
        header.collection = "c";
        header.documentId = "1";
        header.kind = plan->kind;
        header.floor = plan->floor;
        header.changed = plan->changed;
        for (const Head &head : copy.state.heads()) {
            header.parents.push_back({head.version, {}});
        }
        copy.take(Operation::make(std::move(header), plan->body), false);
        m_made.push_back(copy.log.back());
    }

    static std::uint64_t highest(const Copy &copy)
    {
        std::uint64_t hlc = 0;
        for (const Operation &operation : copy.log) {
            hlc = std::max(hlc, operation.header.version.hlc);
        }
        return hlc;
    }

    void read(Copy &copy, const Copy &from)
    {
        if (&copy == &from) {
            return;
        }
        auto count = m_random.below(4);
        for (const Operation &operation : from.log) {
            const bool isNew = std::none_of(
                copy.log.begin(), copy.log.end(), [&operation](const Operation &mine) {
                    return mine.header.version == operation.header.version;
                });
            if (isNew && count-- == 0) {
                return;
            }
            if (isNew) {
                const bool quarantine = m_random.oneIn(8);
                seen["quarantine"] += quarantine ? 1 : 0;
                copy.take(operation, quarantine);
            }
        }
    }

    support::SeededRandom m_random;
    std::array<Copy, 3> m_copies;
    std::vector<Operation> m_made;
    std::map<std::uint64_t, std::uint64_t> m_sequences;
    std::uint64_t m_hlc = 1;
};

} // namespace

/// What is read from a row is the state that was written to it, whatever the state is.
class TestRowCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anInsertNeedsNoState();
    void smallStatesComeBack_data();
    void smallStatesComeBack();
    void randomStatesComeBack();
    void refusesDamage();
};

void TestRowCodec::anInsertNeedsNoState()
{
    Pen a("a");
    Copy copy;
    copy.take(a.insert(1, R"({"Id":"1","a":1,"B":[2]})"), false);
    QCOMPARE(RowCodec::encodeState(copy.state), QByteArray());
    QCOMPARE(fault(copy), QByteArray());
    // One edit: some bytes for the untouched members, never their values.
    copy.take(a.update(2, R"({"Id":"1","a":2,"B":[2]})", {set("a")}, {copy.log[0]}), false);
    QVERIFY(!RowCodec::encodeState(copy.state).isEmpty());
    QVERIFY(!RowCodec::encodeState(copy.state).contains("[2]"));
    QCOMPARE(fault(copy), QByteArray());
    copy.take(a.insert(3, R"({"Id":"1","a":3})", {copy.log[1]}), false);
    QCOMPARE(RowCodec::encodeState(copy.state), QByteArray());
    QCOMPARE(fault(copy), QByteArray());
}

void TestRowCodec::smallStatesComeBack_data()
{
    QTest::addColumn<Operations>("operations");
    QTest::addColumn<int>("quarantined"); // the last so many
    Pen a("a");
    Pen b("b");
    const Operation base = a.insert(10, R"({"Id":"1","n":1,"B":"x"})");
    const Operation edit = a.update(20, R"({"Id":"1","n":1,"B":"y"})", {set("B")}, {base});
    const Operation other = b.update(21, R"({"Id":"1","n":2,"B":"x"})", {set("n")}, {base});
    const Operation sale
        = b.update(22, R"({"Id":"1","n":3,"B":"x"})", {add("n", 1, "1", "1")}, {other});
    const Operation taken = b.update(
        23, R"({"Id":"1","n":9,"B":"x"})", {set("n", sum(b.incarnation(), 1, "1"))}, {sale});
    const Operation gone = b.update(24, R"({"Id":"1","n":9})", {removed("B")}, {taken});
    const Operation erase = a.erase(25, {edit});
    const Operation again = a.insert(26, R"({"Id":"1"})", {erase});
    const Operation carries = b.update(30, R"({"Id":"1","n":9,"k":1})", {set("k")}, {gone});
    QTest::newRow("an older member") << Operations {base, edit} << 0;
    QTest::newRow("merged") << Operations {base, edit, other} << 0;
    QTest::newRow("a sum") << Operations {base, other, sale} << 0;
    QTest::newRow("a set that has seen a sum") << Operations {base, other, sale, taken} << 0;
    QTest::newRow("a removal") << Operations {base, other, sale, taken, gone} << 0;
    QTest::newRow("a tombstone") << Operations {base, edit, erase} << 0;
    QTest::newRow("a tombstone over sums") << Operations {base, other, sale, edit, erase} << 0;
    QTest::newRow("hidden members in the newest body")
        << Operations {base, other, sale, taken, gone, edit, erase, again, carries} << 0;
    QTest::newRow("all in quarantine") << Operations {base} << 1;
    QTest::newRow("an edit in quarantine") << Operations {base, edit} << 1;
    QTest::newRow("a tombstone over what is in quarantine") << Operations {erase} << 0;
    QTest::newRow("an empty body") << Operations {a.insert(50, "{}")} << 0;
    Operation adopted = a.insert(60, R"({"Id":"1"})");
    adopted.header.adoptedId = Hash128 {1, 2};
    QTest::newRow("adopted") << Operations {adopted} << 0;
    Operation adoptedEdit = a.update(70, R"({"Id":"1","k":1})", {set("k")}, {adopted});
    adoptedEdit.header.adoptedId = Hash128 {3, 4};
    QTest::newRow("an adopted edit") << Operations {adopted, adoptedEdit} << 0;
}

void TestRowCodec::smallStatesComeBack()
{
    QFETCH(Operations, operations);
    QFETCH(int, quarantined);
    Copy copy;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        copy.take(operations[i], i + static_cast<std::size_t>(quarantined) >= operations.size());
    }
    QCOMPARE(fault(copy), QByteArray());
}

void TestRowCodec::randomStatesComeBack()
{
    std::map<QByteArray, int> seen;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Shuffle shuffle(seed);
        const QByteArray found = shuffle.run();
        QVERIFY2(found.isEmpty(),
            ("seed " + QByteArray::number(static_cast<qulonglong>(seed)) + ", " + found)
                .constData());
        for (const auto &[form, count] : shuffle.seen) {
            seen[form] += count;
        }
    }
    for (const char *form : {"pointer", "pointer and state", "merged", "tombstone", "quarantine"}) {
        QVERIFY2(seen[form] > 100, form);
    }
}

void TestRowCodec::refusesDamage()
{
    Pen a("a");
    Pen b("b");
    Copy copy;
    const Operation base = a.insert(10, R"({"Id":"1","n":1,"B":"x","c":1})");
    const Operation sale
        = b.update(22, R"({"Id":"1","n":3,"B":"x","c":1})", {add("n", 1, "1", "1")}, {base});
    const Operation edit
        = a.update(23, R"({"Id":"1","n":1,"c":2})", {set("c"), removed("B")}, {base});
    for (const Operation &operation : {base, sale, edit}) {
        copy.take(operation, false);
    }
    const QByteArray row = RowCodec::encodeState(copy.state);
    const LogPosition position = copy.state.newestWritePosition();
    for (qsizetype size = 1; size < row.size(); ++size) {
        const auto decoded = RowCodec::decode(row.first(size), copy.newestWrite(), position);
        QVERIFY(!decoded.isOk());
        QCOMPARE(decoded.error().code, ErrorCode::Malformed);
    }
    QVERIFY(!RowCodec::decode(row + 'x', copy.newestWrite(), position).isOk());
    QVERIFY(
        !RowCodec::decode({}, nullptr, {}).isOk()); // a row that points nowhere and says nothing
    Operation broken = *copy.newestWrite();
    broken.body = "[]";
    QVERIFY(!RowCodec::decode(row, &broken, position).isOk());
    // A member of a version that the table does not have.
    const qsizetype index = row.indexOf("\x08\x81\x82") + 3;
    QVERIFY(index > 2);
    QByteArray astray = row;
    astray[index] = 9;
    QVERIFY(!RowCodec::decode(astray, copy.newestWrite(), position).isOk());
    support::SeededRandom random(5);
    for (int round = 0; round < 20'000; ++round) {
        QByteArray damaged = row;
        damaged[random.between(0, static_cast<int>(row.size()) - 1)]
            = static_cast<char>(random.next());
        const auto decoded = RowCodec::decode(damaged, copy.newestWrite(), position);
        QVERIFY(decoded.isOk() || decoded.error().code == ErrorCode::Malformed);
    }
}

QTEST_GUILESS_MAIN(TestRowCodec)
#include "tst_row_codec.moc"
