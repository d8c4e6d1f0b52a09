#pragma once

#include "core/executor.h"
#include "engine/query_text.h"
#include "engine/reader_pool.h"

namespace driftless::engine {

class Node;
class WriteRun;

/// Runs statements: a SELECT where it is called, what writes on the store thread. Has no state of
/// its own; any thread.
class StatementRunner
{
public:
    /// Where a statement runs.
    struct Place
    {
        DatabaseName database;
        QByteArray path;
        std::uint64_t epoch = 0; ///< of the file
    };
    using Answer = std::function<void(Result<QueryOutcome>)>;

    /// All outlive the runner; `store` runs the node, `front` takes the rows of large answers.
    StatementRunner(Node &node, Executor &store, Executor &front)
        : m_node(node)
        , m_store(store)
        , m_front(front)
    {
    }

    /// On a query thread, whose connections are `open`. Answers there or on the store thread.
    /// Errors: as of readQuery, runSelect and WriteRun, and Busy.
    void run(ReaderPool::Readers &open,
        const Place &place,
        const QueryRequest &request,
        const std::shared_ptr<storage::ReadToken> &token,
        const Answer &answer);

private:
    void advance(
        const DatabaseName &database, const std::shared_ptr<WriteRun> &run, const Answer &answer);
    void changeIndex(const DatabaseName &database, const QueryText &text, const Answer &answer);

    Node &m_node;
    Executor &m_store;
    Executor &m_front;
};

} // namespace driftless::engine
