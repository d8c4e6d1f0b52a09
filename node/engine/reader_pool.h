#pragma once

#include "core/executor.h"
#include "core/limits.h"
#include "storage/document_reader.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace driftless::engine {

/// Reader threads, each with read-only connections of its own, so that reads and writes do not wait
/// for each other.
class ReaderPool
{
public:
    /// The connections of one thread, by database.
    class Readers
    {
    public:
        explicit Readers(std::chrono::milliseconds readMax)
            : m_readMax(readMax)
        {
        }
        /// `epoch`: another one than before means that the file was exchanged.
        Result<storage::DocumentReader *> find(const QByteArray &path, std::uint64_t epoch);
        void close(const QByteArray &path) { m_open.erase(path); }

    private:
        struct Open
        {
            std::uint64_t epoch = 0;
            std::unique_ptr<storage::DocumentReader> reader;
        };
        const std::chrono::milliseconds m_readMax;
        std::map<QByteArray, Open> m_open;
    };
    using Read = std::function<void(Readers &)>;
    enum class Kind {
        Short, ///< less than a millisecond
        Long, ///< what no short one is to wait behind
        Query, ///< a statement of the language: perhaps many seconds
    };

    virtual ~ReaderPool() = default;
    /// Runs on one of the threads. False: the queues are full.
    [[nodiscard]] virtual bool post(Read read, Kind kind) = 0;
    /// Closes the connections to a file on every thread.
    virtual void close(const QByteArray &path) = 0;
};

/// Threads of its own: short reads go round among some, one is for long reads, and queries go to
/// the one of theirs where the fewest wait. Used on one thread, which is that of the gateway.
class ThreadReaderPool final : public ReaderPool
{
public:
    struct Options
    {
        int threads = 1; ///< for short reads
        std::size_t queueMax = kReaderQueueMax; ///< reads that wait on each thread
        int queryThreads = 2;
        std::size_t queryQueueMax = kQueryQueueMax; ///< queries that wait on each of those
        std::chrono::milliseconds readMax {10'000};
    };

    explicit ThreadReaderPool(const Options &options);
    ~ThreadReaderPool() override;

    [[nodiscard]] bool post(Read read, Kind kind) override;
    void close(const QByteArray &path) override;
    /// Runs what was taken and ends the threads; later reads are not taken.
    void drainAndStop();

private:
    struct Thread
    {
        std::unique_ptr<Readers> readers;
        std::shared_ptr<std::atomic<int>> waiting; ///< and running
        std::unique_ptr<ThreadExecutor> executor;
    };
    void add(
        std::vector<Thread> &threads, const char *name, std::size_t queueMax, std::size_t batchMax);
    Thread &threadFor(Kind kind);

    const Options m_options;
    std::vector<Thread> m_threads; ///< the last is for long reads
    std::vector<Thread> m_queryThreads;
    std::size_t m_next = 0;
};

} // namespace driftless::engine
