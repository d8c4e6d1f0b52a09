#pragma once

#include "api/context.h"

#include <functional>

namespace driftless::api {

/// `/api/indexes…`: the indexes of this node. Net thread.
class IndexesApi
{
public:
    /// `context` outlives the API.
    explicit IndexesApi(Context &context);

    /// Of all collections, or of the one in the path.
    void list(const CallPtr &call);
    void get(const CallPtr &call);
    /// 201 where it is begun, 200 where it is there already, with its row.
    void put(const CallPtr &call);
    void remove(const CallPtr &call);

private:
    using Rows = std::vector<engine::IndexView>;

    /// Key, role and name are right, and the database is open; else the call is answered.
    void enter(const CallPtr &call, const std::function<void(const DatabaseName &)> &next);
    /// Asks for the indexes of the path's collection; answers the call on a failure.
    void find(const CallPtr &call,
        const DatabaseName &database,
        const std::function<void(const Rows &)> &next);
    void answerOne(const CallPtr &call, const DatabaseName &database, int status);

    Context &m_context;
};

} // namespace driftless::api
