#include "query/printer.h"

#include "query/extended_json.h"

#include <cmath>
#include <limits>

namespace driftless::query {

namespace {

bool isPlainWord(QByteArrayView name)
{
    const auto isLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    };
    const auto isWordCharacter
        = [isLetter](char c) { return isLetter(c) || (c >= '0' && c <= '9'); };
    return !name.isEmpty() && name != "$" && isLetter(name.front())
        && std::all_of(name.begin(), name.end(), isWordCharacter);
}

void printName(QByteArray &out, const QByteArray &name)
{
    if (isPlainWord(name)) {
        out += name;
    } else {
        appendJsonString(out, name);
    }
}

void printLiteral(QByteArray &out, const Value &value)
{
    const bool isLong = value.type() == Type::Int64
        && (value.toInt64() > std::numeric_limits<std::int32_t>::max()
            || value.toInt64() < std::numeric_limits<std::int32_t>::min());
    if (isLong) {
        out += QByteArray::number(static_cast<qint64>(value.toInt64()));
    } else if (value.type() == Type::Double && std::isinf(value.toReal())) {
        out += value.toReal() > 0 ? "1e400" : "-1e400";
    } else {
        appendExtendedJson(out, value);
    }
}

void printInto(QByteArray &out, const Expression &expression);

void printList(QByteArray &out, const std::vector<ExpressionPointer> &list)
{
    const char *separator = "";
    for (const ExpressionPointer &element : list) {
        out += separator;
        printInto(out, *element);
        separator = ",";
    }
}

/// With parentheses where more than a single value stands.
void printSingle(QByteArray &out, const Expression &expression, bool needsParentheses)
{
    if (needsParentheses) {
        out += '(';
    }
    printInto(out, expression);
    if (needsParentheses) {
        out += ')';
    }
}

bool isChain(const Expression &expression)
{
    return expression.kind == ExpressionKind::Binary || expression.kind == ExpressionKind::Not;
}

int levelOf(const Expression &expression)
{
    if (expression.kind == ExpressionKind::Not) {
        return kNotLevel;
    }
    return expression.kind == ExpressionKind::Binary ? levelOf(expression.op, expression.quantifier)
                                                     : -1;
}

void printBinary(QByteArray &out, const Expression &expression)
{
    const Expression &left = *expression.operands[0];
    const Expression &right = *expression.operands[1];
    const int level = levelOf(expression);
    printSingle(out, left, levelOf(left) > level);
    if (expression.quantifier != Quantifier::None) {
        out += expression.quantifier == Quantifier::Any ? " ANY" : " ALL";
    }
    out += spellingOf(expression.op);
    if (expression.op == Operator::Between) {
        printSingle(out, right, isChain(right));
        out += " AND ";
        printSingle(out, *expression.operands[2], isChain(*expression.operands[2]));
        return;
    }
    QByteArray text;
    printInto(text, right);
    // Two minus signs would begin a comment.
    const bool needsParentheses
        = levelOf(right) >= level || (expression.op == Operator::Subtract && text.startsWith('-'));
    out += needsParentheses ? '(' + text + ')' : text;
}

/// NOT is a word like another before what could go on from a word.
void printNot(QByteArray &out, const Expression &operand)
{
    QByteArray text;
    printInto(text, operand);
    const bool needsParentheses
        = levelOf(operand) > kNotLevel || QByteArrayView("-*[").contains(text.front());
    out += "NOT " + (needsParentheses ? '(' + text + ')' : text);
}

void printPath(QByteArray &out, const Expression &path)
{
    out += path.root == PathRoot::Root ? '$' : '@';
    for (const PathStep &step : path.steps) {
        switch (step.kind) {
        case StepKind::Member:
            out += '.';
            if (isPlainWord(step.name)) {
                out += step.name;
            } else {
                out += '[';
                appendJsonString(out, step.name);
                out += ']';
            }
            break;
        case StepKind::Index:
            out += '[' + QByteArray::number(step.index) + ']';
            break;
        case StepKind::IndexParameter:
            out += "[@" + step.name + ']';
            break;
        case StepKind::All:
            out += "[*]";
            break;
        case StepKind::Filter: {
            const ExpressionKind kind = step.filter->kind;
            out += '[';
            printSingle(out,
                *step.filter,
                kind == ExpressionKind::Literal || kind == ExpressionKind::Parameter);
            out += ']';
        }
        }
    }
}

void printDocument(QByteArray &out, const Expression &document)
{
    out += '{';
    for (std::size_t i = 0; i < document.names.size(); ++i) {
        out += i > 0 ? "," : "";
        printName(out, document.names[i]);
        out += ':';
        printInto(out, *document.operands[i]);
    }
    out += '}';
}

void printLambda(QByteArray &out, const Expression &lambda)
{
    out += lambda.name + '(';
    printSingle(out, *lambda.operands[0], isChain(*lambda.operands[0]));
    out += "=>";
    printInto(out, *lambda.operands[1]);
    if (lambda.operands.size() > 2) {
        out += ',';
        printInto(out, *lambda.operands[2]);
    }
    out += ')';
}

void printInto(QByteArray &out, const Expression &expression)
{
    switch (expression.kind) {
    case ExpressionKind::Literal:
        return printLiteral(out, expression.literal);
    case ExpressionKind::Source:
    case ExpressionKind::Gathered:
        out += '*';
        return;
    case ExpressionKind::DocumentForm:
        return printDocument(out, expression);
    case ExpressionKind::ArrayForm:
        out += '[';
        printList(out, expression.operands);
        out += ']';
        return;
    case ExpressionKind::Parameter:
        out += '@' + expression.name;
        return;
    case ExpressionKind::Path:
        return printPath(out, expression);
    case ExpressionKind::Call:
        out += expression.name + '(';
        printList(out, expression.operands);
        out += ')';
        return;
    case ExpressionKind::Lambda:
        return printLambda(out, expression);
    case ExpressionKind::Binary:
        return printBinary(out, expression);
    case ExpressionKind::Not:
        return printNot(out, *expression.operands[0]);
    }
}

void printWhere(QByteArray &out, const ExpressionPointer &where)
{
    if (where) {
        out += " WHERE " + print(*where);
    }
}

QByteArray printed(const std::vector<ExpressionPointer> &list)
{
    QByteArray out;
    printList(out, list);
    return out;
}

QByteArray printed(const Select &select)
{
    QByteArray out = select.isExplain ? "EXPLAIN SELECT " : "SELECT ";
    out += select.isDistinct ? "DISTINCT " : "";
    out += select.top ? "TOP " + QByteArray::number(*select.top) + ' ' : QByteArray();
    const char *separator = "";
    for (const SelectItem &item : select.items) {
        out += separator + print(*item.expression);
        out += item.alias.isEmpty() ? QByteArray() : " AS " + item.alias;
        separator = ",";
    }
    if (!select.collection) {
        return out;
    }
    out += " FROM " + *select.collection;
    out += select.includes.empty() ? QByteArray() : " INCLUDE " + printed(select.includes);
    printWhere(out, select.where);
    out += select.groupBy.empty() ? QByteArray() : " GROUP BY " + printed(select.groupBy);
    out += select.having ? " HAVING " + print(*select.having) : QByteArray();
    separator = " ORDER BY ";
    for (const SortKey &key : select.orderBy) {
        out += separator + print(*key.expression) + (key.isDescending ? " DESC" : "");
        separator = ",";
    }
    out += select.limit ? " LIMIT " + QByteArray::number(*select.limit) : QByteArray();
    out += select.offset ? " OFFSET " + QByteArray::number(*select.offset) : QByteArray();
    out += select.isForUpdate ? " FOR UPDATE" : "";
    return out;
}

QByteArray printed(const Insert &insert)
{
    static constexpr const char *kTypes[] = {"OBJECTID", "GUID", "INT", "LONG"};
    QByteArray out = "INSERT INTO " + insert.collection + ':'
        + kTypes[static_cast<std::size_t>(insert.idType)] + " VALUES ";
    const char *separator = "";
    for (const Value &document : insert.documents) {
        out += separator + toExtendedJson(document);
        separator = ",";
    }
    return out;
}

QByteArray printed(const Update &update)
{
    QByteArray out = "UPDATE " + update.collection + " SET ";
    if (update.patch) {
        out += print(*update.patch);
    }
    const char *separator = "";
    for (const Assignment &assignment : update.assignments) {
        const char *dot = separator;
        for (const QByteArray &name : assignment.path) {
            out += dot;
            printName(out, name);
            dot = ".";
        }
        out += '=' + print(*assignment.value);
        separator = ",";
    }
    printWhere(out, update.where);
    return out;
}

QByteArray printed(const Delete &statement)
{
    QByteArray out = "DELETE " + statement.collection;
    printWhere(out, statement.where);
    return out;
}

QByteArray printed(const CreateIndex &create)
{
    return QByteArray("CREATE ") + (create.isUnique ? "UNIQUE " : "") + "INDEX " + create.name
        + " ON " + create.collection + " (" + print(*create.expression) + ')';
}

QByteArray printed(const DropIndex &drop)
{
    return "DROP INDEX " + drop.collection + '.' + drop.name;
}

} // namespace

QByteArray print(const Expression &expression)
{
    QByteArray out;
    printInto(out, expression);
    return out;
}

QByteArray print(const Statement &statement)
{
    return std::visit([](const auto &one) { return printed(one); }, statement);
}

} // namespace driftless::query
