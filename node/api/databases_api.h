#pragma once

#include "api/context.h"

namespace driftless::api {

/// `/api/databases…`, `/api/convergence`, `/api/conflicts`. Net thread.
class DatabasesApi
{
public:
    /// `context` outlives the API.
    explicit DatabasesApi(Context &context);

    /// The databases that the key may use.
    void list(const CallPtr &call);
    void put(const CallPtr &call);
    void remove(const CallPtr &call);
    void convergence(const CallPtr &call);
    void conflicts(const CallPtr &call);

private:
    Context &m_context;
};

} // namespace driftless::api
