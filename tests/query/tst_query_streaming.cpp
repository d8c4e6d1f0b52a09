#include "core/clock.h"
#include "core/random.h"
#include "memory_catalog.h"
#include "query/extended_json.h"
#include "query/parser.h"
#include "random_values.h"

#include <QTest>

#include <algorithm>

using namespace driftless;
using namespace driftless::query;

namespace {

/// Ends a statement after so many documents.
class CountingWatch final : public Watch
{
public:
    explicit CountingWatch(int left)
        : m_left(left)
    {
    }
    Result<void> check() override
    {
        return m_left-- > 0 ? Result<void>() : Error {ErrorCode::Timeout, "Enough.", {}};
    }

private:
    int m_left;
};

const char *const kSources[] = {"*",
    "*.a",
    "*.b.c",
    "*.t[*]",
    "MAP(* => a + 1)",
    "MAP(* => t[*].x)",
    "FILTER(* => a > 1)",
    "MAP(FILTER(* => b = null) => a)",
    "FILTER(MAP(* => a) => @ != null)",
    "MAP(MAP(* => t) => LENGTH(@))",
    "DISTINCT(*.a)",
    "MAP(DISTINCT(*.t) => LENGTH(@))",
    "SORT(* => a, 'desc')",
    "MAP(SORT(* => b) => a)",
    "TOP(*.a, 3)",
    "CONCAT(*.a, *.b)"};
const char *const kFunctions[]
    = {"COUNT", "SUM", "AVG", "MIN", "MAX", "FIRST", "LAST", "ANY", "ARRAY", "JOIN"};

QByteArray randomAggregate(std::mt19937 &random, int depth = 0)
{
    const QByteArray source = kSources[random() % std::size(kSources)];
    const QByteArray call
        = QByteArray(kFunctions[random() % std::size(kFunctions)]) + '(' + source + ')';
    switch (depth < 2 ? random() % 8 : 7) {
    case 0:
        return source;
    case 1:
        return '[' + randomAggregate(random, depth + 1) + ", " + randomAggregate(random, depth + 1)
            + ']';
    case 2:
        return "{x: " + randomAggregate(random, depth + 1) + ", y: 1}";
    case 3:
        return "COALESCE(" + call + ", " + call + ')';
    case 4:
        return "IIF(COUNT(*) > 3, " + call + ", 5 % 0)"; // the other branch is an error
    case 5:
        return call + " = " + call;
    case 6:
        return "MAP([1, COUNT(*)] => @ + COUNT(*))";
    default:
        return call;
    }
}

Value randomDocument(std::mt19937 &random, int id)
{
    Document document;
    document.set("_id", Value::int32(id));
    if (random() % 5 != 0) {
        document.set("a",
            random() % 3 == 0 ? Value::int32(static_cast<int>(random() % 4))
                              : randomNumber(random));
    }
    if (random() % 3 != 0) {
        document.set("b", randomValue(random, 1));
    }
    if (random() % 3 != 0) {
        Array elements;
        for (auto i = random() % 4; i > 0; --i) {
            Document element;
            element.set("x", Value::int32(static_cast<int>(random() % 3)));
            elements.push_back(
                random() % 2 == 0 ? Value::document(element) : randomValue(random, 2));
        }
        document.set("T", Value::array(std::move(elements)));
    }
    return Value::document(std::move(document));
}

} // namespace

/// Documents go through a statement one by one, and the answer is that of all of them at once; what
/// is kept on the way has a bound.
class TestQueryStreaming : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aggregatesAgreeWithTheWhole();
    void groupsAgreeWithTheWhole();
    void sortsAgree();
    void keepsOnlyWhatIsWanted();
    void boundsMemory_data();
    void boundsMemory();
    void boundsWrites();
    void endsBetweenDocuments();

private:
    Result<Array> run(
        const QByteArray &text, std::size_t memory = kQueryMemoryBytesMax, Watch *watch = nullptr);
    /// The expression over all of the documents together.
    QByteArray whole(const QByteArray &expression, const Value &documents, const Value &key = {});
    void fill(std::mt19937 &random, int count);

    SystemClock m_clock;
    SystemRandom m_random;
    Services m_services {m_clock, m_random};
    std::unique_ptr<MemoryCatalog> m_catalog;
    Array m_documents;
};

void TestQueryStreaming::fill(std::mt19937 &random, int count)
{
    m_catalog = std::make_unique<MemoryCatalog>(m_services);
    m_catalog->create("c");
    m_documents.clear();
    for (int id = 0; id < count; ++id) {
        m_documents.push_back(randomDocument(random, id));
        m_catalog->put("c", m_documents.back());
    }
}

Result<Array> TestQueryStreaming::run(const QByteArray &text, std::size_t memory, Watch *watch)
{
    DRIFTLESS_TRY_ASSIGN(const auto statement, parseStatement(text));
    const Parameters parameters;
    const Context context {*m_catalog, parameters, m_services, watch, memory};
    Array rows;
    DRIFTLESS_TRY(
        runSelect(std::get<Select>(statement), context, [&rows](const Value &row) -> Result<bool> {
            rows.push_back(row);
            return true;
        }));
    return rows;
}

QByteArray TestQueryStreaming::whole(
    const QByteArray &expression, const Value &documents, const Value &key)
{
    Parameters parameters;
    parameters.set("key", key);
    const auto parsed = parseExpression('[' + expression + ']');
    const auto value = Program::compile(**parsed).evaluate(
        {nullptr, nullptr, &documents, &parameters, &m_services});
    return value ? toExtendedJson(*value) : QByteArrayLiteral("error");
}

void TestQueryStreaming::aggregatesAgreeWithTheWhole()
{
    std::mt19937 random(21);
    for (int i = 0; i < 2000; ++i) {
        if (i % 20 == 0) {
            fill(random, static_cast<int>(random() % 8));
        }
        const QByteArray expression = randomAggregate(random);
        const auto rows = run("SELECT [" + expression + "] AS r FROM c");
        const QByteArray answer
            = rows ? toExtendedJson(rows->front().member("r")) : QByteArrayLiteral("error");
        QVERIFY2(answer == whole(expression, Value::array(m_documents)),
            (expression + ": " + answer + " instead of "
                + whole(expression, Value::array(m_documents)))
                .constData());
    }
}

void TestQueryStreaming::groupsAgreeWithTheWhole()
{
    std::mt19937 random(22);
    for (int i = 0; i < 1000; ++i) {
        if (i % 20 == 0) {
            fill(random, static_cast<int>(random() % 12));
        }
        const QByteArray expression
            = random() % 4 == 0 ? "[@key, COUNT(FILTER(* => a = @key))]" : randomAggregate(random);
        const bool hasHaving = random() % 2 == 0;
        const auto rows = run("SELECT @key AS k, [" + expression + "] AS r FROM c GROUP BY a"
            + (hasHaving ? " HAVING COUNT(*) > 1" : ""));
        QByteArrayList actual;
        for (const Value &row : rows ? *rows : Array()) {
            actual += toExtendedJson(row.member("k")) + toExtendedJson(row.member("r"));
        }
        std::map<QByteArray, Array> groups;
        for (const Value &document : m_documents) {
            groups[keyOf(document.member("a"))].push_back(document);
        }
        QByteArrayList expected;
        for (const auto &[bytes, documents] : groups) {
            if (!hasHaving || documents.size() > 1) {
                const Value key = documents.front().member("a");
                expected += toExtendedJson(key) + whole(expression, Value::array(documents), key);
            }
        }
        const bool fails = std::any_of(expected.begin(), expected.end(), [](const QByteArray &row) {
            return row.endsWith("error");
        });
        QCOMPARE(rows.isOk(), !fails);
        QVERIFY2(fails || actual == expected,
            (expression + '\n' + actual.join('\n') + "\ninstead of\n" + expected.join('\n'))
                .constData());
    }
}

void TestQueryStreaming::sortsAgree()
{
    std::mt19937 random(23);
    for (int i = 0; i < 500; ++i) {
        if (i % 10 == 0) {
            fill(random, static_cast<int>(random() % 40));
        }
        const int limit = static_cast<int>(random() % 10);
        const int offset = static_cast<int>(random() % 5);
        const bool isDescending = random() % 2 == 0;
        const auto rows = run(QByteArray("SELECT _id FROM c ORDER BY a ")
            + (isDescending ? "DESC" : "") + ", b LIMIT " + QByteArray::number(limit) + " OFFSET "
            + QByteArray::number(offset));
        Array sorted = m_documents;
        std::stable_sort(
            sorted.begin(), sorted.end(), [isDescending](const Value &x, const Value &y) {
                const auto order = compareValues(x.member("a"), y.member("a"));
                if (std::is_neq(order)) {
                    return isDescending ? std::is_gt(order) : std::is_lt(order);
                }
                return std::is_lt(compareValues(x.member("b"), y.member("b")));
            });
        QVERIFY(rows.isOk());
        const auto size = static_cast<int>(sorted.size());
        QCOMPARE(static_cast<int>(rows->size()), std::clamp(size - offset, 0, limit));
        for (std::size_t row = 0; row < rows->size(); ++row) {
            QCOMPARE(toExtendedJson(rows->at(row).member("_id")),
                toExtendedJson(sorted[row + static_cast<std::size_t>(offset)].member("_id")));
        }
    }
}

void TestQueryStreaming::keepsOnlyWhatIsWanted()
{
    std::mt19937 random(24);
    fill(random, 5000);
    constexpr std::size_t kFew = 20'000;
    for (const char *text : {"SELECT _id FROM c ORDER BY a LIMIT 5",
             "SELECT COUNT(*), SUM(MAP(* => LENGTH(t))), MIN(*.a) FROM c",
             "SELECT @key, COUNT(*) FROM c GROUP BY _id % 7",
             "SELECT _id, a, b, t FROM c WHERE a > 1",
             "SELECT DISTINCT _id % 9 AS r FROM c"}) {
        const auto rows = run(text, kFew);
        QVERIFY2(rows.isOk(), rows ? "" : rows.error().message.constData());
    }
}

void TestQueryStreaming::boundsMemory_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"SELECT _id FROM c ORDER BY a",
             "SELECT * FROM c",
             "SELECT ARRAY(*._id) FROM c",
             "SELECT COUNT(DISTINCT(*._id)) FROM c",
             "SELECT @key, COUNT(*) FROM c GROUP BY _id",
             "SELECT DISTINCT _id FROM c"}) {
        QTest::newRow(text) << QByteArray(text);
    }
}

void TestQueryStreaming::boundsMemory()
{
    QFETCH(QByteArray, text);
    std::mt19937 random(25);
    fill(random, 2000);
    QVERIFY(run(text).isOk());
    const auto rows = run(text, 20'000);
    QVERIFY(!rows.isOk());
    QCOMPARE(rows.error().code, ErrorCode::TooLarge);
}

void TestQueryStreaming::boundsWrites()
{
    std::mt19937 random(27);
    fill(random, 2000);
    const Parameters parameters;
    for (const std::size_t memory : {kQueryMemoryBytesMax, std::size_t {20'000}}) {
        const Context context {*m_catalog, parameters, m_services, nullptr, memory};
        const bool isEnough = memory == kQueryMemoryBytesMax;
        QCOMPARE(
            evaluateUpdate(std::get<Update>(*parseStatement("UPDATE c SET n = 1")), context).isOk(),
            isEnough);
        QCOMPARE(evaluateDelete(std::get<Delete>(*parseStatement("DELETE c")), context).isOk(),
            isEnough);
    }
}

void TestQueryStreaming::endsBetweenDocuments()
{
    std::mt19937 random(26);
    fill(random, 10);
    CountingWatch patient(10);
    QVERIFY(run("SELECT _id FROM c", kQueryMemoryBytesMax, &patient).isOk());
    CountingWatch impatient(9);
    const auto rows = run("SELECT COUNT(*), MAX(*.a) FROM c", kQueryMemoryBytesMax, &impatient);
    QVERIFY(!rows.isOk());
    QCOMPARE(rows.error().message, QByteArray("Enough."));
}

QTEST_APPLESS_MAIN(TestQueryStreaming)
#include "tst_query_streaming.moc"
