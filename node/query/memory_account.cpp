#include "query/memory_account.h"

namespace driftless::query {

Error MemoryAccount::tooMuch() const
{
    return {ErrorCode::TooLarge,
        QByteArrayLiteral("The statement would keep more than ")
            + QByteArray::number(static_cast<qulonglong>(m_bytesMax / 1'000'000))
            + QByteArrayLiteral(" MB in memory: name the members that it needs instead of '$' and "
                                "'*', add a LIMIT to ORDER BY, group by something that has fewer "
                                "values, or write fewer documents at once."),
        {},
        Limit::QueryBytes};
}

} // namespace driftless::query
