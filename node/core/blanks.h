#pragma once

#include <QByteArrayView>

namespace driftless {

/// The text without white space around it, as the reference trims (.NET: Unicode's white space, not
/// ASCII's alone).
QByteArrayView trimmedBlanks(QByteArrayView utf8);

} // namespace driftless
