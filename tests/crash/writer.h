#pragma once

#include "ledger.h"
#include "seeded_random.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace driftless::crash {

class HttpSocket;

/// Counts acknowledged writes over all writers of a cycle. Any thread.
class AnswerCount
{
public:
    void writerStarts();
    void writerEnds();
    void add();
    /// Returns when there are `count` of them, or when no writer is left.
    void waitFor(qint64 count);

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    qint64 m_count = 0;
    int m_writers = 0;
};

/// What a writer does.
enum class Work {
    Puts, ///< new documents and new contents of old ones, many requests under way
    Edits, ///< one request at a time: puts, deletes, deleted ones again
    Batches, ///< 50 writes in one, with an addition to a counter of its own and one to a shared one
    Sales, ///< additions to the shared counters, several requests under way
    Shared, ///< puts, patches and deletes of documents that every writer of the kind writes too
};

constexpr int kSharedDocuments = 20;
constexpr int kCounters = 3;
/// The document of one of the shared counters; its member is `n`.
QByteArray counterId(std::uint64_t index);

/// A client of one node that keeps books of what it was told is done. It runs on a thread of its
/// own from start() to join(); all else is called in between runs, by one thread. Random by its
/// seed.
class Writer
{
public:
    Writer(Work work, QByteArray name, std::uint64_t seed);
    ~Writer();
    Writer(const Writer &) = delete;
    Writer &operator=(const Writer &) = delete;

    /// Writes to the node at `port` until stop() or until the connection ends.
    void start(std::uint16_t port, AnswerCount &answers);
    /// No new writes; those under way are waited for. While it runs.
    void stop() { m_isStopping = true; }
    void join();

    Ledger &ledger() { return m_ledger; }
    /// Answers that a node must not give; empty is none.
    [[nodiscard]] const QByteArrayList &faults() const { return m_faults; }

private:
    struct Request
    {
        QByteArray text;
        Write write;
    };
    void run(std::uint16_t port, AnswerCount &answers);
    bool fillWindow(HttpSocket &socket);
    Request next();
    Request put();
    Request edit();
    Request batch();
    Request sale();
    Request shared();
    [[nodiscard]] Request requestFor(const Write::Change &change) const;
    QByteArray newId();
    QByteArray body(const QByteArray &id);

    const Work m_work;
    const QByteArray m_name;
    support::SeededRandom m_random;
    Ledger m_ledger;
    QByteArrayList m_faults;
    qint64 m_ids = 0;
    qint64 m_bodies = 0;
    std::atomic<bool> m_isStopping = false;
    std::thread m_thread;
};

} // namespace driftless::crash
