// Positions and lengths count UTF-16 units, as in the reference; hence the detour by way of
// QString.
#include "query/arithmetic.h"
#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/number_format.h"
#include "query/parser.h"
#include "query/syntax_error.h"

#include <QRegularExpression>
#include <QString>

#include <limits>

namespace driftless::query {

namespace {

using Call = Arguments;

constexpr std::int64_t kPaddedMax = 1'000'000; ///< UTF-16 units

QString utf16(const Value &string)
{
    return QString::fromUtf8(string.bytes());
}

Value string(const QString &text)
{
    return Value::string(text.toUtf8());
}

bool areStrings(Call call, std::size_t count)
{
    return std::all_of(call.begin(),
        call.begin() + static_cast<std::ptrdiff_t>(count),
        [](const Value &value) { return value.isString(); });
}

template <QString (*change)(const QString &)>
Result<Value> changed(Call call, const Services & /*services*/)
{
    return call[0].isString() ? string(change(utf16(call[0]))) : Value();
}

QString lower(const QString &text)
{
    return text.toLower();
}
QString upper(const QString &text)
{
    return text.toUpper();
}
QString trimLeft(const QString &text)
{
    const auto *at = std::find_if(text.begin(), text.end(), [](QChar c) { return !c.isSpace(); });
    return text.mid(at - text.begin());
}
QString trimRight(const QString &text)
{
    qsizetype size = text.size();
    while (size > 0 && text.at(size - 1).isSpace()) {
        --size;
    }
    return text.left(size);
}
QString trim(const QString &text)
{
    return text.trimmed();
}

Error outOfRange(const char *name)
{
    return evaluationError(QByteArray(name) + QByteArrayLiteral(": out of the range of the text."));
}

Result<Value> indexOf(Call call, const Services & /*services*/)
{
    if (!areStrings(call, 2) || (call.size() > 2 && !call[2].isNumber())) {
        return Value();
    }
    const QString text = utf16(call[0]);
    const std::int64_t start = call.size() > 2 ? roundedToInt64(call[2]).value_or(-1) : 0;
    if (start < 0 || start > text.size()) {
        return outOfRange("INDEXOF");
    }
    return wholeNumber(text.indexOf(utf16(call[1]), start));
}

Result<Value> substring(Call call, const Services & /*services*/)
{
    const bool hasLength = call.size() > 2;
    if (!call[0].isString() || !call[1].isNumber() || (hasLength && !call[2].isNumber())) {
        return Value();
    }
    const QString text = utf16(call[0]);
    const std::int64_t start = roundedToInt64(call[1]).value_or(-1);
    if (start < 0 || start > text.size()) {
        return outOfRange("SUBSTRING");
    }
    const std::int64_t rest = text.size() - start;
    const std::int64_t length = hasLength ? roundedToInt64(call[2]).value_or(-1) : rest;
    if (length < 0 || length > rest) {
        return outOfRange("SUBSTRING");
    }
    return string(text.mid(start, length));
}

Result<Value> replace(Call call, const Services & /*services*/)
{
    if (!areStrings(call, 3)) {
        return Value();
    }
    if (call[1].bytes().isEmpty()) {
        return evaluationError(QByteArrayLiteral("REPLACE: the text to replace is empty."));
    }
    QByteArray text = call[0].bytes();
    return Value::string(text.replace(call[1].bytes(), call[2].bytes()));
}

template <bool isLeft> Result<Value> pad(Call call, const Services & /*services*/)
{
    if (!call[0].isString() || !call[1].isNumber() || !call[2].isString()) {
        return Value();
    }
    const std::int64_t width = roundedToInt64(call[1]).value_or(-1);
    const QString padding = utf16(call[2]);
    if (width < 0 || width > kPaddedMax || padding.isEmpty()) {
        return evaluationError(
            QByteArrayLiteral("LPAD, RPAD: no such width, or nothing to fill it with."));
    }
    const QString text = utf16(call[0]);
    return string(isLeft ? text.rightJustified(width, padding.at(0))
                         : text.leftJustified(width, padding.at(0)));
}

Result<QRegularExpression> expressionOf(const Value &pattern)
{
    QRegularExpression expression(utf16(pattern), QRegularExpression::UseUnicodePropertiesOption);
    if (!expression.isValid()) {
        return evaluationError(QByteArrayLiteral("This is no regular expression: ")
            + expression.errorString().toUtf8());
    }
    return expression;
}

Result<Value> split(Call call, const Services & /*services*/)
{
    if (!areStrings(call, 2) || (call.size() > 2 && call[2].type() != Type::Boolean)) {
        return Value::array({});
    }
    const QString text = utf16(call[0]);
    const QString separator = utf16(call[1]);
    QStringList parts;
    if (call.size() > 2 && call[2].isTrue()) {
        DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
        parts = text.split(expression);
    } else if (separator.isEmpty()) {
        parts = text.isEmpty() ? QStringList() : QStringList(text);
    } else {
        parts = text.split(separator, Qt::SkipEmptyParts);
    }
    Array all;
    for (const QString &part : parts) {
        all.push_back(string(part));
    }
    return Value::array(std::move(all));
}

Result<Value> join(Call call, const Services & /*services*/)
{
    if (call.size() > 1 && !call[1].isString()) {
        return Value();
    }
    const QByteArray separator = call.size() > 1 ? call[1].bytes() : QByteArray();
    QByteArrayList parts;
    for (const Value &element : call[0].toArray()) {
        parts += textOf(element);
    }
    return Value::string(parts.join(separator));
}

Result<Value> isMatch(Call call, const Services & /*services*/)
{
    if (!areStrings(call, 2)) {
        return Value::boolean(false);
    }
    DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
    return Value::boolean(expression.match(utf16(call[0])).hasMatch());
}

Result<Value> match(Call call, const Services & /*services*/)
{
    if (!areStrings(call, 2) || (!call[2].isNumber() && !call[2].isString())) {
        return Value();
    }
    DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
    const auto found = expression.match(utf16(call[0]));
    if (!found.hasMatch()) {
        return Value();
    }
    if (call[2].isString()) {
        return string(found.captured(utf16(call[2])));
    }
    const std::int64_t group = roundedToInt64(call[2]).value_or(-1);
    const bool isThere = group >= 0 && group <= std::numeric_limits<int>::max();
    return string(isThere ? found.captured(static_cast<int>(group)) : QString());
}

Result<Value> toText(Call call, const Services & /*services*/)
{
    return Value::string(textOf(call[0]));
}

Result<Value> format(Call call, const Services & /*services*/)
{
    if (!call[1].isString()) {
        return Value();
    }
    DRIFTLESS_TRY_ASSIGN(QByteArray text, formatValue(call[0], call[1].bytes()));
    return Value::string(std::move(text));
}

constexpr Function kFunctions[] = {
    {"LOWER", "s", changed<lower>},
    {"UPPER", "s", changed<upper>},
    {"TRIM", "s", changed<trim>},
    {"LTRIM", "s", changed<trimLeft>},
    {"RTRIM", "s", changed<trimRight>},
    {"INDEXOF", "ss", indexOf},
    {"INDEXOF", "sss", indexOf},
    {"SUBSTRING", "ss", substring},
    {"SUBSTRING", "sss", substring},
    {"REPLACE", "sss", replace},
    {"LPAD", "sss", pad<true>},
    {"RPAD", "sss", pad<false>},
    {"SPLIT", "ss", split, Shape::Sequence},
    {"SPLIT", "sss", split, Shape::Sequence},
    {"JOIN", "q", join},
    {"JOIN", "qs", join},
    {"FORMAT", "ss", format},
    {"IS_MATCH", "ss", isMatch},
    {"MATCH", "sss", match},
    {"STRING", "s", toText},
};

} // namespace

std::span<const Function> stringFunctions()
{
    return kFunctions;
}

} // namespace driftless::query
