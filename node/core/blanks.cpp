#include "core/blanks.h"

namespace driftless {

namespace {

/// White space beyond ASCII, in UTF-8 (.NET's Char.IsWhiteSpace).
constexpr const char *kWideBlanks[] = {"\xc2\x85",
    "\xc2\xa0",
    "\xe1\x9a\x80",
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a",
    "\xe2\x80\xa8",
    "\xe2\x80\xa9",
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe3\x80\x80"};

bool isAsciiBlank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

qsizetype wideBlankAtFront(QByteArrayView text)
{
    for (const QByteArrayView blank : kWideBlanks) {
        if (text.startsWith(blank)) {
            return blank.size();
        }
    }
    return 0;
}

qsizetype wideBlankAtBack(QByteArrayView text)
{
    for (const QByteArrayView blank : kWideBlanks) {
        if (text.endsWith(blank)) {
            return blank.size();
        }
    }
    return 0;
}

bool isWide(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

} // namespace

QByteArrayView trimmedBlanks(QByteArrayView utf8)
{
    while (!utf8.isEmpty()) {
        const qsizetype size
            = isAsciiBlank(utf8.front()) ? 1 : (isWide(utf8.front()) ? wideBlankAtFront(utf8) : 0);
        if (size == 0) {
            break;
        }
        utf8 = utf8.sliced(size);
    }
    while (!utf8.isEmpty()) {
        const qsizetype size
            = isAsciiBlank(utf8.back()) ? 1 : (isWide(utf8.back()) ? wideBlankAtBack(utf8) : 0);
        if (size == 0) {
            break;
        }
        utf8.chop(size);
    }
    return utf8;
}

} // namespace driftless
