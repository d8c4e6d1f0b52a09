#pragma once

#include "core/result.h"
#include "engine/requests.h"
#include "query/statement.h"

namespace driftless::engine {

/// A statement that was read and found harmless: what a client may say at all, and this client's
/// key. Immutable; any thread.
struct QueryText
{
    QByteArray text; ///< without blanks around it and the ';' at its end
    query::Statement statement;
    query::Parameters parameters;
    int take = 0; ///< rows at most, or documents written

    /// A SELECT, which a reader runs; all else is for the store thread.
    [[nodiscard]] bool isRead() const { return std::holds_alternative<query::Select>(statement); }
    /// CREATE or DROP INDEX.
    [[nodiscard]] bool isAboutIndex() const
    {
        return std::holds_alternative<query::CreateIndex>(statement)
            || std::holds_alternative<query::DropIndex>(statement);
    }
};

/// Errors: InvalidArgument with place, token and a caret line (query/syntax_error.h); what no
/// client may (system collections, `_sys_…`), ReservedCollection, Forbidden with the role that is
/// missing.
Result<QueryText> readQuery(const QueryRequest &request);

} // namespace driftless::engine
