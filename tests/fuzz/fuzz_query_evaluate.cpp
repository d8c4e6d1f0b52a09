#include "core/json.h"
#include "fuzz_target.h"
#include "manual_clock.h"
#include "memory_catalog.h"
#include "query/budget.h"
#include "query/extended_json.h"
#include "query/json_document.h"
#include "query/parser.h"
#include "query/printer.h"
#include "seeded_random.h"

#include <QByteArrayList>

// A statement over documents: the input is the statement and, behind a NUL each, documents as they
// are stored or statements that create an index. It ends within its budget, keeps its bounds, and
// answers the same by its canonical text and without the indexes.
namespace driftless::fuzz {

namespace {

using namespace query;

constexpr qsizetype kDocumentsMax = 20;
constexpr std::int64_t kSteps = 100'000;
constexpr std::size_t kAnswerWeightMax = 50'000'000;

/// The rows or changes as text, one a line; the error behind them.
class Answer
{
public:
    [[nodiscard]] const QByteArray &text() const { return m_text; }

    /// False: that is enough.
    bool add(const Value &value)
    {
        m_weight += value.weight();
        if (value.weight() < kWrittenWeightMax) {
            m_text += toExtendedJson(value) + '\n';
        }
        return m_weight < kAnswerWeightMax;
    }
    void add(const Error &error)
    {
        require(!error.message.isEmpty(), "an error says what went wrong");
        require(error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::InvalidJson
                || error.code == ErrorCode::TooLarge || error.code == ErrorCode::Timeout,
            "no error of an answer is the node's fault",
            error.message);
        m_text += error.message;
        m_isFailure = true;
    }
    [[nodiscard]] bool isFailure() const { return m_isFailure; }

private:
    static constexpr std::size_t kWrittenWeightMax = 1'000'000;

    QByteArray m_text;
    std::size_t m_weight = 0;
    bool m_isFailure = false;
};

void addChanges(Answer &answer, const Result<std::vector<Change>> &changes)
{
    if (!changes) {
        return answer.add(changes.error());
    }
    for (const Change &change : *changes) {
        answer.add(change.id);
        answer.add(change.document);
        for (const MemberChange &member : change.members) {
            answer.add(Value::string(member.name));
            answer.add(member.value);
        }
    }
}

/// A collection in memory: its documents, and the indexes on it.
struct Contents
{
    std::vector<Value> documents;
    std::vector<CreateIndex> indexes;
};

Answer answerOf(const Statement &statement, const Contents &contents)
{
    const support::ManualClock clock;
    support::SeededRandom random(1);
    Budget budget(kSteps);
    const Services services {clock, random, &budget};
    Parameters parameters;
    parameters.set("p", Value::int32(1));
    parameters.set("0", Value::string("a%"));
    MemoryCatalog catalog(services);
    for (std::size_t i = 0; i < contents.documents.size(); ++i) {
        Document document = contents.documents[i].toDocument();
        document.setFirst("_id", Value::int32(static_cast<std::int32_t>(i)));
        catalog.put("c", Value::document(std::move(document)));
    }
    for (const CreateIndex &index : contents.indexes) {
        static_cast<void>(catalog.createIndex(index));
    }
    const Context context {catalog, parameters, services, nullptr, kAnswerWeightMax};
    Answer answer;
    if (const auto *select = std::get_if<Select>(&statement)) {
        const auto done = runSelect(*select, context, [&answer](const Value &row) -> Result<bool> {
            require(row.weight() < 4 * kValueWeightMax, "a row is bounded");
            return answer.add(row);
        });
        if (!done) {
            answer.add(done.error());
        }
    } else if (const auto *insert = std::get_if<Insert>(&statement)) {
        addChanges(answer, evaluateInsert(*insert, context));
    } else if (const auto *update = std::get_if<Update>(&statement)) {
        addChanges(answer, evaluateUpdate(*update, context));
    } else if (const auto *remove = std::get_if<Delete>(&statement)) {
        addChanges(answer, evaluateDelete(*remove, context));
    }
    return answer;
}

} // namespace

void run(QByteArrayView input)
{
    QByteArrayList parts = input.toByteArray().split('\0');
    const auto statement = parseStatement(parts.takeFirst());
    if (!statement) {
        return;
    }
    Contents contents;
    for (const QByteArray &part : parts.mid(0, kDocumentsMax)) {
        if (part.startsWith('C')) {
            const auto create = parseStatement(part);
            const auto *index = create ? std::get_if<CreateIndex>(&*create) : nullptr;
            if (index != nullptr && !index->isUnique) {
                contents.indexes.push_back(*index);
            }
            continue;
        }
        // Bytes that are no JSON, too, do no harm; only those that are one are ever stored.
        const auto document = documentFromJson(part, FieldSet::all());
        if (document && document->isDocument() && json::Object::check(part)) {
            contents.documents.push_back(*document);
        }
    }
    const Answer answer = answerOf(*statement, contents);
    const auto again = parseStatement(print(*statement));
    require(!again || answerOf(*again, contents).text() == answer.text(),
        "the canonical text answers the same",
        print(*statement));
    const auto *select = std::get_if<Select>(&*statement);
    const bool tellsOfIndexes = select != nullptr
        && (select->isExplain || select->collection.value_or(QByteArray()).startsWith('$'));
    if (contents.indexes.empty() || tellsOfIndexes) {
        return;
    }
    contents.indexes.clear();
    const Answer plain = answerOf(*statement, contents);
    // An index may leave documents alone that the condition fails for.
    require(plain.isFailure() || plain.text() == answer.text(),
        "an index changes no answer",
        print(*statement) + "\nwith:\n" + answer.text() + "\nwithout:\n" + plain.text());
}

} // namespace driftless::fuzz
