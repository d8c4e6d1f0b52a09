#include "core/json_text.h"

#include "core/utf8.h"

#include <cstring>

namespace driftless::json {

namespace {

/// 0 to 15; 0 for what is no hex digit, which a checked text does not have.
char32_t hexDigit(char c)
{
    if (c >= '0' && c <= '9') {
        return static_cast<char32_t>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<char32_t>(c - 'a' + 10);
    }
    return c >= 'A' && c <= 'F' ? static_cast<char32_t>(c - 'A' + 10) : 0;
}

/// The four hex digits at `at`, which is moved behind them; 0 if fewer are left.
char32_t takeHex(const char *&at, const char *end)
{
    if (end - at < 4) {
        at = end;
        return 0;
    }
    const char32_t unit
        = hexDigit(at[0]) << 12 | hexDigit(at[1]) << 8 | hexDigit(at[2]) << 4 | hexDigit(at[3]);
    at += 4;
    return unit;
}

/// From behind "\u", with the second escape of a surrogate pair.
char32_t takeUnicodeEscape(const char *&at, const char *end)
{
    const char32_t unit = takeHex(at, end);
    if (unit < 0xd800U || unit > 0xdbffU || end - at < 6) {
        return unit;
    }
    at += 2;
    const char32_t low = takeHex(at, end);
    return 0x10000U + ((unit - 0xd800U) << 10) + ((low - 0xdc00U) & 0x3ffU);
}

char shortEscape(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

} // namespace

const char *endOfValue(const char *at, const char *end)
{
    if (at == end) {
        return nullptr;
    }
    if (*at == '"') {
        const char *const quote = findClosingQuote(at + 1, end);
        return quote == end ? nullptr : quote + 1;
    }
    if (*at != '{' && *at != '[') {
        const char *const begin = at;
        while (at != end && *at != ',' && *at != '}' && *at != ']' && !isBlank(*at)) {
            ++at;
        }
        return at == begin ? nullptr : at;
    }
    // Brackets of a checked text match, so their number is enough.
    int depth = 0;
    for (; at != end; ++at) {
        if (*at == '"') {
            at = findClosingQuote(at + 1, end);
            if (at == end) {
                return nullptr;
            }
        } else if (*at == '{' || *at == '[') {
            ++depth;
        } else if ((*at == '}' || *at == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return nullptr;
}

bool splitMembers(QByteArrayView object, RawMembers &members)
{
    const char *const end = object.data() + object.size();
    const char *at = skipBlanks(object.data(), end);
    if (at == end || *at != '{') {
        return false;
    }
    at = skipBlanks(at + 1, end);
    bool more = at != end && *at != '}';
    while (more) {
        if (at == end || *at != '"') {
            return false;
        }
        const char *const name = at + 1;
        bool escaped = false;
        const char *const quote = findClosingQuote(name, end, escaped);
        if (quote == end) {
            return false;
        }
        at = skipBlanks(quote + 1, end);
        if (at == end || *at != ':') {
            return false;
        }
        const char *const value = skipBlanks(at + 1, end);
        at = endOfValue(value, end);
        if (at == nullptr) {
            return false;
        }
        members.append({QByteArrayView(name, quote), QByteArrayView(value, at), escaped});
        at = skipBlanks(at, end);
        more = at != end && *at == ',';
        if (more) {
            at = skipBlanks(at + 1, end);
        }
    }
    return at != end && *at == '}' && skipBlanks(at + 1, end) == end;
}

char *decodeStringTo(char *out, QByteArrayView raw)
{
    const char *at = raw.data();
    const char *const end = at + raw.size();
    while (at != end) {
        const void *const found = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
        const char *const plainEnd = found == nullptr ? end : static_cast<const char *>(found);
        std::memcpy(out, at, static_cast<std::size_t>(plainEnd - at));
        out += plainEnd - at;
        at = plainEnd;
        if (end - at < 2) {
            break;
        }
        const char escaped = at[1];
        at += 2;
        if (escaped == 'u') {
            out = encodeUtf8(out, takeUnicodeEscape(at, end));
        } else {
            *out++ = shortEscape(escaped);
        }
    }
    return out;
}

} // namespace driftless::json
