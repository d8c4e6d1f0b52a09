#include "case_file.h"

#include "memory_database.h"
#include "query/extended_json.h"
#include "query/parser.h"

#include <memory>

namespace driftless::query {

namespace {

/// A line: its first word, and what follows.
struct Line
{
    int number = 0;
    QByteArray word;
    QByteArray rest;
};

/// The lines that say something. One that begins with a blank goes on from the line before.
std::vector<Line> linesOf(const QByteArray &text)
{
    std::vector<Line> lines;
    int number = 0;
    for (const QByteArray &line : text.split('\n')) {
        ++number;
        const QByteArray plain = line.trimmed();
        if (plain.isEmpty() || line.startsWith('#')) {
            continue;
        }
        if (line.startsWith(' ') && !lines.empty()) {
            lines.back().rest += '\n' + plain;
            continue;
        }
        const qsizetype blank = line.indexOf(' ');
        lines.push_back({number,
            blank < 0 ? plain : line.left(blank),
            blank < 0 ? QByteArray() : line.mid(blank + 1)});
    }
    return lines;
}

struct Collection
{
    QByteArray name;
    Array documents;
};

/// What a statement or expression answered, and how much of it was already compared.
struct Answer
{
    Line asked;
    Result<Array> rows = Array {};
    std::size_t comparedCount = 0;
    bool isErrorExpected = false;
};

class CaseFile
{
public:
    Result<CaseFileReport> run(const QByteArray &text)
    {
        for (const Line &line : linesOf(text)) {
            DRIFTLESS_TRY(take(line));
        }
        finishAnswer();
        return std::move(m_report);
    }

private:
    Result<void> take(const Line &line)
    {
        if (line.word == "row" || line.word == "is") {
            return takeRow(line);
        }
        if (line.word == "error" || line.word == "|") {
            takeError(line);
            return {};
        }
        if (line.word == "plan") {
            takePlan(line);
            return {};
        }
        if (line.word.startsWith('{')) {
            return takeDocument(line);
        }
        finishAnswer();
        if (line.word == "query") {
            m_answer = {line, database().run(line.rest)};
            m_isAsked = true;
            return {};
        }
        if (line.word == "expr") {
            const auto &collections = m_collections;
            const Value document = collections.empty() || collections.back().documents.empty()
                ? Value::document({})
                : collections.back().documents.front();
            m_answer = {line, database().evaluate(line.rest, document)};
            m_isAsked = true;
            return {};
        }
        return takeSetting(line);
    }

    Result<void> takeSetting(const Line &line)
    {
        if (line.word == "case") {
            m_name = line.rest;
            m_database.reset();
            m_isInCase = true;
            return {};
        }
        if (line.word == "collection") {
            if (m_isInCase) { // those of the case before are over
                m_collections.clear();
                m_isInCase = false;
            }
            m_database.reset();
            m_collections.push_back({line.rest, {}});
            return {};
        }
        if (line.word == "parameters") {
            DRIFTLESS_TRY_ASSIGN(const Value parameters, parseJson(line.rest));
            for (const DocumentMember &parameter : parameters.toDocument().members()) {
                database().setParameter(parameter.name, parameter.value);
            }
            return {};
        }
        return invalid(line, "means nothing");
    }

    Result<void> takeDocument(const Line &line)
    {
        if (m_collections.empty() || m_database) {
            return invalid(line, "a document stands behind its collection");
        }
        const auto document = parseJson(line.word + ' ' + line.rest);
        if (!document || !document->isDocument()) {
            return invalid(line, document ? "no document" : document.error().message.constData());
        }
        m_collections.back().documents.push_back(*document);
        return {};
    }

    Result<void> takeRow(const Line &line)
    {
        const auto expected = parseJson(line.rest);
        if (!expected) {
            return invalid(line, expected.error().message.constData());
        }
        ++m_report.checkCount;
        const Result<Array> &rows = m_answer.rows;
        const QByteArray wanted = toExtendedJson(*expected);
        const QByteArray actual = !rows ? "error: " + rows.error().message
            : m_answer.comparedCount < rows->size()
            ? toExtendedJson((*rows)[m_answer.comparedCount])
            : QByteArrayLiteral("no more rows");
        ++m_answer.comparedCount;
        if (actual != wanted) {
            fail(line, wanted, actual);
        }
        return {};
    }

    /// `error` names a part of the message; `|` is a line of it.
    void takeError(const Line &line)
    {
        ++m_report.checkCount;
        m_answer.isErrorExpected = true;
        const bool isLine = line.word == "|";
        if (m_answer.rows) {
            m_answer.comparedCount = m_answer.rows->size();
            if (!isLine) {
                fail(line,
                    "an error",
                    std::to_string(m_answer.rows->size()).c_str() + QByteArrayLiteral(" rows"));
            }
            return;
        }
        const QByteArray &message = m_answer.rows.error().message;
        const bool isThere = isLine ? ('\n' + message + '\n').contains('\n' + line.rest + '\n')
                                    : message.contains(line.rest);
        if (!isThere) {
            fail(line, line.rest, message);
        }
    }

    void takePlan(const Line &line)
    {
        ++m_report.checkCount;
        const auto plan = database().run("EXPLAIN " + m_answer.asked.rest);
        const QByteArray text
            = plan ? toExtendedJson(Value::array(*plan)) : "error: " + plan.error().message;
        if (!text.contains(line.rest)) {
            fail(line, line.rest, text);
        }
    }

    /// Rows that nobody compared are a difference.
    void finishAnswer()
    {
        if (!m_isAsked) {
            return;
        }
        m_isAsked = false;
        const Result<Array> &rows = m_answer.rows;
        if (!rows && !m_answer.isErrorExpected && m_answer.comparedCount == 0) {
            fail(m_answer.asked, "no error", rows.error().message);
        } else if (rows && m_answer.comparedCount < rows->size()) {
            const Array rest(
                rows->begin() + static_cast<std::ptrdiff_t>(m_answer.comparedCount), rows->end());
            fail(m_answer.asked, "no more rows", toExtendedJson(Value::array(rest)));
        }
        m_answer = {};
    }

    MemoryDatabase &database()
    {
        if (!m_database) {
            m_database = std::make_unique<MemoryDatabase>();
            for (const Collection &collection : m_collections) {
                m_database->create(collection.name);
                std::int32_t count = 0;
                for (const Value &given : collection.documents) {
                    Document document = given.toDocument();
                    ++count;
                    const Value *own = document.find("_id");
                    document.setFirst("_id", own != nullptr ? *own : Value::int32(count));
                    m_database->put(collection.name, Value::document(std::move(document)));
                }
            }
        }
        return *m_database;
    }

    void fail(const Line &line, const QByteArray &expected, const QByteArray &actual)
    {
        m_report.failures += "line " + QByteArray::number(line.number) + ", " + m_name + ": "
            + m_answer.asked.rest + "\n  expected " + expected + "\n  actual   " + actual;
    }

    static Error invalid(const Line &line, const char *what)
    {
        return {ErrorCode::InvalidArgument,
            "line " + QByteArray::number(line.number) + ": '" + line.word + "': " + what,
            {}};
    }

    CaseFileReport m_report;
    QByteArray m_name;
    std::vector<Collection> m_collections;
    std::unique_ptr<MemoryDatabase> m_database;
    bool m_isInCase = false;
    Answer m_answer;
    bool m_isAsked = false;
};

} // namespace

Result<CaseFileReport> runCaseFile(const QByteArray &text)
{
    return CaseFile().run(text);
}

} // namespace driftless::query
