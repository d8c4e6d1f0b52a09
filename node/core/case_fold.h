#pragma once

#include <QByteArray>

namespace driftless {

/// The Unicode version of the frozen table. A newer one would make two copies disagree on which ids are equal.
inline constexpr char kCaseFoldUnicodeVersion[] = "15.0";

/// Simple case folding (CaseFolding.txt of Unicode 15.0, statuses C and S) of valid UTF-8, code point by code point.
/// Text that folds to itself is answered as it was given, sharing its buffer.
QByteArray foldCase(const QByteArray &utf8);

/// As above for a view; copies only if something changes, else the result refers to the view's bytes
/// (QByteArray::fromRawData), which must outlive it.
QByteArray foldCaseView(QByteArrayView utf8);

bool equalFolded(QByteArrayView a, QByteArrayView b);

} // namespace driftless
