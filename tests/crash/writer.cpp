#include "writer.h"

#include "http_socket.h"

#include <algorithm>

namespace driftless::crash {

namespace {

constexpr int kBatchNew = 40;
constexpr int kBatchOld = 8;
constexpr int kTextMax = 600;
// Some forty of them fill the pages that SQLite's checkpoint waits for.
constexpr int kLargeText = 100'000;
constexpr int kLargeOneIn = 100;

std::size_t windowOf(Work work)
{
    switch (work) {
    case Work::Puts:
        return 16;
    case Work::Sales:
        return 8;
    case Work::Shared:
        return 4;
    case Work::Edits:
    case Work::Batches:
        break;
    }
    return 1;
}

QByteArray counterBody(const QByteArray &id, qint64 value)
{
    return R"({"Id":")" + id + R"(","n":)" + QByteArray::number(value) + '}';
}

/// A member of a batch's list.
QByteArray operation(
    const char *verb, const QByteArray &collection, const QByteArray &id, const QByteArray &body)
{
    const QByteArray text = QByteArray(R"({"Op":")") + verb + R"(","Collection":")" + collection
        + R"(","Id":")" + id + '"';
    return body.isEmpty() ? text + '}' : text + R"(,"Body":)" + body + '}';
}

QByteArray operationFor(const Write::Change &change)
{
    return change.after ? operation("put", "orders", change.id, *change.after)
                        : operation("delete", "orders", change.id, {});
}

} // namespace

QByteArray counterId(std::uint64_t index)
{
    return "counter-" + QByteArray::number(static_cast<qulonglong>(index));
}

void AnswerCount::writerStarts()
{
    const std::lock_guard lock(m_mutex);
    ++m_writers;
}

void AnswerCount::writerEnds()
{
    const std::lock_guard lock(m_mutex);
    --m_writers;
    m_changed.notify_all();
}

void AnswerCount::add()
{
    const std::lock_guard lock(m_mutex);
    ++m_count;
    m_changed.notify_all();
}

void AnswerCount::waitFor(qint64 count)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this, count] { return m_count >= count || m_writers == 0; });
}

Writer::Writer(Work work, QByteArray name, std::uint64_t seed)
    : m_work(work)
    , m_name(std::move(name))
    , m_random(seed)
{
}

Writer::~Writer()
{
    stop();
    join();
}

void Writer::start(std::uint16_t port, AnswerCount &answers)
{
    m_isStopping = false;
    answers.writerStarts();
    m_thread = std::thread([this, port, &answers] {
        run(port, answers);
        answers.writerEnds();
    });
}

void Writer::join()
{
    if (m_thread.joinable()) {
        m_thread.join();
    }
}

void Writer::run(std::uint16_t port, AnswerCount &answers)
{
    const auto socket = HttpSocket::connect(port);
    while (socket) {
        // What was answered before the connection ended is still read after a failed send.
        if (!m_isStopping && !fillWindow(*socket)) {
            m_isStopping = true;
        }
        if (m_ledger.openCount() == 0) {
            return;
        }
        const auto answer = socket->receive();
        if (!answer) {
            if (socket->isHanging()) {
                m_faults.append(m_name + ": no answer within a minute");
            }
            return;
        }
        if (answer->status == 200) {
            m_ledger.acknowledged();
            answers.add();
            continue;
        }
        m_ledger.refused();
        if (answer->status != 503) { // a node that is stopping says 503
            m_faults.append(m_name + ": status " + QByteArray::number(answer->status) + ' '
                + answer->body.left(200));
        }
    }
}

bool Writer::fillWindow(HttpSocket &socket)
{
    QByteArray text;
    while (m_ledger.openCount() < windowOf(m_work)) {
        Request request = next();
        m_ledger.sent(std::move(request.write));
        text += request.text;
    }
    return socket.send(text);
}

Writer::Request Writer::next()
{
    switch (m_work) {
    case Work::Puts:
        return put();
    case Work::Edits:
        return edit();
    case Work::Batches:
        return batch();
    case Work::Sales:
        return sale();
    case Work::Shared:
        break;
    }
    return shared();
}

QByteArray Writer::newId()
{
    return m_name + '-' + QByteArray::number(++m_ids);
}

QByteArray Writer::body(const QByteArray &id)
{
    const int size = m_random.oneIn(kLargeOneIn) ? kLargeText : m_random.between(1, kTextMax);
    QByteArray text(size, Qt::Uninitialized);
    std::generate(text.begin(), text.end(), [this] {
        return static_cast<char>('a' + static_cast<char>(m_random.below(26)));
    });
    return R"({"Id":")" + id + R"(","writing":)" + QByteArray::number(++m_bodies) + R"(,"text":")"
        + text + "\"}";
}

Writer::Request Writer::requestFor(const Write::Change &change) const
{
    const QByteArray path = " /api/documents/orders/" + change.id;
    return {change.after ? HttpSocket::request("PUT" + path, *change.after)
                         : HttpSocket::request("DELETE" + path),
        {{change}, {}}};
}

Writer::Request Writer::put()
{
    const QByteArray *old = m_random.oneIn(3) ? m_ledger.pick(m_random) : nullptr;
    const QByteArray id = old != nullptr ? *old : newId();
    return requestFor({id, body(id)});
}

Writer::Request Writer::edit()
{
    const QByteArray *old = m_random.oneIn(2) ? m_ledger.pick(m_random) : nullptr;
    const QByteArray id = old != nullptr ? *old : newId();
    if (m_ledger.shown(id) && m_random.oneIn(2)) {
        return requestFor({id, std::nullopt});
    }
    return requestFor({id, body(id)});
}

Writer::Request Writer::batch()
{
    Write write;
    QByteArray operations;
    const auto append = [&](Write::Change change) {
        operations += operationFor(change) + ',';
        write.changes.push_back(std::move(change));
    };
    QSet<QByteArray> chosen;
    const QByteArray own = m_name + "-counter"; // the first of its documents
    for (int i = 0; i < kBatchOld; ++i) {
        const QByteArray *old = m_ledger.pick(m_random);
        if (old == nullptr || *old == own || chosen.contains(*old)) {
            continue;
        }
        chosen.insert(*old);
        const bool isDeleted = m_ledger.shown(*old) && m_random.oneIn(2);
        append({*old, isDeleted ? Shown() : Shown(body(*old))});
    }
    for (int i = 0; i < kBatchNew; ++i) {
        const QByteArray id = newId();
        append({id, body(id)});
    }
    const Shown before = m_ledger.shown(own);
    const qsizetype digitsAt = before ? before->lastIndexOf(':') + 1 : 0;
    const qint64 value
        = before ? before->mid(digitsAt, before->size() - digitsAt - 1).toLongLong() : 0;
    operations += operation("patch", "orders", own, R"({"n":{"$inc":1}})") + ',';
    write.changes.push_back({own, counterBody(own, value + 1)});
    const QByteArray shared = counterId(m_random.below(kCounters));
    operations += operation("patch", "counters", shared, R"({"n":{"$inc":1}})");
    write.additions.emplace(shared, 1);
    return {HttpSocket::request("POST /api/batch", R"({"Operations":[)" + operations + "]}"),
        std::move(write)};
}

Writer::Request Writer::sale()
{
    const QByteArray id = counterId(m_random.below(kCounters));
    return {HttpSocket::request("PATCH /api/documents/counters/" + id, R"({"n":{"$inc":1}})"),
        {{}, {{id, 1}}}};
}

Writer::Request Writer::shared()
{
    const QByteArray path = " /api/documents/shared/"
        + QByteArray::number(static_cast<qulonglong>(m_random.below(kSharedDocuments)));
    const QByteArray value = QByteArray::number(++m_bodies);
    switch (m_random.below(6)) {
    case 0:
        return {HttpSocket::request(
                    "PUT" + path, R"({"name":")" + m_name + R"(","price":)" + value + '}'),
            {}};
    case 1:
        return {HttpSocket::request("DELETE" + path), {}};
    case 2:
        return {HttpSocket::request("PATCH" + path, R"({"stock":{"$inc":)" + value + "}}"), {}};
    case 3:
        return {HttpSocket::request("PATCH" + path, R"({"price":null})"), {}};
    default:
        break;
    }
    return {HttpSocket::request("PATCH" + path, R"({"price":)" + value + '}'), {}};
}

} // namespace driftless::crash
