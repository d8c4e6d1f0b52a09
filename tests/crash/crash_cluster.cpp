#include "crash_cluster.h"

#include "file_check.h"
#include "http_socket.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <set>

namespace driftless::crash {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kConvergenceMax {60'000}; // far above anything expected
constexpr milliseconds kBetweenLooks {10};
constexpr int kFewAnswers = 5;
constexpr int kUsualAnswers = 400;
constexpr int kManyAnswers = 1'500;
constexpr microseconds kShortSpinMax {200}; // an answer that came too early is still young
constexpr microseconds kSpinMax {3'000};
constexpr microseconds kStopSpinMax {30'000};
constexpr std::size_t kReadsUnderWay = 32;

Error fault(const QByteArray &what)
{
    return {ErrorCode::Internal, what, {}};
}

Result<HttpSocket::Answer> ask(
    std::uint16_t port, const QByteArray &line, const QByteArray &body = {})
{
    const auto socket = HttpSocket::connect(port);
    if (!socket || !socket->send(HttpSocket::request(line, body))) {
        return fault("A node that runs takes no connection.");
    }
    auto answer = socket->receive();
    if (!answer) {
        return fault("A node that runs does not answer '" + line + "'.");
    }
    if (answer->status != 200) {
        return fault('\'' + line + "' was answered " + QByteArray::number(answer->status) + ": "
            + answer->body);
    }
    return std::move(*answer);
}

Result<Copy> readDocuments(
    std::uint16_t port, const QByteArray &collection, const std::vector<QByteArray> &ids)
{
    Copy copy;
    const auto socket = HttpSocket::connect(port);
    if (!socket) {
        return fault("A node that runs takes no connection.");
    }
    std::size_t asked = 0;
    for (const QByteArray &id : ids) {
        QByteArray requests;
        while (
            asked < ids.size() && asked < static_cast<std::size_t>(copy.size()) + kReadsUnderWay) {
            requests += HttpSocket::request("GET /api/documents/" + collection + '/' + ids[asked]);
            ++asked;
        }
        const auto answer = socket->send(requests) ? socket->receive() : std::nullopt;
        if (!answer || (answer->status != 200 && answer->status != 404)) {
            return fault("Reading '" + id + "' failed.");
        }
        copy.insert(id, answer->status == 200 ? Shown(answer->body) : Shown());
    }
    return copy;
}

struct Convergence
{
    bool isConverged = false;
    QString digest;
    qint64 documents = 0;
    QByteArray text;
};

Result<Convergence> convergenceOf(std::uint16_t port)
{
    DRIFTLESS_TRY_ASSIGN(const auto answer, ask(port, "GET /api/convergence"));
    const QJsonObject object = QJsonDocument::fromJson(answer.body).object();
    return Convergence {object.value(QStringLiteral("Converged")).toBool(),
        object.value(QStringLiteral("Digest")).toString(),
        object.value(QStringLiteral("Documents")).toInteger(),
        answer.body};
}

std::vector<QByteArray> counterIds()
{
    std::vector<QByteArray> ids;
    for (std::uint64_t index = 0; index < kCounters; ++index) {
        ids.push_back(counterId(index));
    }
    return ids;
}

std::vector<QByteArray> sharedIds()
{
    std::vector<QByteArray> ids;
    for (int index = 0; index < kSharedDocuments; ++index) {
        ids.push_back(QByteArray::number(index));
    }
    return ids;
}

qint64 visibleIn(const Copy &copy)
{
    return std::count_if(
        copy.begin(), copy.end(), [](const Shown &shown) { return shown.has_value(); });
}

} // namespace

void Numbers::add(const Numbers &other)
{
    cycles += other.cycles;
    kills += other.kills;
    killsInStop += other.killsInStop;
    killsInStart += other.killsInStart;
    acknowledged += other.acknowledged;
    missing += other.missing;
    halfWrites += other.halfWrites;
    openMade += other.openMade;
    openUnmade += other.openUnmade;
    slowestReopening = std::max(slowestReopening, other.slowestReopening);
}

CrashCluster::CrashCluster(int nodeCount, std::uint64_t seed, QByteArray folder)
    : m_folder(std::move(folder))
    , m_random(seed)
    , m_lastStart(kStopSpinMax)
{
    for (int index = 0; index < nodeCount; ++index) {
        Till till;
        till.nodeId = "till-" + QByteArray::number(index + 1);
        till.folder = m_folder + '/' + till.nodeId;
        const auto add = [&](Work work, const char *name) {
            till.writers.push_back(
                std::make_unique<Writer>(work, till.nodeId + '-' + name, m_random.next()));
        };
        add(Work::Puts, "puts");
        add(Work::Edits, "edits");
        add(Work::Batches, "batches");
        add(Work::Sales, "sales");
        add(Work::Sales, "more-sales");
        add(Work::Shared, "shared");
        m_tills.push_back(std::move(till));
    }
}

CrashCluster::~CrashCluster()
{
    for (Till &till : m_tills) {
        till.process.reset(); // ends the writers' connections, so that they can be joined
    }
}

Numbers CrashCluster::numbers() const
{
    Numbers numbers = m_numbers;
    for (const Till &till : m_tills) {
        for (const auto &writer : till.writers) {
            numbers.acknowledged += writer->ledger().acknowledgedCount();
            numbers.openMade += writer->ledger().openMadeCount();
            numbers.openUnmade += writer->ledger().openUnmadeCount();
        }
    }
    return numbers;
}

Result<void> CrashCluster::start()
{
    for (Till &till : m_tills) {
        DRIFTLESS_TRY_ASSIGN(till.process, NodeProcess::start(m_folder, till.nodeId));
        DRIFTLESS_TRY(till.process->waitUntilReady());
    }
    for (const Till &till : m_tills) {
        DRIFTLESS_TRY(tellPeers(till));
    }
    return {};
}

Result<void> CrashCluster::tellPeers(const Till &till)
{
    const QByteArray peer = R"({"NodeId":")" + till.nodeId + R"(","BaseUrl":"http://127.0.0.1:)"
        + QByteArray::number(till.process->port()) + R"("})";
    for (const Till &other : m_tills) {
        if (&other != &till) {
            DRIFTLESS_TRY(ask(other.process->port(), "POST /api/cluster/peers", peer));
        }
    }
    return {};
}

Result<void> CrashCluster::cycle()
{
    ++m_numbers.cycles;
    m_answers = std::make_unique<AnswerCount>(); // no writer runs
    for (Till &till : m_tills) {
        for (const auto &writer : till.writers) {
            writer->start(till.process->port(), *m_answers);
        }
    }
    const std::vector<Till *> victims = drawVictims();
    DRIFTLESS_TRY(killAt(victims));
    for (Till *till : victims) {
        DRIFTLESS_TRY(reopen(*till));
    }
    for (Till *till : victims) {
        DRIFTLESS_TRY(tellPeers(*till));
    }
    for (Till *till : victims) {
        DRIFTLESS_TRY(resolve(*till));
    }
    for (Till &till : m_tills) {
        DRIFTLESS_TRY(endWriters(till));
    }
    DRIFTLESS_TRY(awaitConvergence());
    for (const Till &till : m_tills) {
        DRIFTLESS_TRY(checkTill(till, false));
    }
    return closeBooks();
}

std::vector<CrashCluster::Till *> CrashCluster::drawVictims()
{
    std::vector<Till *> victims;
    for (Till &till : m_tills) {
        victims.push_back(&till);
    }
    if (victims.size() > 1 && !m_random.oneIn(6)) { // else all at once
        victims = {m_random.pick(victims)};
    }
    return victims;
}

void CrashCluster::spin(microseconds atMost)
{
    const microseconds time(m_random.below(static_cast<std::uint64_t>(atMost.count()) + 1));
    const auto end = steady_clock::now() + time;
    while (steady_clock::now() < end) { }
}

Result<void> CrashCluster::killAt(const std::vector<Till *> &victims)
{
    // Mostly in the middle of things; sometimes while the database is made or an incarnation is
    // opened; sometimes far behind SQLite's first checkpoints.
    const std::uint64_t kind = m_random.below(6);
    m_answers->waitFor(m_random.between(0,
        kind == 0       ? kFewAnswers
            : kind == 1 ? kManyAnswers
                        : kUsualAnswers));
    const bool isStopping = m_random.oneIn(6);
    spin(m_random.oneIn(2) ? kShortSpinMax : kSpinMax);
    if (isStopping) {
        for (Till *till : victims) {
            till->process->terminate();
        }
        spin(kStopSpinMax);
    }
    Result<void> killed;
    for (Till *till : victims) {
        if (auto result = till->process->kill(); !result) {
            killed = std::move(result);
        }
        ++m_numbers.kills;
        m_numbers.killsInStop += isStopping ? 1 : 0;
    }
    for (Till *till : victims) {
        for (const auto &writer : till->writers) {
            writer->join();
        }
    }
    return killed;
}

Result<void> CrashCluster::reopen(Till &till)
{
    const QByteArray scratch = m_folder + "/scratch";
    DRIFTLESS_TRY(checkFiles(till.folder, scratch));
    while (m_random.oneIn(4)) {
        DRIFTLESS_TRY_ASSIGN(till.process, NodeProcess::start(m_folder, till.nodeId));
        spin(m_lastStart);
        DRIFTLESS_TRY(till.process->kill());
        ++m_numbers.killsInStart;
        DRIFTLESS_TRY(checkFiles(till.folder, scratch));
    }
    DRIFTLESS_TRY_ASSIGN(till.process, NodeProcess::start(m_folder, till.nodeId));
    DRIFTLESS_TRY(till.process->waitUntilReady());
    m_lastStart = till.process->startTime();
    m_numbers.slowestReopening = std::max(m_numbers.slowestReopening, m_lastStart);
    return {};
}

Error CrashCluster::told(const Till &till, const Verdict &verdict)
{
    m_numbers.missing += verdict.missing;
    m_numbers.halfWrites += verdict.halfWrites;
    return till.process->failure("On it, " + QByteArray::number(verdict.missing)
        + " documents are not as acknowledged, " + QByteArray::number(verdict.halfWrites)
        + " atomic writes are torn:\n" + verdict.complaints.join('\n') + '\n');
}

Result<void> CrashCluster::resolve(Till &till)
{
    Verdict verdict;
    for (const auto &writer : till.writers) {
        Ledger &ledger = writer->ledger();
        const std::vector<QByteArray> ids = ledger.touched();
        DRIFTLESS_TRY_ASSIGN(const Copy copy, readDocuments(till.process->port(), "orders", ids));
        verdict.add(ledger.resolve(copy));
        verdict.add(ledger.check(ids, copy));
    }
    DRIFTLESS_TRY_ASSIGN(const auto found, counters(till));
    for (const auto &[id, value] : found) {
        qint64 least = m_counters[id];
        for (const auto &writer : till.writers) {
            least += writer->ledger().additionsDone(id);
        }
        if (value < least) {
            ++verdict.missing;
            verdict.complain(id + " is " + QByteArray::number(value) + ", and this node alone took "
                + QByteArray::number(least) + '.');
        }
    }
    return verdict.isClean() ? Result<void>() : told(till, verdict);
}

Result<void> CrashCluster::endWriters(Till &till)
{
    for (const auto &writer : till.writers) {
        writer->stop();
    }
    for (const auto &writer : till.writers) {
        writer->join();
        if (!writer->faults().isEmpty()) {
            return till.process->failure(writer->faults().join('\n') + '\n');
        }
        if (writer->ledger().openCount() > 0) {
            return till.process->failure("It left writes without an answer.");
        }
    }
    return {};
}

Result<void> CrashCluster::awaitConvergence()
{
    const auto end = steady_clock::now() + kConvergenceMax;
    for (;;) {
        std::set<QString> digests;
        bool isConverged = true;
        QByteArray texts;
        for (const Till &till : m_tills) {
            DRIFTLESS_TRY_ASSIGN(const Convergence found, convergenceOf(till.process->port()));
            digests.insert(found.digest);
            isConverged = isConverged && found.isConverged;
            texts += till.nodeId + ": " + found.text + '\n';
        }
        if (isConverged && digests.size() == 1) {
            return {};
        }
        if (steady_clock::now() > end) {
            return m_tills.front().process->failure("The nodes do not converge:\n" + texts);
        }
        if (m_tills.front().process->waitForEnd(kBetweenLooks)) {
            return m_tills.front().process->failure("It ended by itself.");
        }
    }
}

Result<std::map<QByteArray, qint64>> CrashCluster::counters(const Till &till) const
{
    std::map<QByteArray, qint64> values;
    DRIFTLESS_TRY_ASSIGN(
        const Copy copy, readDocuments(till.process->port(), "counters", counterIds()));
    for (const QByteArray &id : counterIds()) {
        const QByteArray body = copy.value(id).value_or(QByteArray());
        values[id] = QJsonDocument::fromJson(body).object().value(QStringLiteral("n")).toInteger();
    }
    return values;
}

Result<void> CrashCluster::checkTill(const Till &till, bool everything)
{
    Verdict verdict;
    qint64 visible = 0;
    const std::uint16_t port = till.process->port();
    for (const Till &owner : m_tills) {
        for (const auto &writer : owner.writers) {
            const Ledger &ledger = writer->ledger();
            const std::vector<QByteArray> ids = everything ? ledger.all() : ledger.touched();
            DRIFTLESS_TRY_ASSIGN(const Copy copy, readDocuments(port, "orders", ids));
            verdict.add(ledger.check(ids, copy));
            visible += ledger.visibleCount();
        }
    }
    DRIFTLESS_TRY_ASSIGN(const auto found, counters(till));
    for (const auto &[id, value] : found) {
        qint64 least = m_counters[id];
        qint64 most = least;
        for (const Till &owner : m_tills) {
            for (const auto &writer : owner.writers) {
                least += writer->ledger().additionsDone(id);
                most += writer->ledger().additionsDone(id) + writer->ledger().additionsOpen(id);
            }
        }
        visible += value > 0 ? 1 : 0;
        if (value < least || value > most) {
            ++verdict.missing;
            verdict.complain(id + " is " + QByteArray::number(value) + " and should be between "
                + QByteArray::number(least) + " and " + QByteArray::number(most) + '.');
        }
    }
    DRIFTLESS_TRY_ASSIGN(const Copy shared, readDocuments(port, "shared", sharedIds()));
    visible += visibleIn(shared);
    DRIFTLESS_TRY_ASSIGN(const Convergence convergence, convergenceOf(port));
    if (convergence.documents != visible) {
        verdict.complain("It has " + QByteArray::number(convergence.documents)
            + " documents and should have " + QByteArray::number(visible) + '.');
    }
    return verdict.isClean() ? Result<void>() : told(till, verdict);
}

Result<void> CrashCluster::closeBooks()
{
    DRIFTLESS_TRY_ASSIGN(m_counters, counters(m_tills.front()));
    for (Till &till : m_tills) {
        for (const auto &writer : till.writers) {
            writer->ledger().closeBooks();
        }
    }
    return {};
}

Result<void> CrashCluster::finish()
{
    for (const Till &till : m_tills) {
        DRIFTLESS_TRY(checkTill(till, true));
    }
    for (Till &till : m_tills) {
        DRIFTLESS_TRY(till.process->stop());
        DRIFTLESS_TRY(checkFiles(till.folder, m_folder + "/scratch"));
    }
    return {};
}

} // namespace driftless::crash
