#pragma once

#include <QByteArray>

namespace driftless {

/// The Unicode version of the frozen table. A newer one would make two copies disagree on which ids
/// are equal.
inline constexpr char kCaseFoldUnicodeVersion[] = "15.0";

/// Simple case folding (CaseFolding.txt of Unicode 15.0, statuses C and S) of valid UTF-8, code
/// point by code point. Text that folds to itself is answered as it was given, sharing its buffer.
QByteArray foldCase(const QByteArray &utf8);

/// As above for a view; copies only if something changes, else the result refers to the view's
/// bytes (QByteArray::fromRawData), which must outlive it.
QByteArray foldCaseView(QByteArrayView utf8);

/// True if both fold to the same bytes.
bool equalFolded(QByteArrayView a, QByteArrayView b);

// The parts of the above for callers that bring their own memory.

/// True for text of ASCII without upper-case letters: the usual text that folds to itself, found
/// out eight bytes at a time.
bool isFoldedAscii(QByteArrayView utf8);

/// What foldCaseTo may write at most: some code points of two bytes fold to three (U+023A).
constexpr qsizetype foldedBytesMax(qsizetype bytes)
{
    return bytes + bytes / 2;
}

/// Writes the folded text at `out`, which has room for foldedBytesMax(utf8.size()) bytes, and
/// answers the end. Bytes that are not UTF-8 are copied.
char *foldCaseTo(char *out, QByteArrayView utf8);

} // namespace driftless
