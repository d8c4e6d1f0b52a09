#include "query/number_format.h"

#include "query/arithmetic.h"
#include "query/date_time.h"
#include "query/syntax_error.h"

namespace driftless::query {

namespace {

constexpr int kPrecisionMax = 99;

Error unknownFormat(const QByteArray &format)
{
    return evaluationError(QByteArrayLiteral("FORMAT does not know the format '") + format + "'.");
}

QByteArray grouped(QByteArray whole)
{
    for (qsizetype at = whole.size() - 3; at > 0; at -= 3) {
        whole.insert(at, ',');
    }
    return whole;
}

/// Exactly so many digits behind the point, half away from zero as .NET formats.
QByteArray fixedText(const Decimal96 &number, int digits, bool isGrouped)
{
    QByteArray text = number.toText();
    const bool isNegative = text.startsWith('-');
    text = isNegative ? text.mid(1) : text;
    QByteArray whole = text.left(text.indexOf('.') < 0 ? text.size() : text.indexOf('.'));
    QByteArray fraction = text.contains('.') ? text.mid(text.indexOf('.') + 1) : QByteArray();
    const bool roundsUp = fraction.size() > digits && fraction.at(digits) >= '5';
    fraction = fraction.leftJustified(digits, '0', true);
    if (roundsUp) {
        QByteArray all = '0' + whole + fraction;
        qsizetype at = all.size() - 1;
        for (; all.at(at) == '9'; --at) {
            all[at] = '0';
        }
        all[at] = static_cast<char>(all.at(at) + 1);
        whole = all.left(all.size() - digits);
        fraction = all.right(digits);
        whole = whole.startsWith('0') && whole.size() > 1 ? whole.mid(1) : whole;
    }
    const bool isZero = (whole + fraction).count('0') == whole.size() + fraction.size();
    QByteArray out = isNegative && !isZero ? "-" : "";
    out += isGrouped ? grouped(whole) : whole;
    return digits > 0 ? out + '.' + fraction : out;
}

Result<QByteArray> formatWhole(const Value &value, char kind, int digits, const QByteArray &format)
{
    if (value.type() != Type::Int32 && value.type() != Type::Int64) {
        return unknownFormat(format);
    }
    const std::int64_t number = value.toInt64();
    if (kind == 'D' || kind == 'd') {
        QByteArray text = QByteArray::number(static_cast<qint64>(number));
        const bool isNegative = text.startsWith('-');
        text = isNegative ? text.mid(1) : text;
        return (isNegative ? "-" : "") + text.rightJustified(digits, '0');
    }
    const quint64 bits = value.type() == Type::Int32
        ? static_cast<quint64>(static_cast<quint32>(number))
        : static_cast<quint64>(number);
    const QByteArray text = QByteArray::number(bits, 16).rightJustified(digits, '0');
    return kind == 'X' ? text.toUpper() : text;
}

/// A pattern as "#,##0.00": digits before and behind the point, groups, percent.
Result<QByteArray> formatPattern(const Decimal96 &number, const QByteArray &format)
{
    for (const char c : format) {
        if (!QByteArrayView("0#.,%").contains(c)) {
            return unknownFormat(format);
        }
    }
    const bool isPercent = format.endsWith('%');
    Decimal96 shown = number;
    if (isPercent) {
        DRIFTLESS_TRY_ASSIGN(shown, Decimal96::multiply(number, Decimal96::fromInt64(100)));
    }
    const qsizetype point = format.indexOf('.');
    const QByteArray behind = point < 0 ? QByteArray() : format.mid(point + 1);
    const QByteArray before = point < 0 ? format : format.left(point);
    const auto digits = static_cast<int>(behind.count('0') + behind.count('#'));
    QByteArray text = fixedText(shown, digits, before.contains(','));
    const auto needed = static_cast<int>(behind.lastIndexOf('0') + 1);
    for (int i = digits; i > needed && text.endsWith('0'); --i) {
        text.chop(1);
    }
    if (text.endsWith('.')) {
        text.chop(1);
    }
    const qsizetype zeros = before.count('0');
    const bool isNegative = text.startsWith('-');
    QByteArray plain = isNegative ? text.mid(1) : text;
    if (zeros == 0 && (plain == "0" || plain.startsWith("0."))) {
        plain = plain.mid(1);
    }
    const qsizetype whole = plain.contains('.') ? plain.indexOf('.') : plain.size();
    plain.prepend(QByteArray(std::max<qsizetype>(0, zeros - whole), '0'));
    return (isNegative ? "-" : "") + plain + (isPercent ? "%" : "");
}

Result<QByteArray> formatNumber(const Value &value, const QByteArray &format)
{
    if (format.isEmpty()) {
        return textOf(value);
    }
    const char kind = format.front();
    bool isCount = false;
    const int count = format.mid(1).toInt(&isCount);
    const bool isStandard
        = QByteArrayView("DdXxFfNnPp").contains(kind) && (format.size() == 1 || isCount);
    if (isStandard && (count < 0 || count > kPrecisionMax)) {
        return unknownFormat(format);
    }
    if (isStandard && QByteArrayView("DdXx").contains(kind)) {
        return formatWhole(value, kind, count, format);
    }
    DRIFTLESS_TRY_ASSIGN(Decimal96 number, toDecimal(value));
    if (!isStandard) {
        return formatPattern(number, format);
    }
    const int digits = format.size() == 1 ? 2 : count;
    if (kind == 'P' || kind == 'p') {
        DRIFTLESS_TRY_ASSIGN(number, Decimal96::multiply(number, Decimal96::fromInt64(100)));
        return fixedText(number, digits, true) + '%';
    }
    return fixedText(number, digits, kind == 'N' || kind == 'n');
}

QByteArray padded(int number, qsizetype width)
{
    return QByteArray::number(number).rightJustified(width, '0');
}

/// What a run of one letter stands for; empty if it is no letter of a pattern.
QByteArray datePart(const DateParts &parts, char letter, qsizetype count)
{
    static constexpr const char *kMonths[] = {"January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December"};
    switch (letter) {
    case 'y':
        return count <= 2 ? padded(parts.year % 100, count) : padded(parts.year, count);
    case 'M': {
        const QByteArray name = kMonths[static_cast<std::size_t>(parts.month - 1)];
        return count <= 2 ? padded(parts.month, count) : count == 3 ? name.left(3) : name;
    }
    case 'd':
        return count <= 2 ? padded(parts.day, count) : QByteArray();
    case 'H':
        return padded(parts.hour, count);
    case 'h':
        return padded(parts.hour % 12 == 0 ? 12 : parts.hour % 12, count);
    case 'm':
        return padded(parts.minute, count);
    case 's':
        return padded(parts.second, count);
    case 'f':
        return padded(parts.millisecond, 3).leftJustified(count, '0', true);
    case 't':
        return QByteArray(parts.hour < 12 ? "AM" : "PM").left(count);
    default:
        return {};
    }
}

Result<QByteArray> formatDate(const Value &value, const QByteArray &format)
{
    const DateParts parts = partsOf(value.toMs());
    QByteArray pattern = format;
    if (format == "o" || format == "O" || format.isEmpty()) {
        return toSevenDecimals(value.toMs());
    }
    if (format == "s") {
        pattern = QByteArrayLiteral("yyyy-MM-ddTHH:mm:ss");
    } else if (format == "d") {
        pattern = QByteArrayLiteral("M/d/yyyy");
    }
    QByteArray out;
    for (qsizetype at = 0; at < pattern.size();) {
        const char letter = pattern.at(at);
        qsizetype end = at;
        while (end < pattern.size() && pattern.at(end) == letter) {
            ++end;
        }
        const QByteArray part = datePart(parts, letter, end - at);
        const bool isLetter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        if (part.isEmpty() && isLetter && letter != 'T' && letter != 'Z') {
            return unknownFormat(format);
        }
        out += part.isEmpty() ? pattern.mid(at, end - at) : part;
        at = end;
    }
    return out;
}

} // namespace

Result<QByteArray> formatValue(const Value &value, const QByteArray &format)
{
    if (value.isNumber()) {
        return formatNumber(value, format);
    }
    if (value.isDateTime()) {
        return formatDate(value, format);
    }
    return textOf(value);
}

} // namespace driftless::query
