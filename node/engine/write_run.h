#pragma once

#include "engine/query_text.h"
#include "engine/settings.h"
#include "query/statement.h"
#include "storage/read_token.h"
#include "storage/visible_documents.h"

namespace driftless::engine {

/// An INSERT, UPDATE or DELETE under way: evaluates what it writes in the transaction that writes
/// it, all at once or (not atomic) group by group, each in a transaction of its own. Store thread.
class WriteRun
{
public:
    /// `token` is shared with whoever may cancel it; its time begins with the first group.
    WriteRun(QueryText text, const QueryRequest &request, std::shared_ptr<storage::ReadToken> token)
        : m_text(std::move(text))
        , m_request(request)
        , m_token(std::move(token))
    {
    }

    /// The writes of the next group, perhaps none. Errors, with nothing of the group written:
    /// InvalidArgument (the evaluation), TooLarge (more than one atomic group may have: the text
    /// says how many), Timeout, ShuttingDown.
    Result<std::vector<WriteRequest>> next(const storage::VisibleDocuments &documents,
        const Settings &settings,
        const query::Services &services);
    /// The group is durable.
    void written(const BatchOutcome &outcome);
    [[nodiscard]] bool isDone() const { return m_isDone; }

    /// The error, saying how far it came before.
    [[nodiscard]] Error failed(Error error) const;
    [[nodiscard]] QueryOutcome outcome() const;

private:
    using Requests = std::vector<WriteRequest>;
    Result<Requests> insertNext(const query::Insert &insert, const Settings &settings);
    Result<Requests> changeNext(const storage::VisibleDocuments &documents,
        const Settings &settings,
        const query::Services &services);
    [[nodiscard]] Result<WriteRequest> requestOf(
        const QByteArray &collection, const query::Change &change, const Settings &settings) const;

    const QueryText m_text;
    const QueryRequest m_request;
    const std::shared_ptr<storage::ReadToken> m_token;
    std::optional<std::vector<WriteRequest>> m_inserts; ///< all, once they are read
    std::size_t m_inserted = 0;
    QByteArray m_after; ///< folded id of the last document that was judged
    bool m_isBegun = false;
    bool m_isDone = false;
    qint64 m_matched = 0;
    qint64 m_applied = 0;
    QByteArray m_rows;
};

} // namespace driftless::engine
