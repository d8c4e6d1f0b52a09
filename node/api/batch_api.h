#pragma once

#include "api/context.h"
#include "wire/batch.h"

namespace driftless::api {

/// `POST /api/batch`: many writes in one atomic group. Net thread.
class BatchApi
{
public:
    /// `context` outlives the API.
    explicit BatchApi(Context &context);

    void post(const CallPtr &call);

private:
    Context &m_context;
};

/// The write that one operation of a batch asks for, for a key with `grant`. Errors as of the
/// single write, with the path: InvalidArgument, ReservedCollection, Forbidden.
Result<engine::WriteRequest> writeRequestOf(
    wire::BatchOperation operation, const engine::Grant &grant);

} // namespace driftless::api
