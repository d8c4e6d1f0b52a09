#include "wire/query.h"

#include "wire/object_reader.h"
#include "wire/object_writer.h"

namespace driftless::wire {

Result<QueryRequest> QueryRequest::fromJson(QByteArray text, const json::Limits &limits)
{
    DRIFTLESS_TRY_ASSIGN(const json::Object object, json::Object::check(std::move(text), limits));
    ObjectReader reader(object);
    QueryRequest request;
    const std::optional<QByteArray> query = reader.text("Query");
    request.query = query.value_or(QByteArray());
    request.isQueryNull = !query && reader.has("Query");
    request.take = reader.integer("Take");
    request.isAtomic = reader.boolean("Atomic").value_or(true);
    request.parameters = reader.container("Parameters").value_or(QByteArray());
    const QByteArray format = reader.text("Format").value_or("extended").toLower();
    request.isPlain = format == "plain";
    if (reader.fault()) {
        return *reader.fault();
    }
    if (format != "plain" && format != "extended") {
        return Error {
            ErrorCode::InvalidArgument, "Format must be 'extended' or 'plain'.", "$.Format"};
    }
    return request;
}

QByteArray QueryResponse::head() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.text("Query", query).integer("RequestedTake", requestedTake).raw("Rows", rows);
    return out;
}

QByteArray QueryResponse::tail() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.integer("MatchedCount", matchedCount)
        .integer("AppliedCount", appliedCount)
        .integer("ReturnedRows", returnedRows)
        .end();
    return "]," + out.sliced(1); // behind other members
}

QByteArray QueryResponse::toJson() const
{
    QByteArray out;
    out.reserve(rows.size() + query.size() + 200);
    ObjectWriter writer(out);
    writer.text("Query", query)
        .integer("RequestedTake", requestedTake)
        .integer("MatchedCount", matchedCount)
        .integer("AppliedCount", appliedCount)
        .integer("ReturnedRows", returnedRows)
        .raw("Rows", rows)
        .end();
    return out;
}

} // namespace driftless::wire
