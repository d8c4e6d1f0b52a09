#include "engine/reader_pool.h"

#include "core/limits.h"

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

ThreadReaderPool::ThreadReaderPool(
    int threads, std::size_t queueMax, std::chrono::milliseconds readMax, const Task &afterBatch)
{
    for (int i = 0; i <= threads; ++i) {
        Thread thread;
        thread.readers = std::make_unique<Readers>(readMax);
        thread.executor
            = std::make_unique<ThreadExecutor>("dl-reader", queueMax, kReaderBatchMax, afterBatch);
        m_threads.push_back(std::move(thread));
    }
}

ThreadReaderPool::~ThreadReaderPool()
{
    drainAndStop();
}

bool ThreadReaderPool::post(Read read, Kind kind)
{
    if (m_threads.empty()) {
        return false; // a request that outlived its connection goes on while the node stops
    }
    Thread &thread
        = kind == Kind::Long ? m_threads.back() : m_threads[m_next++ % (m_threads.size() - 1)];
    return thread.executor->post(
        [read = std::move(read), readers = thread.readers.get()] { read(*readers); });
}

void ThreadReaderPool::close(const QByteArray &path)
{
    for (Thread &thread : m_threads) {
        // Once the pool is stopping, the connections close with it.
        static_cast<void>(thread.executor->postUnbounded(
            [path, readers = thread.readers.get()] { readers->close(path); }));
    }
}

void ThreadReaderPool::drainAndStop()
{
    for (Thread &thread : m_threads) {
        thread.executor->drainAndStop();
        thread.readers.reset(); // connections are closed before the writer's
    }
    m_threads.clear();
}

} // namespace driftless::engine
