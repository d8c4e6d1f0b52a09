#include "query/catalog.h"

namespace driftless::query {

Result<std::unique_ptr<Cursor>> Catalog::documentsFrom(
    const QByteArray &collection, const Value & /*first*/, const FieldSet &wanted)
{
    return documents(collection, wanted);
}

Result<std::unique_ptr<Cursor>> Catalog::documentsInAnyOrder(
    const QByteArray &collection, const FieldSet &wanted)
{
    return documents(collection, wanted);
}

Result<std::optional<std::int64_t>> Catalog::count(const QByteArray & /*collection*/)
{
    return std::optional<std::int64_t>();
}

Result<std::vector<Index>> Catalog::indexes(const QByteArray & /*collection*/)
{
    return std::vector<Index>();
}

Result<std::unique_ptr<Cursor>> Catalog::indexed(
    const QByteArray & /*collection*/, const IndexScan & /*scan*/, const FieldSet & /*wanted*/)
{
    return std::unique_ptr<Cursor>();
}

Result<std::vector<QByteArray>> Catalog::collections()
{
    return std::vector<QByteArray>();
}

Result<Value> Catalog::database()
{
    return Value::document({});
}

} // namespace driftless::query
