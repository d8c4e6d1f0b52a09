#include "wire/index_list.h"

#include "wire/object_reader.h"
#include "wire/object_writer.h"

namespace driftless::wire {

namespace {

constexpr int kIndexDepthMax = 8;

void appendRow(QByteArray &out, const IndexRow &row)
{
    ObjectWriter writer(out);
    writer.text("Collection", row.collection)
        .text("Name", row.name)
        .text("Expression", row.expression)
        .text("State", row.isReady ? "Ready" : "Building")
        .integer("DocumentsDone", row.documentsDone)
        .integer("DocumentsTotal", row.documentsTotal);
    writer.end();
}

} // namespace

QByteArray toJson(const IndexRow &row)
{
    QByteArray out;
    appendRow(out, row);
    return out;
}

QByteArray toJson(const std::vector<IndexRow> &rows)
{
    QByteArray out;
    appendArray(out, rows, appendRow);
    return out;
}

Result<QByteArray> indexExpressionFromJson(const QByteArray &text)
{
    DRIFTLESS_TRY_ASSIGN(
        const json::Object object, json::Object::check(text, {.depthMax = kIndexDepthMax}));
    ObjectReader reader(object);
    const auto expression = reader.text("Expression");
    if (reader.fault()) {
        return *reader.fault();
    }
    if (!expression || expression->trimmed().isEmpty()) {
        return Error {ErrorCode::InvalidJson, "The Expression field is required.", "$.Expression"};
    }
    return *expression;
}

} // namespace driftless::wire
