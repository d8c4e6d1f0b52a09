#pragma once

#include <QByteArrayList>

namespace driftless::host {

/// The one of `words` that takes the fewest changed, added or removed letters to be made of `word`
/// (in any case), or nothing if more than half of the letters would change.
QByteArray nearestWord(const QByteArray &word, const QByteArrayList &words);

} // namespace driftless::host
