#include "engine/reader_pool.h"

#include <algorithm>

namespace driftless::engine {

Result<storage::DocumentReader *> ReaderPool::Readers::find(
    const QByteArray &path, std::uint64_t epoch)
{
    Open &open = m_open[path];
    if (!open.reader || open.epoch != epoch) {
        open.reader.reset();
        open.epoch = epoch;
        DRIFTLESS_TRY_ASSIGN(open.reader, storage::DocumentReader::open(path, m_readMax));
    }
    return open.reader.get();
}

ThreadReaderPool::ThreadReaderPool(const Options &options)
    : m_options(options)
{
    for (int i = 0; i <= options.threads; ++i) {
        add(m_threads, "dl-reader", options.queueMax, kReaderBatchMax);
    }
    for (int i = 0; i < options.queryThreads; ++i) {
        add(m_queryThreads, "dl-query", options.queryQueueMax, 1);
    }
}

void ThreadReaderPool::add(
    std::vector<Thread> &threads, const char *name, std::size_t queueMax, std::size_t batchMax)
{
    Thread thread;
    thread.readers = std::make_unique<Readers>(m_options.readMax);
    thread.waiting = std::make_shared<std::atomic<int>>(0);
    thread.executor = std::make_unique<ThreadExecutor>(name, queueMax, batchMax, nullptr);
    threads.push_back(std::move(thread));
}

ThreadReaderPool::~ThreadReaderPool()
{
    drainAndStop();
}

ThreadReaderPool::Thread &ThreadReaderPool::threadFor(Kind kind)
{
    if (kind == Kind::Query) {
        return *std::min_element(m_queryThreads.begin(),
            m_queryThreads.end(),
            [](const Thread &a, const Thread &b) { return *a.waiting < *b.waiting; });
    }
    return kind == Kind::Long ? m_threads.back() : m_threads[m_next++ % (m_threads.size() - 1)];
}

bool ThreadReaderPool::post(Read read, Kind kind)
{
    if (m_threads.empty()) {
        return false; // a request that outlived its connection goes on while the node stops
    }
    Thread &thread = threadFor(kind);
    ++*thread.waiting;
    const bool isTaken = thread.executor->post(
        [read = std::move(read), readers = thread.readers.get(), waiting = thread.waiting] {
            read(*readers);
            --*waiting;
        });
    if (!isTaken) {
        --*thread.waiting;
    }
    return isTaken;
}

void ThreadReaderPool::close(const QByteArray &path)
{
    for (auto *threads : {&m_threads, &m_queryThreads}) {
        for (Thread &thread : *threads) {
            // Once the pool is stopping, the connections close with it.
            static_cast<void>(thread.executor->postUnbounded(
                [path, readers = thread.readers.get()] { readers->close(path); }));
        }
    }
}

void ThreadReaderPool::drainAndStop()
{
    for (auto *threads : {&m_threads, &m_queryThreads}) {
        for (Thread &thread : *threads) {
            thread.executor->drainAndStop();
            thread.readers.reset(); // connections are closed before the writer's
        }
        threads->clear();
    }
}

} // namespace driftless::engine
