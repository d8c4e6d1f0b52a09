#include "core/case_fold.h"

#include "core/case_fold_table.h"
#include "core/utf8.h"

#include <QtEndian>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace driftless {

namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101U;
constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080U;

bool isUpper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

/// The high bit of each byte of an all-ASCII word that is an upper-case letter.
std::uint64_t upperBits(std::uint64_t word)
{
    const std::uint64_t atLeastA = word + (0x80U - 'A') * kOnes;
    const std::uint64_t aboveZ = word + (0x80U - 'Z' - 1U) * kOnes;
    return (atLeastA & ~aboveZ) & kHighBits;
}

char32_t foldCodePoint(char32_t code)
{
    const CaseFoldRun *run = std::lower_bound(std::begin(kCaseFoldRuns),
        std::end(kCaseFoldRuns),
        code,
        [](const CaseFoldRun &r, char32_t c) { return r.last < c; });
    if (run == std::end(kCaseFoldRuns) || code < run->first
        || (code - run->first) % run->stride != 0) {
        return code;
    }
    return static_cast<char32_t>(static_cast<std::int32_t>(code) + run->distance);
}

} // namespace

bool isFoldedAscii(QByteArrayView utf8)
{
    const char *at = utf8.data();
    const char *const end = at + utf8.size();
    for (; end - at >= 8; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        if ((word & kHighBits) != 0 || upperBits(word) != 0) {
            return false;
        }
    }
    for (; at != end; ++at) {
        const auto c = static_cast<unsigned char>(*at);
        if (c >= 0x80U || isUpper(c)) {
            return false;
        }
    }
    return true;
}

char *foldCaseTo(char *out, QByteArrayView utf8)
{
    const char *at = utf8.data();
    const char *const end = at + utf8.size();
    while (at != end) {
        if (end - at >= 8) {
            std::uint64_t word;
            std::memcpy(&word, at, sizeof word);
            if ((word & kHighBits) == 0) {
                word |= upperBits(word) >> 2; // 0x80 becomes 0x20, the distance between the cases
                std::memcpy(out, &word, sizeof word);
                at += 8;
                out += 8;
                continue;
            }
        }
        const auto c = static_cast<unsigned char>(*at);
        if (c < 0x80U) {
            *out++ = static_cast<char>(isUpper(c) ? c + ('a' - 'A') : c);
            ++at;
            continue;
        }
        const char *const next = endOfUtf8Sequence(at, end);
        if (next == nullptr) {
            *out++ = *at++; // not UTF-8: copied, so that no input can lead outside of the buffers
            continue;
        }
        out = encodeUtf8(out, foldCodePoint(decodeUtf8(at, next)));
        at = next;
    }
    return out;
}

QByteArray foldCase(const QByteArray &utf8)
{
    if (isFoldedAscii(utf8)) {
        return utf8;
    }
    QByteArray folded(foldedBytesMax(utf8.size()), Qt::Uninitialized);
    folded.truncate(foldCaseTo(folded.data(), utf8) - folded.constData());
    return folded == utf8 ? utf8 : folded;
}

QByteArray foldCaseView(QByteArrayView utf8)
{
    if (isFoldedAscii(utf8)) {
        return QByteArray::fromRawData(utf8.data(), utf8.size());
    }
    QByteArray folded(foldedBytesMax(utf8.size()), Qt::Uninitialized);
    folded.truncate(foldCaseTo(folded.data(), utf8) - folded.constData());
    return folded;
}

bool equalFolded(QByteArrayView a, QByteArrayView b)
{
    // Most texts that are compared differ early, and in ASCII, which folds byte by byte.
    const auto folded = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    const qsizetype both = std::min(a.size(), b.size());
    for (qsizetype i = 0; i < both; ++i) {
        if ((static_cast<unsigned char>(a[i]) | static_cast<unsigned char>(b[i])) >= 0x80U) {
            a = a.sliced(i);
            b = b.sliced(i);
            return a == b || foldCaseView(a) == foldCaseView(b);
        }
        if (folded(a[i]) != folded(b[i])) {
            return false;
        }
    }
    return a.size() == b.size();
}

} // namespace driftless
