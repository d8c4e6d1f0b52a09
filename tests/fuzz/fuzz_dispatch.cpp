#include "core/json.h"
#include "fuzz_node.h"
#include "fuzz_target.h"
#include "net/response_writer.h"
#include "request_feed.h"

#include <QJsonDocument>

// Requests all the way: the parser, the application and a whole node in memory. Each is answered
// once, in the shape that it promises, and never with the node's own fault.
namespace driftless::fuzz {

namespace {

/// A node that has seen some hundred requests is exchanged, so that it stays small and a finding
/// stays near.
constexpr int kRequestsMax = 300;

FuzzNode &sharedNode()
{
    static std::unique_ptr<FuzzNode> node;
    static int asked = 0;
    if (!node || ++asked > kRequestsMax) {
        node.reset();
        node = std::make_unique<FuzzNode>();
        asked = 0;
    }
    return *node;
}

void checkAnswer(const api::Request &request, const api::Response &response)
{
    const QByteArray what
        = textOf(request) + "\n-> " + QByteArray::number(response.status) + ' ' + response.body;
    require(response.status >= 200 && response.status <= 599, "a status is one", what);
    require(response.status != 500, "the node finds no fault in itself", what);
    if (response.contentType.contains("json")) {
        // Documents may hold numbers that Qt does not read; the reference's errors have empty
        // names.
        require(json::checkValue(response.body).isOk()
                || !QJsonDocument::fromJson(response.body).isNull(),
            "a body that is called JSON is JSON",
            what);
    }
    QByteArray head;
    net::appendResponseHead(head, response, {}, "Sun, 06 Nov 1994 08:49:37 GMT");
    require(head.startsWith("HTTP/1.1 ") && head.indexOf("\r\n\r\n") == head.size() - 4
            && head.count('\n') == head.count("\r\n") && !head.contains('\0'),
        "the head of an answer is one",
        what);
}

} // namespace

void run(QByteArrayView input)
{
    net::HttpLimits limits;
    const Feeding feeding = feed(limits, 100'000, input, {input.size()});
    for (const api::Request &request : feeding.requests) {
        FuzzNode &node = sharedNode();
        require(node.application().bodyBytesMax(request) > 0, "a body has a bound", input);
        checkAnswer(request, node.ask(request));
    }
}

} // namespace driftless::fuzz
