#include "wire/hint.h"

#include "core/json.h"
#include "wire/object_reader.h"
#include "wire/object_writer.h"

#include <QDateTime>

namespace driftless::wire {

namespace {

constexpr int kHintDepthMax = 32;

bool isTime(const QByteArray &text)
{
    return QDateTime::fromString(QString::fromUtf8(text), Qt::ISODateWithMs).isValid();
}

Error badPayload()
{
    return Error {ErrorCode::InvalidArgument, "The hint is not one that a node can act upon.", {}};
}

} // namespace

Result<Hint> Hint::fromJson(const QByteArray &text)
{
    if (text.trimmed() == "null") {
        return badPayload();
    }
    DRIFTLESS_TRY_ASSIGN(
        const json::Object object, json::Object::check(text, {.depthMax = kHintDepthMax}));
    ObjectReader reader(object, ObjectReader::Names::Exact);
    const QByteArray type = reader.text("type").value_or(QByteArray());
    Hint hint;
    hint.sourceNodeId = reader.text("sourceNodeId").value_or(QByteArray());
    hint.database = reader.text("database").value_or(QByteArray());
    hint.replicationKey = reader.text("replicationApiKey").value_or(QByteArray());
    hint.reason = reader.text("reason").value_or(QByteArray());
    const std::optional<QByteArray> timestamp = reader.text("timestampUtc");
    if (reader.fault()) {
        return *reader.fault();
    }
    if (timestamp && !isTime(*timestamp)) {
        return Error {
            ErrorCode::InvalidJson, "timestampUtc must be an ISO 8601 time.", "$.timestampUtc"};
    }
    if (type.compare("health-check", Qt::CaseInsensitive) == 0) {
        hint.kind = Kind::HealthCheck;
        return hint;
    }
    if (type.compare("sync-request", Qt::CaseInsensitive) != 0
        || hint.sourceNodeId.trimmed().isEmpty() || hint.database.trimmed().isEmpty()
        || hint.replicationKey.trimmed().isEmpty()) {
        return badPayload();
    }
    hint.kind = Kind::SyncRequest;
    return hint;
}

QByteArray HintAcknowledgement::toJson() const
{
    QByteArray out;
    ObjectWriter writer(out);
    writer.boolean("accepted", error.isEmpty()).textOrNull("error", error);
    writer.end();
    return out;
}

} // namespace driftless::wire
