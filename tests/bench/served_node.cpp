#include "served_node.h"

#include "requests.h"

namespace driftless::bench {

namespace {

constexpr std::size_t kBatch = 1'000;
constexpr int kSamples = 50;
constexpr Nanoseconds kQuietMax = std::chrono::seconds(5);

/// What stands behind the first such name, up to the next comma or brace, without quotes.
QByteArray member(const QByteArray &json, const QByteArray &name)
{
    const qsizetype at = json.indexOf('"' + name + "\":");
    if (at < 0) {
        return {};
    }
    const qsizetype begin = at + name.size() + 3;
    qsizetype end = begin;
    while (end < json.size() && json[end] != ',' && json[end] != '}') {
        ++end;
    }
    return json.mid(begin, end - begin).replace('"', "");
}

} // namespace

ServedNode::ServedNode(std::unique_ptr<NodeProcess> process, std::unique_ptr<HttpClients> door)
    : m_process(std::move(process))
    , m_door(std::move(door))
{
}

Result<std::unique_ptr<ServedNode>> ServedNode::start(const Bench &bench, const QByteArray &folder)
{
    DRIFTLESS_TRY_ASSIGN(auto process,
        NodeProcess::start(bench.options.program, bench.folder.path() + '/' + folder, folder));
    DRIFTLESS_TRY_ASSIGN(
        auto door, HttpClients::open(process->port(), 1, HttpClients::Bodies::Keep));
    return std::unique_ptr<ServedNode>(new ServedNode(std::move(process), std::move(door)));
}

Result<std::unique_ptr<HttpClients>> ServedNode::connect(int count) const
{
    return HttpClients::open(port(), count, HttpClients::Bodies::Drop);
}

/// A node closes connections on which nothing is asked for long.
Result<HttpClients::Reply> ServedNode::ask(const QByteArray &request)
{
    if (now() - m_lastAsked > kQuietMax) {
        DRIFTLESS_TRY_ASSIGN(m_door, HttpClients::open(port(), 1, HttpClients::Bodies::Keep));
    }
    m_lastAsked = now();
    return m_door->call(request);
}

Result<QByteArray> ServedNode::call(const char *method, const QByteArray &path, QByteArrayView body)
{
    return send(request(method, path, body));
}

Result<QByteArray> ServedNode::send(const QByteArray &request)
{
    DRIFTLESS_TRY_ASSIGN(HttpClients::Reply reply, ask(request));
    if (reply.status < 200 || reply.status > 299) {
        return Error {ErrorCode::Internal,
            request.left(request.indexOf(" HTTP/")) + " was answered with "
                + QByteArray::number(reply.status) + ": " + reply.body.left(300),
            {}};
    }
    return std::move(reply.body);
}

Result<void> ServedNode::fill(const Orders &orders, std::size_t count)
{
    DRIFTLESS_TRY_ASSIGN(const auto clients, connect(2));
    LoadGenerator generator(*clients);
    DRIFTLESS_TRY(generator.run(std::chrono::hours(1), [&orders, count](std::uint64_t index) {
        const std::size_t first = index * kBatch;
        return first < count
            ? batchRequest(orders.documents(first, std::min(kBatch, count - first)))
            : QByteArray();
    }));
    return {};
}

Result<void> ServedNode::verify(const Orders &orders, std::uint64_t count)
{
    for (int i = 0; i < kSamples && count > 0; ++i) {
        const std::uint64_t index = scrambled(static_cast<std::uint64_t>(i)) % count;
        DRIFTLESS_TRY_ASSIGN(const HttpClients::Reply reply, ask(getRequest(orders.id(index))));
        if (reply.status != 200 || reply.body != orders.body(index)) {
            return Error {ErrorCode::Internal,
                "Document " + orders.id(index) + " is not what was written.",
                {}};
        }
    }
    return {};
}

Result<void> ServedNode::setPeer(const ServedNode &other)
{
    const QByteArray body = R"({"NodeId":")" + other.m_process->nodeId() + R"(","BaseUrl":")"
        + other.m_process->url() + R"(","IsActive":true})";
    DRIFTLESS_TRY(call("POST", "/api/cluster/peers", body));
    return {};
}

Result<ServedNode::State> ServedNode::state()
{
    DRIFTLESS_TRY_ASSIGN(const QByteArray text, call("GET", "/api/convergence"));
    return State {member(text, "Documents").toULongLong(), member(text, "Digest")};
}

Result<ServedNode::Received> ServedNode::received()
{
    DRIFTLESS_TRY_ASSIGN(const QByteArray text, call("GET", "/api/replication/status"));
    return Received {member(text, "Applied").toULongLong(),
        member(text, "Duplicates").toULongLong(),
        member(text, "LeftOut").toULongLong()};
}

} // namespace driftless::bench
