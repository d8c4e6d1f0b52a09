#include "engine/query_text.h"

#include "core/blanks.h"
#include "core/case_fold.h"
#include "engine/names.h"
#include "query/json_document.h"
#include "query/parser.h"
#include "query/syntax_error.h"

#include <algorithm>

namespace driftless::engine {

namespace {

constexpr int kTakeUnsaid = 100; ///< of a take that is no number of rows, as in the reference

QByteArray normalised(QByteArrayView text)
{
    text = trimmedBlanks(text);
    if (text.endsWith(';')) {
        text = trimmedBlanks(text.chopped(1));
    }
    return text.toByteArray();
}

Result<query::Parameters> readParameters(const QByteArray &json)
{
    query::Parameters parameters;
    if (json.isEmpty()) {
        return parameters;
    }
    DRIFTLESS_TRY_ASSIGN(const query::Value given, query::valueFromJson(json));
    if (given.isDocument()) {
        for (const query::DocumentMember &member : given.toDocument().members()) {
            parameters.set(member.name, member.value);
        }
        return parameters;
    }
    if (!given.isArray()) {
        return Error {ErrorCode::InvalidArgument,
            "Parameters are an array (@0, @1, …) or an object (@name).",
            "$.Parameters"};
    }
    const query::Array &values = given.toArray();
    for (std::size_t i = 0; i < values.size(); ++i) {
        parameters.set(QByteArray::number(static_cast<qulonglong>(i)), values[i]);
    }
    return parameters;
}

Result<void> need(bool isHeld, const char *role)
{
    if (isHeld) {
        return {};
    }
    return Error {ErrorCode::Forbidden,
        QByteArray("ApiKey is not allowed to run this statement: it needs the role ") + role + '.',
        {}};
}

/// What is the node's own; `cache` may be looked at, as the Studio does.
Result<void> checkSource(const QByteArray &collection)
{
    const QByteArray folded = foldCase(collection);
    if (folded == "$cols" || folded == "$indexes" || folded == "$database") {
        return {};
    }
    if (collection.startsWith('$')) {
        return Error {ErrorCode::InvalidArgument,
            "'" + collection
                + "' cannot be read; of the system collections only $cols, $indexes and "
                  "$database can.",
            {}};
    }
    return collection.compare("cache", Qt::CaseInsensitive) == 0
        ? Result<void>()
        : checkCollectionToRead(collection);
}

/// Rights and names of each kind of statement.
struct Check
{
    const QueryRequest &request;

    Result<void> operator()(const query::Select &select) const
    {
        DRIFTLESS_TRY(need(request.mayRead, "READ_DOCUMENT"));
        return select.collection ? checkSource(*select.collection) : Result<void>();
    }
    Result<void> operator()(const query::Insert &insert) const
    {
        DRIFTLESS_TRY(need(request.mayInsert || request.mayUpdate, "WRITE_DOCUMENT"));
        return checkCollectionToWrite(insert.collection);
    }
    Result<void> operator()(const query::Update &update) const
    {
        DRIFTLESS_TRY(need(request.mayUpdate, "UPDATE_DOCUMENT"));
        return checkCollectionToWrite(update.collection);
    }
    Result<void> operator()(const query::Delete &statement) const
    {
        DRIFTLESS_TRY(need(request.mayDelete, "DELETE_DOCUMENT"));
        return checkCollectionToWrite(statement.collection);
    }
    Result<void> operator()(const query::CreateIndex &create) const
    {
        DRIFTLESS_TRY(need(request.mayShape, "ADD_DB"));
        if (create.isUnique) {
            return query::evaluationError(
                "An index is not UNIQUE here: nodes that write at the same time could not keep to "
                "it. Leave the word out.");
        }
        return checkCollectionToWrite(create.collection);
    }
    Result<void> operator()(const query::DropIndex &drop) const
    {
        DRIFTLESS_TRY(need(request.mayShape, "ADD_DB"));
        return checkCollectionToWrite(drop.collection);
    }
};

bool isMemberOfRoot(const query::Expression &expression)
{
    return expression.kind == query::ExpressionKind::Path
        && expression.root == query::PathRoot::Root && !expression.steps.empty()
        && expression.steps.front().kind == query::StepKind::Member;
}

/// In a condition of UPDATE and DELETE `Id` and `$_id` mean the id, as in the reference, also where
/// a document says otherwise or nothing.
query::ExpressionPointer withIdNames(const query::ExpressionPointer &expression)
{
    if (!expression) {
        return expression;
    }
    query::Expression changed = *expression;
    for (query::ExpressionPointer &operand : changed.operands) {
        operand = withIdNames(operand);
    }
    for (query::PathStep &step : changed.steps) {
        step.filter = withIdNames(step.filter);
    }
    const auto isIdName = [](const QByteArray &name) {
        const QByteArray folded = foldCase(name);
        return folded == "id" || folded == "$_id";
    };
    if (isMemberOfRoot(changed) && isIdName(changed.steps.front().name)) {
        changed.steps.front().name = "_id";
    }
    std::replace_if(changed.facts.fields.begin(), changed.facts.fields.end(), isIdName, "_id");
    return std::make_shared<const query::Expression>(std::move(changed));
}

/// The number of rows that the statement itself speaks of.
std::optional<int> declaredTake(const query::Statement &statement)
{
    const auto *select = std::get_if<query::Select>(&statement);
    return select == nullptr ? std::nullopt : select->top ? select->top : select->limit;
}

int effectiveTake(const QueryRequest &request, const query::Statement &statement)
{
    const int asked = request.take.value_or(kQueryTakeDefault);
    const int least = asked <= 0 ? kTakeUnsaid : asked;
    return std::clamp(std::max(least, declaredTake(statement).value_or(1)), 1, kQueryTakeMax);
}

} // namespace

Result<QueryText> readQuery(const QueryRequest &request)
{
    QueryText read;
    read.text = normalised(request.text);
    if (read.text.isEmpty()) {
        return Error {ErrorCode::InvalidArgument, "Query is required.", {}};
    }
    DRIFTLESS_TRY_ASSIGN(read.statement, query::parseStatement(request.text));
    DRIFTLESS_TRY(std::visit(Check {request}, read.statement));
    DRIFTLESS_TRY_ASSIGN(read.parameters, readParameters(request.parameters));
    if (auto *update = std::get_if<query::Update>(&read.statement)) {
        update->where = withIdNames(update->where);
    } else if (auto *remove = std::get_if<query::Delete>(&read.statement)) {
        remove->where = withIdNames(remove->where);
    }
    read.take = effectiveTake(request, read.statement);
    return read;
}

} // namespace driftless::engine
