// Positions and lengths count UTF-16 units, as in the reference; hence the detour by way of
// QString.
#include "core/utf8.h"
#include "query/arithmetic.h"
#include "query/budget.h"
#include "query/extended_json.h"
#include "query/function_table.h"
#include "query/number_format.h"
#include "query/parser.h"
#include "query/syntax_error.h"

#include <QRegularExpression>
#include <QString>

#include <algorithm>
#include <functional>
#include <limits>

namespace driftless::query {

namespace {

using Call = Arguments;

constexpr std::int64_t kPaddedMax = 1'000'000; ///< UTF-16 units
constexpr qsizetype kRegexBytesMax = 10'000;

/// Finds a text that is not empty again and again in another, in linear time whatever the two are.
class Finder
{
public:
    explicit Finder(const QByteArray &wanted)
        : m_wanted(wanted)
        , m_searcher(m_wanted.begin(), m_wanted.end())
    {
    }

    /// From that byte on; -1 if it is not there.
    [[nodiscard]] qsizetype find(QByteArrayView text, qsizetype from) const
    {
        const char *const found = std::search(text.begin() + from, text.end(), m_searcher);
        return found == text.end() ? -1 : found - text.begin();
    }

private:
    QByteArray m_wanted;
    std::boyer_moore_searcher<QByteArray::const_iterator> m_searcher;
};

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

/// Character by character, as the invariant culture does it: no ligature becomes two letters, and
/// the two letters i of Turkish stay as they are.
template <char32_t (*change)(char32_t), char32_t unchanged>
Result<Value> recased(Call call, const Services & /*services*/)
{
    if (!call[0].isString()) {
        return Value();
    }
    const QByteArray &text = call[0].bytes();
    QByteArray out;
    out.reserve(text.size());
    const char *const end = text.end();
    for (const char *at = text.begin(); at != end;) {
        const char *const next
            = static_cast<unsigned char>(*at) < 0x80U ? at + 1 : endOfUtf8Sequence(at, end);
        const char32_t code = decodeUtf8(at, next);
        char room[4];
        out.append(room, encodeUtf8(room, code == unchanged ? code : change(code)) - room);
        at = next;
    }
    return Value::string(std::move(out));
}

constexpr char32_t kCapitalDottedI = U'\u0130';
constexpr char32_t kSmallDotlessI = U'\u0131';

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
    const QByteArray &text = call[0].bytes();
    const std::int64_t start = call.size() > 2 ? roundedToInt64(call[2]).value_or(-1) : 0;
    const QString units = QString::fromUtf8(text);
    if (start < 0 || start > units.size()) {
        return outOfRange("INDEXOF");
    }
    if (call[1].bytes().isEmpty()) {
        return wholeNumber(start);
    }
    const QStringView before = QStringView(units).left(start);
    const bool isCut = !before.isEmpty() && before.back().isHighSurrogate();
    const qsizetype from = (isCut ? QStringView(units).left(start + 1) : before).toUtf8().size();
    const qsizetype found = Finder(call[1].bytes()).find(text, from);
    return wholeNumber(found < 0 ? -1 : QString::fromUtf8(text.left(found)).size());
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
    const QByteArray &text = call[0].bytes();
    const Finder finder(call[1].bytes());
    QByteArray out;
    qsizetype from = 0;
    for (qsizetype found = finder.find(text, 0); found >= 0; found = finder.find(text, from)) {
        DRIFTLESS_TRY(checkTextBytes(out.size() + (found - from) + call[2].bytes().size()));
        out += QByteArrayView(text).sliced(from, found - from);
        out += call[2].bytes();
        from = found + call[1].bytes().size();
    }
    DRIFTLESS_TRY(checkTextBytes(out.size() + text.size() - from));
    return Value::string(out + QByteArrayView(text).sliced(from).toByteArray());
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
    if (pattern.bytes().size() > kRegexBytesMax) {
        return evaluationError(QByteArrayLiteral("The regular expression is too long."));
    }
    // The match ends with an error after so many attempts (some 50 ms); the expression itself can
    // only ask for fewer.
    QRegularExpression expression(QLatin1String("(*LIMIT_MATCH=1000000)") + utf16(pattern),
        QRegularExpression::UseUnicodePropertiesOption);
    if (!expression.isValid()) {
        return evaluationError(QByteArrayLiteral("This is no regular expression: ")
            + expression.errorString().toUtf8());
    }
    return expression;
}

/// A match, or none; an error after too many attempts.
Result<QRegularExpressionMatch> matchOf(const QRegularExpression &expression,
    const QString &text,
    qsizetype from,
    const Services &services)
{
    constexpr std::int64_t kSteps = 1'000; // between a short match and one that fails late
    if (services.budget != nullptr) {
        DRIFTLESS_TRY(services.budget->spend(kSteps));
    }
    QRegularExpressionMatch match = expression.match(text,
        from,
        QRegularExpression::NormalMatch,
        QRegularExpression::DontCheckSubjectStringMatchOption);
    if (!match.isValid()) {
        return evaluationError(
            QByteArrayLiteral("The regular expression takes too many attempts on this text."));
    }
    return match;
}

/// What stands between the matches, empty parts as well.
Result<Array> splitByExpression(
    const QString &text, const QRegularExpression &expression, const Services &services)
{
    Array parts;
    std::size_t weight = 0;
    qsizetype from = 0;
    const auto add = [&](qsizetype to) -> Result<void> {
        parts.push_back(string(text.mid(from, to - from)));
        weight += parts.back().weight();
        return checkWeight(weight);
    };
    for (qsizetype at = 0; at <= text.size();) {
        DRIFTLESS_TRY_ASSIGN(const auto match, matchOf(expression, text, at, services));
        if (!match.hasMatch()) {
            break;
        }
        DRIFTLESS_TRY(add(match.capturedStart()));
        from = match.capturedEnd();
        at = from;
        if (match.capturedLength() == 0) { // one whole character on
            at += at < text.size() && text.at(at).isHighSurrogate() ? 2 : 1;
        }
    }
    DRIFTLESS_TRY(add(text.size()));
    return parts;
}

/// Without empty parts.
Result<Array> splitByText(const QByteArray &text, const QByteArray &separator)
{
    Array parts;
    std::size_t weight = 0;
    const Finder finder(separator);
    for (qsizetype from = 0; from < text.size();) {
        const qsizetype found = finder.find(text, from);
        const qsizetype to = found < 0 ? text.size() : found;
        if (to > from) {
            parts.push_back(Value::string(text.mid(from, to - from)));
            weight += parts.back().weight();
            DRIFTLESS_TRY(checkWeight(weight));
        }
        from = to + separator.size();
    }
    return parts;
}

Result<Value> split(Call call, const Services &services)
{
    if (!areStrings(call, 2) || (call.size() > 2 && call[2].type() != Type::Boolean)) {
        return Value::array({});
    }
    Array parts;
    if (call.size() > 2 && call[2].isTrue()) {
        DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
        DRIFTLESS_TRY_ASSIGN(parts, splitByExpression(utf16(call[0]), expression, services));
    } else if (!call[1].bytes().isEmpty()) {
        DRIFTLESS_TRY_ASSIGN(parts, splitByText(call[0].bytes(), call[1].bytes()));
    } else if (!call[0].bytes().isEmpty()) {
        parts.push_back(call[0]);
    }
    return Value::array(std::move(parts));
}

Result<Value> join(Call call, const Services & /*services*/)
{
    if (call.size() > 1 && !call[1].isString()) {
        return Value();
    }
    const QByteArray separator = call.size() > 1 ? call[1].bytes() : QByteArray();
    QByteArray joined;
    bool isFirst = true;
    for (const Value &element : call[0].toArray()) {
        const QByteArray text = textOf(element);
        DRIFTLESS_TRY(checkTextBytes(joined.size() + separator.size() + text.size()));
        joined += isFirst ? QByteArray() : separator;
        joined += text;
        isFirst = false;
    }
    return Value::string(std::move(joined));
}

Result<Value> isMatch(Call call, const Services &services)
{
    if (!areStrings(call, 2)) {
        return Value::boolean(false);
    }
    DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
    DRIFTLESS_TRY_ASSIGN(const auto found, matchOf(expression, utf16(call[0]), 0, services));
    return Value::boolean(found.hasMatch());
}

Result<Value> match(Call call, const Services &services)
{
    if (!areStrings(call, 2) || (!call[2].isNumber() && !call[2].isString())) {
        return Value();
    }
    DRIFTLESS_TRY_ASSIGN(const QRegularExpression expression, expressionOf(call[1]));
    DRIFTLESS_TRY_ASSIGN(const auto found, matchOf(expression, utf16(call[0]), 0, services));
    if (!found.hasMatch()) {
        return Value();
    }
    if (call[2].isString()) {
        return string(call[2].bytes().isEmpty() ? QString() : found.captured(utf16(call[2])));
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
    {"LOWER", "s", recased<QChar::toLower, kCapitalDottedI>},
    {"UPPER", "s", recased<QChar::toUpper, kSmallDotlessI>},
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
