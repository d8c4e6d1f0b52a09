#pragma once

#include "api/request.h"
#include "core/result.h"
#include "engine/requests.h"

namespace driftless::api {

/// A token as an entity tag: `"<32 hex>"`.
QByteArray entityTag(const Hash128 &token);

/// Reads If-Match and If-None-Match (RFC 9110 13.1): "*" or a list of tags, over several header
/// lines too. If-Match compares strongly, so weak tags never match there; If-None-Match compares
/// weakly. InvalidArgument: no list of tags.
Result<void> readEntityTagConditions(const Request &request, engine::Precondition &precondition);

/// If-Match holds for a document that is there and has `token`.
bool satisfiesIfMatch(const engine::Precondition &precondition, const QByteArray &token);
/// If-None-Match holds for it; if not, a GET is answered 304.
bool satisfiesIfNoneMatch(const engine::Precondition &precondition, const QByteArray &token);

} // namespace driftless::api
