#include "api/request_text.h"

#include <QString>

namespace driftless::api {

namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool isUnreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
        || c == '.' || c == '_' || c == '~';
}

/// Forms write a blank as '+'.
QByteArray formDecoded(QByteArrayView text)
{
    QByteArray bytes = text.toByteArray();
    bytes.replace('+', ' ');
    return percentDecoded(bytes);
}

QByteArrayView withoutParameters(QByteArrayView contentType)
{
    const qsizetype semicolon = contentType.indexOf(';');
    return (semicolon < 0 ? contentType : contentType.first(semicolon)).trimmed();
}

bool equalsAnyCase(QByteArrayView a, QByteArrayView b)
{
    return a.compare(b, Qt::CaseInsensitive) == 0;
}

/// A charset that is named and is not UTF-8 would have to be converted.
bool isUtf8(QByteArrayView contentType)
{
    qsizetype at = contentType.indexOf(';');
    while (at >= 0) {
        contentType = contentType.sliced(at + 1);
        at = contentType.indexOf(';');
        QByteArrayView parameter = (at < 0 ? contentType : contentType.first(at)).trimmed();
        constexpr QByteArrayView kCharset = "charset=";
        if (parameter.size() >= kCharset.size()
            && equalsAnyCase(parameter.first(kCharset.size()), kCharset)) {
            parameter = parameter.sliced(kCharset.size());
            if (parameter.size() >= 2 && parameter.startsWith('"') && parameter.endsWith('"')) {
                parameter = parameter.sliced(1, parameter.size() - 2);
            }
            return equalsAnyCase(parameter, "utf-8") || equalsAnyCase(parameter, "us-ascii");
        }
    }
    return true;
}

} // namespace

QByteArray percentDecoded(QByteArrayView text)
{
    if (text.indexOf('%') < 0) {
        return text.toByteArray();
    }
    QByteArray out;
    out.reserve(text.size());
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hexDigit(text[i + 1]);
            const int low = hexDigit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out.append(static_cast<char>(high * 16 + low));
                i += 2;
                continue;
            }
        }
        out.append(text[i]);
    }
    return out;
}

QByteArray percentEncoded(QByteArrayView text)
{
    constexpr char kDigits[] = "0123456789ABCDEF";
    QByteArray out;
    out.reserve(text.size());
    for (const char c : text) {
        if (isUnreserved(c)) {
            out.append(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.append('%').append(kDigits[byte >> 4]).append(kDigits[byte & 15]);
        }
    }
    return out;
}

bool isJsonMediaType(QByteArrayView contentType)
{
    const QByteArrayView type = withoutParameters(contentType);
    constexpr QByteArrayView kApplication = "application/";
    constexpr QByteArrayView kSuffix = "+json";
    const bool hasSuffix = type.size() > kApplication.size() + kSuffix.size()
        && equalsAnyCase(type.first(kApplication.size()), kApplication)
        && equalsAnyCase(type.last(kSuffix.size()), kSuffix);
    return (equalsAnyCase(type, "application/json") || hasSuffix
               || equalsAnyCase(type, "text/json"))
        && isUtf8(contentType);
}

bool isMediaType(QByteArrayView contentType, QByteArrayView expected)
{
    return equalsAnyCase(withoutParameters(contentType), expected);
}

std::optional<QByteArray> queryValue(const Request &request, QByteArrayView name)
{
    QByteArrayView rest = request.query;
    while (!rest.isEmpty()) {
        const qsizetype end = rest.indexOf('&');
        const QByteArrayView pair = end < 0 ? rest : rest.first(end);
        rest = end < 0 ? QByteArrayView() : rest.sliced(end + 1);
        const qsizetype equals = pair.indexOf('=');
        const QByteArray key = formDecoded(equals < 0 ? pair : pair.first(equals));
        if (equalsAnyCase(key, name)) {
            const QByteArray value
                = equals < 0 ? QByteArray("") : formDecoded(pair.sliced(equals + 1));
            // It may be echoed in an answer, which must be UTF-8.
            return value.isValidUtf8() ? value : QString::fromUtf8(value).toUtf8();
        }
    }
    return std::nullopt;
}

} // namespace driftless::api
