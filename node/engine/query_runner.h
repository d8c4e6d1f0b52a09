#pragma once

#include "core/executor.h"
#include "engine/query_text.h"
#include "engine/settings.h"
#include "storage/document_reader.h"

namespace driftless::engine {

/// Takes a row as JSON; answers false to end the statement there.
using RowSink = std::function<Result<bool>(const QByteArray &row)>;

/// Runs a SELECT over one state of the database and hands its rows out one by one, at most
/// `text.take`. Answers how many. `bytesMax`: what it may keep meanwhile. Errors: what the
/// evaluation says (InvalidArgument), TooLarge, Timeout and ShuttingDown by `token`; rows before
/// were delivered. On a reader's thread.
Result<qint64> runSelect(const QueryText &text,
    const QueryRequest &request,
    storage::DocumentReader &reader,
    const storage::ReadToken &token,
    qsizetype bytesMax,
    const RowSink &sink);

/// Answers once: with all rows where they are few, else with the first ones and a pipe through
/// which the others go; then this returns only when they have gone, or nobody takes them. `answer`
/// may be called on the reader's thread; `front` is where the pipe is read.
void answerSelect(const QueryText &text,
    const QueryRequest &request,
    storage::DocumentReader &reader,
    const std::shared_ptr<storage::ReadToken> &token,
    const Settings &settings,
    Executor &front,
    const std::function<void(Result<QueryOutcome>)> &answer);

} // namespace driftless::engine
