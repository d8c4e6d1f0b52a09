#pragma once

#include "core/result.h"

#include <QByteArray>

namespace driftless::engine {

/// May be read: ReservedCollection (`cache`, in any case), InvalidArgument (`$…` and `_sys_…`).
/// Another name that no collection can have is not an error: there is nothing in it.
Result<void> checkCollectionToRead(QByteArrayView collection);

/// May be written: as above, and InvalidArgument where a reference node could not take the name: it
/// begins with a letter or
/// '_', goes on with letters, digits, '_' and '$', and has at most kCollectionNameBytesMax bytes.
Result<void> checkCollectionToWrite(QByteArrayView collection);

/// May be written: InvalidArgument for a blank id, one with blanks around it, or with more than
/// kDocumentIdBytesMax bytes.
Result<void> checkIdToWrite(QByteArrayView id);

} // namespace driftless::engine
