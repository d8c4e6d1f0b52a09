#include "fuzz_target.h"
#include "query/extended_json.h"
#include "query/parser.h"
#include "query/printer.h"
#include "same_statement.h"

#include <QByteArrayList>
#include <QString>

// The text of a statement, an expression or a JSON value: what is read prints, and the print reads
// as the same; an error shows a place inside of the text.
namespace driftless::fuzz {

namespace {

using namespace query;

/// What may stand of a message between `before` and the next character that is no digit.
int numberBehind(const QByteArray &message, const char *before)
{
    const qsizetype at = message.lastIndexOf(before);
    require(at >= 0, "an error names line and column", message);
    qsizetype end = at + static_cast<qsizetype>(qstrlen(before));
    const qsizetype begin = end;
    while (end < message.size() && message.at(end) >= '0' && message.at(end) <= '9') {
        ++end;
    }
    return message.mid(begin, end - begin).toInt();
}

void checkError(const Error &error, QByteArrayView input)
{
    if (error.message == "The text is not UTF-8." || error.code == ErrorCode::TooLarge) {
        return;
    }
    require(error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::InvalidJson,
        "what cannot be read is the client's fault",
        error.message);
    const QByteArray &message = error.message;
    const qsizetype caretLine = message.lastIndexOf('\n') + 1;
    const qsizetype shownLine = caretLine < 2 ? 0 : message.lastIndexOf('\n', caretLine - 2) + 1;
    require(shownLine > 0, "an error has three lines", message);
    const QByteArray caret = message.mid(caretLine);
    const QString shown = QString::fromUtf8(message.mid(shownLine, caretLine - 1 - shownLine));
    require(caret.endsWith('^') && caret.count(' ') == caret.size() - 1,
        "the last line is a caret",
        message);
    require(caret.size() - 1 <= shown.toUcs4().size(), "the caret is below the text", message);
    const QByteArray head = message.left(shownLine);
    const int line = numberBehind(head, ", line ");
    const int column = numberBehind(head, ", column ");
    require(line >= 1 && line <= input.count('\n') + 1, "the line is one of the text", message);
    const QByteArray whole = input.toByteArray().split('\n').at(line - 1);
    require(column >= 1 && column <= QString::fromUtf8(whole).toUcs4().size() + 1,
        "the column is one of the line",
        message);
}

/// The canonical text may have more parentheses than what was written, and so be too deep.
bool isTooDeep(const Error &error)
{
    return error.message.contains("nested too deeply");
}

/// Behind DISTINCT a list cannot begin with what goes on from a member or call of that name.
bool isAmbiguous(const QByteArray &printed)
{
    const qsizetype behind = printed.indexOf("DISTINCT ") + 9;
    return printed.left(behind).endsWith("SELECT DISTINCT ")
        && QByteArrayView("([*-").contains(printed.at(behind));
}

void checkStatement(QByteArrayView input)
{
    const auto parsed = parseStatement(input);
    if (!parsed) {
        return checkError(parsed.error(), input);
    }
    const QByteArray printed = print(*parsed);
    if (isAmbiguous(printed)) {
        return;
    }
    const auto again = parseStatement(printed);
    require(again.isOk() || isTooDeep(again.error()), "what is printed is read", printed);
    require(
        !again || areSameStatements(*parsed, *again), "what is printed means the same", printed);
    require(!again || print(*again) == printed, "the canonical text is its own", printed);
}

void checkExpression(QByteArrayView input)
{
    const auto parsed = parseExpression(input);
    if (!parsed) {
        return checkError(parsed.error(), input);
    }
    const QByteArray printed = print(**parsed);
    const auto again = parseExpression(printed);
    require(again.isOk() || isTooDeep(again.error()), "what is printed is read", printed);
    require(!again || areSameExpressions(**parsed, **again), "it means the same", printed);
}

void checkJson(QByteArrayView input)
{
    const auto parsed = parseJson(input);
    if (!parsed) {
        return checkError(parsed.error(), input);
    }
    const QByteArray written = toExtendedJson(*parsed);
    const auto again = parseJson(written);
    require(again.isOk(), "JSON that is written is read", written);
    require(toExtendedJson(*again) == written, "the value is the same", written);
    require(parseJsonPrefix(input).isOk(), "a whole text is its own beginning", input);
}

} // namespace

void run(QByteArrayView input)
{
    checkStatement(input);
    checkExpression(input);
    checkJson(input);
}

} // namespace driftless::fuzz
