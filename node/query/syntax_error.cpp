#include "query/syntax_error.h"

#include "core/utf8.h"

#include <algorithm>

namespace driftless::query {

namespace {

constexpr qsizetype kShownMax = 120; ///< bytes of a long line on either side of the token

qsizetype charactersOf(QByteArrayView utf8)
{
    return std::count_if(utf8.begin(), utf8.end(), [](char c) { return !isUtf8Continuation(c); });
}

} // namespace

Error syntaxError(QByteArrayView statement, Place place, const QByteArray &what)
{
    const qsizetype offset = std::min(place.offset, statement.size());
    const QByteArrayView before = statement.first(offset);
    const qsizetype lineStart = before.lastIndexOf('\n') + 1;
    const qsizetype nextBreak = statement.indexOf('\n', offset);
    const qsizetype lineEnd = nextBreak < 0 ? statement.size() : nextBreak;
    const qsizetype line = before.count('\n') + 1;
    const qsizetype column = charactersOf(before.sliced(lineStart)) + 1;

    qsizetype from = std::max(lineStart, offset - kShownMax);
    while (from < offset && isUtf8Continuation(statement[from])) {
        ++from;
    }
    qsizetype to = std::min(lineEnd, offset + kShownMax);
    while (to < lineEnd && isUtf8Continuation(statement[to])) {
        ++to;
    }
    QByteArray shown = statement.sliced(from, to - from).toByteArray();
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');

    const QByteArrayView token = statement.sliced(offset, std::min(place.length, to - offset));
    const QByteArray at
        = token.isEmpty() ? QByteArrayLiteral("the end") : '\'' + token.toByteArray() + '\'';
    return {ErrorCode::InvalidArgument,
        what + " At " + at + ", line " + QByteArray::number(line) + ", column "
            + QByteArray::number(column) + ".\n" + shown + '\n'
            + QByteArray(charactersOf(statement.sliced(from, offset - from)), ' ') + '^',
        {}};
}

Error notSupportedYet(const QByteArray &what)
{
    return {ErrorCode::InvalidArgument, what + " is not supported yet.", {}};
}

Error evaluationError(QByteArray what)
{
    return {ErrorCode::InvalidArgument, std::move(what), {}};
}

} // namespace driftless::query
