#pragma once

#include "api/batch_api.h"
#include "api/cluster_api.h"
#include "api/context.h"
#include "api/cors.h"
#include "api/databases_api.h"
#include "api/documents_api.h"
#include "api/handler.h"
#include "api/indexes_api.h"
#include "api/query_api.h"
#include "api/replication_api.h"
#include "api/router.h"

namespace driftless::api {

/// The program behind the HTTP server: finds the route of a request, judges its form, passes it
/// through the door of its route and answers with what the engine says. Net thread; made and
/// destroyed by the host, and outlives every answer that the gateway still owes.
class Application final : public Handler
{
public:
    /// `gateway` and `random` outlive the application; `random` is used on the net thread only.
    Application(engine::Gateway &gateway, Random &random, ApiSettings settings);

    [[nodiscard]] qsizetype bodyBytesMax(const Request &head) const override;
    void handle(Request request, Reply reply) override;
    std::optional<Response> refuseUpgrade(const Request &head) override;
    void handleHint(QByteArray message, std::function<void(QByteArray)> answer) override;
    [[nodiscard]] Response serverError(const Request &head,
        int status,
        QByteArrayView code,
        QByteArrayView message) const override;
    void noteLimit(Limit limit) override { m_context.noteLimit(limit); }

private:
    bool bindBody(Call &call);
    void dispatch(const CallPtr &call);
    [[nodiscard]] Response node() const;
    [[nodiscard]] Response readiness() const;

    Context m_context;
    const CorsPolicy m_cors;
    const Router m_router;
    DocumentsApi m_documents;
    BatchApi m_batch;
    QueryApi m_query;
    DatabasesApi m_databases;
    IndexesApi m_indexes;
    ClusterApi m_cluster;
    ReplicationApi m_replication;
};

} // namespace driftless::api
