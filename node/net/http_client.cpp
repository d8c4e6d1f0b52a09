#include "net/http_client.h"

#include "core/assert.h"
#include "net/peer_pool.h"

#include <QThread>

#include <algorithm>

namespace driftless::net {

namespace {

bool isSafe(QByteArrayView text)
{
    return std::none_of(
        text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool isWellFormed(const HttpClient::Request &request)
{
    const bool isMethod = !request.method.isEmpty()
        && std::all_of(request.method.begin(), request.method.end(), [](char c) {
               return c >= 'A' && c <= 'Z';
           });
    const bool isPath = request.path.startsWith('/')
        && std::all_of(
            request.path.begin(), request.path.end(), [](char c) { return c > ' ' && c < 127; });
    return isMethod && isPath
        && std::all_of(request.headers.begin(), request.headers.end(), [](const auto &header) {
               return !header.first.isEmpty() && isSafe(header.first) && isSafe(header.second);
           });
}

} // namespace

HttpClient::HttpClient(const HttpClientLimits &limits,
    const Clock &clock,
    std::optional<QSslConfiguration> tls,
    QObject *parent)
    : QObject(parent)
    , m_limits(limits)
    , m_clock(clock)
    , m_tls(std::move(tls))
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &HttpClient::onTimer);
}

HttpClient::~HttpClient()
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    qDeleteAll(std::exchange(m_pools, {}));
}

void HttpClient::send(Request request, Completion completion)
{
    DRIFTLESS_ASSERT(thread() == QThread::currentThread());
    PeerPool *pool = m_pools.value(request.baseUrl);
    if (pool == nullptr) {
        auto address = PeerAddress::parse(request.baseUrl);
        if (!address) {
            completion(address.error());
            return;
        }
        pool = new PeerPool(*this, std::move(*address));
        m_pools.insert(request.baseUrl, pool);
    }
    if (!isWellFormed(request)) {
        completion(Error {
            ErrorCode::InvalidArgument, "The call has a malformed method, path or header.", {}});
        return;
    }
    const Instant deadline = m_clock.instant() + request.timeout;
    pool->send({std::move(request), std::move(completion), deadline});
}

int HttpClient::connectionCount() const
{
    int count = 0;
    for (const PeerPool *pool : m_pools) {
        count += pool->connectionCount();
    }
    return count;
}

void HttpClient::armFor(Instant deadline)
{
    if (deadline >= m_armedFor) {
        return;
    }
    m_armedFor = deadline;
    const auto wait = std::max(deadline - m_clock.instant(), std::chrono::milliseconds(0));
    m_timer.start(wait + std::chrono::milliseconds(1));
}

void HttpClient::onTimer()
{
    m_armedFor = Instant::max();
    const Instant now = m_clock.instant();
    const QList<PeerPool *> pools = m_pools.values();
    for (PeerPool *pool : pools) {
        pool->expire(now);
    }
    Instant next = Instant::max();
    for (auto at = m_pools.begin(); at != m_pools.end();) {
        if ((*at)->isUnused()) {
            (*at)->deleteLater();
            at = m_pools.erase(at);
        } else {
            next = std::min(next, (*at)->nextDeadline());
            ++at;
        }
    }
    if (next != Instant::max()) {
        armFor(next);
    }
}

} // namespace driftless::net
