#include "net/http_transport.h"

namespace driftless::net {

HttpTransport::HttpTransport(NetThread &net,
    Executor &completions,
    const Clock &clock,
    const HttpClientLimits &limits,
    std::optional<QSslConfiguration> tls)
    : m_net(net)
    , m_completions(completions)
{
    m_net.run([&] { m_client = std::make_unique<HttpClient>(limits, clock, std::move(tls)); });
}

HttpTransport::~HttpTransport()
{
    m_net.run([this] { m_client.reset(); }); // behind all that was sent
}

void HttpTransport::send(replication::TransportRequest request, Completion completion)
{
    Completion deliver = [&completions = m_completions, completion = std::move(completion)](
                             Result<replication::TransportReply> reply) {
        // Refused only by an executor that is stopping, when nobody waits for the answer any more.
        static_cast<void>(completions.postUnbounded(
            [completion, reply = std::move(reply)]() mutable { completion(std::move(reply)); }));
    };
    const bool isTaken = m_net.executor().post(
        [client = m_client.get(), request = std::move(request), deliver]() mutable {
            client->send(std::move(request), std::move(deliver));
        });
    if (!isTaken) {
        deliver(Error {ErrorCode::Busy, "Too many calls wait for the network.", {}});
    }
}

} // namespace driftless::net
