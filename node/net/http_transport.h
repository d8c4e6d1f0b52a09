#pragma once

#include "core/clock.h"
#include "core/executor.h"
#include "net/http_client.h"
#include "net/net_thread.h"
#include "replication/transport.h"

#include <memory>
#include <optional>

namespace driftless::net {

/// Carries the calls of replication over HTTP: the sockets work on the net thread, completions come
/// on `completions`.
class HttpTransport final : public replication::Transport
{
public:
    /// Everything that is referred to outlives the transport. Any thread but the net thread, as for
    /// the destructor.
    HttpTransport(NetThread &net,
        Executor &completions,
        const Clock &clock,
        const HttpClientLimits &limits = {},
        std::optional<QSslConfiguration> tls = std::nullopt);
    /// What is under way completes with Unreachable, if `completions` still takes it.
    ~HttpTransport() override;

    void send(replication::TransportRequest request, Completion completion) override;

private:
    NetThread &m_net;
    Executor &m_completions;
    std::unique_ptr<HttpClient> m_client; ///< made, used and destroyed on the net thread
};

} // namespace driftless::net
