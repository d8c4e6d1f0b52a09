#include "case_runner.h"

#include "memory_database.h"
#include "query/extended_json.h"
#include "query/parser.h"

#include <cmath>

namespace driftless::query {

namespace {

bool isSameStrict(const Value &expected, const Value &actual);

bool areSameMembers(const Document &expected, const Document &actual)
{
    return expected.size() == actual.size()
        && std::all_of(expected.members().begin(),
            expected.members().end(),
            [&actual](const DocumentMember &member) {
                const Value *found = actual.find(member.name);
                return found != nullptr && isSameStrict(member.value, *found);
            });
}

bool isSameStrict(const Value &expected, const Value &actual)
{
    if (expected.type() != actual.type()) {
        return false;
    }
    switch (expected.type()) {
    case Type::Double:
        return expected.toReal() == actual.toReal()
            || (std::isnan(expected.toReal()) && std::isnan(actual.toReal()));
    case Type::Document:
        return areSameMembers(expected.toDocument(), actual.toDocument());
    case Type::Array:
        return std::equal(expected.toArray().begin(),
            expected.toArray().end(),
            actual.toArray().begin(),
            actual.toArray().end(),
            isSameStrict);
    default:
        return toExtendedJson(expected) == toExtendedJson(actual);
    }
}

/// A file is one big literal of the language, so that the language reads it.
Result<Value> readFile(const QByteArray &text)
{
    DRIFTLESS_TRY_ASSIGN(const auto literal, parseExpression(text));
    return Program::compile(*literal).evaluate({});
}

/// One case under way, in a database of its own.
class Case
{
public:
    explicit Case(const Value &description)
        : m_case(description)
    {
        const Value parameters = m_case.member("params");
        if (parameters.isDocument()) {
            for (const DocumentMember &parameter : parameters.toDocument().members()) {
                m_database.setParameter(parameter.name, parameter.value);
            }
        }
        if (m_case.member("collection").isString()) {
            fill(m_case.member("collection").bytes(), m_case.member("collection_docs"));
        }
        const Value more = m_case.member("collections");
        if (more.isDocument()) {
            for (const DocumentMember &collection : more.toDocument().members()) {
                fill(collection.name, collection.value);
            }
        }
        const Value setup = m_case.member("setup");
        if (setup.isArray()) {
            for (const Value &statement : setup.toArray()) {
                // What fails shows in the case itself.
                static_cast<void>(m_database.run(statement.bytes()));
            }
        }
    }

    /// In the shape of the case's `expect`.
    Value run()
    {
        Document result;
        if (m_case.member("expr").isString()) {
            return described("values", runExpression(m_case.member("expr").bytes()));
        }
        if (m_case.member("query").isString()) {
            return described("rows", m_database.run(m_case.member("query").bytes()));
        }
        Array steps;
        const Value queries = m_case.member("queries");
        for (const Value &query : queries.toArray()) {
            steps.push_back(described("rows", m_database.run(query.bytes())));
        }
        result.set(QByteArrayLiteral("steps"), Value::array(std::move(steps)));
        return Value::document(std::move(result));
    }

private:
    void fill(const QByteArray &collection, const Value &documents)
    {
        m_database.create(collection);
        if (documents.isArray()) {
            for (const Value &document : documents.toArray()) {
                m_database.put(collection, document);
            }
        }
    }

    static Value described(const char *name, const Result<Array> &result)
    {
        Document document;
        if (result) {
            document.set(name, Value::array(*result));
        } else {
            document.set(QByteArrayLiteral("error"), Value::boolean(true));
            document.set(QByteArrayLiteral("message"), Value::string(result.error().message));
        }
        return Value::document(std::move(document));
    }

    Result<Array> runExpression(const QByteArray &text)
    {
        const Value source = m_case.member("source");
        const Value given = m_case.member("doc");
        return m_database.evaluate(text,
            given.isDocument() ? given : Value::document({}),
            source.isArray() ? &source : nullptr);
    }

    const Value &m_case;
    MemoryDatabase m_database;
};

bool agrees(const Value &expected, const Value &actual)
{
    const Value steps = expected.member("steps");
    if (steps.isArray()) {
        const Value done = actual.member("steps");
        return done.isArray()
            && std::equal(steps.toArray().begin(),
                steps.toArray().end(),
                done.toArray().begin(),
                done.toArray().end(),
                agrees);
    }
    if (expected.member("error").isTrue() || actual.member("error").isTrue()) {
        return expected.member("error").isTrue() && actual.member("error").isTrue();
    }
    const char *name = expected.member("rows").isArray() ? "rows" : "values";
    return isSameStrict(expected.member(name), actual.member(name));
}

} // namespace

Result<CaseReport> runCases(const QByteArray &text)
{
    DRIFTLESS_TRY_ASSIGN(const Value cases, readFile(text));
    if (!cases.isArray()) {
        return Error {ErrorCode::InvalidJson, "A file of cases is an array.", {}};
    }
    CaseReport report;
    for (const Value &one : cases.toArray()) {
        const QByteArray id = one.member("id").bytes();
        ++report.caseCount;
        report.ids.insert(id);
        const Value expected = one.member("expect");
        const Value actual = Case(one).run();
        if (!agrees(expected, actual)) {
            report.differences.push_back({id,
                one.member("note").isString() ? one.member("note").bytes() : QByteArray(),
                toExtendedJson(expected),
                toExtendedJson(actual)});
        }
    }
    return report;
}

std::set<QByteArray> listedIds(const QByteArray &markdown)
{
    std::set<QByteArray> ids;
    for (const QByteArray &line : markdown.split('\n')) {
        const QByteArray first
            = line.startsWith('|') ? line.split('|').at(1).trimmed() : QByteArray();
        if (!first.isEmpty() && first.contains('-') && !first.startsWith('-')) {
            ids.insert(first);
        }
    }
    return ids;
}

} // namespace driftless::query
