#pragma once

#include "storage/document_state.h"

namespace driftless::storage {

/// How a DocumentState stands in its row. Three forms (design.md 4): a pointer to the operation
/// that it equals (no state at all); a pointer with the state that the operation alone does not
/// tell; a merged document, whose state holds the winners' bytes that its operation lacks.
class RowCodec
{
public:
    /// Empty for a document that its newest write alone tells.
    static QByteArray encodeState(const DocumentState &state);

    /// `state` as encoded; `newestWrite` with its position where the row points at one: of its
    /// header only the version and the adopted id are looked at. Malformed: bytes that encodeState
    /// cannot have made.
    static Result<DocumentState> decode(
        const QByteArray &state, const Operation *newestWrite, LogPosition position);

private:
    static bool isToldByNewestWrite(const DocumentState &state);
};

} // namespace driftless::storage
