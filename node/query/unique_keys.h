#pragma once

#include "query/index_expression.h"
#include "query/statement.h"

#include <QHash>
#include <QSet>

namespace driftless::query {

/// What the unique indexes of a collection say to the documents that one statement writes. Null and
/// missing are keys as all others. One use.
class UniqueKeys
{
public:
    static Result<UniqueKeys> load(Catalog &catalog, const QByteArray &collection);

    /// What the indexes look at of a document.
    [[nodiscard]] FieldSet fields() const;
    /// A document as it will be. InvalidArgument if another one of the statement has its key.
    Result<void> take(const Value &id, const Value &document);
    /// InvalidArgument if a document that the statement leaves alone has a key of one that it
    /// writes. Last call.
    Result<void> check(Catalog &catalog, const QByteArray &collection) const;

private:
    struct Held
    {
        QByteArray name;
        IndexExpression expression;
        QSet<QByteArray> keys; ///< of the documents that are written
    };

    std::vector<Held> m_indexes;
    QSet<QByteArray> m_ids; ///< keys of the ids that are written
};

} // namespace driftless::query
