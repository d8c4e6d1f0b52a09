#pragma once

#include "query/budget.h"
#include "query/watch.h"
#include "storage/read_token.h"

#include <limits>

namespace driftless::engine {

/// Ends a statement when its token is over, between documents and inside of one. The statement's
/// thread.
class QueryWatch final : public query::Watch
{
public:
    /// `token` outlives the watch.
    explicit QueryWatch(const storage::ReadToken &token)
        : m_token(token)
    {
    }

    Result<void> check() override
    {
        return m_token.isOver() ? Result<void>(m_token.error()) : Result<void>();
    }
    /// For query::Services: without a bound but the token.
    [[nodiscard]] query::Budget *budget() { return &m_budget; }

private:
    const storage::ReadToken &m_token;
    query::Budget m_budget {std::numeric_limits<std::int64_t>::max(), this};
};

} // namespace driftless::engine
