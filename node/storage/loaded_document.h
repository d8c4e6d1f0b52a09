#pragma once

#include "storage/database_file.h"
#include "storage/document_state.h"

#include <optional>

namespace driftless::storage {

/// What a document's row holds besides its state.
struct DocumentRow
{
    LogPosition operation;
    bool isVisible = false;
    bool isQuarantined = false;
    qint64 conflicts = 0;
    Hash128 hash;
};

/// A document for a writer: its state and the row that a save replaces, so that neither is read
/// twice. Good for the transaction it was loaded in, until the document is saved. A value.
struct LoadedDocument
{
    DocumentKey key;
    DocumentState state;
    std::optional<DocumentRow> row; ///< nothing where there is none
    std::optional<QByteArray> shownBefore {}; ///< what it showed, where an index covers it
};

} // namespace driftless::storage
