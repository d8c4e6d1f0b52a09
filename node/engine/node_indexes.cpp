#include "core/log.h"
#include "engine/node.h"

#include <algorithm>

namespace driftless::engine {

namespace {

/// Between slices, in which whoever waits gets his turn.
constexpr std::chrono::milliseconds kPause {5};
constexpr std::chrono::seconds kAfterFault {1};

/// Nothing was written for it.
bool isRefusal(const Error &error)
{
    return error.code == ErrorCode::InvalidArgument || error.code == ErrorCode::VersionMismatch;
}

} // namespace

void Node::createIndex(const DatabaseName &database, const IndexRequest &index, Answer<bool> answer)
{
    changeIndexes(database, std::move(answer), [&index](storage::DatabaseFile &file) {
        return file.createIndex(index.collection, index.name, index.expression);
    });
}

void Node::dropIndex(const DatabaseName &database,
    const QByteArray &collection,
    const QByteArray &name,
    Answer<bool> answer)
{
    changeIndexes(database, std::move(answer), [&](storage::DatabaseFile &file) {
        return file.dropIndex(collection, name);
    });
}

void Node::changeIndexes(const DatabaseName &database,
    Answer<bool> answer,
    const std::function<Result<bool>(storage::DatabaseFile &)> &change)
{
    auto open = transaction(database);
    if (!open) {
        answer(open.error());
        return;
    }
    Result<bool> changed
        = (*open)->spoiltBy() ? Result<bool>(*(*open)->spoiltBy()) : change((*open)->file());
    if (!changed && !isRefusal(changed.error())) {
        (*open)->spoil(changed.error());
    }
    m_open[database].push_back(
        [answer = std::move(answer), changed](
            const std::optional<Error> &fault) { answer(fault ? Result<bool>(*fault) : changed); });
}

/// Whichever comes next of the databases that have something to build or to remove; one slice, for
/// whoever has written meanwhile waits behind it.
void Node::workOnIndexes()
{
    const auto hasWork = [](const auto &named) {
        const Entry &entry = named.second;
        return entry.database && entry.database->file().hasIndexWork()
            && !entry.database->file().isInTransaction();
    };
    auto next = std::find_if(m_entries.upper_bound(m_indexedLast), m_entries.end(), hasWork);
    if (next == m_entries.end()) {
        next = std::find_if(m_entries.begin(), m_entries.end(), hasWork);
    }
    if (next == m_entries.end()) {
        m_indexDueAt = Instant::max();
        return;
    }
    if (m_indexDueAt != Instant::max() && m_clock.instant() < m_indexDueAt) {
        return;
    }
    m_indexedLast = next->first;
    const auto worked = next->second.database->file().workOnIndexes(m_clock, m_settings.indexSlice);
    if (!worked && !next->second.writeFault) {
        qCCritical(logStorage,
            "Database %s: %s",
            next->first.bytes().constData(),
            worked.error().message.constData());
    }
    noteWriteFault(next->first, worked ? std::nullopt : std::optional(worked.error()));
    m_indexDueAt = m_clock.instant() + (worked ? kPause : kAfterFault);
}

} // namespace driftless::engine
