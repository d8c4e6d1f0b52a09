#pragma once

#include "api/context.h"

namespace driftless::api {

struct DocumentBody;

/// `/api/documents…` (wire.md 4; PATCH, entity tags and keyset paging are ours). Net thread.
class DocumentsApi
{
public:
    /// `context` outlives the API.
    explicit DocumentsApi(Context &context);

    void listCollections(const CallPtr &call);
    void registerCollection(const CallPtr &call);
    void list(const CallPtr &call);
    void get(const CallPtr &call);
    void put(const CallPtr &call);
    void post(const CallPtr &call);
    void patch(const CallPtr &call);
    void remove(const CallPtr &call);

private:
    bool bindPath(Call &call, bool hasId);
    std::optional<DocumentBody> bindBody(Call &call);
    void write(const CallPtr &call, const engine::Grant &grant, engine::WriteRequest request);

    Context &m_context;
};

} // namespace driftless::api
