#pragma once

#include <QByteArrayView>
#include <QVarLengthArray>
#include <QtEndian>

#include <cstdint>

/// The steps that the readers of JSON in this module share. All stay inside of [at, end) whatever
/// the bytes are; what they say about the text is true only of text that passed the check
/// (core/json_checker.h), unless said otherwise.
namespace driftless::json {

/// A member as it stands: both views as in json::Member.
struct RawMember
{
    QByteArrayView name;
    QByteArrayView value;
    bool escaped = false; ///< the name has an escape
};

/// Most objects have their members found without an allocation.
using RawMembers = QVarLengthArray<RawMember, 32>;

inline bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline const char *skipBlanks(const char *at, const char *end)
{
    while (at != end && isBlank(*at)) {
        ++at;
    }
    return at;
}

/// The high bit of every byte of `word` that equals `c`; bits above the first true one may be
/// wrong.
inline std::uint64_t bytesEqual(std::uint64_t word, char c)
{
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
    const std::uint64_t difference = word ^ ones * static_cast<unsigned char>(c);
    return (difference - ones) & ~difference & ones * 0x80U;
}

/// The first byte that is not simply a character of a string: a quote, a backslash, a control
/// character or part of a multi-byte sequence; `end` if there is none. Any bytes.
inline const char *findSpecial(const char *at, const char *end)
{
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
    for (; end - at >= 8; at += 8) {
        const auto word = qFromLittleEndian<quint64>(at);
        const std::uint64_t special = bytesEqual(word, '"') | bytesEqual(word, '\\')
            | (((word - ones * 0x20U) | word) & ones * 0x80U);
        if (special != 0) {
            return at + qCountTrailingZeroBits(static_cast<quint64>(special)) / 8;
        }
    }
    for (; at != end; ++at) {
        const auto c = static_cast<unsigned char>(*at);
        if (c < 0x20U || c >= 0x80U || c == '"' || c == '\\') {
            return at;
        }
    }
    return end;
}

/// From behind the opening quote to the closing one; `end` if there is none. Sets `escaped` if
/// there is an escape before it.
inline const char *findClosingQuote(const char *at, const char *end, bool &escaped)
{
    for (;;) {
        for (; end - at >= 8; at += 8) {
            const auto word = qFromLittleEndian<quint64>(at);
            const std::uint64_t found = bytesEqual(word, '"') | bytesEqual(word, '\\');
            if (found != 0) {
                at += qCountTrailingZeroBits(static_cast<quint64>(found)) / 8;
                break;
            }
        }
        while (at != end && *at != '"' && *at != '\\') {
            ++at;
        }
        if (at == end || *at == '"') {
            return at;
        }
        if (end - at < 2) {
            return end;
        }
        escaped = true;
        at += 2;
    }
}

inline const char *findClosingQuote(const char *at, const char *end)
{
    bool escaped = false;
    return findClosingQuote(at, end, escaped);
}

/// The end of the value that begins at `at`; null if it has none.
const char *endOfValue(const char *at, const char *end);

/// The members of the object that is all of `object` but blanks; false if it is none.
bool splitMembers(QByteArrayView object, RawMembers &members);

/// Writes what stands between the quotes of a string with its escapes resolved, at most raw.size()
/// bytes; answers the end.
char *decodeStringTo(char *out, QByteArrayView raw);

} // namespace driftless::json
