#include "fuzz_node.h"
#include "fuzz_target.h"
#include "slow_json.h"
#include "wire/hint.h"
#include "wire/object_writer.h"

// A WebSocket message: what is taken for a hint is JSON, says what the node acts upon, and reads
// the same when it is written again; every message is answered.
namespace driftless::fuzz {

namespace {

bool isBlank(const QByteArray &text)
{
    return text.trimmed().isEmpty();
}

QByteArray written(const wire::Hint &hint)
{
    QByteArray out;
    wire::ObjectWriter writer(out);
    writer
        .text("type", hint.kind == wire::Hint::Kind::HealthCheck ? "health-check" : "sync-request")
        .text("sourceNodeId", hint.sourceNodeId)
        .text("database", hint.database)
        .text("replicationApiKey", hint.replicationKey)
        .text("reason", hint.reason);
    writer.end();
    return out;
}

} // namespace

void run(QByteArrayView input)
{
    static FuzzNode node;
    const QByteArray message = input.toByteArray();
    const auto hint = wire::Hint::fromJson(message);
    const QByteArray answer = node.hint(message);
    require(answer.startsWith(R"({"accepted":)") && slowValue(answer).has_value(),
        "the answer is an acknowledgement",
        answer);
    if (!hint) {
        const ErrorCode code = hint.error().code;
        require(code == ErrorCode::InvalidJson || code == ErrorCode::InvalidArgument
                || code == ErrorCode::TooDeep || code == ErrorCode::TooLarge,
            "a refusal has its code",
            input);
        require(answer.contains("false"), "what is no hint is not accepted", input);
        return;
    }
    require(slowDocument(input).has_value(), "a hint is JSON", input);
    if (hint->kind == wire::Hint::Kind::SyncRequest) {
        require(!isBlank(hint->sourceNodeId) && !isBlank(hint->database)
                && !isBlank(hint->replicationKey),
            "a request to fetch says what and where",
            input);
        require(answer.contains("false")
                || (hint->replicationKey.trimmed() == "peer" && hint->sourceNodeId != "node-1"),
            "only a peer's hint is accepted",
            input);
    }
    const auto again = wire::Hint::fromJson(written(*hint));
    require(again && again->kind == hint->kind && again->sourceNodeId == hint->sourceNodeId
            && again->database == hint->database && again->replicationKey == hint->replicationKey
            && again->reason == hint->reason,
        "a hint that was written reads as it was",
        input);
}

} // namespace driftless::fuzz
