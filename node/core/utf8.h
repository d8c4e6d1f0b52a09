#pragma once

#include <QByteArrayView>

namespace driftless {

// One code point at a time, inline because the scanners of this module live on it. Any thread.

/// True for the second and later bytes of a sequence.
inline bool isUtf8Continuation(char byte)
{
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

/// The end of the multi-byte sequence that begins at `at` (a byte >= 0x80), or null if it is not
/// well-formed by table 3-7 of the Unicode Standard: overlong, a surrogate, above U+10FFFF, or cut
/// off.
inline const char *endOfUtf8Sequence(const char *at, const char *end)
{
    const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
    const qsizetype left = end - at;
    const unsigned lead = byte(0);
    if (lead >= 0xc2U && lead <= 0xdfU) {
        return left >= 2 && isUtf8Continuation(at[1]) ? at + 2 : nullptr;
    }
    if (lead >= 0xe0U && lead <= 0xefU) {
        if (left < 3 || !isUtf8Continuation(at[1]) || !isUtf8Continuation(at[2])) {
            return nullptr;
        }
        const bool overlong = lead == 0xe0U && byte(1) < 0xa0U;
        const bool surrogate = lead == 0xedU && byte(1) > 0x9fU;
        return overlong || surrogate ? nullptr : at + 3;
    }
    if (lead >= 0xf0U && lead <= 0xf4U) {
        if (left < 4 || !isUtf8Continuation(at[1]) || !isUtf8Continuation(at[2])
            || !isUtf8Continuation(at[3])) {
            return nullptr;
        }
        const bool overlong = lead == 0xf0U && byte(1) < 0x90U;
        const bool beyond = lead == 0xf4U && byte(1) > 0x8fU;
        return overlong || beyond ? nullptr : at + 4;
    }
    return nullptr;
}

/// True if all of the text is well-formed.
inline bool isWellFormedUtf8(QByteArrayView text)
{
    const char *at = text.begin();
    const char *const end = text.end();
    while (at != end) { // an empty view may have no address at all
        at = static_cast<unsigned char>(*at) < 0x80U ? at + 1 : endOfUtf8Sequence(at, end);
        if (at == nullptr) {
            return false;
        }
    }
    return true;
}

/// The code point of the well-formed sequence [at, end), 1 to 4 bytes.
inline char32_t decodeUtf8(const char *at, const char *end)
{
    const auto byte
        = [at](int i) { return static_cast<char32_t>(static_cast<unsigned char>(at[i])); };
    switch (end - at) {
    case 1:
        return byte(0);
    case 2:
        return (byte(0) & 0x1fU) << 6 | (byte(1) & 0x3fU);
    case 3:
        return (byte(0) & 0x0fU) << 12 | (byte(1) & 0x3fU) << 6 | (byte(2) & 0x3fU);
    default:
        return (byte(0) & 0x07U) << 18 | (byte(1) & 0x3fU) << 12 | (byte(2) & 0x3fU) << 6
            | (byte(3) & 0x3fU);
    }
}

/// Writes `code` (at most U+10FFFF) at `out`, 1 to 4 bytes, and answers the end.
inline char *encodeUtf8(char *out, char32_t code)
{
    if (code < 0x80U) {
        *out++ = static_cast<char>(code);
    } else if (code < 0x800U) {
        *out++ = static_cast<char>(0xc0U | code >> 6);
        *out++ = static_cast<char>(0x80U | (code & 0x3fU));
    } else if (code < 0x10000U) {
        *out++ = static_cast<char>(0xe0U | code >> 12);
        *out++ = static_cast<char>(0x80U | (code >> 6 & 0x3fU));
        *out++ = static_cast<char>(0x80U | (code & 0x3fU));
    } else {
        *out++ = static_cast<char>(0xf0U | code >> 18);
        *out++ = static_cast<char>(0x80U | (code >> 12 & 0x3fU));
        *out++ = static_cast<char>(0x80U | (code >> 6 & 0x3fU));
        *out++ = static_cast<char>(0x80U | (code & 0x3fU));
    }
    return out;
}

} // namespace driftless
