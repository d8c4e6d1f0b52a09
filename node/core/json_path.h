#pragma once

#include <QByteArray>

namespace driftless::json {

/// The path ("$.lines[2].price") of what stands at `at` in `text`, or of the object or array around
/// it. What stands before `at` has passed the check. Walks the text again, which only an error pays
/// for.
QByteArray pathAt(QByteArrayView text, const char *at);

/// One step more: ".price", or "[\"unit price\"]" for a name that is no plain word. Long names are
/// cut.
void appendToPath(QByteArray &path, QByteArrayView name);

} // namespace driftless::json
