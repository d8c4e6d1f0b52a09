#pragma once

#include "api/context.h"

namespace driftless::api {

/// `POST /api/query`: one statement of the query language. Net thread.
class QueryApi
{
public:
    /// `context` outlives the API.
    explicit QueryApi(Context &context);

    void post(const CallPtr &call);

private:
    Context &m_context;
};

} // namespace driftless::api
