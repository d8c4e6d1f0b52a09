#pragma once

#include "core/json.h"

#include <optional>

namespace driftless::api {

/// A document as a client sent it: its bytes, checked.
struct DocumentBody
{
    json::Object object;
    bool isObject = false; ///< false: valid JSON, but not an object
};

/// Errors: InvalidJson, TooDeep, TooLarge, with the path. `bytes` is kept, not copied.
Result<DocumentBody> readDocumentBody(QByteArray bytes, const json::Limits &limits);

/// What is stored for a PUT of `body` at `id` (wire.md 4): the bytes as they are where they carry
/// no `_id` and no `_sys_…` and an Id, in any case, that equals `id`; otherwise without those
/// members, and with `"Id"` at the end.
json::Object normalisedDocument(json::Object body, const QByteArray &id);

/// As normalisedDocument for a merge patch: members that do not belong to a document's content
/// (`Id`, `_id`, `_sys_…`) are left out.
json::Object normalisedPatch(json::Object patch);

/// The value of the member that is spelled exactly `Id`, if it is a string that is not blank.
std::optional<QByteArray> postedId(const json::Object &body);

} // namespace driftless::api
