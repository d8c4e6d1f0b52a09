#include "engine/statement_runner.h"

#include "engine/busy.h"
#include "engine/node.h"
#include "engine/query_runner.h"
#include "engine/write_run.h"
#include "query/printer.h"

namespace driftless::engine {

/// Group by group, each behind what others wait for by then.
void StatementRunner::advance(
    const DatabaseName &database, const std::shared_ptr<WriteRun> &run, const Answer &answer)
{
    m_node.advance(database, run, [this, database, run, answer](const Result<bool> &hasMore) {
        if (!hasMore) {
            answer(hasMore.error());
        } else if (!*hasMore) {
            answer(run->outcome());
        } else if (!m_store.postUnbounded(
                       [this, database, run, answer] { advance(database, run, answer); })) {
            answer(run->failed({ErrorCode::ShuttingDown, "The node is stopping.", {}}));
        }
    });
}

/// CREATE and DROP INDEX, on the store thread: one thing is matched, and written where it was
/// not so already.
void StatementRunner::changeIndex(
    const DatabaseName &database, const QueryText &text, const Answer &answer)
{
    const auto done = [text = text.text, take = text.take, answer](Result<bool> changed) {
        if (!changed) {
            answer(changed.error());
            return;
        }
        QueryOutcome outcome;
        outcome.text = text;
        outcome.requestedTake = take;
        outcome.matched = outcome.applied = *changed ? 1 : 0;
        outcome.rows = "[]";
        answer(std::move(outcome));
    };
    if (const auto *create = std::get_if<query::CreateIndex>(&text.statement)) {
        m_node.createIndex(
            database, {create->collection, create->name, query::print(*create->expression)}, done);
    } else if (const auto *drop = std::get_if<query::DropIndex>(&text.statement)) {
        m_node.dropIndex(database, drop->collection, drop->name, done);
    }
}

void StatementRunner::run(ReaderPool::Readers &open,
    const Place &place,
    const QueryRequest &request,
    const std::shared_ptr<storage::ReadToken> &token,
    const Answer &answer)
{
    auto text = readQuery(request);
    if (!text) {
        answer(text.error());
        return;
    }
    const Settings &settings = m_node.settings();
    token->restart(settings.queryMax);
    if (text->isRead()) {
        auto reader = open.find(place.path, place.epoch);
        if (reader) {
            answerSelect(*text, request, **reader, token, settings, m_front, answer);
        } else {
            answer(reader.error());
        }
        return;
    }
    if (text->isAboutIndex()) {
        if (!m_store.post([this, place, text = std::move(*text), answer] {
                changeIndex(place.database, text, answer);
            })) {
            answer(busy(Limit::StoreQueue));
        }
        return;
    }
    auto run = std::make_shared<WriteRun>(std::move(*text), request, token);
    const bool taken = m_store.post(
        [this, database = place.database, run, answer] { advance(database, run, answer); });
    if (!taken) {
        answer(busy(Limit::StoreQueue));
    }
}

} // namespace driftless::engine
